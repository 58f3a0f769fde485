/// `net.routetable`: interfaces, addresses and routes as getifaddrs(3), netstat(1) and Go's net package ask for them.
extension FreeBSD {
  /// Answers `CTL_NET, PF_ROUTE, protocol, family, what, argument[, table]`; `arguments` are those after the first two.
  ///
  /// Errors: `EISDIR` for fewer numbers, `ENOTDIR` for more; `EINVAL` for a family no system has, for a table other
  /// than 0 and for all neighbours of all families; `EAFNOSUPPORT` for routes of a family that has none;
  /// `EOPNOTSUPP` for next hops as objects.
  /// - Source: FreeBSD 14 `sys/net/rtsock.c`, `sysctl_rtsock`.
  static func putRouteTable(_ arguments: SysctlName, _ request: inout SysctlRequest) -> Int {
    guard arguments.count >= 4 else { return HostError.EISDIR }
    let what = arguments[2]
    let takesTable = what == NET_RT_DUMP || what == NET_RT_NHOP || what == NET_RT_NHGRP
    guard arguments.count == 4 || takesTable && arguments.count == 5 else { return HostError.ENOTDIR }
    if arguments.count == 5, arguments[4] != 0, arguments[4] != -1 { return HostError.EINVAL }
    let family = UInt8(truncatingIfNeeded: arguments[1])
    guard family <= 44 else { return HostError.EINVAL }  // AF_MAX
    let argument = arguments[3]
    switch what {
    case NET_RT_IFLIST, NET_RT_IFLISTL:
      return putInterfaces(family, argument, long: what == NET_RT_IFLISTL, &request)
    case NET_RT_IFMALIST: return putMulticast(family, argument, &request)
    case NET_RT_FLAGS where argument == 0 || argument & RTF_LLDATA != 0:
      return family == 0 ? HostError.EINVAL : putNeighbours(family, &request)
    case NET_RT_DUMP, NET_RT_FLAGS:
      guard family == AF_UNSPEC || family == AF_INET || family == AF_INET6 else { return guestError(47) }
      return putRoutes(family, what == NET_RT_FLAGS ? argument : 0, &request)
    case NET_RT_NHOP, NET_RT_NHGRP: return HostError.EOPNOTSUPP
    default: return 0
    }
  }
}
