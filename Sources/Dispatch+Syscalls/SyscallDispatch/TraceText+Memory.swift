import TableModel

/// What arguments point to.
extension TraceText {
  /// Text in quotes, unprintable bytes escaped; three dots when it was cut.
  func quoted(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> String {
    let shown = bytes.prefix(stringLimit)
    var out = "\""
    for (place, byte) in zip(shown.indices, shown) {
      switch byte {
      case 0x22: out += "\\\""
      case 0x5c: out += "\\\\"
      case 0x09: out += "\\t"
      case 0x0a: out += "\\n"
      case 0x0b: out += "\\v"
      case 0x0c: out += "\\f"
      case 0x0d: out += "\\r"
      case 0x20..<0x7f: out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        // The shortest octal number, but three digits where another digit follows.
        let next = place + 1 < shown.endIndex ? shown[place + 1] : 0
        let digits = String(byte, radix: 8)
        let padding = next >= 0x30 && next <= 0x39 ? String(repeating: "0", count: 3 - digits.count) : ""
        out += "\\" + padding + digits
      }
    }
    return out + "\"" + (isCut || bytes.count > stringLimit ? "..." : "")
  }

  /// An element of a type at the start of `bytes`; nil when they are too few.
  func element(_ type: String, _ bytes: ArraySlice<UInt8>) -> String? {
    if let layout = table.structs[type] { return structure(layout, bytes) }
    guard let size = table.size(of: type), bytes.count >= size else { return nil }
    return value(number(bytes.prefix(size)), of: type)
  }

  func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func structure(_ layout: StructLayout, _ bytes: ArraySlice<UInt8>) -> String? {
    guard bytes.count >= layout.size else { return nil }
    if layout.isSignalSet { return signals(bytes.prefix(layout.size)) }
    var parts: [String] = []
    var isBrief = false
    for field in layout.fields {
      if field.verbose, !verbose {
        isBrief = true
        continue
      }
      guard field.offset <= layout.size else { continue }
      let at = bytes.dropFirst(field.offset)
      guard let text = self.field(field.type, at) else { continue }
      parts.append("\(field.name)=\(text)")
    }
    if isBrief { parts.append("...") }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private func field(_ type: TypeReference, _ bytes: ArraySlice<UInt8>) -> String? {
    guard case .constant(let count)? = type.length else { return element(type.name, bytes) }
    if type.name == "Char" {
      return quoted(bytes.prefix(count).prefix { $0 != 0 }, isCut: false)
    }
    return list(type.name, bytes, count: count)
  }

  /// `[a, b]`, with three dots for what is not there.
  func list(_ type: String, _ bytes: ArraySlice<UInt8>, count: Int) -> String? {
    guard let size = table.size(of: type), size > 0 else { return nil }
    var parts: [String] = []
    var rest = bytes
    while parts.count < min(count, arrayLimit), let text = element(type, rest) {
      parts.append(text)
      rest = rest.dropFirst(size)
    }
    if parts.count < count { parts.append("...") }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  /// The numbers of the bits that are set.
  func descriptorSet(_ bytes: ArraySlice<UInt8>) -> String {
    var parts: [String] = []
    for (place, byte) in bytes.enumerated() where byte != 0 {
      for bit in 0..<8 where byte >> bit & 1 != 0 { parts.append(String(place * 8 + bit)) }
    }
    return "[" + parts.joined(separator: " ") + "]"
  }

  /// Buffers of a vectored call: their lengths are in the vector, their first bytes follow it.
  func vector(_ capture: TraceRecord.Capture, count: UInt64, transferred: UInt64?) -> String {
    var parts: [String] = []
    let entries = Int(min(count, UInt64(capture.bytes.count / 16), UInt64(arrayLimit)))
    var data = capture.bytes[...].dropFirst(Int(min(count, UInt64(capture.bytes.count / 16))) * 16)
    var left = transferred ?? .max
    for place in 0..<entries {
      let base = number(capture.bytes[(place * 16)...])
      let length = number(capture.bytes[(place * 16 + 8)...])
      let filled = min(length, left)
      left -= filled
      // As many bytes of each as the stub was told to copy of a string, as far as there was room.
      let text = data.prefix(Int(min(filled, UInt64(stringLimit))))
      data = data.dropFirst(text.count)
      let shown =
        text.isEmpty && filled > 0 ? pointer(base) : quoted(text, isCut: UInt64(text.count) < filled)
      parts.append("{iov_base=\(shown), iov_len=\(length)}")
    }
    if UInt64(entries) < count { parts.append("...") }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  /// Strings one after another, each with its terminator.
  func strings(_ capture: TraceRecord.Capture) -> String {
    var parts = capture.bytes.split(separator: 0, omittingEmptySubsequences: false).map { quoted($0, isCut: false) }
    if capture.bytes.isEmpty || capture.bytes.last == 0 { parts.removeLast() }
    if UInt64(parts.count) < capture.fullLength { parts.append("...") }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
