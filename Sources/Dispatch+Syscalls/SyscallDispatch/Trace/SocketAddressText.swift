import TableModel

extension TraceText {
  /// A socket address of the families that programs use; its bytes where it is none of those.
  func socketAddress(_ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) {
    let style = forms.socketAddresses
    guard bytes.count >= 2 else { return quoted(bytes, isCut: false, to: &out) }
    let family = style.hasLengthByte ? UInt64(bytes[bytes.startIndex + 1]) : number(bytes.prefix(2))
    let rest = bytes.dropFirst(2)
    out.put("{sa_family=" as StaticString)
    value(family, forms.addressFamily, to: &out)
    switch Int(family) {
    case 1:
      out.put(", sun_path=" as StaticString)
      unixPath(rest, to: &out)
    case 2 where rest.count >= 6:
      out.put(", sin_port=htons(" as StaticString)
      out.decimal(bigEndian(rest.prefix(2)))
      out.put("), sin_addr=inet_addr(\"" as StaticString)
      internet4(rest.dropFirst(2).prefix(4), to: &out)
      out.put("\")" as StaticString)
    case style.internet6 where rest.count >= 26:
      out.put(", sin6_port=htons(" as StaticString)
      out.decimal(bigEndian(rest.prefix(2)))
      out.put("), sin6_flowinfo=htonl(" as StaticString)
      out.decimal(bigEndian(rest.dropFirst(2).prefix(4)))
      out.put("), inet_pton(" as StaticString)
      value(family, forms.addressFamily, to: &out)
      out.put(", \"" as StaticString)
      internet6(rest.dropFirst(6).prefix(16), to: &out)
      out.put("\", &sin6_addr), sin6_scope_id=" as StaticString)
      out.decimal(number(rest.dropFirst(22).prefix(4)))
    default:
      out.put(", sa_data=" as StaticString)
      quoted(rest, isCut: false, to: &out)
    }
    out.put(0x7d)
  }

  private func unixPath(_ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) {
    guard bytes.first == 0, bytes.count > 1 else {
      return quoted(bytes.prefix { $0 != 0 }, isCut: false, to: &out)
    }
    out.put(0x40)
    quoted(bytes.dropFirst(), isCut: false, to: &out)
  }

  private func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  private func internet4(_ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) {
    for (place, byte) in bytes.enumerated() {
      if place > 0 { out.put(0x2e) }
      out.decimal(UInt64(byte))
    }
  }

  /// The text form of RFC 5952: the longest run of zeros is left out.
  private func internet6(_ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) {
    let first = bytes.startIndex
    var groups: [8 of UInt64] = .init(repeating: 0)
    for place in 0..<8 { groups[place] = UInt64(bytes[first + 2 * place]) << 8 | UInt64(bytes[first + 2 * place + 1]) }
    if (0..<5).allSatisfy({ groups[$0] == 0 }), groups[5] == 0xffff {
      out.put("::ffff:" as StaticString)
      return internet4(bytes.dropFirst(12), to: &out)
    }
    var best = 0..<0
    var start: Int?
    for place in 0...8 {
      if place < 8, groups[place] == 0 {
        start = start ?? place
      } else if let from = start {
        if place - from > max(best.count, 1) { best = from..<place }
        start = nil
      }
    }
    for place in 0..<8 {
      if best.contains(place) {
        if place == best.lowerBound { out.put("::" as StaticString) }
        continue
      }
      if place > 0, place != best.upperBound || best.isEmpty { out.put(0x3a) }
      out.digits(groups[place], radix: 16, atLeast: 1)
    }
  }
}
