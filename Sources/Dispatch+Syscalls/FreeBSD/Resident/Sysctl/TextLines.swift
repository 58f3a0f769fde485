/// Text files of the host, line by line.
extension FreeBSD {
  /// Reads a file of the host's whole, up to 64 KiB, and hands its lines over.
  ///
  /// - Returns: what `body` returned, 0 when the host has no such file, or `ENOMEM`.
  static func withHostLines(_ path: StaticString, _ body: (inout TextLines) -> Int) -> Int {
    let file = host(HostFile.openat, HostFile.AT_FDCWD, address(path), HostFile.O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { host(HostFile.close, UInt(bitPattern: file)) }
    return withTextLines(of: file, limit: 65_536, body)
  }

  /// The same of an open file, up to `limit` bytes. A file that cannot be read gives its error.
  static func withTextLines(of file: Int, limit: Int, _ body: (inout TextLines) -> Int) -> Int {
    guard let room = allocatePages(bytes: limit) else { return HostError.ENOMEM }
    defer { freePages(room, bytes: limit) }
    var count = 0
    while count < limit {
      let got = host(HostFile.read, UInt(bitPattern: file), UInt(bitPattern: room + count), UInt(limit &- count))
      if got == HostError.EINTR { continue }
      if got < 0 && count == 0 { return got }
      if got <= 0 { break }
      count &+= got
    }
    var lines = TextLines(UnsafeRawBufferPointer(start: room, count: count))
    return body(&lines)
  }

  /// The lines of a text, and the words of the one that is looked at.
  struct TextLines {
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

    /// The next byte of the line; 0 at its end.
    mutating func takeByte() -> UInt8 {
      guard at < end else { return 0 }
      at &+= 1
      return text[at &- 1]
    }

    /// What is left of the line after blanks.
    var rest: UnsafeRawBufferPointer {
      mutating get {
        skipBlanks()
        return UnsafeRawBufferPointer(rebasing: text[at..<end])
      }
    }

    /// A hexadecimal number.
    mutating func hexadecimal() -> UInt64? {
      skipBlanks()
      let start = at
      var value: UInt64 = 0
      while at < end, let digit = hexadecimalDigit(text[at]) {
        value = value << 4 | UInt64(digit)
        at &+= 1
      }
      return at == start ? nil : value
    }

    /// Whether the rest of the line begins with `word`, which is then passed over.
    mutating func take(_ word: StaticString) -> Bool {
      let count = word.utf8CodeUnitCount
      guard end &- at >= count else { return false }
      for index in 0..<count where text[at &+ index] != word.utf8Start[index] { return false }
      at &+= count
      return true
    }

    var beginsWithBlank: Bool { at < end && isBlank(text[at]) }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private mutating func skipBlanks() { while at < end, isBlank(text[at]) { at &+= 1 } }

    mutating func skipWord() {
      skipBlanks()
      while at < end, !isBlank(text[at]) { at &+= 1 }
    }

    mutating func decimal() -> UInt64? {
      skipBlanks()
      let start = at
      var value: UInt64 = 0
      while at < end, case let digit = text[at] &- 0x30, digit < 10 {
        value = value &* 10 &+ UInt64(digit)
        at &+= 1
      }
      return at == start ? nil : value
    }

    /// A word of two digits a byte, up to sixteen bytes: the first eight and the others. Nil for any other word.
    mutating func hexadecimal(_ count: Int) -> (UInt64, UInt64)? {
      skipBlanks()
      var value: (UInt64, UInt64) = (0, 0)
      for digit in 0..<count &* 2 {
        guard at < end, let number = hexadecimalDigit(text[at]) else { return nil }
        if digit < 16 { value.0 = value.0 << 4 | UInt64(number) } else { value.1 = value.1 << 4 | UInt64(number) }
        at &+= 1
      }
      return value
    }
  }
}
