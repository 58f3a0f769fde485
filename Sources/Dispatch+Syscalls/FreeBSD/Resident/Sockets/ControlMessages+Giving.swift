extension FreeBSD.ControlMessages {
  /// How much the host may write for a guest that has `room` bytes.
  ///
  /// The same, unless the socket adds something whose host form is larger than the guest's; descriptors for which
  /// there is no room must not be installed in the first place.
  static func hostRoom(_ t: Thread, _ s: Int32, _ room: Int) -> Int {
    let flags = FreeBSD.SocketFlags.get(t, s)
    var extra = 0
    if flags & (FreeBSD.SocketFlags.destination | FreeBSD.SocketFlags.interface) != 0 { extra += 8 }
    return min(room + extra, FreeBSD.ControlMessages.room)
  }

  /// Gives the guest the control messages that the host has received, as far as `room` reaches.
  ///
  /// - Returns: the bytes given, or `EFAULT`. `flags` gets `MSG_CTRUNC` when something was left out. Descriptors
  ///   the guest is not told of are closed.
  /// - Source: FreeBSD 14 `sys/kern/uipc_usrreq.c`, `unp_externalize`; `sys/kern/uipc_syscalls.c`, `kern_recvit`.
  mutating func give(
    _ t: Thread, _ s: Int32, _ length: Int, to address: UInt, room: Int, _ flags: inout Int32
  ) -> Int {
    setFilled(room == 0 ? 0 : length)
    var output = Output(address: address, room: room)
    var at = 0
    while let head = head(at: at, before: filled) {
      giveOne(t, s, head, at, &output)
      at += FreeBSD.ControlMessages.aligned(head.length)
    }
    if output.failed {
      closeDescriptors()
      return FreeBSD.HostError.EFAULT
    }
    if output.truncated { flags |= FreeBSD.MSG_CTRUNC }
    return output.used
  }

  /// The guest's buffer as it is filled.
  private struct Output {
    let address: UInt
    let room: Int
    var used = 0
    var truncated = false
    var failed = false

    init(address: UInt, room: Int) {
      self.address = address
      self.room = room
    }

    /// Adds one message whole, or nothing of it.
    mutating func add(_ level: Int32, _ type: Int32, _ data: UnsafeRawPointer, _ length: Int) {
      let whole = FreeBSD.CMSG_DATA_OFFSET + length
      guard !failed, whole <= room - used else {
        truncated = true
        return
      }
      let head = FreeBSD.cmsghdr(cmsg_len: UInt32(whole), cmsg_level: level, cmsg_type: type)
      let at = address &+ UInt(used)
      guard store(head, at: at), copyOut(to: at &+ UInt(FreeBSD.CMSG_DATA_OFFSET), data, count: length) else {
        failed = true
        return
      }
      used = min(used + FreeBSD.CMSG_DATA_OFFSET + FreeBSD.ControlMessages.aligned(length), room)
    }
  }

  private mutating func giveOne(_ t: Thread, _ s: Int32, _ head: Head, _ at: Int, _ output: inout Output) {
    let dataAt = at + FreeBSD.CMSG_DATA_OFFSET
    let length = head.length - FreeBSD.CMSG_DATA_OFFSET
    switch (head.level, head.type) {
    case (FreeBSD.HostSocket.SOL_SOCKET, FreeBSD.SCM_RIGHTS): giveRights(t, dataAt, length / 4, &output)
    case (FreeBSD.HostSocket.SOL_SOCKET, 2): giveCredentials(t, s, dataAt, length, &output)
    case (FreeBSD.HostSocket.SOL_SOCKET, 29): same(FreeBSD.SOL_SOCKET, FreeBSD.SCM_TIMESTAMP, dataAt, length, &output)
    case (FreeBSD.HostSocket.SOL_SOCKET, 35): giveBintime(dataAt, length, &output)
    case (0, 8): giveDestination(t, s, dataAt, length, &output)  // IP_PKTINFO
    case (0, 2): same(FreeBSD.IPPROTO_IP, FreeBSD.IP_RECVTTL, dataAt, 1, &output)  // an int there, a byte here
    case (0, 1): same(FreeBSD.IPPROTO_IP, FreeBSD.IP_RECVTOS, dataAt, 1, &output)
    case (FreeBSD.IPPROTO_IPV6, 50): same(FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_PKTINFO, dataAt, length, &output)
    case (FreeBSD.IPPROTO_IPV6, 52): same(FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_HOPLIMIT, dataAt, length, &output)
    case (FreeBSD.IPPROTO_IPV6, 67): same(FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_TCLASS, dataAt, length, &output)
    case (FreeBSD.IPPROTO_IPV6, 54): same(FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_HOPOPTS, dataAt, length, &output)
    case (FreeBSD.IPPROTO_IPV6, 59): same(FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_DSTOPTS, dataAt, length, &output)
    case (FreeBSD.IPPROTO_IPV6, 57): same(FreeBSD.IPPROTO_IPV6, FreeBSD.IPV6_RTHDR, dataAt, length, &output)
    default: output.truncated = true
    }
  }

  private func same(_ level: Int32, _ type: Int32, _ dataAt: Int, _ length: Int, _ output: inout Output) {
    withUnsafeBytes(of: words) { output.add(level, type, $0.baseAddress.unsafelyUnwrapped + dataAt, length) }
  }

  /// Descriptors: as many as there is room for, the others are closed.
  private mutating func giveRights(_ t: Thread, _ dataAt: Int, _ count: Int, _ output: inout Output) {
    for index in 0..<count { FreeBSD.SocketFlags.clear(t, Int(word32(dataAt + index * 4))) }
    let fitting = min(count, max(0, (output.room - output.used - FreeBSD.CMSG_DATA_OFFSET) / 4))
    if fitting > 0 { same(FreeBSD.SOL_SOCKET, FreeBSD.SCM_RIGHTS, dataAt, fitting * 4, &output) }
    if fitting < count {
      output.truncated = true
      closeDescriptors(at: dataAt, count: count, from: fitting)
      // Closed once: no later clean-up may meet these numbers again.
      for index in fitting..<count { setWord32(dataAt + index * 4, UInt32.max) }
    }
  }

  /// The sender's credentials, as `LOCAL_CREDS` (`struct sockcred`) or `LOCAL_CREDS_PERSISTENT` (`struct sockcred2`)
  /// asks for them. The host tells one user and one group.
  private func giveCredentials(_ t: Thread, _ s: Int32, _ dataAt: Int, _ length: Int, _ output: inout Output) {
    guard length >= 12 else { return }
    let asked = FreeBSD.SocketFlags.get(t, s)
    let user = word32(dataAt + 4)
    let group = word32(dataAt + 8)
    if asked & FreeBSD.SocketFlags.credentials != 0 {
      let data = (UInt32(0), word32(dataAt), user, user, group, group, UInt32(1), group)
      withUnsafeBytes(of: data) {
        output.add(
          FreeBSD.SOL_SOCKET, FreeBSD.SCM_CREDS2, $0.baseAddress.unsafelyUnwrapped, FreeBSD.sockcred2_size)
      }
    } else if asked & FreeBSD.SocketFlags.credentialsOnce != 0 {
      let data = (user, user, group, group, UInt32(1), group)
      withUnsafeBytes(of: data) {
        output.add(FreeBSD.SOL_SOCKET, FreeBSD.SCM_CREDS, $0.baseAddress.unsafelyUnwrapped, FreeBSD.sockcred_size)
      }
      _ = FreeBSD.SocketFlags.set(t, s, FreeBSD.SocketFlags.credentialsOnce, false)
      _ = FreeBSD.HostSocket.set(s, FreeBSD.HostSocket.SOL_SOCKET, 16, 0)  // SO_PASSCRED
    }
  }

  /// A time stamp in nanoseconds as seconds and a binary fraction.
  private func giveBintime(_ dataAt: Int, _ length: Int, _ output: inout Output) {
    guard length >= 16 else { return }
    let nanoseconds = word64(dataAt + 8)
    guard nanoseconds < 1_000_000_000 else { return }
    // 2^64 / 10^9 = 18446744073 + 709551616 / 10^9, without a 128-bit division.
    let fraction = nanoseconds &* 18_446_744_073 &+ nanoseconds &* 709_551_616 / 1_000_000_000
    withUnsafeBytes(of: (word64(dataAt), fraction)) {
      output.add(FreeBSD.SOL_SOCKET, FreeBSD.SCM_BINTIME, $0.baseAddress.unsafelyUnwrapped, 16)
    }
  }

  /// Destination address and interface of a datagram: one message of the host's, two of the guest's.
  private func giveDestination(_ t: Thread, _ s: Int32, _ dataAt: Int, _ length: Int, _ output: inout Output) {
    guard length >= 12 else { return }
    let asked = FreeBSD.SocketFlags.get(t, s)
    if asked & FreeBSD.SocketFlags.destination != 0 {
      same(FreeBSD.IPPROTO_IP, FreeBSD.IP_RECVDSTADDR, dataAt + 8, 4, &output)
    }
    if asked & FreeBSD.SocketFlags.interface != 0 {
      // struct sockaddr_dl with nothing but the interface's index.
      var link = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
      withUnsafeMutableBytes(of: &link) { bytes in
        bytes[0] = 54
        bytes[1] = FreeBSD.AF_LINK
        bytes.storeBytes(of: UInt16(truncatingIfNeeded: word32(dataAt)), toByteOffset: 2, as: UInt16.self)
        output.add(FreeBSD.IPPROTO_IP, FreeBSD.IP_RECVIF, bytes.baseAddress.unsafelyUnwrapped, 54)
      }
    }
  }
}
