import CPicoEntry

/// Copies a text of `/proc` line by line into memory, where the stub has left no trace.
struct ProcText {
  private static let piece = 65536

  /// Where the copy is, how much it holds and for how much there is room.
  private(set) var address: UnsafeMutableRawPointer?
  private(set) var length = 0
  private(set) var capacity = 0

  /// Copies all lines of `source`; `body` gets each with its newline, and appends what is to stand for it.
  ///
  /// - Returns: nil when it cannot be read, or there is no memory.
  static func copy(from source: UInt, _ body: (inout ProcText, UnsafeMutableRawPointer, Int) -> Void) -> ProcText? {
    guard let room = allocatePages(bytes: piece) else { return nil }
    defer { freePages(room, bytes: piece) }
    var text = ProcText()
    var held = 0
    while true {
      let count = host(Host.read, source, UInt(bitPattern: room + held), UInt(piece - held))
      if count == Host.EINTR { continue }
      if count < 0 {
        text.free()
        return nil
      }
      held += count
      var start = 0
      for at in 0..<held where room.load(fromByteOffset: at, as: UInt8.self) == 0x0a {
        body(&text, room + start, at + 1 - start)
        start = at + 1
      }
      if held > start && (count == 0 || start == 0 && held == piece) {
        body(&text, room + start, held - start)
        start = held
      }
      if start > 0 && held > start { room.copyMemory(from: room + start, byteCount: held - start) }
      held -= start
      if count == 0 { return text }
    }
  }

  /// Gives the copy's memory back.
  mutating func free() {
    if let address { freePages(address, bytes: capacity) }
    address = nil
    capacity = 0
    length = 0
  }

  /// Adds bytes to the copy; drops them when there is no memory.
  mutating func append(_ bytes: UnsafeRawPointer, _ count: Int) {
    if length + count > capacity {
      let wanted = max(capacity * 2, (length + count + Self.piece - 1) / Self.piece * Self.piece)
      guard let larger = allocatePages(bytes: wanted) else { return }
      if let address {
        larger.copyMemory(from: address, byteCount: length)
        freePages(address, bytes: capacity)
      }
      address = larger
      capacity = wanted
    }
    guard let address else { return }
    (address + length).copyMemory(from: bytes, byteCount: count)
    length += count
  }

  /// Adds a label, a tab, a number in hexadecimal with 16 digits or in decimal, and a newline.
  mutating func append(_ label: StaticString, hexadecimal value: UInt64) {
    append(label.utf8Start, label.utf8CodeUnitCount)
    var digits: [18 of UInt8] = .init(repeating: 0x09)
    withUnsafeMutablePointer(to: &digits) {
      let text = UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self)
      InheritedState.writeHexadecimal(value, text + 1, 16)
      text[17] = 0x0a
      append(text, 18)
    }
  }

  mutating func append(_ label: StaticString, decimal value: Int) {
    append(label.utf8Start, label.utf8CodeUnitCount)
    var digits: [24 of UInt8] = .init(repeating: 0x0a)
    var at = 22
    var left = max(value, 0)
    repeat {
      digits[at] = 0x30 + UInt8(left % 10)
      left /= 10
      at -= 1
    } while left > 0
    digits[at] = 0x09
    withUnsafePointer(to: digits) { append(UnsafeRawPointer($0) + at, 24 - at) }
  }
}
