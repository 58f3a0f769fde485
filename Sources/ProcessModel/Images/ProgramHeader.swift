/// A program header as it stands in the file.
struct ProgramHeader {
  enum Kind: Equatable { case load, interpreter, note, threadLocalStorage, stack, headers, other }

  var type: Kind
  /// 1 execute, 2 write, 4 read.
  var flags: UInt32
  var offset, address, fileSize, memorySize, alignment: UInt64

  /// `flags` in `mmap`'s order: 1 read, 2 write, 4 execute.
  var protection: UInt32 { (flags >> 2 & 1) | (flags & 2) | (flags << 2 & 4) }

  init(_ table: [UInt8], at position: Int) {
    type =
      switch table.littleEndian(at: position, as: UInt32.self) {
      case 1: .load
      case 3: .interpreter
      case 4: .note
      case 6: .headers
      case 7: .threadLocalStorage
      case 0x6474_e551: .stack
      default: .other
      }
    flags = table.littleEndian(at: position + 4)
    offset = table.littleEndian(at: position + 8)
    address = table.littleEndian(at: position + 16)
    fileSize = table.littleEndian(at: position + 32)
    memorySize = table.littleEndian(at: position + 40)
    alignment = table.littleEndian(at: position + 48)
  }
}
