/// One x86-64 instruction of the straight-line kinds that stand before a `syscall`: enough is known of it to repeat it
/// elsewhere and to check what it did. Of anything else there is no `Instruction`.
///
/// Its numbers are narrow because eight of them stand on a signal handler's stack.
struct Instruction {
  /// The opcode; 0x100 and up for those behind 0x0f.
  var opcode: UInt16 = 0
  /// Bytes, prefixes included.
  var length: UInt8 = 0
  /// Where the 32-bit displacement from the next instruction stands; 0: there is none.
  var relativeAt: UInt8 = 0
  /// Fields of the ModRM byte; `base` and `index` are -1 when there is none.
  var mod: Int8 = 0, reg: Int8 = 0, rm: Int8 = 0
  var base: Int8 = -1, index: Int8 = -1, scale: Int8 = 0
  var hasOperands = false
  var is64Bit = false
  /// Has a prefix of its own meaning (operand size, segment, or one that chooses another vector instruction).
  var isPrefixed = false
  var displacement: Int32 = 0
  var immediate: Int64 = 0

  /// A conditional jump; `displacement` leads from the next instruction to its target.
  var isBranch: Bool { opcode >= 0x70 && opcode <= 0x7f || opcode >= 0x180 && opcode <= 0x18f }
  /// A nop of several bytes.
  var isLongNop: Bool { opcode == 0x11f }
  /// `xor` of a register with itself.
  var clearsItself: Bool { opcode & 0xfd == 0x31 && mod == 3 && reg == rm }
  /// One of its operands is in memory, or only an address.
  var isMemory: Bool { hasOperands && mod != 3 }

  /// General registers it may change, a bit each.
  var writes: UInt32 {
    // AH, CH, DH and BH have the numbers of RSP, RBP, RSI and RDI.
    changes | (isByteWide && changes & 0xf0 != 0 ? changes >> 4 & 0xf : 0)
  }

  private var isByteWide: Bool {
    switch opcode {
    case 0x80, 0x88, 0x8a, 0xb0...0xb7, 0xc0, 0xc6, 0xd0, 0xfe, 0x190...0x19f: true
    default: opcode < 0x38 && opcode & 1 == 0
    }
  }

  /// The same, but for the names of single bytes.
  var changes: UInt32 {
    let one: UInt32 = 1 << (mod == 3 ? UInt32(rm) : 16)
    let named: UInt32 = 1 << UInt32(reg)
    switch opcode {
    case 0x00, 0x01, 0x08, 0x09, 0x20, 0x21, 0x28, 0x29, 0x30, 0x31, 0x88, 0x89, 0xc6, 0xc7, 0xc0, 0xc1, 0xd0, 0xd1,
      0xd3, 0xfe, 0xff, 0x190...0x19f:
      return one
    case 0x80, 0x81, 0x83: return reg & 7 == 7 ? 0 : one
    case 0xf6, 0xf7: return reg & 7 == 0 ? 0 : one
    case 0x38, 0x39, 0x3a, 0x3b, 0x84, 0x85, 0x3c, 0x3d, 0xa8, 0xa9, 0x90, 0x11f, 0x11e: return 0
    case 0x02, 0x03, 0x0a, 0x0b, 0x22, 0x23, 0x2a, 0x2b, 0x32, 0x33, 0x63, 0x69, 0x6b, 0x8a, 0x8b, 0x8d,
      0x140...0x14f, 0x1af, 0x1b6, 0x1b7, 0x1be, 0x1bf:
      return named
    case 0x50...0x57: return 1 << 4
    case 0x58...0x5f: return 1 << 4 | named
    case 0xb0...0xbf: return named
    case 0x04, 0x05, 0x0c, 0x0d, 0x24, 0x25, 0x2c, 0x2d, 0x34, 0x35, 0x98: return 1
    case 0x99: return 1 << 2
    default: return isBranch || Self.isVector(opcode) ? 0 : 0xffff
    }
  }

  /// Whether RCX or R11 appears in it: they are lost at a `syscall`.
  var mentionsScratch: Bool {
    var mentioned: UInt32 = 0
    if hasOperands { mentioned |= 1 << UInt32(reg) | (mod == 3 ? 1 << UInt32(rm) : 0) }
    if base >= 0 { mentioned |= 1 << UInt32(base) }
    if index >= 0 { mentioned |= 1 << UInt32(index) }
    if opcode >= 0x50 && opcode <= 0x5f { mentioned |= 1 << UInt32(reg) }
    return mentioned & (1 << 1 | 1 << 11) != 0 || opcode == 0xd3
  }

  static func isVector(_ opcode: UInt16) -> Bool {
    switch opcode {
    case 0x110, 0x111, 0x114, 0x116, 0x117, 0x128, 0x129, 0x157, 0x16c, 0x16f, 0x17f, 0x1d6, 0x1ef: true
    default: false
    }
  }
}
