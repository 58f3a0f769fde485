import CPicoEntry

/// `/proc/self/exe` names the stub on the host; these calls give the guest its own image instead.
extension Linux {
  private static let AT_FDCWD: Int32 = -100

  /// `open(2)`.
  static func open(_ t: Thread, _ filename: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    openat(t, AT_FDCWD, filename, flags, mode)
  }

  /// `openat(2)`.
  static func openat(_ t: Thread, _ dfd: Int32, _ filename: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    let path = namesOwnExecutable(t, filename) ? UInt(bitPattern: pico_executable_path_address()) : filename
    let result = t.blocking(
      Host.openat, UInt(bitPattern: Int(dfd)), path, UInt(UInt32(bitPattern: flags)), UInt(mode))
    return result == Host.EINTR ? Restart.ifActionSaysSo : result
  }

  /// `readlink(2)`.
  static func readlink(_ t: Thread, _ path: UInt, _ buf: UInt, _ bufsiz: Int32) -> Int {
    readlinkat(t, AT_FDCWD, path, buf, bufsiz)
  }

  /// `readlinkat(2)`.
  static func readlinkat(_ t: Thread, _ dfd: Int32, _ pathname: UInt, _ buf: UInt, _ bufsiz: Int32) -> Int {
    guard bufsiz > 0, namesOwnExecutable(t, pathname) else {
      if t.hasView && bufsiz > 0 { return readViewedLink(t, dfd, pathname, buf, Int(bufsiz)) }
      return host(267, UInt(bitPattern: Int(dfd)), pathname, buf, UInt(bitPattern: Int(bufsiz)))
    }
    let path = pico_guest_path_address()
    var length = 0
    while length < Int(bufsiz), path[length] != 0 { length += 1 }
    return copyOut(to: buf, path, count: length) ? length : Host.EFAULT
  }

  /// Whether a path is one of the names of the calling process's executable.
  static func namesOwnExecutable(_ t: Thread, _ address: UInt) -> Bool {
    // "/proc/": six bytes that nearly every other path fails at once.
    guard let start = load(address, as: UInt64.self), start & 0xffff_ffff_ffff == 0x2f63_6f72_702f else { return false }
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { room -> Bool in
      guard let path = room.baseAddress else { return false }
      let length = copyString(path, from: address, limit: 32)
      guard length > 0 else { return false }
      return equals(path, length, "/proc/self/exe") || equals(path, length, "/proc/thread-self/exe")
        || equalsNumbered(path, length, t.pointee.process.pointee.tgid)
    }
  }

  private static func equals(_ path: UnsafeMutableRawPointer, _ length: Int, _ name: StaticString) -> Bool {
    guard length == name.utf8CodeUnitCount else { return false }
    for at in 0..<length where path.load(fromByteOffset: at, as: UInt8.self) != name.utf8Start[at] { return false }
    return true
  }

  /// "/proc/N/exe".
  private static func equalsNumbered(_ path: UnsafeMutableRawPointer, _ length: Int, _ number: UInt32) -> Bool {
    var at = 6
    var value: UInt64 = 0
    while at < length {
      let byte = path.load(fromByteOffset: at, as: UInt8.self)
      guard byte >= 0x30, byte <= 0x39, value <= 0xffff_ffff else { break }
      value = value * 10 + UInt64(byte - 0x30)
      at += 1
    }
    return at > 6 && value == UInt64(number) && length == at + 4 && equals(path + at, 4, "/exe")
  }
}
