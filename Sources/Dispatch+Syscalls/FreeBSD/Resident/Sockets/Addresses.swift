extension FreeBSD {
  /// A socket address in the host's layout, and room for what the host answers.
  struct HostAddress {
    var words = [18 of UInt64](repeating: 0)
    var length: UInt32 = 0

    /// Bytes of room.
    static let room: UInt32 = 128

    init() {}

    /// Takes a guest's address.
    ///
    /// - Returns: 0 or an error: `ENAMETOOLONG` past `SOCK_MAXADDRLEN`; `EINVAL` for what is too short for its family
    ///   or, for a Unix path, too long; `EFAULT`; `ENOENT` for an empty path; `EAFNOSUPPORT`.
    mutating func take(_ address: UInt, _ guestLength: UInt32) -> Int {
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
          while end < hostLength, end < 2 + SUNPATHLEN, bytes[end] != 0 { end += 1 }
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
