internal import CPicoHost
internal import Glibc

/// The name of a file, or another word that is passed on as it came: any bytes but zero. A `String` would put other bytes
/// for those that are no text, and take names for the same that differ.
package struct FileName: Sendable, Equatable, ExpressibleByStringLiteral {
  package let bytes: [UInt8]

  // Not of any sequence: looking a conformance up takes longer than all the rest of a start's names (decision 0005).
  /// - Parameter bytes: what follows a zero is left out, as the system does.
  package init(bytes: ArraySlice<UInt8>) {
    self.bytes = Array(bytes[..<(bytes.firstIndex(of: 0) ?? bytes.endIndex)])
  }

  package init(_ text: String) { self.init(bytes: Array(text.utf8)[...]) }

  package init(stringLiteral text: String) { self.init(text) }

  package init(cString: UnsafePointer<CChar>) {
    bytes = Array(UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
  }

  /// What a symbolic link holds; nil where there is none to be read, or it holds nothing.
  package init?(linkAt path: UnsafePointer<CChar>) {
    var target = [CChar](repeating: 0, count: 4096)
    let length = pico_read_link(path, &target, 4095)
    guard length > 0 else { return nil }
    self.init(bytes: target[..<Int(length)].map { UInt8(bitPattern: $0) }[...])
  }

  /// For people to read.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package var isEmpty: Bool { bytes.isEmpty }

  package var isAbsolute: Bool { bytes.first == Self.slash }

  package var hasSlash: Bool { bytes.contains(Self.slash) }

  package static let slash: UInt8 = 0x2f

  package static func + (first: FileName, second: FileName) -> FileName {
    FileName(joined: first.bytes + second.bytes)
  }

  /// What stands between slashes.
  package var components: [FileName] { bytes.split(separator: Self.slash).map { FileName(joined: Array($0)) } }

  /// Its components below the root directory.
  package init(components: [FileName]) {
    bytes = components.isEmpty ? [Self.slash] : components.flatMap { [Self.slash] + $0.bytes }
  }

  /// Whether it is `directory` or something below it. All lies below an empty name.
  package func lies(below directory: FileName) -> Bool {
    let count = directory.bytes.count
    guard count > 0 else { return true }
    return bytes.starts(with: directory.bytes) && (bytes.count == count || bytes[count] == Self.slash)
  }

  /// What is left of it without its first `count` bytes.
  package func dropFirst(_ count: Int) -> FileName { FileName(joined: Array(bytes.dropFirst(count))) }

  /// Lends it as C functions take it.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    try (bytes + [0]).withUnsafeBytes { try body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
  }

  private init(joined bytes: [UInt8]) { self.bytes = bytes }
}
