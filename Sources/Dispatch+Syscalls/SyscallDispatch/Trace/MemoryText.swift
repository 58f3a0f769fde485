/// What arguments point to.
extension TraceText {
  /// Text in quotes, unprintable bytes escaped; three dots when it was cut.
  func quoted(_ bytes: ArraySlice<UInt8>, isCut: Bool, limit: Int? = nil, to out: inout TraceOutput) {
    let limit = limit ?? stringLimit
    let shown = bytes.prefix(limit)
    out.put(0x22)
    // Runs of plain text are copied in one piece.
    var plain = shown.startIndex
    var place = shown.startIndex
    while place < shown.endIndex {
      let byte = shown[place]
      if byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c {
        place += 1
        continue
      }
      out.put(shown[plain..<place])
      escape(byte, next: place + 1 < shown.endIndex ? shown[place + 1] : 0, to: &out)
      place += 1
      plain = place
    }
    out.put(shown[plain..<place])
    out.put(0x22)
    if isCut || bytes.count > limit { out.put("..." as StaticString) }
  }

  private func escape(_ byte: UInt8, next: UInt8, to out: inout TraceOutput) {
    out.put(0x5c)
    switch byte {
    case 0x22, 0x5c: out.put(byte)
    case 0x09: out.put(0x74)
    case 0x0a: out.put(0x6e)
    case 0x0b: out.put(0x76)
    case 0x0c: out.put(0x66)
    case 0x0d: out.put(0x72)
    // The shortest octal number, but three digits where another digit follows.
    default: out.digits(UInt64(byte), radix: 8, atLeast: next >= 0x30 && next <= 0x39 ? 3 : 1)
    }
  }

  /// An element of a type at the start of `bytes`. False, with nothing written, when they are too few.
  func element(_ form: ElementForm, _ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) -> Bool {
    switch form {
    case .structure(let layout): return structure(layout, bytes, to: &out)
    case .list(let element, let size, let count): list(element, size: size, bytes, count: count, to: &out)
    case .characters(let count): quoted(bytes.prefix(count).prefix { $0 != 0 }, isCut: false, to: &out)
    case .value(let form, let size):
      guard bytes.count >= size else { return false }
      value(number(bytes.prefix(size)), form, to: &out)
    }
    return true
  }

  func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var value: UInt64 = 0
    for (place, byte) in bytes.prefix(8).enumerated() { value |= UInt64(byte) << UInt64(8 * place) }
    return value
  }

  private func structure(_ layout: StructureForm, _ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) -> Bool {
    guard bytes.count >= layout.size else { return false }
    if layout.isSignalSet {
      signals(bytes.prefix(layout.size), to: &out)
      return true
    }
    out.put(0x7b)
    let start = out.count
    var isBrief = false
    for field in layout.fields {
      if field.isVerbose, !verbose {
        isBrief = true
        continue
      }
      let before = out.count
      if before > start { out.put(", " as StaticString) }
      out.put(field.name)
      if !element(field.form, bytes.dropFirst(field.offset), to: &out) { out.truncate(to: before) }
    }
    if isBrief { out.put(out.count > start ? ", ..." as StaticString : "...") }
    out.put(0x7d)
    return true
  }

  /// `[a, b]`, with three dots for what is not there.
  func list(_ form: ElementForm, size: Int, _ bytes: ArraySlice<UInt8>, count: Int, to out: inout TraceOutput) {
    out.put(0x5b)
    var (done, rest) = (0, bytes)
    while done < min(count, arrayLimit) {
      let before = out.count
      if done > 0 { out.put(", " as StaticString) }
      guard element(form, rest, to: &out) else {
        out.truncate(to: before)
        break
      }
      done += 1
      rest = rest.dropFirst(size)
    }
    if done < count { out.put(done > 0 ? ", ..." as StaticString : "...") }
    out.put(0x5d)
  }

  /// The numbers of the bits that are set.
  func descriptorSet(_ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) {
    out.put(0x5b)
    let start = out.count
    for (place, byte) in bytes.enumerated() where byte != 0 {
      for bit in 0..<8 where byte >> UInt8(bit) & 1 != 0 {
        if out.count > start { out.put(0x20) }
        out.decimal(place * 8 + bit)
      }
    }
    out.put(0x5d)
  }

  /// Polled descriptors with what is asked for, or with what came true.
  func pollList(_ capture: TraceRecord.Capture, revents: Bool, to out: inout TraceOutput) {
    out.put(0x5b)
    let start = out.count
    func entry(_ descriptor: UInt64, _ name: StaticString, _ events: UInt64) {
      if out.count > start { out.put(", " as StaticString) }
      out.put("{fd=" as StaticString)
      out.decimal(Int(Int32(truncatingIfNeeded: descriptor)))
      out.put(name)
      value(events, forms.pollEvents, to: &out)
      out.put(0x7d)
    }
    var rest = capture.bytes
    while rest.count >= 8 {
      let happened = number(rest.dropFirst(6).prefix(2))
      if !revents {
        entry(number(rest.prefix(4)), ", events=", number(rest.dropFirst(4).prefix(2)))
      } else if happened != 0 {
        entry(number(rest.prefix(4)), ", revents=", happened)
      }
      rest = rest.dropFirst(8)
    }
    if UInt64(capture.bytes.count) < capture.fullLength { out.put(out.count > start ? ", ..." as StaticString : "...") }
    out.put(0x5d)
  }

  /// Buffers of a vectored call: their lengths are in the vector, their first bytes follow it.
  func vector(_ capture: TraceRecord.Capture, count: UInt64, transferred: UInt64?, to out: inout TraceOutput) {
    out.put(0x5b)
    let held = Int(min(count, UInt64(capture.bytes.count / 16)))
    let entries = min(held, arrayLimit)
    var data = capture.bytes.dropFirst(held * 16)
    var left = transferred ?? .max
    for place in 0..<entries {
      let pair = capture.bytes.dropFirst(place * 16)
      let (base, length) = (number(pair), number(pair.dropFirst(8)))
      let filled = min(length, left)
      left -= filled
      // As many bytes of each as the stub was told to copy of a string, as far as there was room.
      let text = data.prefix(Int(min(filled, UInt64(stringLimit))))
      data = data.dropFirst(text.count)
      out.put(place > 0 ? ", {iov_base=" as StaticString : "{iov_base=")
      if text.isEmpty && filled > 0 {
        pointer(base, to: &out)
      } else {
        quoted(text, isCut: UInt64(text.count) < filled, to: &out)
      }
      out.put(", iov_len=" as StaticString)
      out.decimal(length)
      out.put(0x7d)
    }
    if UInt64(entries) < count { out.put(entries > 0 ? ", ..." as StaticString : "...") }
    out.put(0x5d)
  }

  /// Strings one after another, each with its terminator.
  func strings(_ capture: TraceRecord.Capture, to out: inout TraceOutput) {
    out.put(0x5b)
    var (count, rest) = (0, capture.bytes)
    while !rest.isEmpty {
      if count > 0 { out.put(", " as StaticString) }
      let one = rest.prefix { $0 != 0 }
      quoted(one, isCut: false, to: &out)
      rest = rest.dropFirst(one.count + 1)
      count += 1
    }
    if UInt64(count) < capture.fullLength { out.put(count > 0 ? ", ..." as StaticString : "...") }
    out.put(0x5d)
  }
}
