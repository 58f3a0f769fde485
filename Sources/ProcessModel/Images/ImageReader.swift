internal import Glibc

/// Reads pieces of a file that may be an image. The parser never holds more of it than it asks for.
package struct ImageReader {
  /// The file's length in bytes.
  package let size: UInt64
  private let readPiece: (_ offset: UInt64, _ count: Int) -> [UInt8]?

  /// - Parameters:
  ///   - size: the file's length in bytes.
  ///   - read: gives up to `count` bytes from `offset`, fewer only at the end; nil when the file cannot be read.
  package init(size: UInt64, read: @escaping (_ offset: UInt64, _ count: Int) -> [UInt8]?) {
    self.size = size
    readPiece = read
  }

  /// Reads from bytes in memory.
  package init(bytes: [UInt8]) {
    self.init(size: UInt64(bytes.count)) { offset, count in
      guard offset < UInt64(bytes.count) else { return [] }
      let start = Int(offset)
      return Array(bytes[start..<min(bytes.count, start + max(0, min(count, bytes.count - start)))])
    }
  }

  /// Reads from an open descriptor, whose position stays as it is and which the caller keeps open.
  package init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_size >= 0 else { return nil }
    self.init(size: UInt64(status.st_size)) { offset, count in
      unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        filled = 0
        while filled < count {
          guard let position = Int(exactly: offset + UInt64(filled)), let base = buffer.baseAddress else { return }
          let got = unsafe pread(descriptor, base + filled, count - filled, position)
          if got < 0 && errno == EINTR { continue }
          if got <= 0 { return }
          filled += got
        }
      }
    }
  }

  /// Exactly `count` bytes from `offset`.
  ///
  /// - Throws: `.truncated` with the name of the `part` wanted when the file ends before them.
  package func bytes(at offset: UInt64, count: Int, part: String) throws(ImageError) -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(UInt64(count))
    guard !overflow, end <= size else { throw .truncated(part: part) }
    guard let piece = readPiece(offset, count) else { throw .unreadable }
    guard piece.count == count else { throw .truncated(part: part) }
    return piece
  }

  /// What there is of `count` bytes from `offset`; empty past the end.
  package func available(at offset: UInt64, count: Int) throws(ImageError) -> [UInt8] {
    guard offset < size else { return [] }
    return try bytes(at: offset, count: Int(min(UInt64(count), size - offset)), part: "contents")
  }
}

extension [UInt8] {
  /// The little-endian number at `offset`, which the caller knows to be inside.
  func littleEndian<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
    var value: Number = 0
    for index in (0..<MemoryLayout<Number>.size).reversed() {
      value = value << 8 | Number(truncatingIfNeeded: self[offset + index])
    }
    return value
  }
}
