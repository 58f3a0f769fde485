/// A directory of `/proc` whose entries are numbers: threads of a process.
enum NumberedDirectory {
  /// Calls `body` with each number found, in the host's order.
  static func forEach(_ path: ShortPath, _ body: (Int32) -> Void) {
    path.withAddress { forEach(at: $0, body) }
  }

  /// The same for the address of a path.
  static func forEach(at path: UInt, _ body: (Int32) -> Void) {
    let fd = host(
      FreeBSD.HostFile.openat, FreeBSD.HostFile.AT_FDCWD, path,
      FreeBSD.HostFile.O_CLOEXEC | FreeBSD.HostFile.O_DIRECTORY)
    guard fd >= 0 else { return }
    defer { host(FreeBSD.HostFile.close, UInt(bitPattern: fd)) }
    var scratch = InlineArray<128, UInt64>(repeating: 0)
    withUnsafeMutableBytes(of: &scratch) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      while true {
        let length = host(
          FreeBSD.HostFile.getdents64, UInt(bitPattern: fd), UInt(bitPattern: start), UInt(bitPattern: bytes.count))
        guard length > 0 else { return }
        var offset = 0
        while let entry = FreeBSD.HostDirent(in: start, at: offset, end: length) {
          offset &+= entry.d_reclen
          if let number = number(entry) { body(number) }
        }
      }
    }
  }

  private static func number(_ entry: FreeBSD.HostDirent) -> Int32? {
    guard entry.nameLength > 0, entry.nameLength < 10 else { return nil }
    var value: Int32 = 0
    for index in 0..<entry.nameLength {
      let digit = entry.name.load(fromByteOffset: index, as: UInt8.self) &- 48
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int32(digit)
    }
    return value
  }
}
