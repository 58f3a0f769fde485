internal import Glibc

/// Names of functions, from an image's symbol table. The file may be anything: every size is bounded, and what does not
/// add up gives no name.
package enum SymbolTable {
  private static let sectionLimit = 4096
  private static let symbolLimit = 1 << 19
  private static let nameLimit = 128

  /// A function, and how far behind its beginning an address lies.
  package struct Place: Equatable, Sendable {
    package let name: String
    package let offset: UInt64
  }

  /// The functions that hold `addresses`, which are the file's own (without what it was moved by).
  package static func places(of addresses: [UInt64], in path: String) -> [Place?] {
    let nothing = [Place?](repeating: nil, count: addresses.count)
    // Not to be held up by a pipe of that name.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nothing }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nothing }
    guard let head = bytes(file, 0, 64), head.number(0, 4) == 0x464c_457f, head[4] == 2 else { return nothing }
    let (offset, size, count) = (head.number(40, 8), head.number(58, 2), Int(head.number(60, 2)))
    guard size == 64, count <= sectionLimit, let sections = bytes(file, offset, count * 64) else { return nothing }
    // SHT_SYMTAB, else SHT_DYNSYM.
    for kind: UInt64 in [2, 11] {
      for section in 0..<count where sections.number(section * 64 + 4, 4) == kind {
        let strings = Int(sections.number(section * 64 + 40, 4))
        guard strings < count else { continue }
        let found = search(
          file, addresses, at: sections.number(section * 64 + 24, 8), size: sections.number(section * 64 + 32, 8),
          strings: sections.number(strings * 64 + 24, 8))
        if found.contains(where: { $0 != nil }) { return found }
      }
    }
    return nothing
  }

  private static func search(
    _ file: Int32, _ addresses: [UInt64], at offset: UInt64, size: UInt64, strings: UInt64
  ) -> [Place?] {
    var best = [(value: UInt64, name: UInt64)?](repeating: nil, count: addresses.count)
    let total = Int(min(size / 24, UInt64(symbolLimit)))
    let piece = 4096
    for start in stride(from: 0, to: total, by: piece) {
      let count = min(piece, total - start)
      guard let symbols = bytes(file, offset &+ UInt64(start * 24), count * 24) else { break }
      for place in 0..<count {
        // st_info: STT_FUNC. st_value, st_size.
        guard symbols[place * 24 + 4] & 15 == 2 else { continue }
        let value = symbols.number(place * 24 + 8, 8)
        let length = symbols.number(place * 24 + 16, 8)
        for (index, address) in addresses.enumerated() where address >= value {
          guard length == 0 || address - value < length, best[index].map({ $0.value <= value }) ?? true else {
            continue
          }
          best[index] = (value, symbols.number(place * 24, 4))
        }
      }
    }
    return zip(addresses, best).map { address, best -> Place? in
      guard let best, let text = short(file, strings &+ best.name) else { return nil }
      let name = text.prefix { $0 != 0 }
      return name.isEmpty ? nil : Place(name: String(decoding: name, as: UTF8.self), offset: address - best.value)
    }
  }

  /// Exactly `count` bytes at an offset. Nil where the file has less.
  private static func bytes(_ file: Int32, _ offset: UInt64, _ count: Int) -> [UInt8]? {
    guard offset <= UInt64(Int64.max) else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(file, &bytes, count, off_t(offset)) == count ? bytes : nil
  }

  /// What there is at an offset, as much as a name may be long.
  private static func short(_ file: Int32, _ offset: UInt64) -> ArraySlice<UInt8>? {
    guard offset <= UInt64(Int64.max) else { return nil }
    var bytes = [UInt8](repeating: 0, count: nameLimit)
    let count = pread(file, &bytes, nameLimit, off_t(offset))
    return count > 0 ? bytes[..<count] : nil
  }
}

extension [UInt8] {
  /// A number of the processor's byte order.
  fileprivate func number(_ at: Int, _ size: Int) -> UInt64 {
    self[at..<at + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  }
}
