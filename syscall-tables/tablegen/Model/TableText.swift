import Glibc

/// The text of a table and of its types, of which no more is read than is asked for. To read all of it takes some
/// milliseconds, and a program makes some dozens of its calls: a trace does not keep a short one waiting for the rest.
package struct TableText: Sendable {
  package let table: String
  package let types: String
  /// Where each row and each declaration lies: UTF-8 offsets of its first line and of what follows its last.
  private let rows, declarations: [Range<Int>]
  /// The place in `rows` of each number that has one, and -1 for others.
  private let rowByNumber: [Int16]

  package init(table: String, types: String) {
    self.table = table
    self.types = types
    let rows = Self.pieces(of: table)
    declarations = Self.pieces(of: types)
    var places: [Int16] = []
    table.utf8.bytes { bytes in
      for (place, row) in rows.enumerated() {
        var at = row.lowerBound
        guard let numbers = Self.numbers(bytes, &at) else { continue }
        while places.count <= numbers.upperBound { places.append(-1) }
        for number in numbers { places[number] = Int16(truncatingIfNeeded: place) }
      }
    }
    self.rows = rows
    rowByNumber = places
  }

  /// The row of a number, with what it speaks in: a table of this row and of the types that it names. Nil when the
  /// guest system has no such call.
  package func excerpt(call number: UInt64) -> SystemCallTable? {
    guard number < UInt64(rowByNumber.count), rowByNumber[Int(number)] >= 0 else { return nil }
    var part = SystemCallTable()
    part.parse(table: Self.text(table, rows[Int(rowByNumber[Int(number)])]))
    part.index()
    add(part.rows.flatMap { $0.parameters.map(\.type.name) + [$0.result] }, to: &part)
    return part
  }

  /// The numbers of the calls of this name; of several rows, where more than one has it.
  package func numbers(of name: String) -> [ClosedRange<Int>] {
    var name = name
    return name.withUTF8 { name in
      table.utf8.bytes { bytes in
        rows.compactMap { row in
          var at = row.lowerBound
          guard let numbers = Self.numbers(bytes, &at) else { return nil }
          while at < row.upperBound, bytes[at] == 0x20 { at += 1 }
          return Self.skip(name, bytes, &at) ? numbers : nil
        }
      }
    }
  }

  /// A table without rows: of these types, of the types they are made of, and of the socket addresses' style.
  package func excerpt(types names: [String]) -> SystemCallTable {
    var part = SystemCallTable()
    add(names, to: &part)
    declared(["sockaddr"], in: &part)
    return part
  }

  /// The guest system's error of a number, as `SystemCallTable.error` has it.
  package func error(_ number: Int) -> SystemError? {
    var digits = String(number)
    let line = digits.withUTF8 { digits in
      types.utf8.bytes { bytes -> Range<Int>? in
        for piece in declarations where begins(bytes, piece, ["errors"], nil) {
          var start = piece.lowerBound
          while start < piece.upperBound {
            let end = Self.lineEnd(bytes, start)
            var at = start
            while at < end, bytes[at] == 0x20 { at += 1 }
            while at < end, bytes[at] != 0x20 { at += 1 }
            while at < end, bytes[at] == 0x20 { at += 1 }
            if Self.skip(digits, bytes, &at) { return start..<end }
            start = end
          }
        }
        return nil
      }
    }
    guard let line else { return nil }
    var part = SystemCallTable()
    part.parse(types: "errors\n" + Self.text(types, line))
    return part.errors.first
  }

  private func add(_ names: [String], to part: inout SystemCallTable) {
    var missing = names
    while let name = missing.popLast() {
      if part.scalars[name] != nil || part.flags[name] != nil || part.structs[name] != nil { continue }
      declared(["scalar", "flags", "enum", "struct"], name, in: &part)
      missing += part.structs[name]?.fields.map(\.type.name) ?? []
    }
  }

  /// Reads the declarations that begin with one of these words and, if one is given, this name.
  private func declared(_ words: [StaticString], _ name: String? = nil, in part: inout SystemCallTable) {
    for piece in declarations where types.utf8.bytes({ begins($0, piece, words, name) }) {
      part.parse(types: Self.text(types, piece))
    }
  }

  private func begins(
    _ bytes: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ words: [StaticString], _ name: String?
  ) -> Bool {
    var at = piece.lowerBound
    let isOne = words.contains { word in word.withUTF8Buffer { Self.skip($0, bytes, &at) } }
    guard isOne else { return false }
    guard var name else { return true }
    return name.withUTF8 { Self.skip($0, bytes, &at) }
  }

  /// Goes past a word and the space after it. False, and nowhere, where another word stands.
  private static func skip(
    _ word: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int
  ) -> Bool {
    let end = at + word.count
    guard end <= bytes.count, end == bytes.count || bytes[end] == 0x20 || bytes[end] == 0x0a,
      bytes[at..<end].elementsEqual(word)
    else { return false }
    at = end + 1
    return true
  }

  /// `12` or `12-15`, as a row begins. Nil for what no system has as many calls as.
  private static func numbers(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> ClosedRange<Int>? {
    guard let first = number(bytes, &at) else { return nil }
    guard at < bytes.count, bytes[at] == 0x2d else { return first < 4096 ? first...first : nil }
    at += 1
    guard let last = number(bytes, &at), first <= last, last < 4096 else { return nil }
    return first...last
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Int? {
    var value: Int?
    while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39, value ?? 0 < 4096 {
      value = (value ?? 0) * 10 + Int(bytes[at] - 0x30)
      at += 1
    }
    return value
  }

  private static func text(_ text: String, _ piece: Range<Int>) -> String {
    text.utf8.bytes { String(decoding: UnsafeBufferPointer(rebasing: $0[piece]), as: UTF8.self) }
  }

  /// What follows the line that begins at an offset.
  private static func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    guard start < bytes.count, let base = bytes.baseAddress else { return bytes.count }
    let end = memchr(base + start, 0x0a, bytes.count - start)
    return end.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) + 1 } ?? bytes.count
  }

  /// Each line that is not indented, nor empty, nor a comment, begins a piece.
  private static func pieces(of text: String) -> [Range<Int>] {
    text.utf8.bytes { bytes in
      var found: [Range<Int>] = []
      var (start, line) = (0, 0)
      while line < bytes.count {
        if line > start, ![0x20, 0x0a, 0x23].contains(bytes[line]) {
          found.append(start..<line)
          start = line
        }
        line = lineEnd(bytes, line)
      }
      found.append(start..<line)
      return found
    }
  }
}

extension String.UTF8View {
  /// Calls `body` with the bytes where they are.
  fileprivate func bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = withContiguousStorageIfAvailable(body) { return result }
    return Array(self).withUnsafeBufferPointer(body)
  }
}
