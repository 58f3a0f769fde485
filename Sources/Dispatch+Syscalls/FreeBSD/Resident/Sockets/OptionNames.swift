extension FreeBSD {
  /// A guest's socket option in the host's terms.
  struct HostOption {
    /// What has to be done to the value on the way.
    enum Kind {
      /// An `int` both ways; a flag of `so_options` reads back as its own bit.
      case integer, flag
      /// Bytes as they are.
      case bytes
      /// Accepted, because it asks for nothing that could be observed here; reads as zero.
      case nothing
      /// The host doubles what was set, and says so.
      case bufferSize
      /// Each has a function of its own.
      case error, domain, noSigpipe, bintime, listenQueue, fib, acceptFilter, portRange
      case peerCredentials, credentialsOnce, credentials
      case destination, interface, dontFragment, sourceMembership, group, groupSource
      case connectionInformation, congestion, keepInit, fastOpen, icmpFilter
    }

    let level: Int32
    let name: Int32
    let kind: Kind

    private init(_ level: Int32, _ name: Int32, _ kind: Kind = .integer) {
      self.level = level
      self.name = name
      self.kind = kind
    }

    /// The host's form of an option; nil when there is none (`ENOPROTOOPT`).
    static func of(_ s: Int32, _ level: Int32, _ name: Int32) -> HostOption? {
      switch level {
      case SOL_SOCKET: return socket(name)
      case IPPROTO_IP:
        if name >= LOCAL_PEERCRED && name <= LOCAL_CONNWAIT && HostSocket.isUnix(s) { return local(name) }
        return internet(name)
      case IPPROTO_IPV6: return internet6(name)
      case IPPROTO_TCP: return tcp(name)
      case IPPROTO_ICMPV6: return name == ICMP6_FILTER ? HostOption(IPPROTO_ICMPV6, 1, .icmpFilter) : nil
      default: return nil
      }
    }

    private static func socket(_ name: Int32) -> HostOption? {
      switch name {
      case SO_DEBUG: HostOption(1, 1, .flag)
      case SO_ACCEPTCONN: HostOption(1, 30, .flag)
      case SO_REUSEADDR: HostOption(1, 2, .flag)
      case SO_KEEPALIVE: HostOption(1, 9, .flag)
      case SO_DONTROUTE: HostOption(1, 5, .flag)
      case SO_BROADCAST: HostOption(1, 6, .flag)
      case SO_OOBINLINE: HostOption(1, 10, .flag)
      case SO_REUSEPORT, SO_REUSEPORT_LB: HostOption(1, 15, .flag)
      case SO_TIMESTAMP: HostOption(1, 29, .flag)
      case SO_BINTIME: HostOption(1, 35, .bintime)
      case SO_NOSIGPIPE: HostOption(1, 0, .noSigpipe)
      case SO_USELOOPBACK, SO_NO_OFFLOAD, SO_NO_DDP, SO_RERROR, SO_USER_COOKIE: HostOption(1, 0, .nothing)
      case SO_LINGER: HostOption(1, 13, .bytes)
      case SO_SNDBUF: HostOption(1, 7, .bufferSize)
      case SO_RCVBUF: HostOption(1, 8, .bufferSize)
      case SO_SNDLOWAT: HostOption(1, 19)
      case SO_RCVLOWAT: HostOption(1, 18)
      case SO_SNDTIMEO: HostOption(1, 21, .bytes)
      case SO_RCVTIMEO: HostOption(1, 20, .bytes)
      case SO_ERROR: HostOption(1, 4, .error)
      case SO_TYPE: HostOption(1, 3)
      case SO_PROTOCOL: HostOption(1, 38)
      case SO_DOMAIN: HostOption(1, 39, .domain)
      case SO_MAX_PACING_RATE: HostOption(1, 47)
      case SO_LISTENQLIMIT, SO_LISTENQLEN, SO_LISTENINCQLEN: HostOption(1, name, .listenQueue)
      case SO_SETFIB: HostOption(1, 0, .fib)
      case SO_ACCEPTFILTER: HostOption(1, 0, .acceptFilter)
      default: nil
      }
    }

    private static func local(_ name: Int32) -> HostOption? {
      switch name {
      case LOCAL_PEERCRED: HostOption(1, 17, .peerCredentials)
      case LOCAL_CREDS: HostOption(1, 16, .credentialsOnce)
      case LOCAL_CREDS_PERSISTENT: HostOption(1, 16, .credentials)
      // connect(2) to wait for accept(2): the host's never does.
      default: nil
      }
    }

    private static func internet(_ name: Int32) -> HostOption? {
      switch name {
      case IP_OPTIONS: HostOption(0, 4, .bytes)
      case IP_HDRINCL: HostOption(0, 3)
      case IP_TOS: HostOption(0, 1)
      case IP_TTL: HostOption(0, 2)
      case IP_RECVOPTS: HostOption(0, 6)
      case IP_RECVRETOPTS, IP_RETOPTS: HostOption(0, 7)
      case IP_RECVDSTADDR: HostOption(0, 8, .destination)
      case IP_RECVIF: HostOption(0, 8, .interface)
      case IP_MULTICAST_IF: HostOption(0, 32, .bytes)
      case IP_MULTICAST_TTL: HostOption(0, 33, .bytes)
      case IP_MULTICAST_LOOP: HostOption(0, 34, .bytes)
      case IP_ADD_MEMBERSHIP: HostOption(0, 35, .bytes)
      case IP_DROP_MEMBERSHIP: HostOption(0, 36, .bytes)
      case IP_PORTRANGE: HostOption(0, 0, .portRange)
      case IP_BINDANY: HostOption(0, 19)
      case IP_ORIGDSTADDR: HostOption(0, 20)
      case IP_RECVTTL: HostOption(0, 12)
      case IP_RECVTOS: HostOption(0, 13)
      case IP_MINTTL: HostOption(0, 21)
      case IP_DONTFRAG: HostOption(0, 10, .dontFragment)
      case IP_ADD_SOURCE_MEMBERSHIP: HostOption(0, 39, .sourceMembership)
      case IP_DROP_SOURCE_MEMBERSHIP: HostOption(0, 40, .sourceMembership)
      case IP_BLOCK_SOURCE: HostOption(0, 38, .sourceMembership)
      case IP_UNBLOCK_SOURCE: HostOption(0, 37, .sourceMembership)
      default: group(0, name)
      }
    }

    private static func internet6(_ name: Int32) -> HostOption? {
      switch name {
      case IPV6_UNICAST_HOPS: HostOption(41, 16)
      case IPV6_MULTICAST_IF: HostOption(41, 17)
      case IPV6_MULTICAST_HOPS: HostOption(41, 18)
      case IPV6_MULTICAST_LOOP: HostOption(41, 19)
      case IPV6_JOIN_GROUP: HostOption(41, 20, .bytes)
      case IPV6_LEAVE_GROUP: HostOption(41, 21, .bytes)
      case IPV6_PORTRANGE: HostOption(41, 0, .portRange)
      case IPV6_CHECKSUM: HostOption(41, 7)
      case IPV6_V6ONLY: HostOption(41, 26)
      case IPV6_RECVPKTINFO: HostOption(41, 49)
      case IPV6_RECVHOPLIMIT: HostOption(41, 51)
      case IPV6_RECVRTHDR: HostOption(41, 56)
      case IPV6_RECVHOPOPTS: HostOption(41, 53)
      case IPV6_RECVDSTOPTS: HostOption(41, 58)
      case IPV6_RECVPATHMTU: HostOption(41, 60)
      case IPV6_USE_MIN_MTU: HostOption(41, 0, .nothing)
      case IPV6_PKTINFO: HostOption(41, 50, .bytes)
      case IPV6_HOPLIMIT: HostOption(41, 52)
      case IPV6_HOPOPTS: HostOption(41, 54, .bytes)
      case IPV6_DSTOPTS: HostOption(41, 59, .bytes)
      case IPV6_RTHDRDSTOPTS: HostOption(41, 55, .bytes)
      case IPV6_RTHDR: HostOption(41, 57, .bytes)
      case IPV6_RECVTCLASS: HostOption(41, 66)
      case IPV6_AUTOFLOWLABEL: HostOption(41, 70)
      case IPV6_TCLASS: HostOption(41, 67)
      case IPV6_DONTFRAG: HostOption(41, 62)
      case IPV6_BINDANY: HostOption(41, 75)
      default: group(41, name)
      }
    }

    /// The multicast options that both internet families share.
    private static func group(_ level: Int32, _ name: Int32) -> HostOption? {
      switch name {
      case MCAST_JOIN_GROUP: HostOption(level, 42, .group)
      case MCAST_LEAVE_GROUP: HostOption(level, 45, .group)
      case MCAST_JOIN_SOURCE_GROUP: HostOption(level, 46, .groupSource)
      case MCAST_LEAVE_SOURCE_GROUP: HostOption(level, 47, .groupSource)
      case MCAST_BLOCK_SOURCE: HostOption(level, 43, .groupSource)
      case MCAST_UNBLOCK_SOURCE: HostOption(level, 44, .groupSource)
      default: nil
      }
    }

    private static func tcp(_ name: Int32) -> HostOption? {
      switch name {
      case TCP_NODELAY: HostOption(6, 1)
      case TCP_MAXSEG: HostOption(6, 2)
      case TCP_NOPUSH: HostOption(6, 3)
      case TCP_INFO: HostOption(6, 11, .connectionInformation)
      case TCP_CONGESTION: HostOption(6, 13, .congestion)
      case TCP_KEEPINIT: HostOption(6, 7, .keepInit)
      case TCP_KEEPIDLE: HostOption(6, 4)
      case TCP_KEEPINTVL: HostOption(6, 5)
      case TCP_KEEPCNT: HostOption(6, 6)
      case TCP_FASTOPEN: HostOption(6, 23, .fastOpen)
      default: nil
      }
    }
  }
}
