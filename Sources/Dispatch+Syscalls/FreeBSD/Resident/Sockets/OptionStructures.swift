extension FreeBSD.OptionValue {
  /// A byte and a 32-bit word of the host's answer.
  private func byte(_ at: Int) -> UInt8 { UInt8(truncatingIfNeeded: words[at / 8] >> UInt64(at % 8 * 8)) }
  private func word32(_ at: Int) -> UInt32 { UInt32(truncatingIfNeeded: words[at / 8] >> UInt64(at % 8 * 8)) }

  /// `SO_LISTENQLIMIT`, `SO_LISTENQLEN`, `SO_LISTENINCQLEN`: the host tells the queue of a TCP listener in its
  /// `TCP_INFO`, and that of no other.
  mutating func listenQueue(_ s: Int32, _ name: Int32) -> Int {
    let result = read(s, FreeBSD.HostSocket.IPPROTO_TCP, FreeBSD.HostSocket.TCP_INFO, 32)
    let listens = result >= 32 && byte(0) == 10  // TCP_LISTEN
    let value: UInt32 =
      switch name {
      case FreeBSD.SO_LISTENQLIMIT where listens: word32(28)
      case FreeBSD.SO_LISTENQLEN where listens: word32(24)
      default: 0
      }
    words[0] = UInt64(value)
    return 4
  }

  /// `LOCAL_PEERCRED`: the peer's credentials when it connected, as `struct xucred`.
  ///
  /// - Errors: `ENOTCONN` without a peer.
  mutating func peerCredentials(_ s: Int32) -> Int {
    var groups = FreeBSD.OptionValue()
    let groupBytes = groups.read(s, FreeBSD.HostSocket.SOL_SOCKET, 59, 256)  // SO_PEERGROUPS
    let result = read(s, FreeBSD.HostSocket.SOL_SOCKET, 17, 12)  // SO_PEERCRED
    if result < 0 { return result }
    let (process, user, group) = (word32(0), word32(4), word32(8))
    if process == 0 && user == UInt32.max { return FreeBSD.HostError.ENOTCONN }
    // The effective group comes first, then the others.
    let others = groupBytes < 0 ? 0 : groupBytes / 4
    return withUnsafeMutableBytes(of: &words) { bytes -> Int in
      for at in 0..<FreeBSD.xucred_size { bytes[at] = 0 }
      bytes.storeBytes(of: user, toByteOffset: 4, as: UInt32.self)
      bytes.storeBytes(of: group, toByteOffset: 12, as: UInt32.self)
      var count = 1
      for index in 0..<others where count < FreeBSD.XU_NGROUPS {
        let other = groups.word32(index * 4)
        if other == group { continue }
        bytes.storeBytes(of: other, toByteOffset: 12 + count * 4, as: UInt32.self)
        count += 1
      }
      bytes.storeBytes(of: UInt16(count), toByteOffset: 8, as: UInt16.self)
      bytes.storeBytes(of: process, toByteOffset: 80, as: UInt32.self)
      return FreeBSD.xucred_size
    }
  }

  /// `TCP_INFO`. The first 104 bytes stand alike on both systems; states are numbered otherwise, the host counts
  /// some times in milliseconds and windows in segments where the guest has microseconds and bytes.
  mutating func connectionInformation(_ s: Int32) -> Int {
    let result = read(s, FreeBSD.HostSocket.IPPROTO_TCP, FreeBSD.HostSocket.TCP_INFO, 240)
    if result < 0 { return result }
    let segment = word32(16)
    let received = word32(52) &* 1000
    let (threshold, window) = (word32(76), word32(80))
    let retransmitted = word32(100)
    let (outOfOrder, sendWindow) = (word32(224), word32(228))
    let state = FreeBSD.OptionValue.guestState(byte(0))
    return withUnsafeMutableBytes(of: &words) { bytes -> Int in
      for at in 100..<bytes.count { bytes[at] = 0 }
      bytes[0] = state
      bytes[5] &= 0x0f  // timestamps, SACK, window scale, ECN
      // Not filled in by the guest's kernel.
      for index in 1..<5 { bytes[index] = 0 }
      for index in 12..<16 { bytes[index] = 0 }
      for index in 24..<52 { bytes[index] = 0 }
      for index in 56..<68 { bytes[index] = 0 }
      for index in 84..<96 { bytes[index] = 0 }
      bytes.storeBytes(of: received, toByteOffset: 52, as: UInt32.self)
      bytes.storeBytes(
        of: threshold >= 0x7fff_ffff ? 0x3fff_c000 : threshold &* segment, toByteOffset: 76, as: UInt32.self)
      bytes.storeBytes(of: window &* segment, toByteOffset: 80, as: UInt32.self)
      bytes.storeBytes(of: sendWindow, toByteOffset: 100, as: UInt32.self)
      bytes.storeBytes(of: retransmitted, toByteOffset: 120, as: UInt32.self)
      bytes.storeBytes(of: outOfOrder, toByteOffset: 124, as: UInt32.self)
      return FreeBSD.tcp_info_size
    }
  }

  /// `TCPS_` of a host's `TCP_` state.
  private static func guestState(_ host: UInt8) -> UInt8 {
    switch host {
    case 1: 4  // ESTABLISHED
    case 2: 2  // SYN_SENT
    case 3, 12: 3  // SYN_RECEIVED
    case 4: 6  // FIN_WAIT_1
    case 5: 9  // FIN_WAIT_2
    case 6: 10  // TIME_WAIT
    case 8: 5  // CLOSE_WAIT
    case 9: 8  // LAST_ACK
    case 10: 1  // LISTEN
    case 11: 7  // CLOSING
    default: 0  // CLOSED
    }
  }
}
