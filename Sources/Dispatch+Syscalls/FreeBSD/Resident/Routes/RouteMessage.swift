extension FreeBSD {
  /// One address in a routing message, in the guest's layout, padded to eight bytes.
  struct RouteAddress {
    fileprivate var bytes = InlineArray<64, UInt8>(repeating: 0)
    fileprivate let size: Int

    private init(size: Int, family: UInt8, length: Int) {
      self.size = size
      bytes[0] = UInt8(truncatingIfNeeded: length)
      bytes[1] = family
    }

    /// An Internet address of the host's family 2 or 10. Nil for others, or when `address` is too short.
    ///
    /// - Parameter interface: becomes the scope of a link-local IPv6 address.
    init?(hostFamily: UInt8, _ address: UnsafeRawBufferPointer, interface: UInt32 = 0) {
      switch hostFamily {
      case 2 where address.count >= 4:
        self.init(size: 16, family: AF_INET, length: sockaddr_in_size)
        for index in 0..<4 { bytes[4 &+ index] = address[index] }
      case 10 where address.count >= 16:
        self.init(size: 32, family: AF_INET6, length: sockaddr_in6_size)
        for index in 0..<16 { bytes[8 &+ index] = address[index] }
        let isLinkLocal = address[0] == 0xfe && address[1] & 0xc0 == 0x80
        if isLinkLocal || address[0] == 0xff && address[1] & 0xf == 2 {
          for index in 0..<4 { bytes[24 &+ index] = UInt8(truncatingIfNeeded: interface >> UInt32(index &* 8)) }
        }
      default: return nil
      }
    }

    /// The mask of a prefix, of the host's family 2 or 10, or the address 0 with none.
    init?(hostFamily: UInt8, prefix: UInt8) {
      guard hostFamily == 2 || hostFamily == 10 else { return nil }
      let isFour = hostFamily == 2
      self.init(
        size: isFour ? 16 : 32, family: isFour ? AF_INET : AF_INET6,
        length: isFour ? sockaddr_in_size : sockaddr_in6_size)
      let (start, most) = isFour ? (4, 32) : (8, 128)
      for bit in 0..<min(Int(prefix), most) { bytes[start &+ bit / 8] |= 0x80 >> UInt8(bit % 8) }
    }

    /// The broadcast address of an IPv4 address and its prefix.
    init?(broadcastOf address: UnsafeRawBufferPointer, prefix: UInt8) {
      self.init(hostFamily: 2, address)
      for bit in Int(min(prefix, 32))..<32 { bytes[4 &+ bit / 8] |= 0x80 >> UInt8(bit % 8) }
    }

    /// `struct sockaddr_dl`: the interface with its name and hardware address, which are cut to what there is room for.
    init(interface: UInt32, type: UInt8, name: UnsafeRawBufferPointer?, address: UnsafeRawBufferPointer?) {
      self.init(size: sockaddr_dl_size, family: AF_LINK, length: sockaddr_dl_size)
      bytes[2] = UInt8(truncatingIfNeeded: interface)
      bytes[3] = UInt8(truncatingIfNeeded: interface >> 8)
      bytes[4] = type
      var at = 8
      if let name {
        // The host ends names with a zero.
        for byte in name where byte != 0 && at < 8 &+ 15 {
          bytes[at] = byte
          at &+= 1
        }
      }
      bytes[5] = UInt8(truncatingIfNeeded: at &- 8)
      if let address {
        let count = min(address.count, sockaddr_dl_size &- at)
        for index in 0..<count { bytes[at &+ index] = address[index] }
        bytes[6] = UInt8(truncatingIfNeeded: count)
      }
    }

    /// `struct sockaddr_dl_short`: the interface as the gateway of what is directly reached.
    init(gatewayTo interface: UInt32, type: UInt8) {
      self.init(size: 24, family: AF_LINK, length: 20)
      bytes[2] = UInt8(truncatingIfNeeded: interface)
      bytes[3] = UInt8(truncatingIfNeeded: interface >> 8)
      bytes[4] = type
    }
  }

  /// One message: a head of its type's size, then the addresses it names, each and the whole in steps of eight bytes.
  ///
  /// Source: FreeBSD 14 `sys/net/rtsock.c`, `rtsock_msg_buffer`.
  struct RouteMessage {
    private var bytes = InlineArray<512, UInt8>(repeating: 0)
    private var count: Int
    private var addresses: Int32 = 0

    init(_ type: UInt8, head: Int) {
      count = head
      set(2, RTM_VERSION)
      set(3, type)
    }

    mutating func set<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
      withUnsafeMutableBytes(of: &bytes) { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
    }

    /// Adds an address; those of a message come in the order of their bits.
    mutating func add(_ bit: Int32, _ address: RouteAddress?) {
      guard let address, count &+ address.size <= 512 else { return }
      for index in 0..<address.size { bytes[count &+ index] = address.bytes[index] }
      count &+= address.size
      addresses |= bit
    }

    /// Gives the message to the caller of sysctl. `addressField`: where the head has the addresses' bits.
    mutating func put(_ request: inout SysctlRequest, addressField: Int = 4) -> Int {
      count = (count &+ 7) & ~7
      set(0, UInt16(truncatingIfNeeded: count))
      set(addressField, addresses)
      return withUnsafeBytes(of: &bytes) { request.put($0.baseAddress.unsafelyUnwrapped, count) }
    }
  }
}
