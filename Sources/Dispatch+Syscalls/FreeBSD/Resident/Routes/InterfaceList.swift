/// `NET_RT_IFLIST` and `NET_RT_IFLISTL`: every interface, each followed by its addresses.
extension FreeBSD {
  /// - Parameter wanted: an interface's number, 0 for all.
  /// - Source: FreeBSD 14 `sys/net/rtsock.c`, `sysctl_iflist`.
  static func putInterfaces(_ family: UInt8, _ wanted: Int32, long: Bool, _ request: inout SysctlRequest) -> Int {
    Netlink.dump(Netlink.RTM_GETLINK, family: 0) { message in
      guard let interface = HostInterface(message), wanted == 0 || UInt32(bitPattern: wanted) == interface.index else {
        return 0
      }
      let result = put(interface, long: long, &request)
      if result != 0 { return result }
      return Netlink.dump(Netlink.RTM_GETADDR, family: hostRouteFamily(family)) {
        putAddress($0, of: interface, family, long: long, &request)
      }
    }
  }

  /// `struct if_msghdr`, or `if_msghdrl`, in which the interface's data begin 8 bytes later.
  private static func put(_ interface: HostInterface, long: Bool, _ request: inout SysctlRequest) -> Int {
    var message = RouteMessage(RTM_IFINFO, head: long ? if_msghdrl_size : if_msghdr_size)
    message.set(8, interface.flags)
    message.set(12, UInt16(truncatingIfNeeded: interface.index))
    if long {
      message.set(16, UInt16(if_msghdrl_size))
      message.set(18, UInt16(24))
    }
    message.set(long ? 24 : 16, interface.data)
    message.add(RTA_IFP, interface.address)
    return message.put(&request)
  }

  /// `struct ifa_msghdr`, or `ifa_msghdrl`. An address that is not this interface's, or not of the family, is left out.
  private static func putAddress(
    _ found: NetlinkMessage, of interface: HostInterface, _ family: UInt8, long: Bool, _ request: inout SysctlRequest
  ) -> Int {
    let head = 8  // struct ifaddrmsg
    guard let hostFamily = found.field(0, as: UInt8.self), let prefix = found.field(1, as: UInt8.self),
      found.field(4, as: UInt32.self) == interface.index, family == 0 || hostRouteFamily(family) == hostFamily,
      let other = found.attribute(1, after: head)  // IFA_ADDRESS: the other end's, where there is one
    else { return 0 }
    let own = found.attribute(2, after: head) ?? other  // IFA_LOCAL
    guard let address = RouteAddress(hostFamily: hostFamily, own, interface: interface.index) else { return 0 }
    var message = RouteMessage(RTM_NEWADDR, head: long ? ifa_msghdrl_size : ifa_msghdr_size)
    message.set(8, RTF_UP)  // IFA_ROUTE
    message.set(12, UInt16(truncatingIfNeeded: interface.index))
    if long {
      message.set(16, UInt16(ifa_msghdrl_size))
      message.set(18, UInt16(24))
      message.set(24, if_data())
    }
    message.add(RTA_NETMASK, RouteAddress(hostFamily: hostFamily, prefix: prefix))
    message.add(RTA_IFA, address)
    if interface.flags & IFF_POINTOPOINT != 0 {
      message.add(RTA_BRD, RouteAddress(hostFamily: hostFamily, other, interface: interface.index))
    } else if hostFamily == 2 && interface.flags & IFF_LOOPBACK != 0 {
      message.add(RTA_BRD, address)
    } else if hostFamily == 2 && interface.flags & IFF_BROADCAST != 0 {
      let told = found.attribute(4, after: head)  // IFA_BROADCAST
      message.add(
        RTA_BRD, told.flatMap { RouteAddress(hostFamily: 2, $0) } ?? RouteAddress(broadcastOf: own, prefix: prefix))
    }
    return message.put(&request)
  }

  /// The host's number of an address family; one that none of its addresses has for a family it lacks.
  static func hostRouteFamily(_ family: UInt8) -> UInt8 {
    switch family {
    case AF_UNSPEC: 0
    case AF_INET: 2
    case AF_INET6: 10
    default: 0xff
    }
  }
}
