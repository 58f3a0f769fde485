extension FreeBSD {
  /// `setsockopt(2)`.
  ///
  /// - Errors: `EFAULT` for a value; `EINVAL` for one that is too short; `ENOPROTOOPT` for an option the host has no
  ///   equal of; `ENOENT` for an accept filter; the host's.
  /// - Differs: `SO_NOSIGPIPE` is remembered by descriptor and heeded by the socket calls: write(2) on such a socket
  ///   still raises the signal. `TCP_KEEPINIT` becomes a number of retries.
  /// - Source: FreeBSD 14 `sys/kern/uipc_socket.c`, `sosetopt`.
  static func setsockopt(_ t: Thread, _ s: Int32, _ level: Int32, _ name: Int32, _ val: UInt, _ valsize: UInt32) -> Int
  {
    if val == 0 && valsize != 0 { return HostError.EFAULT }
    if valsize > UInt32(Int32.max) { return HostError.EINVAL }
    let type = host(HostSocket.fcntl, word(s), 3)  // F_GETFL: a number that is no descriptor comes first
    if type < 0 { return type }
    guard let option = HostOption.of(s, level, name) else {
      return HostSocket.option(s, HostSocket.SOL_SOCKET, HostSocket.SO_TYPE) == nil
        ? HostError.ENOTSOCK : HostError.ENOPROTOOPT
    }
    switch option.kind {
    case .bytes: return setBytes(s, option, val, valsize)
    case .sourceMembership, .group, .groupSource: return setMembership(s, option, val, valsize)
    case .icmpFilter: return setIcmpFilter(s, option, val, valsize)
    case .congestion: return setCongestion(s, option, val, valsize)
    case .acceptFilter: return valsize == 0 ? HostError.EINVAL : HostError.ENOENT
    case .error, .domain, .listenQueue, .peerCredentials, .connectionInformation: return HostError.ENOPROTOOPT
    default: break
    }
    guard valsize >= 4 else { return HostError.EINVAL }
    guard let value = load(val, as: Int32.self) else { return HostError.EFAULT }
    return setInteger(t, s, option, value)
  }

  private static func setInteger(_ t: Thread, _ s: Int32, _ option: HostOption, _ value: Int32) -> Int {
    let on = value != 0
    switch option.kind {
    case .integer: return HostSocket.set(s, option.level, option.name, value)
    case .flag:
      let set = HostSocket.set(s, option.level, option.name, on ? 1 : 0)
      // The guest has the options of SOL_SOCKET on every socket; the host refuses SO_REUSEPORT where there are no ports.
      return set == HostError.EOPNOTSUPP && option.level == 1 ? 0 : set
    case .bufferSize:
      return value < 1 ? HostError.EINVAL : HostSocket.set(s, option.level, option.name, value)
    case .nothing: return 0
    case .fib: return value == 0 ? 0 : HostError.EINVAL
    // The high and the default range are one on the guest; the low one is for the privileged.
    case .portRange: return value == 0 || value == 1 ? 0 : value == 2 ? HostError.EACCES : HostError.EINVAL
    case .noSigpipe:
      if on { watch(t, Watched.quietSockets) }
      return remember(t, s, SocketFlags.noSigpipe, on)
    case .bintime:
      let set = HostSocket.set(s, option.level, option.name, on ? 1 : 0)
      return set < 0 ? set : remember(t, s, SocketFlags.bintime, on)
    case .destination: return setPacketInformation(t, s, option, SocketFlags.destination, on)
    case .interface: return setPacketInformation(t, s, option, SocketFlags.interface, on)
    case .credentialsOnce: return setCredentials(t, s, option, SocketFlags.credentialsOnce, on)
    case .credentials: return setCredentials(t, s, option, SocketFlags.credentials, on)
    case .dontFragment: return HostSocket.set(s, option.level, option.name, on ? 2 : 0)  // IP_PMTUDISC_DO, _DONT
    case .fastOpen: return HostSocket.set(s, option.level, option.name, on ? 128 : 0)
    case .keepInit:
      if value < 1 { return HostError.EINVAL }
      // The host retries after 1, 2, 4, ... seconds: as many retries as fit into the time.
      var retries: Int32 = 1
      while retries < 8 && (Int32(2) << retries) &- 1 < value { retries += 1 }
      return HostSocket.set(s, option.level, option.name, retries)
    default: return HostError.ENOPROTOOPT
    }
  }

  private static func remember(_ t: Thread, _ s: Int32, _ bit: UInt8, _ on: Bool) -> Int {
    if HostSocket.option(s, HostSocket.SOL_SOCKET, HostSocket.SO_TYPE) == nil { return HostError.ENOTSOCK }
    return SocketFlags.set(t, s, bit, on) ? 0 : HostError.ENOBUFS
  }

  /// `IP_RECVDSTADDR` and `IP_RECVIF` are both the host's `IP_PKTINFO`: it stays while one is wanted.
  private static func setPacketInformation(
    _ t: Thread, _ s: Int32, _ option: HostOption, _ bit: UInt8, _ on: Bool
  ) -> Int {
    let both = SocketFlags.destination | SocketFlags.interface
    let wanted = on || SocketFlags.get(t, s) & both & ~bit != 0
    let set = HostSocket.set(s, option.level, option.name, wanted ? 1 : 0)
    return set < 0 ? set : remember(t, s, bit, on)
  }

  private static func setCredentials(_ t: Thread, _ s: Int32, _ option: HostOption, _ bit: UInt8, _ on: Bool) -> Int {
    let both = SocketFlags.credentialsOnce | SocketFlags.credentials
    // The guest's kernel refuses to have both.
    if on && SocketFlags.get(t, s) & both & ~bit != 0 { return HostError.EINVAL }
    let set = HostSocket.set(s, option.level, option.name, on ? 1 : 0)
    return set < 0 ? set : remember(t, s, bit, on)
  }

  private static func setBytes(_ s: Int32, _ option: HostOption, _ val: UInt, _ valsize: UInt32) -> Int {
    host(HostSocket.setsockopt, word(s), word(option.level), word(option.name), val, UInt(valsize))
  }

  /// `struct ip_mreq_source` has its last two addresses the other way round; `struct group_req` and
  /// `struct group_source_req` carry socket addresses, in the same places.
  private static func setMembership(_ s: Int32, _ option: HostOption, _ val: UInt, _ valsize: UInt32) -> Int {
    if option.kind == .sourceMembership {
      guard valsize >= 12 else { return HostError.EINVAL }
      guard var request = load(val, as: (UInt32, UInt32, UInt32).self) else { return HostError.EFAULT }
      request = (request.0, request.2, request.1)
      return withUnsafePointer(to: &request) {
        host(HostSocket.setsockopt, word(s), word(option.level), word(option.name), UInt(bitPattern: $0), 12)
      }
    }
    let size = option.kind == .group ? 136 : 264
    guard Int(valsize) >= size else { return HostError.EINVAL }
    var request = [33 of UInt64](repeating: 0)
    return withUnsafeMutableBytes(of: &request) { bytes -> Int in
      let base = bytes.baseAddress.unsafelyUnwrapped
      guard copyIn(base, from: val, count: size) else { return HostError.EFAULT }
      var at = 8
      while at < size {
        switch bytes[at + 1] {
        case AF_INET: base.storeBytes(of: HostSocket.AF_INET, toByteOffset: at, as: UInt16.self)
        case AF_INET6: base.storeBytes(of: HostSocket.AF_INET6, toByteOffset: at, as: UInt16.self)
        default: return HostError.EINVAL
        }
        at += 128
      }
      return host(
        HostSocket.setsockopt, word(s), word(option.level), word(option.name), UInt(bitPattern: base),
        UInt(bitPattern: size))
    }
  }

  /// `ICMP6_FILTER`: a set bit lets a type pass here and stops it there.
  private static func setIcmpFilter(_ s: Int32, _ option: HostOption, _ val: UInt, _ valsize: UInt32) -> Int {
    guard valsize >= 32 else { return HostError.EINVAL }
    guard var filter = load(val, as: (UInt64, UInt64, UInt64, UInt64).self) else { return HostError.EFAULT }
    filter = (~filter.0, ~filter.1, ~filter.2, ~filter.3)
    return withUnsafePointer(to: &filter) {
      host(HostSocket.setsockopt, word(s), word(option.level), word(option.name), UInt(bitPattern: $0), 32)
    }
  }

  /// `TCP_CONGESTION`: what the guest calls `newreno` is the host's `reno`.
  private static func setCongestion(_ s: Int32, _ option: HostOption, _ val: UInt, _ valsize: UInt32) -> Int {
    var name = (UInt64(0), UInt64(0))
    let count = min(Int(valsize), 15)
    let copied = withUnsafeMutableBytes(of: &name) {
      copyIn($0.baseAddress.unsafelyUnwrapped, from: val, count: count)
    }
    guard copied else { return HostError.EFAULT }
    if name.0 == newreno { name = (reno, 0) }
    return withUnsafePointer(to: &name) {
      host(HostSocket.setsockopt, word(s), word(option.level), word(option.name), UInt(bitPattern: $0), 16)
    }
  }

  /// "newreno" and "reno" as the first eight bytes of a name.
  static let newreno: UInt64 = 0x006f_6e65_7277_656e
  static let reno: UInt64 = 0x0000_0000_6f6e_6572
}
