extension FreeBSD {
  /// The host's form of `SOCK_CLOEXEC` and `SOCK_NONBLOCK`.
  private static func hostTypeFlags(_ type: Int32) -> Int32 {
    (type & SOCK_CLOEXEC != 0 ? HostSocket.SOCK_CLOEXEC : 0)
      | (type & SOCK_NONBLOCK != 0 ? HostSocket.SOCK_NONBLOCK : 0)
  }

  private static func hostFamily(_ domain: Int32) -> UInt16? {
    switch UInt8(exactly: domain) {
    case AF_UNIX: HostSocket.AF_UNIX
    case AF_INET: HostSocket.AF_INET
    case AF_INET6: HostSocket.AF_INET6
    default: nil
    }
  }

  /// `socket(2)`.
  ///
  /// - Errors: `EAFNOSUPPORT` for a family other than Unix and the two internet ones (routing and netlink sockets
  ///   among them); `EPROTOTYPE` for a type the family lacks, `EPROTONOSUPPORT` when a protocol was named too; the
  ///   host's.
  /// - Source: FreeBSD 14 `sys/kern/uipc_socket.c`, `socreate`.
  static func socket(_ t: Thread, _ domain: Int32, _ type: Int32, _ protocol: Int32) -> Int {
    guard let family = hostFamily(domain) else { return HostError.EAFNOSUPPORT }
    let bare = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)
    let refused = `protocol` == 0 ? HostError.EPROTOTYPE : HostError.EPROTONOSUPPORT
    guard bare >= SOCK_STREAM, bare <= SOCK_SEQPACKET else { return refused }
    let result = host(HostSocket.socket, UInt(family), word(bare | hostTypeFlags(type)), word(`protocol`))
    if result == HostError.ESOCKTNOSUPPORT { return refused }
    if result < 0 { return result }
    SocketFlags.clear(t, result)
    if family == HostSocket.AF_INET6 && bare != SOCK_RAW {
      // The guest's net.inet6.ip6.v6only is 1, the host's bindv6only 0.
      _ = HostSocket.set(Int32(truncatingIfNeeded: result), IPPROTO_IPV6, 26, 1)
    }
    return result
  }

  /// `socketpair(2)`.
  ///
  /// - Errors: as `socket`; `EOPNOTSUPP` for internet families; `EFAULT`, after which both descriptors are closed.
  static func socketpair(_ t: Thread, _ domain: Int32, _ type: Int32, _ protocol: Int32, _ rsv: UInt) -> Int {
    guard let family = hostFamily(domain) else { return HostError.EAFNOSUPPORT }
    let bare = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)
    let refused = `protocol` == 0 ? HostError.EPROTOTYPE : HostError.EPROTONOSUPPORT
    guard bare >= SOCK_STREAM, bare <= SOCK_SEQPACKET else { return refused }
    var pair: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutablePointer(to: &pair) {
      host(
        HostSocket.socketpair, UInt(family), word(bare | hostTypeFlags(type)), word(`protocol`), UInt(bitPattern: $0))
    }
    if result == HostError.ESOCKTNOSUPPORT { return refused }
    if result < 0 { return result }
    SocketFlags.clear(t, Int(pair.0))
    SocketFlags.clear(t, Int(pair.1))
    guard store(pair, at: rsv) else {
      host(HostSocket.close, word(pair.0))
      host(HostSocket.close, word(pair.1))
      return HostError.EFAULT
    }
    return 0
  }

  /// `accept(2)`: the new socket has the listener's `O_NONBLOCK`, unlike the host's.
  static func accept(_ t: Thread, _ s: Int32, _ name: UInt, _ anamelen: UInt) -> Int {
    let flags = host(HostSocket.fcntl, word(s), 3)  // F_GETFL
    if flags < 0 { return flags }
    return accept(t, s, name, anamelen, Int32(truncatingIfNeeded: flags) & HostSocket.SOCK_NONBLOCK)
  }

  /// `accept4(2)`.
  ///
  /// - Errors: `EINVAL` for unknown flags or a length past `INT_MAX`; `EFAULT` for the length before anything is
  ///   accepted, for the address after: the new socket is closed again; the host's.
  /// - Source: FreeBSD 14 `sys/kern/uipc_syscalls.c`, `kern_accept4`.
  static func accept4(_ t: Thread, _ s: Int32, _ name: UInt, _ anamelen: UInt, _ flags: Int32) -> Int {
    if flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) != 0 { return HostError.EINVAL }
    return accept(t, s, name, anamelen, hostTypeFlags(flags))
  }

  private static func accept(_ t: Thread, _ s: Int32, _ name: UInt, _ lengthAt: UInt, _ hostFlags: Int32) -> Int {
    var room: UInt32 = 0
    if name != 0 {
      guard let given = load(lengthAt, as: UInt32.self) else { return HostError.EFAULT }
      if given > UInt32(Int32.max) { return HostError.EINVAL }
      room = given
    }
    var address = HostAddress()
    var length = HostAddress.room
    let result = withUnsafeMutablePointer(to: &length) { length in
      withUnsafeMutablePointer(to: &address.words) { words in
        t.blocking(
          HostSocket.accept4, word(s), name == 0 ? 0 : UInt(bitPattern: words),
          name == 0 ? 0 : UInt(bitPattern: length),
          word(hostFlags))
      }
    }
    if result == HostError.EINTR { return Restart.ifActionSaysSo }
    if result < 0 { return result }
    SocketFlags.clear(t, result)
    let inherited = SocketFlags.get(t, s) & SocketFlags.inherited
    if inherited != 0 { _ = SocketFlags.set(t, Int32(truncatingIfNeeded: result), inherited, true) }
    if name == 0 { return result }
    address.length = length
    address.toGuest()
    if let given = address.give(to: name, room: room), store(given, at: lengthAt) { return result }
    host(HostSocket.close, UInt(bitPattern: result))
    return HostError.EFAULT
  }

  /// `listen(2)`. A negative backlog is the largest one on both systems.
  static func listen(_ t: Thread, _ s: Int32, _ backlog: Int32) -> Int {
    let result = host(HostSocket.listen, word(s), word(backlog))
    // A Unix socket without a name: the host calls it an invalid argument.
    return result == HostError.EINVAL && HostSocket.isUnix(s) ? HostError.EDESTADDRREQ : result
  }

  /// `setfib(2)`: there is one routing table.
  static func setfib(_ t: Thread, _ fibnum: Int32) -> Int { fibnum == 0 ? 0 : HostError.EINVAL }
}
