/// `NET_RT_IFMALIST`: the groups that interfaces have joined. The host lists them in `/proc/net` only.
extension FreeBSD {
  /// - Source: FreeBSD 14 `sys/net/rtsock.c`, `sysctl_ifmalist`.
  static func putMulticast(_ family: UInt8, _ wanted: Int32, _ request: inout SysctlRequest) -> Int {
    Netlink.dump(Netlink.RTM_GETLINK, family: 0) { message in
      guard let interface = HostInterface(message), wanted == 0 || UInt32(bitPattern: wanted) == interface.index else {
        return 0
      }
      var result = 0
      if family == 0 || family == AF_INET {
        result = withHostLines("/proc/net/igmp") { putFour(&$0, interface, &request) }
      }
      if result == 0 && (family == 0 || family == AF_INET6) {
        result = withHostLines("/proc/net/igmp6") { putSix(&$0, interface, &request) }
      }
      return result
    }
  }

  /// A line begins with the interface's number; those that follow and begin with blanks are its groups, as the number
  /// that the group's bytes are in the processor's order.
  private static func putFour(
    _ lines: inout TextLines, _ interface: HostInterface, _ request: inout SysctlRequest
  ) -> Int {
    var isThis = false
    while lines.next() {
      if lines.beginsWithBlank {
        guard isThis, let group = lines.hexadecimal(4) else { continue }
        let result = put(group: UInt64(UInt32(truncatingIfNeeded: group.0).byteSwapped), nil, interface, &request)
        if result != 0 { return result }
      } else {
        isThis = lines.decimal() == UInt64(interface.index)
      }
    }
    return 0
  }

  /// Number, name and group of an interface stand in one line.
  private static func putSix(_ lines: inout TextLines, _ interface: HostInterface, _ request: inout SysctlRequest)
    -> Int
  {
    while lines.next() {
      guard lines.decimal() == UInt64(interface.index) else { continue }
      lines.skipWord()
      guard let group = lines.hexadecimal(16) else { continue }
      let result = put(group: group.0, group.1, interface, &request)
      if result != 0 { return result }
    }
    return 0
  }

  /// `struct ifma_msghdr`. The group as a number, first byte highest; `low` is the second half of an IPv6 one.
  private static func put(
    group high: UInt64, _ low: UInt64?, _ interface: HostInterface, _ request: inout SysctlRequest
  ) -> Int {
    var bytes = (low == nil ? high << 32 : high, low ?? 0)
    bytes = (bytes.0.bigEndian, bytes.1.bigEndian)
    return withUnsafeBytes(of: &bytes) { bytes in
      var message = RouteMessage(RTM_NEWMADDR, head: ifma_msghdr_size)
      message.set(12, UInt16(truncatingIfNeeded: interface.index))
      if interface.type == IFT_ETHER {
        // 33:33 and four bytes of the group, or 01:00:5e and 23 bits.
        var link: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15])
        if low == nil { link = (1, 0, 0x5e, bytes[1] & 0x7f, bytes[2], bytes[3]) }
        withUnsafeBytes(of: &link) {
          message.add(
            RTA_GATEWAY, RouteAddress(interface: interface.index, type: interface.type, name: nil, address: $0))
        }
      }
      message.add(RTA_IFP, interface.address)
      message.add(RTA_IFA, RouteAddress(hostFamily: low == nil ? 2 : 10, bytes, interface: interface.index))
      return message.put(&request)
    }
  }
}
