import CPicoEntry

/// Classic BPF as seccomp allows it: a checker and an interpreter.
///
/// - Source: Linux net/core/filter.c `bpf_check_classic`, kernel/seccomp.c `seccomp_check_filter`.
extension Linux {
  typealias Program = UnsafeMutablePointer<sock_filter>

  private static let dataBytes: UInt32 = 64

  /// Whether a program may be loaded: known instructions, jumps forward and inside, words of `seccomp_data` only, an end
  /// on every way through it.
  static func isSound(_ program: Program, _ length: Int) -> Bool {
    guard length > 0, length <= BPF_MAXINSNS else { return false }
    for at in 0..<length {
      let instruction = program[at]
      let left = length - at - 1
      switch instruction.code {
      case 0x20:  // LD|W|ABS
        if instruction.k >= dataBytes || instruction.k & 3 != 0 { return false }
      case 0x00, 0x01, 0x80, 0x81: break  // LD|IMM, LDX|IMM, LD|W|LEN, LDX|W|LEN
      case 0x60, 0x61, 0x02, 0x03:  // LD|MEM, LDX|MEM, ST, STX
        if instruction.k >= 16 { return false }
      case 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0xa4, 0xac, 0x84, 0x6c, 0x7c: break
      case 0x34:  // DIV|K
        if instruction.k == 0 { return false }
      case 0x64, 0x74:  // LSH|K, RSH|K
        if instruction.k >= 32 { return false }
      case 0x05:  // JA
        if instruction.k >= UInt32(left) { return false }
      case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d:
        if Int(instruction.jt) >= left || Int(instruction.jf) >= left { return false }
      case 0x06, 0x16, 0x07, 0x87: break  // RET|K, RET|A, TAX, TXA
      default: return false
      }
    }
    let last = program[length - 1].code
    return (last == 0x06 || last == 0x16) && readsWhatWasWritten(program, length)
  }

  /// Whether each scratch word is written on every way before it is read.
  ///
  /// - Source: `check_load_and_stores`.
  private static func readsWhatWasWritten(_ program: Program, _ length: Int) -> Bool {
    // A bit for each of the 16 words, for each instruction; all jumps go forward, so one pass will do.
    let bytes = (length * 2 + 4095) & ~4095
    guard let pages = allocatePages(bytes: bytes) else { return false }
    defer { freePages(pages, bytes: bytes) }
    let masks = pages.assumingMemoryBound(to: UInt16.self)
    for at in 0..<length { masks[at] = 0xffff }
    var valid: UInt16 = 0
    for at in 0..<length {
      let instruction = program[at]
      valid &= masks[at]
      switch instruction.code {
      case 0x02, 0x03: valid |= 1 << UInt16(instruction.k & 15)
      case 0x60, 0x61:
        if valid & 1 << UInt16(instruction.k & 15) == 0 { return false }
      case 0x05:
        masks[at + 1 + Int(instruction.k)] &= valid
        valid = 0xffff
      case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d:
        masks[at + 1 + Int(instruction.jt)] &= valid
        masks[at + 1 + Int(instruction.jf)] &= valid
        valid = 0xffff
      default: break
      }
    }
    return true
  }

  /// Runs a sound program over what a call looks like. `data` is `seccomp_data` as 32-bit words.
  static func run(_ program: Program, _ data: UnsafePointer<UInt32>) -> UInt32 {
    var a: UInt32 = 0
    var x: UInt32 = 0
    var memory: [16 of UInt32] = .init(repeating: 0)
    var at = 0
    while true {
      let instruction = program[at]
      let k = instruction.k
      at += 1
      switch instruction.code {
      case 0x20: a = data[Int(k / 4)]
      case 0x00: a = k
      case 0x01: x = k
      case 0x80: a = dataBytes
      case 0x81: x = dataBytes
      case 0x60: a = memory[Int(k & 15)]
      case 0x61: x = memory[Int(k & 15)]
      case 0x02: memory[Int(k & 15)] = a
      case 0x03: memory[Int(k & 15)] = x
      case 0x05: at += Int(k)
      case 0x06: return k
      case 0x16: return a
      case 0x07: x = a
      case 0x87: a = x
      case 0x3c:
        if x == 0 { return 0 }
        a /= x
      case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d:
        at += Int(holds(instruction.code, a, instruction.code & 8 != 0 ? x : k) ? instruction.jt : instruction.jf)
      default: a = computed(instruction.code, a, instruction.code & 8 != 0 ? x : k)
      }
    }
  }

  private static func holds(_ code: UInt16, _ a: UInt32, _ b: UInt32) -> Bool {
    switch code & 0xf0 {
    case 0x10: a == b
    case 0x20: a > b
    case 0x30: a >= b
    default: a & b != 0
    }
  }

  private static func computed(_ code: UInt16, _ a: UInt32, _ b: UInt32) -> UInt32 {
    switch code & 0xf0 {
    case 0x00: a &+ b
    case 0x10: a &- b
    case 0x20: a &* b
    case 0x30: b == 0 ? 0 : a / b
    case 0x40: a | b
    case 0x50: a & b
    case 0x60: a &<< b
    case 0x70: a &>> b
    case 0x80: 0 &- a
    default: a ^ b  // 0xa0
    }
  }
}
