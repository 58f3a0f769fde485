import CPicoABI

extension FreeBSD.ControlMessages {
  /// Takes a guest's control messages for sending.
  ///
  /// - Returns: their length in the host's layout, or an error: `EINVAL` for more than the guest's kernel takes, for
  ///   a head that does not fit and for a message it does not know; `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/uipc_usrreq.c`, `unp_internalize`; `sys/netinet/udp_usrreq.c`,
  ///   `sys/netinet6/ip6_output.c`.
  mutating func take(_ t: Thread, _ address: UInt, _ length: UInt32) -> Int {
    if Int(length) > FreeBSD.ControlMessages.room { return FreeBSD.HostError.EINVAL }
    if length == 0 { return 0 }
    if Int(length) < FreeBSD.CMSG_DATA_OFFSET { return FreeBSD.HostError.EINVAL }
    var from = 0
    var at = 0
    while from + FreeBSD.CMSG_DATA_OFFSET <= Int(length) {
      guard let head = load(address &+ UInt(from), as: FreeBSD.cmsghdr.self) else { return FreeBSD.HostError.EFAULT }
      let whole = Int(head.cmsg_len)
      guard whole >= FreeBSD.CMSG_DATA_OFFSET, whole <= Int(length) - from else { return FreeBSD.HostError.EINVAL }
      let data = address &+ UInt(from + FreeBSD.CMSG_DATA_OFFSET)
      let taken = takeOne(t, head, data, whole - FreeBSD.CMSG_DATA_OFFSET, at)
      if taken < 0 { return taken }
      at += taken
      from += FreeBSD.ControlMessages.aligned(whole)
    }
    return at
  }

  /// - Returns: bytes that the message takes in the host's layout, its alignment included.
  private mutating func takeOne(
    _ t: Thread, _ head: FreeBSD.cmsghdr, _ data: UInt, _ length: Int, _ at: Int
  ) -> Int {
    switch (head.cmsg_level, head.cmsg_type) {
    case (FreeBSD.SOL_SOCKET, FreeBSD.SCM_RIGHTS):
      let taken = copy(data, length & ~3, at, FreeBSD.HostSocket.SOL_SOCKET, FreeBSD.SCM_RIGHTS)
      if taken < 0 { return taken }
      for index in 0..<length / 4 {
        // A kqueue belongs to its process and is passed to nobody.
        let descriptor = Int32(bitPattern: word32(at + FreeBSD.CMSG_DATA_OFFSET + index * 4))
        if FreeBSD.Kqueues.isKqueue(t, descriptor) { return FreeBSD.HostError.EOPNOTSUPP }
      }
      return taken
    case (FreeBSD.SOL_SOCKET, FreeBSD.SCM_CREDS):
      // The guest's kernel fills the sender's credentials in, whatever the program wrote; so does this.
      guard put(at: at, dataLength: 12, level: FreeBSD.HostSocket.SOL_SOCKET, type: 2) else {
        return FreeBSD.HostError.EINVAL
      }
      setWord32(at + 16, UInt32(truncatingIfNeeded: host(Host.getpid)))
      setWord32(at + 20, UInt32(truncatingIfNeeded: host(102)))  // getuid
      setWord32(at + 24, UInt32(truncatingIfNeeded: host(104)))  // getgid
      return FreeBSD.CMSG_DATA_OFFSET + 16
    case (FreeBSD.IPPROTO_IP, FreeBSD.IP_RECVDSTADDR):  // IP_SENDSRCADDR is the same number
      guard length == 4 else { return FreeBSD.HostError.EINVAL }
      guard let source = load(data, as: UInt32.self) else { return FreeBSD.HostError.EFAULT }
      guard put(at: at, dataLength: 12, level: 0, type: 8) else { return FreeBSD.HostError.EINVAL }  // IP_PKTINFO
      setWord32(at + 16, 0)
      setWord32(at + 20, source)
      setWord32(at + 24, 0)
      return FreeBSD.CMSG_DATA_OFFSET + 16
    case (FreeBSD.IPPROTO_IP, FreeBSD.IP_TOS):
      return copy(data, length, at, 0, 1)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_PKTINFO): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 50)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_HOPLIMIT): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 52)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_TCLASS): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 67)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_HOPOPTS): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 54)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_DSTOPTS): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 59)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_RTHDRDSTOPTS): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 55)
    case (FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_RTHDR): return copy(data, length, at, FreeBSD.IPPROTO_IPV6, 57)
    default:
      return FreeBSD.HostError.EINVAL
    }
  }

  private mutating func copy(_ data: UInt, _ length: Int, _ at: Int, _ level: Int32, _ type: Int32) -> Int {
    guard put(at: at, dataLength: length, level: level, type: type) else { return FreeBSD.HostError.EINVAL }
    let copied = withUnsafeMutableBytes(of: &words) {
      copyIn($0.baseAddress.unsafelyUnwrapped + at + FreeBSD.CMSG_DATA_OFFSET, from: data, count: length)
    }
    return copied ? FreeBSD.CMSG_DATA_OFFSET + FreeBSD.ControlMessages.aligned(length) : FreeBSD.HostError.EFAULT
  }
}
