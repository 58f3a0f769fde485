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
        result = withLines("/proc/net/igmp") { putFour(&$0, interface, &request) }
      }
      if result == 0 && (family == 0 || family == AF_INET6) {
        result = withLines("/proc/net/igmp6") { putSix(&$0, interface, &request) }
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
        isThis = lines.decimal() == interface.index
      }
    }
    return 0
  }

  /// Number, name and group of an interface stand in one line.
  private static func putSix(_ lines: inout TextLines, _ interface: HostInterface, _ request: inout SysctlRequest)
    -> Int
  {
    while lines.next() {
      guard lines.decimal() == interface.index else { continue }
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

  /// Reads a file of the host's whole, up to 64 KiB.
  private static func withLines(_ path: StaticString, _ body: (inout TextLines) -> Int) -> Int {
    let size = 65_536
    let file = host(HostFile.openat, HostFile.AT_FDCWD, address(path), HostFile.O_CLOEXEC)
    guard file >= 0 else { return 0 }  // the host has no such protocol
    defer { host(HostFile.close, UInt(bitPattern: file)) }
    guard let room = allocatePages(bytes: size) else { return HostError.ENOMEM }
    defer { freePages(room, bytes: size) }
    var count = 0
    while count < size {
      let got = host(HostFile.read, UInt(bitPattern: file), UInt(bitPattern: room + count), UInt(size &- count))
      if got == HostError.EINTR { continue }
      if got <= 0 { break }
      count &+= got
    }
    var lines = TextLines(UnsafeRawBufferPointer(start: room, count: count))
    return body(&lines)
  }

  /// The lines of a text, and the words of the one that is looked at.
  private struct TextLines {
    private let text: UnsafeRawBufferPointer
    private var at = 0
    private var end = 0
    private var following = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    mutating func next() -> Bool {
      guard following < text.count else { return false }
      at = following
      end = at
      while end < text.count, text[end] != 0x0a { end &+= 1 }
      following = end &+ 1
      return true
    }

    var beginsWithBlank: Bool { at < end && isBlank(text[at]) }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private mutating func skipBlanks() { while at < end, isBlank(text[at]) { at &+= 1 } }

    mutating func skipWord() {
      skipBlanks()
      while at < end, !isBlank(text[at]) { at &+= 1 }
    }

    mutating func decimal() -> UInt32? {
      skipBlanks()
      let start = at
      var value: UInt32 = 0
      while at < end, case let digit = text[at] &- 0x30, digit < 10 {
        value = value &* 10 &+ UInt32(digit)
        at &+= 1
      }
      return at == start ? nil : value
    }

    /// A word of two digits a byte, up to sixteen bytes: the first eight and the others. Nil for any other word.
    mutating func hexadecimal(_ count: Int) -> (UInt64, UInt64)? {
      skipBlanks()
      var value: (UInt64, UInt64) = (0, 0)
      for digit in 0..<count &* 2 {
        guard at < end else { return nil }
        let byte = text[at]
        let number: UInt8
        switch byte {
        case 0x30...0x39: number = byte &- 0x30
        case 0x41...0x46: number = byte &- 0x37
        case 0x61...0x66: number = byte &- 0x57
        default: return nil
        }
        if digit < 16 { value.0 = value.0 << 4 | UInt64(number) } else { value.1 = value.1 << 4 | UInt64(number) }
        at &+= 1
      }
      return value
    }
  }
}
