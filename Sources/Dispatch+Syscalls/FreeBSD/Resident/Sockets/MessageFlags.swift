extension FreeBSD {
  /// `MSG_` flags in both systems' numbers.
  enum MessageFlags {
    private static let hostTrunc: Int32 = 0x20

    /// The host's flags for a sending call. `MSG_EOF` has none: the caller shuts the socket down afterwards.
    static func sending(_ guest: Int32) -> Int32 { common(guest) | (guest & MSG_NOSIGNAL != 0 ? 0x4000 : 0) }

    /// The host's flags for a receiving call on `s`.
    ///
    /// `MSG_TRUNC` asks for a datagram's real length; on a stream the host would throw the bytes away, so there it
    /// is dropped.
    static func receiving(_ guest: Int32, _ s: Int32) -> Int32 {
      var host = common(guest)
      if guest & MSG_CMSG_CLOEXEC != 0 { host |= 0x4000_0000 }
      if guest & MSG_TRUNC != 0, let type = HostSocket.option(s, HostSocket.SOL_SOCKET, HostSocket.SO_TYPE),
        type != SOCK_STREAM
      {
        host |= hostTrunc
      }
      return host
    }

    private static func common(_ guest: Int32) -> Int32 {
      var host = guest & (MSG_OOB | MSG_PEEK | MSG_DONTROUTE)
      if guest & MSG_EOR != 0 { host |= 0x80 }
      if guest & MSG_WAITALL != 0 { host |= 0x100 }
      if guest & MSG_DONTWAIT != 0 { host |= 0x40 }
      return host
    }

    /// The guest's `msg_flags` of what the host says a message was.
    static func received(_ host: Int32) -> Int32 {
      var guest = host & MSG_OOB
      if host & 0x80 != 0 { guest |= MSG_EOR }
      if host & hostTrunc != 0 { guest |= MSG_TRUNC }
      if host & 0x8 != 0 { guest |= MSG_CTRUNC }
      return guest
    }
  }
}
