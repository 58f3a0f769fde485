extension FreeBSD {
  /// `bind(2)`.
  ///
  /// - Errors: of the address (`HostAddress.take`); `EAFNOSUPPORT` for one that the socket is not for; then the host's.
  static func bind(_ t: Thread, _ s: Int32, _ name: UInt, _ namelen: UInt32) -> Int {
    var address = HostAddress()
    let taken = address.take(t, name, namelen)
    if taken < 0 { return taken }
    if isForeign(s, address) { return HostError.EAFNOSUPPORT }
    let length = address.length
    return withUnsafeMutablePointer(to: &address.words) {
      host(HostSocket.bind, word(s), UInt(bitPattern: $0), UInt(length))
    }
  }

  /// `connect(2)`.
  ///
  /// Interrupted, it is never made again: the connection goes on, and a second call says `EALREADY`.
  ///
  /// - Errors: of the address, then the host's; `ECONNREFUSED` where the host says `EAGAIN` for a Unix listener
  ///   whose queue is full.
  /// - Source: FreeBSD 14 `sys/kern/uipc_syscalls.c`, `kern_connectat`.
  static func connect(_ t: Thread, _ s: Int32, _ name: UInt, _ namelen: UInt32) -> Int {
    var address = HostAddress()
    let taken = address.take(t, name, namelen)
    if taken < 0 { return taken }
    return connect(t, s, &address)
  }

  private static func connect(_ t: Thread, _ s: Int32, _ address: inout HostAddress) -> Int {
    let length = address.length
    if isForeign(s, address) { return HostError.EAFNOSUPPORT }
    if address.family == HostSocket.AF_INET || address.family == HostSocket.AF_INET6 {
      // The host lets the second call after a connection in the background succeed.
      switch tcpState(s) {
      case 1: return HostError.EISCONN  // TCP_ESTABLISHED
      case 10: return HostError.EOPNOTSUPP  // TCP_LISTEN
      default: break
      }
    }
    let result = withUnsafeMutablePointer(to: &address.words) {
      t.blocking(HostSocket.connect, word(s), UInt(bitPattern: $0), UInt(length))
    }
    if result == HostError.EINTR {
      // A signal that came first kept the call from being made: then nothing is under way and EINTR would be a lie.
      return tcpState(s) == 2 ? result : Restart.always  // TCP_SYN_SENT
    }
    if address.family == HostSocket.AF_UNIX {
      if result == HostError.EAGAIN { return HostError.ECONNREFUSED }
      // The host does not wake those who wait for a Unix socket to become writable by this.
      if result == 0 { Kqueues.touch(t, s) }
    }
    return result
  }

  /// Whether a socket is not for an address: a Unix socket for one of no family, which the host takes as the wish to
  /// undo a connection; a stream for a group of receivers.
  private static func isForeign(_ s: Int32, _ address: HostAddress) -> Bool {
    if address.family == 0 { return HostSocket.isUnix(s) }
    guard address.family == HostSocket.AF_INET else { return false }
    // Family and port come first; 224.0.0.0/4.
    return address.words[0] >> 32 & 0xf0 == 0xe0 && tcpState(s) != nil
  }

  /// The host's state of a TCP connection; nil for other sockets.
  private static func tcpState(_ s: Int32) -> UInt8? {
    var information: UInt64 = 0
    var length: UInt32 = 8
    let result = withUnsafeMutablePointer(to: &information) { value in
      withUnsafeMutablePointer(to: &length) { length in
        host(
          HostSocket.getsockopt, word(s), word(HostSocket.IPPROTO_TCP), word(HostSocket.TCP_INFO),
          UInt(bitPattern: value), UInt(bitPattern: length))
      }
    }
    return result < 0 ? nil : UInt8(truncatingIfNeeded: information)
  }

  /// `bindat(2)`: a relative Unix path starts at `fd`.
  static func bindat(_ t: Thread, _ fd: Int32, _ s: Int32, _ name: UInt, _ namelen: UInt32) -> Int {
    var address = HostAddress()
    let taken = takeRelative(t, fd, name, namelen, &address)
    if taken < 0 { return taken }
    if isForeign(s, address) { return HostError.EAFNOSUPPORT }
    let length = address.length
    return withUnsafeMutablePointer(to: &address.words) {
      host(HostSocket.bind, word(s), UInt(bitPattern: $0), UInt(length))
    }
  }

  /// `connectat(2)`: a relative Unix path starts at `fd`.
  static func connectat(_ t: Thread, _ fd: Int32, _ s: Int32, _ name: UInt, _ namelen: UInt32) -> Int {
    var address = HostAddress()
    let taken = takeRelative(t, fd, name, namelen, &address)
    return taken < 0 ? taken : connect(t, s, &address)
  }

  /// Takes an address whose path, when it is relative, starts at a directory's descriptor. The host has no such call:
  /// the path is led through `/proc/self/fd`.
  ///
  /// - Errors: of the address; `EAFNOSUPPORT` when it is not of the Unix family; `ENAMETOOLONG` when the longer path
  ///   does not fit the host's 108 bytes.
  private static func takeRelative(
    _ t: Thread, _ fd: Int32, _ name: UInt, _ namelen: UInt32, _ address: inout HostAddress
  ) -> Int {
    let taken = address.take(t, name, namelen, from: fd)
    if taken < 0 || fd == AT_FDCWD { return taken }
    if address.family != HostSocket.AF_UNIX { return HostError.EAFNOSUPPORT }
    if fd < 0 { return HostError.EBADF }
    var prefix = descriptorPath(Int(fd))
    let pathLength = Int(address.length) - HostSocket.pathOffset
    let total = withUnsafeMutableBytes(of: &address.words) { bytes -> Int in
      if bytes[HostSocket.pathOffset] == 0x2f { return HostSocket.pathOffset + pathLength }  // absolute
      return withUnsafeMutableBytes(of: &prefix) { prefix -> Int in
        var count = 0
        while prefix[count] != 0 { count += 1 }
        prefix[count] = 0x2f
        count += 1
        if count + pathLength > 108 { return HostError.ENAMETOOLONG }
        var at = pathLength - 1
        while at >= 0 {
          bytes[HostSocket.pathOffset + count + at] = bytes[HostSocket.pathOffset + at]
          at -= 1
        }
        for index in 0..<count { bytes[HostSocket.pathOffset + index] = prefix[index] }
        return HostSocket.pathOffset + count + pathLength
      }
    }
    if total < 0 { return total }
    address.length = UInt32(total)
    return 0
  }

  /// `getsockname(2)`.
  static func getsockname(_ t: Thread, _ fdes: Int32, _ asa: UInt, _ alen: UInt) -> Int {
    name(HostSocket.getsockname, fdes, asa, alen)
  }

  /// `getpeername(2)`.
  static func getpeername(_ t: Thread, _ fdes: Int32, _ asa: UInt, _ alen: UInt) -> Int {
    name(HostSocket.getpeername, fdes, asa, alen)
  }

  /// - Errors: `EFAULT` for the length; `EINVAL` for one past `INT_MAX`; the host's; `EFAULT` for the address. What
  ///   the guest is told is the length copied, not, as on the host, the length there is.
  private static func name(_ call: Int, _ s: Int32, _ at: UInt, _ lengthAt: UInt) -> Int {
    guard let room = load(lengthAt, as: UInt32.self) else { return HostError.EFAULT }
    if room > UInt32(Int32.max) { return HostError.EINVAL }
    var address = HostAddress()
    var length = HostAddress.room
    let result = withUnsafeMutablePointer(to: &length) { length in
      withUnsafeMutablePointer(to: &address.words) {
        host(call, word(s), UInt(bitPattern: $0), UInt(bitPattern: length))
      }
    }
    if result < 0 { return result }
    address.length = length
    address.toGuest()
    guard let given = address.give(to: at, room: room), store(given, at: lengthAt) else { return HostError.EFAULT }
    return 0
  }
}
