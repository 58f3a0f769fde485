extension FreeBSD {
  /// A socket address in the host's layout, and room for what the host answers.
  struct HostAddress {
    var words = [18 of UInt64](repeating: 0)
    var length: UInt32 = 0

    /// Bytes of room.
    static let room: UInt32 = 128

    init() {}

    /// Takes a guest's address. A Unix path starts at `directory` and is looked up in the guest's view.
    ///
    /// - Returns: 0 or an error: `ENAMETOOLONG` past `SOCK_MAXADDRLEN`; `EINVAL` for what is too short for its family
    ///   or, for a Unix path, too long; `EFAULT`; `ENOENT` for an empty path; `EAFNOSUPPORT`.
    mutating func take(
      _ t: Thread, _ address: UInt, _ guestLength: UInt32, from directory: Int32 = FreeBSD.AT_FDCWD
    ) -> Int {
      let taken = take(address, guestLength)
      return taken == 0 && family == HostSocket.AF_UNIX && t.hasView ? lookUp(t, directory) : taken
    }

    /// Puts the host's name in the place of a path. Errors: of the look-up, `ENAMETOOLONG` past the host's 107 bytes.
    private mutating func lookUp(_ t: Thread, _ directory: Int32) -> Int {
      let result = withUnsafeMutableBytes(of: &words) { bytes -> Int in
        guard let base = bytes.baseAddress else { return HostError.EFAULT }
        let place = base + HostSocket.pathOffset
        var path = UInt(bitPattern: place)
        let failure = FileView.find(t, 0, directory, &path, follows: true)
        if failure != 0 || path == UInt(bitPattern: place) { return failure }
        let copied = copyString(place, from: path, limit: 108)
        return copied < 0 ? copied : HostSocket.pathOffset + copied + 1
      }
      if result > 0 { length = UInt32(result) }
      return min(result, 0)
    }

    private mutating func take(_ address: UInt, _ guestLength: UInt32) -> Int {
      if guestLength > SOCK_MAXADDRLEN { return HostError.ENAMETOOLONG }
      if guestLength < 2 { return HostError.EINVAL }
      let count = min(Int(guestLength), Int(HostAddress.room))
      return withUnsafeMutableBytes(of: &words) { bytes -> Int in
        guard let base = bytes.baseAddress, copyIn(base, from: address, count: count) else { return HostError.EFAULT }
        let family = bytes[1]
        switch family {
        case AF_UNIX:
          let path = Int(guestLength) - 2
          if path > SUNPATHLEN { return HostError.EINVAL }
          var end = 2
          while end < Int(guestLength), bytes[end] != 0 { end += 1 }
          // A host path that begins with a zero byte would be an abstract name, which the guest does not have.
          if end == 2 { return path == 0 ? HostError.EINVAL : HostError.ENOENT }
          bytes[end] = 0
          base.storeBytes(of: HostSocket.AF_UNIX, as: UInt16.self)
          length = UInt32(end + 1)
        case AF_INET:
          if guestLength < UInt32(sockaddr_in_size) { return HostError.EINVAL }
          base.storeBytes(of: HostSocket.AF_INET, as: UInt16.self)
          length = UInt32(sockaddr_in_size)
        case AF_INET6:
          if guestLength < UInt32(sockaddr_in6_size) { return HostError.EINVAL }
          base.storeBytes(of: HostSocket.AF_INET6, as: UInt16.self)
          length = UInt32(sockaddr_in6_size)
        case AF_UNSPEC:
          // Undoes a connection on both systems.
          base.storeBytes(of: 0, as: UInt16.self)
          length = UInt32(sockaddr_in_size)
        default:
          return HostError.EAFNOSUPPORT
        }
        return 0
      }
    }

    /// The host's `sa_family`.
    var family: UInt16 { UInt16(truncatingIfNeeded: words[0]) }

    /// Makes the guest's form of the address in place. The length becomes the guest's.
    mutating func toGuest() {
      if length < 2 {
        length = 0
        return
      }
      let hostLength = Int(min(length, HostAddress.room))
      length = withUnsafeMutableBytes(of: &words) { bytes -> UInt32 in
        switch UInt16(bytes[0]) | UInt16(bytes[1]) << 8 {
        case HostSocket.AF_UNIX:
          // Unnamed, or a name that is no path: the guest has one word for both.
          if hostLength == 2 || bytes[2] == 0 { return HostAddress.unnamed(bytes) }
          var end = 2
          while end < min(hostLength, bytes.count - 1), bytes[end] != 0 { end += 1 }
          bytes[end] = 0
          if let base = bytes.baseAddress {
            let named = FileView.toGuest(ThreadArea.current, base + 2, end - 2, room: SUNPATHLEN + 1)
            end = named < 0 ? end : 2 + named
          }
          end = min(end, 2 + SUNPATHLEN)
          let total = min(end + 1, 2 + SUNPATHLEN)
          if end < total { bytes[end] = 0 }
          bytes[0] = UInt8(total)
          bytes[1] = FreeBSD.AF_UNIX
          return UInt32(total)
        case HostSocket.AF_INET:
          bytes[0] = UInt8(sockaddr_in_size)
          bytes[1] = FreeBSD.AF_INET
          return UInt32(sockaddr_in_size)
        case HostSocket.AF_INET6:
          bytes[0] = UInt8(sockaddr_in6_size)
          bytes[1] = FreeBSD.AF_INET6
          return UInt32(sockaddr_in6_size)
        default:
          bytes[0] = UInt8(hostLength)
          bytes[1] = FreeBSD.AF_UNSPEC
          return UInt32(hostLength)
        }
      }
    }

    /// What the guest's kernel says of a Unix socket without a name.
    mutating func setUnnamed() {
      length = withUnsafeMutableBytes(of: &words) { HostAddress.unnamed($0) }
    }

    private static func unnamed(_ bytes: UnsafeMutableRawBufferPointer) -> UInt32 {
      for index in 0..<sun_noname_size { bytes[index] = 0 }
      bytes[0] = UInt8(sun_noname_size)
      bytes[1] = FreeBSD.AF_UNIX
      return UInt32(sun_noname_size)
    }

    /// Copies as much of the guest's form as `room` holds.
    ///
    /// - Returns: the bytes copied, which is the length the guest is told; nil is `EFAULT`.
    func give(to address: UInt, room: UInt32) -> UInt32? {
      let count = min(room, length)
      if count == 0 { return 0 }
      let copied = withUnsafeBytes(of: words) { bytes in
        copyOut(to: address, bytes.baseAddress.unsafelyUnwrapped, count: Int(count))
      }
      return copied ? count : nil
    }
  }
}
