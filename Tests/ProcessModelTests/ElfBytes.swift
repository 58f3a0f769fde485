/// Writes small ELF files for the tests.
struct ElfBytes: Sendable {
  struct Header: Sendable {
    var type: UInt32 = 1
    var flags: UInt32 = 5
    var offset: UInt64 = 0
    var address: UInt64 = 0x400000
    var fileSize: UInt64 = 0x1000
    var memorySize: UInt64 = 0x1000
    var alignment: UInt64 = 0x1000
  }

  var type: UInt16 = 2
  var machine: UInt16 = 62
  var osabi: UInt8 = 0
  var entry: UInt64 = 0x400100
  var headers = [Header()]
  /// Put at file offset 0x800.
  var contents: [UInt8] = []
  var length = 0x1000

  static let contentsOffset = 0x800

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, osabi] + Array(repeating: 0, count: 8)
    append(type, to: &bytes)
    append(machine, to: &bytes)
    append(UInt32(1), to: &bytes)
    append(entry, to: &bytes)
    append(UInt64(64), to: &bytes)
    append(UInt64(0), to: &bytes)
    append(UInt32(0), to: &bytes)
    for number in [64, 56, headers.count, 64, 0, 0] { append(UInt16(truncatingIfNeeded: number), to: &bytes) }
    for header in headers {
      append(header.type, to: &bytes)
      append(header.flags, to: &bytes)
      let fields = [
        header.offset, header.address, header.address, header.fileSize, header.memorySize, header.alignment,
      ]
      for field in fields { append(field, to: &bytes) }
    }
    bytes += Array(repeating: 0, count: max(0, length - bytes.count))
    for (index, byte) in contents.enumerated() { bytes[Self.contentsOffset + index] = byte }
    return bytes
  }

  /// A program of two segments, one of them with a tail to clear and pages of empty memory after it.
  static var program: ElfBytes {
    var elf = ElfBytes()
    elf.length = 0x3000
    elf.headers = [
      Header(flags: 5, offset: 0, address: 0x400000, fileSize: 0x1000, memorySize: 0x1000),
      Header(flags: 6, offset: 0x1f00, address: 0x402f00, fileSize: 0x200, memorySize: 0x3000),
    ]
    return elf
  }

  /// Adds a header of `type` over the contents at `contentsOffset`.
  mutating func addContents(_ bytes: [UInt8], type: UInt32) {
    headers.append(
      Header(
        type: type, flags: 4, offset: UInt64(Self.contentsOffset + contents.count),
        address: 0x400000 + UInt64(Self.contentsOffset + contents.count), fileSize: UInt64(bytes.count),
        memorySize: UInt64(bytes.count), alignment: 4))
    contents += bytes
  }

  static func note(owner: String, type: UInt32, contents: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    append(UInt32(owner.utf8.count + 1), to: &bytes)
    append(UInt32(contents.count), to: &bytes)
    append(type, to: &bytes)
    bytes += Array(owner.utf8) + [0]
    while bytes.count % 4 != 0 { bytes.append(0) }
    bytes += contents
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  private func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
    Self.append(value, to: &bytes)
  }

  private static func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
    for index in 0..<MemoryLayout<Number>.size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }
}
