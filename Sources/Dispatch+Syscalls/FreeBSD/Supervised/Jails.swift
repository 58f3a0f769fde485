internal import SyscallDispatch

/// The jail calls, as a host without jails answers them that makes none.
extension FreeBSD {
  private static let JAIL_GET_MASK: UInt32 = 0x08
  private static let UIO_MAXIOV = 1024
  /// Most bytes of a parameter list.
  private static let VFS_MOUNTARG_SIZE_MAX = 65536

  /// `jail_get(2)`: there is no jail, under whatever name.
  ///
  /// - Errors: `EINVAL` for an odd or too large count, or unknown flags; `EFAULT`; `EINVAL` for a name without its
  ///   terminator, or `lastjid`, `jid`, `name` of a wrong size; else `ENOENT`, with the reason in `errmsg` if that is
  ///   among the parameters.
  /// - Source: jail(2), FreeBSD sys/kern/kern_jail.c `kern_jail_get`, sys/kern/vfs_mount.c `vfs_buildopts`.
  static func jail_get(
    _ call: SupervisedCall, _ iovp: UInt64, _ iovcnt: UInt32, _ flags: UInt32
  ) throws(GuestErrno) -> Int64 {
    if iovcnt & 1 != 0 || Int(iovcnt) > UIO_MAXIOV { throw .EINVAL }
    let parameters = try JailParameters(call, iovp, Int(iovcnt), checkFlags: flags & ~JAIL_GET_MASK == 0)
    if let last = try parameters.number("lastjid") { throw try parameters.fail("no jail after \(last)", call) }
    if let id = try parameters.number("jid"), id != 0 { throw try parameters.fail("jail \(id) not found", call) }
    if let name = parameters["name"] {
      guard name.last == 0 else { throw .EINVAL }
      let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      throw try parameters.fail("jail \"\(text)\" not found", call)
    }
    throw try parameters.fail("no jail specified", call)
  }

  /// `jail_set(2)`. Errors: `EINVAL` for an odd or too large count; `EFAULT`; `EPERM`.
  static func jail_set(
    _ call: SupervisedCall, _ iovp: UInt64, _ iovcnt: UInt32, _ flags: UInt32
  ) throws(GuestErrno) -> Int64 {
    if iovcnt & 1 != 0 || Int(iovcnt) > UIO_MAXIOV { throw .EINVAL }
    _ = try call.bytes(iovp, Int(iovcnt) * 16)
    throw .EPERM
  }

  /// `jail(2)`. Errors: `EFAULT`; `EINVAL` for a version of `struct jail` that is neither 0 nor 2; `EPERM`.
  static func jail(_ call: SupervisedCall, _ jail: UInt64) throws(GuestErrno) -> Int64 {
    let version = try call.load(jail, as: UInt32.self)
    guard version == 0 || version == 2 else { throw .EINVAL }
    _ = try call.bytes(jail, version == 0 ? 32 : 56)
    throw .EPERM
  }

  /// `jail_attach(2)`. Errors: `EPERM`; `EINVAL` for a jail that is not there.
  static func jail_attach(_ call: SupervisedCall, _ jid: Int32) throws(GuestErrno) -> Int64 {
    try checkPrivilege(call)
    throw .EINVAL
  }

  /// `jail_remove(2)`. Errors: `EPERM`; `EINVAL` for a jail that is not there.
  static func jail_remove(_ call: SupervisedCall, _ jid: Int32) throws(GuestErrno) -> Int64 {
    try checkPrivilege(call)
    throw .EINVAL
  }

  /// The name and value pairs of a jail call. Of two with the same name the last counts.
  private struct JailParameters {
    private var values: [[UInt8]: (bytes: [UInt8], address: UInt64)] = [:]

    init(_ call: SupervisedCall, _ iovp: UInt64, _ count: Int, checkFlags areKnown: Bool) throws(GuestErrno) {
      var pairs: [(base: UInt64, length: UInt64)] = []
      _ = try call.bytes(iovp, count * 16)
      for place in 0..<UInt64(count) {
        pairs.append(
          (try call.load(iovp &+ place * 16, as: UInt64.self), try call.load(iovp &+ place * 16 &+ 8, as: UInt64.self)))
      }
      guard areKnown else { throw .EINVAL }
      var used: UInt64 = 0
      for place in stride(from: 0, to: pairs.count, by: 2) {
        let (name, value) = (pairs[place], pairs[place + 1])
        let limit = UInt64(VFS_MOUNTARG_SIZE_MAX)
        guard name.length <= limit, value.length <= limit else { throw .EINVAL }
        used += name.length + value.length + 48  // sizeof(struct vfsopt)
        guard used <= limit else { throw .EINVAL }
        var text = try call.bytes(name.base, Int(name.length))
        guard text.last == 0 else { throw .EINVAL }
        text = Array(text.prefix { $0 != 0 })
        values[text] = (try call.bytes(value.base, Int(value.length)), value.base)
      }
    }

    subscript(name: String) -> [UInt8]? { values[Array(name.utf8)]?.bytes }

    /// The value of a parameter that is an `int`. Errors: `EINVAL` for another size.
    func number(_ name: String) throws(GuestErrno) -> Int32? {
      guard let bytes = self[name] else { return nil }
      guard bytes.count == 4 else { throw .EINVAL }
      return bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
    }

    /// Puts a reason into `errmsg`, cut to its size and ended by a null. Returns the error it is the reason of.
    func fail(_ reason: String, _ call: SupervisedCall) throws(GuestErrno) -> GuestErrno {
      if let place = values[Array("errmsg".utf8)], !place.bytes.isEmpty {
        var text = Array(reason.utf8.prefix(place.bytes.count - 1)) + [0]
        text += place.bytes[text.count...]
        try call.store(text, at: place.address)
      }
      return .ENOENT
    }
  }
}
