/// Text under construction, as bytes of UTF-8. All of a trace goes through one of these: nothing on the way to a line
/// makes a string of its own.
package struct TraceOutput {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package var count: Int { bytes.count }
  package var isEmpty: Bool { bytes.isEmpty }
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Takes back what was written since there were `count` bytes.
  mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

  mutating func put(_ byte: UInt8) { bytes.append(byte) }
  mutating func put(_ text: [UInt8]) { bytes.append(contentsOf: text) }
  mutating func put(_ text: ArraySlice<UInt8>) { bytes.append(contentsOf: text) }
  mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func put(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func spaces(_ count: Int) {
    for _ in 0..<max(0, count) { bytes.append(0x20) }
  }

  /// Spaces until the line that began at `start` has `width` bytes.
  mutating func pad(to width: Int, from start: Int) { spaces(width - (bytes.count - start)) }

  mutating func decimal(_ value: UInt64) { digits(value, radix: 10, atLeast: 1) }

  mutating func decimal(_ value: Int64) {
    if value < 0 { put(0x2d) }
    decimal(value.magnitude)
  }

  mutating func decimal(_ value: Int) { decimal(Int64(value)) }

  /// `0` or `0x…`.
  mutating func hex(_ value: UInt64) {
    if value == 0 { return put(0x30) }
    put("0x" as StaticString)
    digits(value, radix: 16, atLeast: 1)
  }

  /// Digits without a prefix, filled up with zeros.
  mutating func digits(_ value: UInt64, radix: UInt64, atLeast: Int) {
    var rest = value
    var text: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &text) { buffer in
      var start = buffer.count
      repeat {
        start -= 1
        let digit = UInt8(truncatingIfNeeded: rest % radix)
        buffer[start] = digit < 10 ? 0x30 + digit : 0x57 + digit
        rest /= radix
      } while rest != 0 && start > 0
      while buffer.count - start < atLeast, start > 0 {
        start -= 1
        buffer[start] = 0x30
      }
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[start...]))
    }
  }

  /// Whether the bytes in two places are the same.
  func isSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool { bytes[one] == bytes[other] }

  mutating func remove(_ range: Range<Int>) { bytes.removeSubrange(range) }
}
