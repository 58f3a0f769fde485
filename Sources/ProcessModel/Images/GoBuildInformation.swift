/// What the Go linker recorded in a program: the compiler's version and, since Go 1.18, the build settings.
struct GoBuildInformation: Equatable {
  var version: String
  var settings: String

  /// `"\u{ff} Go buildinf:"`.
  private static let magic: [UInt8] = [0xff] + Array(" Go buildinf:".utf8)
  /// The record lies on a 16-byte boundary at the start of the data segment; no need to look further than this.
  private static let searchLimit: UInt64 = 1 << 20
  private static let longestString = 1 << 20

  /// The `GOOS` setting, where it names a system known here.
  var system: GuestSystem? {
    for line in settings.split(separator: "\n") where line.hasPrefix("build\tGOOS=") {
      switch line.dropFirst("build\tGOOS=".count) {
      case "illumos": return .solaris
      case "android": return .linux
      case let name: return GuestSystem(rawValue: String(name))
      }
    }
    return nil
  }

  /// Searches the writable segments of `image`. Nil for a program that is not Go's, or older than 1.18.
  ///
  /// - Source: Go `debug/buildinfo`.
  static func read(from image: ElfImage, file: ImageReader) throws(ImageError) -> GoBuildInformation? {
    for segment in image.segments where segment.isWritable && segment.fileSize >= 32 {
      let limit = min(segment.fileSize, searchLimit)
      let bytes = try file.available(at: segment.offset, count: Int(limit))
      // The boundary is one of memory; segments of Go start on a page, so of the file as well.
      for position in stride(from: 0, through: bytes.count - 32, by: 16)
      where bytes[position] == magic[0] && bytes[position...].starts(with: magic) {
        guard bytes[position + 15] & 2 != 0 else { return nil }
        return try parse(file, at: segment.offset + UInt64(position) + 32)
      }
    }
    return nil
  }

  /// Reads the two strings after the record's header, each with its length as a varint before it.
  private static func parse(_ file: ImageReader, at offset: UInt64) throws(ImageError) -> GoBuildInformation? {
    var position = offset
    guard let version = try string(file, at: &position), let module = try string(file, at: &position) else {
      return nil
    }
    // The module text stands between two marks of sixteen bytes.
    guard module.count >= 33, module[module.count - 17] == 0x0a else {
      return GoBuildInformation(version: String(decoding: version, as: UTF8.self), settings: "")
    }
    return GoBuildInformation(
      version: String(decoding: version, as: UTF8.self),
      settings: String(decoding: module[16..<(module.count - 16)], as: UTF8.self))
  }

  private static func string(_ file: ImageReader, at position: inout UInt64) throws(ImageError) -> [UInt8]? {
    var length = 0
    var shift = 0
    for byte in try file.available(at: position, count: 5) {
      position += 1
      length |= Int(byte & 0x7f) << shift
      shift += 7
      guard byte & 0x80 != 0 else {
        guard length <= longestString else { return nil }
        let text = try file.available(at: position, count: length)
        position += UInt64(length)
        return text.count == length ? text : nil
      }
    }
    return nil
  }
}
