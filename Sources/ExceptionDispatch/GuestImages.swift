internal import CPicoHost
internal import Glibc
package import PicoProvider

/// The files that a picoprocess has mapped code of, for names and unwind tables. A guest made all of it: sizes and counts
/// are bounded, and what does not add up is left out.
package struct GuestImages: Sendable {
  package struct Image: Sendable {
    /// The code's addresses.
    package let code: Range<UInt64>
    package let path: String
    /// What the file's addresses are moved by.
    package let bias: UInt64
    /// Address of `.eh_frame_hdr`; 0 without one.
    package let frameHeader: UInt64

    package init(code: Range<UInt64>, path: String, bias: UInt64, frameHeader: UInt64) {
      self.code = code
      self.path = path
      self.bias = bias
      self.frameHeader = frameHeader
    }
  }

  package let images: [Image]

  package init(images: [Image]) { self.images = images }

  /// Most images, and most bytes of a list of mappings, that are looked at.
  private static let imageLimit = 64
  private static let mapsLimit = 1 << 20

  /// Of a process, as the host lists its mappings; empty when it tells none.
  package init(process: Int32, memory: any PicoGuestMemory) {
    var bases: [String: UInt64] = [:]
    var images: [Image] = []
    for line in Self.maps(of: process).split(separator: "\n") {
      // start-end permissions offset device inode path
      let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard words.count == 6 else { continue }
      let path = String(words[5].drop { $0 == " " })
      guard path.hasPrefix("/"), !path.hasPrefix("/memfd:") else { continue }
      let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard ends.count == 2, ends[0] < ends[1], let offset = UInt64(words[2], radix: 16) else { continue }
      // The stub is not the guest's.
      if ends[0] >> 32 == 0x7e00 { continue }
      if offset == 0, bases[path] == nil { bases[path] = ends[0] }
      guard words[1].contains("x"), images.count < Self.imageLimit else { continue }
      let base = bases[path] ?? ends[0] &- offset
      let (bias, header) = Self.look(base, memory)
      images.append(Image(code: ends[0]..<ends[1], path: path, bias: bias, frameHeader: header))
    }
    self.images = images
  }

  package func image(at address: UInt64) -> Image? { images.first { $0.code.contains(address) } }

  private static func maps(of process: Int32) -> String {
    let file = open("/proc/\(process)/maps", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while bytes.count < mapsLimit {
      let count = read(file, &piece, piece.count)
      if count <= 0 { break }
      bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads an image's headers where they are mapped: what it was moved by, and its unwind table.
  private static func look(_ base: UInt64, _ memory: any PicoGuestMemory) -> (bias: UInt64, frameHeader: UInt64) {
    guard let head = try? memory.read(base, 64), head[..<4] == [0x7f, 0x45, 0x4c, 0x46] else { return (0, 0) }
    let field = { (at: Int, size: Int) in head[at..<at + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    let (offset, size, count) = (field(32, 8), field(54, 2), field(56, 2))
    guard size == 56, count <= 64, let bytes = try? memory.read(base &+ offset, Int(size * count)) else {
      return (0, 0)
    }
    var bias: UInt64?
    var header: UInt64?
    for place in 0..<Int(count) {
      let word = { (at: Int, size: Int) in
        bytes[place * 56 + at..<place * 56 + at + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      }
      // PT_LOAD at the beginning of the file; PT_GNU_EH_FRAME.
      if word(0, 4) == 1, word(8, 8) < 4096, bias == nil { bias = base &- (word(16, 8) & ~4095) }
      if word(0, 4) == 0x6474_e550 { header = word(16, 8) }
    }
    guard let bias else { return (0, 0) }
    return (bias, header.map { $0 &+ bias } ?? 0)
  }
}
