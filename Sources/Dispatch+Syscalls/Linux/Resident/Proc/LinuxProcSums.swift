import CPicoEntry

/// What the mappings of a process add up to without the stub's: for `smaps_rollup` and `statm`.
///
/// `smaps` says of no mapping what part of its share is memory of a file: what is not anonymous counts as that.
///
/// - Source: proc(5); Linux fs/proc/task_mmu.c `show_smaps_rollup`, `task_statm`.
struct ProcSums {
  private static let rowCount = 28
  private static let labelBytes = 16
  private static let valueDigits = 8
  private static var space: StaticString { " " }
  private static var unit: StaticString { " kB\n" }

  /// A label of sixteen characters as `smaps` pads it, in two words, and its sum in KiB.
  private struct Row {
    var label: (UInt64, UInt64)
    var sum: UInt64
  }

  private var rows: [28 of Row] = .init(repeating: Row(label: (0, 0), sum: 0))
  private var first: UInt64 = 0
  private var last: UInt64 = 0
  /// In KiB.
  private var size: UInt64 = 0
  private var data: UInt64 = 0
  private var anonymousShare: UInt64 = 0
  private var share: UInt64 = 0
  private var shareOfMapping: UInt64 = 0
  private var hides = false

  private static func label(_ text: StaticString) -> (UInt64, UInt64) {
    var words: (UInt64, UInt64) = (0x2020_2020_2020_2020, 0x2020_2020_2020_2020)
    withUnsafeMutableBytes(of: &words) { bytes in
      for at in 0..<min(text.utf8CodeUnitCount, labelBytes) { bytes[at] = text.utf8Start[at] }
    }
    return words
  }

  private static func label(_ line: UnsafeMutableRawPointer) -> (UInt64, UInt64) {
    (line.loadUnaligned(as: UInt64.self), line.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// The range of a line that begins a mapping, and whether it is private memory that may be written.
  private static func mapping(_ line: UnsafeMutableRawPointer, _ length: Int) -> (UInt64, UInt64, Bool)? {
    var at = 0
    var bounds: (UInt64, UInt64) = (0, 0)
    while at < length {
      let byte = line.load(fromByteOffset: at, as: UInt8.self)
      at += 1
      if byte == 0x2d {
        bounds.0 = bounds.1
        bounds.1 = 0
      } else if byte == 0x20 {
        break
      } else if let digit = hexadecimalDigit(byte) {
        bounds.1 = bounds.1 << 4 | UInt64(digit)
      } else {
        return nil
      }
    }
    if bounds.0 >= bounds.1 || at + 4 > length { return nil }
    let writes = line.load(fromByteOffset: at + 1, as: UInt8.self) == 0x77
    return (bounds.0, bounds.1, writes && line.load(fromByteOffset: at + 3, as: UInt8.self) == 0x70)
  }

  /// The number of a line "Label:  N kB". Nil for other lines.
  private static func kilobytes(_ line: UnsafeMutableRawPointer, _ length: Int) -> UInt64? {
    if length < labelBytes + 5 || line.load(fromByteOffset: length - 2, as: UInt8.self) != 0x42 { return nil }
    var value: UInt64 = 0
    for at in labelBytes..<length - 4 {
      let byte = line.load(fromByteOffset: at, as: UInt8.self)
      if byte >= 0x30 && byte <= 0x39 { value = value &* 10 &+ UInt64(byte - 0x30) }
    }
    return value
  }

  /// Takes a line of `smaps` in.
  mutating func take(_ line: UnsafeMutableRawPointer, _ length: Int) {
    if let (start, end, isData) = Self.mapping(line, length) {
      // The kernel's own page behind user space is no mapping of the process.
      hides = reservedOverlap(UInt(start), 1) || start >> 63 != 0
      if hides { return }
      if size == 0 { first = start }
      last = end
      size &+= (end - start) >> 10
      if isData { data &+= (end - start) >> 10 }
      return
    }
    guard !hides, let value = Self.kilobytes(line, length) else { return }
    let label = Self.label(line)
    if label == Self.label("Pss:") {
      shareOfMapping = value
      share &+= value
    } else if label == Self.label("Anonymous:") {
      anonymousShare &+= min(shareOfMapping, value)
    }
    for place in 0..<Self.rowCount {
      if rows[place].label == label || rows[place].label == (0, 0) {
        rows[place].label = label
        rows[place].sum &+= value
        return
      }
    }
  }

  private func sum(_ label: (UInt64, UInt64)) -> UInt64? {
    for place in 0..<Self.rowCount where rows[place].label == label { return rows[place].sum }
    return nil
  }

  /// Appends a line of `smaps_rollup`, with the sums in the host's place.
  func copyLine(_ text: inout ProcText, _ line: UnsafeMutableRawPointer, _ length: Int) {
    if Self.mapping(line, length) != nil {
      var at = 0
      while at < length, line.load(fromByteOffset: at, as: UInt8.self) != 0x20 { at += 1 }
      var range: [40 of UInt8] = .init(repeating: 0x20)
      let before = at
      at = Self.write(first, radix: 16, to: &range, at: 0, width: 8)
      range[at] = 0x2d
      at = Self.write(last, radix: 16, to: &range, at: at + 1, width: 8)
      withUnsafePointer(to: range) { text.append($0, at) }
      // The name begins in the same column, whatever the range's length.
      var name = length
      while name > before, line.load(fromByteOffset: name - 1, as: UInt8.self) != 0x5b { name -= 1 }
      var middle = name - 1
      while middle > before, line.load(fromByteOffset: middle - 1, as: UInt8.self) == 0x20 { middle -= 1 }
      text.append(line + before, middle - before)
      for _ in 0..<max(1, 73 - (at + middle - before)) { text.append(Self.space.utf8Start, 1) }
      text.append(line + name - 1, length - name + 1)
      return
    }
    guard Self.kilobytes(line, length) != nil else { return text.append(line, length) }
    let label = Self.label(line)
    var value: UInt64 = 0
    if label == Self.label("Pss_Anon:") {
      value = anonymousShare
    } else if label == Self.label("Pss_File:") {
      value = share &- anonymousShare
    } else if let found = sum(label) {
      value = found
    }
    var number: [40 of UInt8] = .init(repeating: 0x20)
    let end = Self.write(value, radix: 10, to: &number, at: 0, width: Self.valueDigits, fill: 0x20)
    text.append(line, Self.labelBytes)
    withUnsafePointer(to: number) { text.append($0, end) }
    text.append(Self.unit.utf8Start, 4)
  }

  /// Appends the line of `statm`: size, resident, of these from files, text as the host has it, 0, data and stack, 0; in pages.
  func copyCounts(_ text: inout ProcText, _ line: UnsafeMutableRawPointer, _ length: Int) {
    var column = 0
    var code: UInt64 = 0
    for at in 0..<length {
      let byte = line.load(fromByteOffset: at, as: UInt8.self)
      if byte == 0x20 {
        column += 1
      } else if column == 3 && byte >= 0x30 && byte <= 0x39 {
        code = code &* 10 &+ UInt64(byte - 0x30)
      }
    }
    let resident = sum(Self.label("Rss:")) ?? 0
    let anonymous = min(sum(Self.label("Anonymous:")) ?? 0, resident)
    let values: [7 of UInt64] = [size >> 2, resident >> 2, (resident - anonymous) >> 2, code, 0, data >> 2, 0]
    for place in 0..<7 {
      var number: [40 of UInt8] = .init(repeating: place == 6 ? 0x0a : 0x20)
      let end = Self.write(values[place], radix: 10, to: &number, at: 0, width: 1)
      withUnsafePointer(to: number) { text.append($0, end + 1) }
    }
  }

  /// Writes a number of at least `width` digits. Returns the place behind it.
  private static func write(
    _ value: UInt64, radix: UInt64, to room: inout [40 of UInt8], at start: Int, width: Int, fill: UInt8 = 0x30
  ) -> Int {
    var digits = 1
    var rest = value / radix
    while rest > 0 {
      digits += 1
      rest /= radix
    }
    let end = start + max(digits, width)
    rest = value
    for back in 1...(end - start) {
      let digit = UInt8(rest % radix)
      room[end - back] = back > digits ? fill : digit < 10 ? 0x30 + digit : 0x57 + digit
      rest /= radix
    }
    return end
  }
}
