import CPicoEntry

/// A file name being put together in a thread's room for names: a page each, always with its terminator.
struct NameText {
  /// Bytes of a page, terminator included.
  static let capacity = 4096

  /// Which page of the room.
  enum Page: Int {
    case given, whole, walked, rest, link, scratch, first, second
  }

  let start: UnsafeMutablePointer<UInt8>
  var count = 0 {
    didSet { if count >= 0 { start[count] = 0 } }
  }

  /// An empty text.
  init(_ t: Thread, _ page: Page) {
    let room = UInt(bitPattern: t) + UInt(PICO_NAMES_OFFSET) + UInt(page.rawValue) * UInt(NameText.capacity)
    start = UnsafeMutablePointer(bitPattern: room).unsafelyUnwrapped
    start[0] = 0
  }

  /// False when it does not fit.
  mutating func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    guard length < NameText.capacity - count else { return false }
    UnsafeMutableRawPointer(start + count).copyMemory(from: bytes, byteCount: length)
    count += length
    return true
  }

  mutating func append(_ byte: UInt8) -> Bool {
    guard count + 1 < NameText.capacity else { return false }
    start[count] = byte
    count += 1
    return true
  }

  /// Takes the last component away, and the slashes before and behind it; the first slash stays.
  mutating func dropLast() {
    var end = count
    while end > 1, start[end - 1] == 0x2f { end -= 1 }
    while end > 1, start[end - 1] != 0x2f { end -= 1 }
    while end > 1, start[end - 1] == 0x2f { end -= 1 }
    count = end
  }

  var isAbsolute: Bool { count > 0 && start[0] == 0x2f }

  /// Whether one of its components is `..`.
  var hasParents: Bool {
    var at = 0
    while at < count {
      var end = at
      while end < count, start[end] != 0x2f { end += 1 }
      if end - at == 2, start[at] == 0x2e, start[at + 1] == 0x2e { return true }
      at = end + 1
    }
    return false
  }
}
