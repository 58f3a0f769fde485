/// Extended attributes (extattr(2)): the user's are the host's `user.` ones, the system's its `trusted.` ones.
extension FreeBSD {
  private static let EXTATTR_NAMESPACE_USER: Int32 = 1
  private static let EXTATTR_NAMESPACE_SYSTEM: Int32 = 2
  private static let EXTATTR_MAXNAMELEN = 255
  /// The host takes no longer value, and no longer list of names.
  private static let mostBytes = 65_536

  /// What an attribute belongs to, which also chooses among the host's calls.
  private enum Attributed {
    case file(UInt)
    case link(UInt)
    case descriptor(Int32)

    var place: UInt {
      switch self {
      case .file(let path), .link(let path): path
      case .descriptor(let fd): argument(fd)
      }
    }

    /// The three host calls of a kind have neighbouring numbers.
    var offset: Int {
      switch self {
      case .file: 0
      case .link: 1
      case .descriptor: 2
      }
    }
  }

  private static let setxattr = 188
  private static let getxattr = 191
  private static let listxattr = 194
  private static let removexattr = 197

  private static func prefix(_ space: Int32) -> StaticString? {
    switch space {
    case EXTATTR_NAMESPACE_USER: "user."
    case EXTATTR_NAMESPACE_SYSTEM: "trusted."
    default: nil
    }
  }

  /// Calls `body` with the host's name of an attribute. Errors: `EFAULT`, `ENAMETOOLONG` past 255 bytes, `EINVAL` for
  /// an empty name and for another namespace, `EPERM` for the system's without privilege.
  private static func withName(_ space: Int32, _ name: UInt, _ body: (UInt) -> Int) -> Int {
    var bytes = InlineArray<272, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
      let start = buffer.baseAddress.unsafelyUnwrapped
      guard let prefix = prefix(space) else { return HostError.EINVAL }
      let head = prefix.utf8CodeUnitCount
      start.copyMemory(from: prefix.utf8Start, byteCount: head)
      let length = copyString(start + head, from: name, limit: EXTATTR_MAXNAMELEN &+ 1)
      guard length > 0 else { return length < 0 ? length : HostError.EINVAL }
      // A name that is too long for the host together with its namespace is still no name here.
      guard head &+ length <= 255 else { return HostError.ENAMETOOLONG }
      if space == EXTATTR_NAMESPACE_SYSTEM && host(107) != 0 { return HostError.EPERM }  // geteuid
      return body(UInt(bitPattern: start))
    }
  }

  private static func set(_ what: Attributed, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt) -> Int {
    withName(space, name) {
      let result = host(setxattr &+ what.offset, what.place, $0, data, count, 0)
      return result == 0 ? Int(bitPattern: count) : result
    }
  }

  /// The value, or with a null `data` its length; as much as there is room for.
  private static func get(_ what: Attributed, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt) -> Int {
    withName(space, name) { name in
      let length = host(getxattr &+ what.offset, what.place, name, 0, 0)
      guard length > 0, data != 0, count > 0 else { return length < 0 || data == 0 ? length : 0 }
      if UInt(bitPattern: length) <= count {
        let got = host(getxattr &+ what.offset, what.place, name, data, min(count, UInt(bitPattern: mostBytes)))
        if got != HostError.ERANGE { return got }
      }
      // The host refuses to give a part.
      guard let room = allocatePages(bytes: mostBytes) else { return HostError.ENOMEM }
      defer { freePages(room, bytes: mostBytes) }
      let got = host(
        getxattr &+ what.offset, what.place, name, UInt(bitPattern: room), UInt(bitPattern: mostBytes))
      guard got > 0 else { return got }
      let part = Int(min(UInt(bitPattern: got), count))
      return copyOut(to: data, room, count: part) ? part : HostError.EFAULT
    }
  }

  private static func remove(_ what: Attributed, _ space: Int32, _ name: UInt) -> Int {
    withName(space, name) { host(removexattr &+ what.offset, what.place, $0) }
  }

  /// The names of a namespace, each as a byte with its length and its bytes; with a null `data` their length.
  private static func list(_ what: Attributed, _ space: Int32, _ data: UInt, _ count: UInt) -> Int {
    guard let prefix = prefix(space) else { return HostError.EINVAL }
    if space == EXTATTR_NAMESPACE_SYSTEM && host(107) != 0 { return HostError.EPERM }
    guard let room = allocatePages(bytes: mostBytes) else { return HostError.ENOMEM }
    defer { freePages(room, bytes: mostBytes) }
    let got = host(listxattr &+ what.offset, what.place, UInt(bitPattern: room), UInt(bitPattern: mostBytes))
    guard got > 0 else { return got }
    let text = UnsafeMutableRawBufferPointer(start: room, count: got)
    let head = prefix.utf8CodeUnitCount
    var (from, to) = (0, 0)
    while from < got {
      var end = from
      while end < got, text[end] != 0 { end &+= 1 }
      var matched = 0
      while matched < head, from &+ matched < end, text[from &+ matched] == prefix.utf8Start[matched] { matched &+= 1 }
      if matched == head, end > from &+ head {
        // What is written is shorter than what was read: it never overtakes.
        let length = end &- from &- head
        text[to] = UInt8(truncatingIfNeeded: length)
        for index in 0..<length { text[to &+ 1 &+ index] = text[from &+ head &+ index] }
        to &+= length &+ 1
      }
      from = end &+ 1
    }
    if data == 0 { return to }
    let part = Int(min(UInt(bitPattern: to), count))
    return copyOut(to: data, room, count: part) ? part : HostError.EFAULT
  }

  /// `extattr_set_file(2)`: the result is the number of bytes. Errors: those of the name and of the look-up, `EFAULT`,
  /// `EOPNOTSUPP` where the file system keeps no attributes.
  static func extattr_set_file(
    _ t: Thread, _ path: UInt, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt
  ) -> Int { set(.file(path), space, name, data, count) }

  /// `extattr_get_file(2)`. Errors: as above; `ENOATTR`.
  static func extattr_get_file(
    _ t: Thread, _ path: UInt, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt
  ) -> Int { get(.file(path), space, name, data, count) }

  /// `extattr_delete_file(2)`. Errors: as above; `ENOATTR`.
  static func extattr_delete_file(_ t: Thread, _ path: UInt, _ space: Int32, _ name: UInt) -> Int {
    remove(.file(path), space, name)
  }

  /// `extattr_list_file(2)`. Errors: as above.
  static func extattr_list_file(_ t: Thread, _ path: UInt, _ space: Int32, _ data: UInt, _ count: UInt) -> Int {
    list(.file(path), space, data, count)
  }

  /// `extattr_set_link(2)`: of a symbolic link itself, on which the host keeps no user's attributes (`EPERM`).
  static func extattr_set_link(
    _ t: Thread, _ path: UInt, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt
  ) -> Int { set(.link(path), space, name, data, count) }

  static func extattr_get_link(
    _ t: Thread, _ path: UInt, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt
  ) -> Int { get(.link(path), space, name, data, count) }

  static func extattr_delete_link(_ t: Thread, _ path: UInt, _ space: Int32, _ name: UInt) -> Int {
    remove(.link(path), space, name)
  }

  static func extattr_list_link(_ t: Thread, _ path: UInt, _ space: Int32, _ data: UInt, _ count: UInt) -> Int {
    list(.link(path), space, data, count)
  }

  /// `extattr_set_fd(2)`: of an open file. Errors: as above; `EBADF`.
  static func extattr_set_fd(
    _ t: Thread, _ fd: Int32, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt
  ) -> Int { set(.descriptor(fd), space, name, data, count) }

  static func extattr_get_fd(
    _ t: Thread, _ fd: Int32, _ space: Int32, _ name: UInt, _ data: UInt, _ count: UInt
  ) -> Int { get(.descriptor(fd), space, name, data, count) }

  static func extattr_delete_fd(_ t: Thread, _ fd: Int32, _ space: Int32, _ name: UInt) -> Int {
    remove(.descriptor(fd), space, name)
  }

  static func extattr_list_fd(_ t: Thread, _ fd: Int32, _ space: Int32, _ data: UInt, _ count: UInt) -> Int {
    list(.descriptor(fd), space, data, count)
  }
}
