/// `NET_RT_DUMP` and `NET_RT_FLAGS`: the routes, and the neighbours that are known by their hardware addresses.
extension FreeBSD {
  /// The routes of a family, 0 for all, whose flags have one of `mask`'s; all where that is 0.
  ///
  /// Of the host's tables the main one, and the addresses of its own, which FreeBSD keeps as routes to the loopback.
  /// - Source: FreeBSD 14 `sys/net/rtsock.c`, `sysctl_dumpnhop`.
  static func putRoutes(_ family: UInt8, _ mask: Int32, _ request: inout SysctlRequest) -> Int {
    Netlink.dump(Netlink.RTM_GETROUTE, family: hostRouteFamily(family)) { put(route: $0, mask, &request) }
  }

  private static func put(route: NetlinkMessage, _ mask: Int32, _ request: inout SysctlRequest) -> Int {
    let head = 12  // struct rtmsg
    guard let hostFamily = route.field(0, as: UInt8.self), hostFamily == 2 || hostFamily == 10,
      let prefix = route.field(1, as: UInt8.self), let table = route.field(4, as: UInt8.self),
      let origin = route.field(5, as: UInt8.self), let type = route.field(7, as: UInt8.self),
      table == 254 || table == 255, route.field(8, as: UInt32.self).map({ $0 & 0x200 == 0 }) ?? false
    else { return 0 }  // RT_TABLE_MAIN, RT_TABLE_LOCAL; a cached route (RTM_F_CLONED) is nobody's
    var flags = RTF_UP
    switch type {
    case 1: break  // RTN_UNICAST
    case 2: flags |= RTF_STATIC | RTF_PINNED  // RTN_LOCAL
    case 6: flags |= RTF_BLACKHOLE
    case 7, 8: flags |= RTF_REJECT
    default: return 0  // broadcasts and multicasts are no routes
    }
    let gateway = route.attribute(5, after: head)  // RTA_GATEWAY
    if gateway != nil { flags |= RTF_GATEWAY }
    if prefix == (hostFamily == 2 ? 32 : 128) { flags |= RTF_HOST }
    if origin > 2 { flags |= RTF_STATIC }  // not the kernel's own
    guard mask == 0 || flags & mask != 0 else { return 0 }
    let interface = route.number(4, after: head) ?? 0  // RTA_OIF
    let way = RouteInterface(interface)
    var message = RouteMessage(RTM_GET, head: rt_msghdr_size)
    message.set(4, UInt16(truncatingIfNeeded: interface))
    message.set(8, flags)
    message.set(48, UInt64(way.mtu))  // rmx_mtu
    message.set(120, UInt64(1))  // rmx_weight
    let none = RouteAddress(hostFamily: hostFamily, prefix: 0)
    let destination = route.attribute(1, after: head)
    message.add(
      RTA_DST, destination.flatMap { RouteAddress(hostFamily: hostFamily, $0, interface: interface) } ?? none)
    message.add(
      RTA_GATEWAY,
      gateway.flatMap { RouteAddress(hostFamily: hostFamily, $0, interface: interface) }
        ?? RouteAddress(gatewayTo: interface, type: way.type))
    if flags & RTF_HOST == 0 { message.add(RTA_NETMASK, RouteAddress(hostFamily: hostFamily, prefix: prefix)) }
    message.add(RTA_IFP, way.address)
    message.add(
      RTA_IFA,  // RTA_PREFSRC
      route.attribute(7, after: head).flatMap { RouteAddress(hostFamily: hostFamily, $0, interface: interface) })
    return message.put(&request, addressField: 12)
  }

  /// The neighbours' table: `struct rt_msghdr`, the neighbour's address and its `sockaddr_dl`.
  ///
  /// - Source: FreeBSD 14 `sys/net/if_llatbl.c`, `in_lltable_dump_entry`.
  static func putNeighbours(_ family: UInt8, _ request: inout SysctlRequest) -> Int {
    let head = 12  // struct ndmsg
    return Netlink.dump(Netlink.RTM_GETNEIGH, family: hostRouteFamily(family)) { neighbour in
      guard let hostFamily = neighbour.field(0, as: UInt8.self), hostFamily == hostRouteFamily(family),
        let interface = neighbour.field(4, as: UInt32.self), let state = neighbour.field(8, as: UInt16.self),
        let address = neighbour.attribute(1, after: head).flatMap({  // NDA_DST
          RouteAddress(hostFamily: hostFamily, $0, interface: interface)
        }), state & 0x40 == 0  // NUD_NOARP
      else { return 0 }
      let link = neighbour.attribute(2, after: head)  // NDA_LLADDR
      var message = RouteMessage(RTM_GET, head: rt_msghdr_size)
      message.set(4, UInt16(truncatingIfNeeded: interface))
      message.set(8, RTF_UP | RTF_HOST | RTF_LLDATA | (state & 0x80 != 0 ? RTF_STATIC : 0))  // NUD_PERMANENT
      message.add(RTA_DST, address)
      message.add(
        RTA_GATEWAY,
        RouteAddress(interface: interface, type: RouteInterface(interface).type, name: nil, address: link))
      return message.put(&request, addressField: 12)
    }
  }

  /// What routes tell of the interface they lead through.
  private struct RouteInterface {
    var mtu: UInt32 = 0
    var type = IFT_OTHER
    var address: RouteAddress?

    init(_ index: UInt32) {
      _ = Netlink.dump(Netlink.RTM_GETLINK, family: 0) {
        guard let found = HostInterface($0), found.index == index else { return 0 }
        mtu = found.data.ifi_mtu
        type = found.type
        address = found.address
        return 0
      }
    }
  }
}
