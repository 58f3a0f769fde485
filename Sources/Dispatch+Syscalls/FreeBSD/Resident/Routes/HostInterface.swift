extension FreeBSD {
  /// An interface as the host's `RTM_NEWLINK` tells it, in the guest's terms. Names and numbers are the host's.
  struct HostInterface {
    private static let head = 16  // struct ifinfomsg
    private let message: NetlinkMessage
    let index: UInt32
    /// `IFF_…` bits.
    let flags: UInt32
    /// `IFT_…`.
    let type: UInt8

    init?(_ message: NetlinkMessage) {
      guard let kind = message.field(2, as: UInt16.self), let index = message.field(4, as: UInt32.self),
        let flags = message.field(8, as: UInt32.self)
      else { return nil }
      self.message = message
      self.index = index
      self.flags = Self.guestFlags(flags)
      switch kind {  // ARPHRD_…
      case 1: type = IFT_ETHER
      case 512: type = IFT_PPP
      case 768, 769, 776, 778: type = IFT_GIF
      case 772: type = IFT_LOOP
      case 65534: type = IFT_TUNNEL
      default: type = IFT_OTHER
      }
    }

    /// The first bits are everybody's. An interface that broadcasts does not hear itself, as Ethernet does not.
    static func guestFlags(_ host: UInt32) -> UInt32 {
      var flags = host & 0x3df
      if host & 0x1000 != 0 { flags |= IFF_MULTICAST }
      if host & 0x2 != 0 { flags |= IFF_SIMPLEX }
      return flags
    }

    /// `struct sockaddr_dl` of the interface. A loopback has no hardware address, where the host has one of zeros.
    var address: RouteAddress {
      RouteAddress(
        interface: index, type: type, name: message.attribute(3, after: Self.head),  // IFLA_IFNAME
        address: type == IFT_LOOP ? nil : message.attribute(1, after: Self.head))  // IFLA_ADDRESS
    }

    var data: if_data {
      var data = if_data()
      data.ifi_type = type
      data.ifi_addrlen = type == IFT_ETHER ? 6 : 0
      data.ifi_hdrlen = type == IFT_ETHER ? 14 : 0
      data.ifi_link_state = flags & IFF_RUNNING != 0 ? LINK_STATE_UP : LINK_STATE_DOWN
      data.ifi_mtu = message.number(4, after: Self.head) ?? 0  // IFLA_MTU
      guard let counters = message.attribute(23, after: Self.head), counters.count >= 80 else { return data }
      // IFLA_STATS64: struct rtnl_link_stats64
      func counter(_ index: Int) -> UInt64 { counters.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self) }
      data.ifi_ipackets = counter(0)
      data.ifi_opackets = counter(1)
      data.ifi_ibytes = counter(2)
      data.ifi_obytes = counter(3)
      data.ifi_ierrors = counter(4)
      data.ifi_oerrors = counter(5)
      data.ifi_iqdrops = counter(6)
      data.ifi_oqdrops = counter(7)
      data.ifi_imcasts = counter(8)
      data.ifi_collisions = counter(9)
      return data
    }
  }
}
