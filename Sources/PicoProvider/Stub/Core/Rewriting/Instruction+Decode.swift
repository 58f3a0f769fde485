extension Instruction {
  /// The instruction at `bytes[at]`; nil when it is none of the kinds known here or reaches past `end`.
  ///
  /// - Source: Intel SDM volume 2, chapter 2 and appendix A.
  init?(_ bytes: UnsafePointer<UInt8>, at start: Int, end: Int) {
    var at = start
    func byte(_ offset: Int) -> Int { offset < end ? Int(bytes[offset]) : -1 }
    // 0x66 operand size; 0x2e without meaning; 0x64 the thread's segment; 0xf2, 0xf3 choose among vector instructions.
    var choosesVector = false
    while true {
      switch byte(at) {
      case 0x66, 0x2e, 0x64: break
      case 0xf2, 0xf3: choosesVector = true
      default:
        self.init(bytes, start, at, end, choosesVector)
        return
      }
      at += 1
      if at - start > 4 { return nil }
    }
  }

  private init?(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ afterPrefixes: Int, _ end: Int, _ choosesVector: Bool) {
    var at = afterPrefixes
    isPrefixed = at > start
    func byte(_ offset: Int) -> Int { offset < end ? Int(bytes[offset]) : -1 }
    var extensions = 0
    if byte(at) & ~0xf == 0x40 {
      extensions = byte(at)
      at += 1
    }
    is64Bit = extensions & 8 != 0
    guard byte(at) >= 0 else { return nil }
    opcode = UInt16(byte(at))
    at += 1
    if opcode == 0x0f {
      guard byte(at) >= 0 else { return nil }
      opcode = 0x100 | UInt16(byte(at))
      at += 1
    }
    if choosesVector && !Self.isVector(opcode) && opcode != 0x11e { return nil }
    var immediateSize = 0
    switch opcode {
    case 0x00...0x03, 0x08...0x0b, 0x20...0x23, 0x28...0x2b, 0x30...0x33, 0x38...0x3b, 0x63, 0x84, 0x85, 0x88...0x8b,
      0x8d,
      0xd0, 0xd1, 0xd3, 0xf6, 0xf7, 0xfe, 0xff, 0x11e, 0x11f, 0x140...0x14f, 0x190...0x19f, 0x1af, 0x1b6, 0x1b7, 0x1be,
      0x1bf:
      hasOperands = true
    case 0x80, 0x83, 0xc0, 0xc1, 0xc6, 0x6b:
      hasOperands = true
      immediateSize = 1
    case 0x81, 0xc7, 0x69:
      hasOperands = true
      immediateSize = 4
    case 0x04, 0x0c, 0x24, 0x2c, 0x34, 0x3c, 0xa8, 0x70...0x7f: immediateSize = 1
    case 0x05, 0x0d, 0x25, 0x2d, 0x35, 0x3d, 0xa9, 0x180...0x18f: immediateSize = 4
    case 0x50...0x5f: reg = Int8(Int(opcode) & 7 | (extensions & 1) << 3)
    case 0xb0...0xb7, 0xb8...0xbf:
      reg = Int8(Int(opcode) & 7 | (extensions & 1) << 3)
      immediateSize = opcode < 0xb8 ? 1 : is64Bit ? 8 : 4
    case 0x90 where extensions & 1 == 0: break
    case 0x98, 0x99: break
    default:
      guard Self.isVector(opcode) else { return nil }
      hasOperands = true
    }
    // An operand-size prefix makes an immediate shorter; such instructions are not needed here.
    if isPrefixed && immediateSize > 0 { return nil }
    if hasOperands {
      guard byte(at) >= 0 else { return nil }
      let operands = byte(at)
      at += 1
      mod = Int8(operands >> 6)
      reg = Int8(operands >> 3 & 7 | (extensions & 4) << 1)
      rm = Int8(operands & 7 | (extensions & 1) << 3)
      guard isKnownForm else { return nil }
      if mod != 3 {
        var size = mod == 0 ? 0 : mod == 1 ? 1 : 4
        if operands & 7 == 4 {
          guard byte(at) >= 0 else { return nil }
          let more = byte(at)
          at += 1
          base = Int8(more & 7 | (extensions & 1) << 3)
          index = Int8(more >> 3 & 7 | (extensions & 2) << 2)
          scale = Int8(more >> 6)
          if index == 4 { index = -1 }
          if more & 7 == 5 && mod == 0 {
            base = -1
            size = 4
          }
        } else if operands & 7 == 5 && mod == 0 {
          size = 4
          relativeAt = UInt8(at - start)
        } else {
          base = rm
        }
        guard let value = Self.signed(bytes, at, size, end) else { return nil }
        displacement = Int32(truncatingIfNeeded: value)
        at += size
      }
    }
    guard let value = Self.signed(bytes, at, immediateSize, end) else { return nil }
    immediate = Int64(value)
    at += immediateSize
    if isBranch { displacement = Int32(truncatingIfNeeded: immediate) }
    length = UInt8(at - start)
    if opcode == 0x11e && !(choosesVector && length == 4) { return nil }  // endbr64 alone
  }

  /// Opcodes that share a number with others: only the plain ones.
  private var isKnownForm: Bool {
    switch opcode {
    case 0xc6, 0xc7: reg & 7 == 0
    case 0xf6: false
    case 0xf7: reg & 7 == 2 || reg & 7 == 3
    case 0xfe, 0xff: reg & 7 <= 1
    case 0x11f: true
    default: true
    }
  }

  private static func signed(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ size: Int, _ end: Int) -> Int? {
    guard at + size <= end else { return nil }
    var value = 0
    for index in 0..<size { value |= Int(bytes[at + index]) << (8 * index) }
    let spare = 64 - 8 * size
    return size == 0 ? 0 : (value << spare) >> spare
  }
}
