/// `net/route.h`, `net/if.h`, `net/if_dl.h`, `net/if_types.h`: what the routing tree of sysctl is made of.
extension FreeBSD {
  package static let NET_RT_DUMP: Int32 = 1
  package static let NET_RT_FLAGS: Int32 = 2
  package static let NET_RT_IFLIST: Int32 = 3
  package static let NET_RT_IFMALIST: Int32 = 4
  package static let NET_RT_IFLISTL: Int32 = 5
  package static let NET_RT_NHOP: Int32 = 6
  package static let NET_RT_NHGRP: Int32 = 7

  package static let RTM_VERSION: UInt8 = 5
  package static let RTM_GET: UInt8 = 4
  package static let RTM_NEWADDR: UInt8 = 12
  package static let RTM_IFINFO: UInt8 = 14
  package static let RTM_NEWMADDR: UInt8 = 15

  /// Which addresses follow a message's head, in the order of these bits.
  package static let RTA_DST: Int32 = 0x1
  package static let RTA_GATEWAY: Int32 = 0x2
  package static let RTA_NETMASK: Int32 = 0x4
  package static let RTA_IFP: Int32 = 0x10
  package static let RTA_IFA: Int32 = 0x20
  package static let RTA_BRD: Int32 = 0x80

  package static let RTF_UP: Int32 = 0x1
  package static let RTF_GATEWAY: Int32 = 0x2
  package static let RTF_HOST: Int32 = 0x4
  package static let RTF_REJECT: Int32 = 0x8
  package static let RTF_LLDATA: Int32 = 0x400
  package static let RTF_STATIC: Int32 = 0x800
  package static let RTF_BLACKHOLE: Int32 = 0x1000
  package static let RTF_PINNED: Int32 = 0x10_0000

  package static let IFF_UP: UInt32 = 0x1
  package static let IFF_BROADCAST: UInt32 = 0x2
  package static let IFF_LOOPBACK: UInt32 = 0x8
  package static let IFF_POINTOPOINT: UInt32 = 0x10
  package static let IFF_RUNNING: UInt32 = 0x40
  package static let IFF_SIMPLEX: UInt32 = 0x800
  package static let IFF_MULTICAST: UInt32 = 0x8000

  package static let IFT_OTHER: UInt8 = 1
  package static let IFT_ETHER: UInt8 = 6
  package static let IFT_PPP: UInt8 = 23
  package static let IFT_LOOP: UInt8 = 24
  package static let IFT_TUNNEL: UInt8 = 131
  package static let IFT_GIF: UInt8 = 240

  package static let LINK_STATE_DOWN: UInt8 = 1
  package static let LINK_STATE_UP: UInt8 = 2

  /// Heads of the messages: `struct rt_msghdr`, `if_msghdr`, `if_msghdrl`, `ifa_msghdr`, `ifa_msghdrl`, `ifma_msghdr`.
  package static let rt_msghdr_size = 152
  package static let if_msghdr_size = 168
  package static let if_msghdrl_size = 176
  package static let ifa_msghdr_size = 20
  package static let ifa_msghdrl_size = 176
  package static let ifma_msghdr_size = 16
  /// `struct sockaddr_dl` as the kernel allocates it for an interface: its 54 bytes rounded up.
  package static let sockaddr_dl_size = 56

  /// `struct if_data`, 152 bytes.
  package struct if_data: BitwiseCopyable {
    package var ifi_type: UInt8 = 0
    package var ifi_physical: UInt8 = 0
    package var ifi_addrlen: UInt8 = 0
    package var ifi_hdrlen: UInt8 = 0
    package var ifi_link_state: UInt8 = 0
    package var ifi_vhid: UInt8 = 0
    package var ifi_datalen: UInt16 = 152
    package var ifi_mtu: UInt32 = 0
    package var ifi_metric: UInt32 = 0
    package var ifi_baudrate: UInt64 = 0
    package var ifi_ipackets: UInt64 = 0
    package var ifi_ierrors: UInt64 = 0
    package var ifi_opackets: UInt64 = 0
    package var ifi_oerrors: UInt64 = 0
    package var ifi_collisions: UInt64 = 0
    package var ifi_ibytes: UInt64 = 0
    package var ifi_obytes: UInt64 = 0
    package var ifi_imcasts: UInt64 = 0
    package var ifi_omcasts: UInt64 = 0
    package var ifi_iqdrops: UInt64 = 0
    package var ifi_oqdrops: UInt64 = 0
    package var ifi_noproto: UInt64 = 0
    package var ifi_hwassist: UInt64 = 0
    package var ifi_epoch: Int64 = 0
    package var ifi_lastchange: (Int64, Int64) = (0, 0)
    package init() {}
  }
}
