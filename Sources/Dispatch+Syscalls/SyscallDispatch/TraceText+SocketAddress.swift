import TableModel

extension TraceText {
  /// A socket address of the families that programs use; its bytes where it is none of those.
  func socketAddress(_ bytes: ArraySlice<UInt8>) -> String {
    let style = table.socketAddresses
    guard bytes.count >= 2 else { return quoted(bytes, isCut: false) }
    let family = style.hasLengthByte ? Int(bytes[bytes.startIndex + 1]) : Int(number(bytes.prefix(2)))
    let name = value(UInt64(family), of: "AddressFamily")
    let rest = bytes.dropFirst(2)
    switch family {
    case 1:
      return "{sa_family=\(name), sun_path=\(unixPath(rest))}"
    case 2 where rest.count >= 6:
      let host = rest.dropFirst(2).prefix(4).map(String.init).joined(separator: ".")
      return "{sa_family=\(name), sin_port=htons(\(bigEndian(rest.prefix(2)))), sin_addr=inet_addr(\"\(host)\")}"
    case style.internet6 where rest.count >= 26:
      let port = bigEndian(rest.prefix(2))
      let flow = bigEndian(rest.dropFirst(2).prefix(4))
      let host = internet6(rest.dropFirst(6).prefix(16))
      let scope = number(rest.dropFirst(22).prefix(4))
      return "{sa_family=\(name), sin6_port=htons(\(port)), sin6_flowinfo=htonl(\(flow)), "
        + "inet_pton(\(name), \"\(host)\", &sin6_addr), sin6_scope_id=\(scope)}"
    default:
      return "{sa_family=\(name), sa_data=\(quoted(rest, isCut: false))}"
    }
  }

  private func unixPath(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.first == 0, bytes.count > 1 else { return quoted(bytes.prefix { $0 != 0 }, isCut: false) }
    return "@" + quoted(bytes.dropFirst(), isCut: false)
  }

  private func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  /// The text form of RFC 5952: the longest run of zeros is left out.
  private func internet6(_ bytes: ArraySlice<UInt8>) -> String {
    let bytes = Array(bytes)
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
      return "::ffff:" + bytes[12...].map(String.init).joined(separator: ".")
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
    func text(_ part: some Sequence<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
    guard !best.isEmpty else { return text(groups) }
    return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }
}
