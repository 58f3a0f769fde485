import CPicoEntry

/// The straight-line instructions from the one that a jump overwrites up to a `syscall`.
struct Chain {
  static let most = Int(PICO_CHAIN_MAX)
  /// How far before the `syscall` a chain may begin.
  static let reach = 40

  private(set) var count = 0
  private var instructions: [8 of Instruction] = .init(repeating: Instruction())
  /// Bytes from the first instruction to the `syscall`.
  private(set) var length = 0

  subscript(_ index: Int) -> Instruction { instructions[index] }

  /// Decodes from `start` on; nil when that does not lead exactly to `end`, where the `syscall` stands.
  init?(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) {
    var at = start
    while at < end {
      guard count < Self.most, let next = Instruction(bytes, at: at, end: end) else { return nil }
      instructions[count] = next
      count += 1
      at += Int(next.length)
    }
    length = end - start
  }

  /// Without its first instructions.
  mutating func drop(_ first: Int) {
    for index in 0..<first { length -= Int(instructions[index].length) }
    for index in first..<count { instructions[index - first] = instructions[index] }
    count -= first
  }

  /// Whether what it did is what the trapped registers show.
  ///
  /// - Parameter address: the guest's of the `syscall`.
  func evidence(_ context: UnsafeMutablePointer<pico_host_context>, _ address: UInt64) -> (
    first: Evidence, any: Evidence
  ) {
    // The instruction itself has changed RCX and R11.
    var changed: UInt32 = 1 << 1 | 1 << 11
    var next = address
    var any = Evidence.unknown
    var index = count - 1
    while index >= 0 {
      let instruction = instructions[index]
      let found = instruction.evidence(context, changed: changed, next: next)
      if found == .contradicts { return (.contradicts, .contradicts) }
      if found == .confirms { any = .confirms }
      if index == 0 { return (found, any) }
      changed |= instruction.writes
      next &-= UInt64(instruction.length)
      index -= 1
    }
    return (.unknown, any)
  }

  /// Registers that what follows the first instruction changes, and the `syscall` itself.
  var changedBehindFirst: UInt32 {
    var changed: UInt32 = 1 << 1 | 1 << 11
    for index in 1..<max(count, 1) { changed |= instructions[index].writes }
    return changed
  }

  /// The number in RAX, when the chain itself says it.
  var number: UInt32? {
    var index = count - 1
    while index >= 0 {
      let instruction = instructions[index]
      if instruction.writes & 1 != 0 {
        switch instruction.opcode {
        case 0xb8...0xbf, 0xc7: return UInt32(truncatingIfNeeded: instruction.immediate)
        case 0x31 where instruction.clearsItself, 0x33 where instruction.clearsItself: return 0
        default: return nil
        }
      }
      index -= 1
    }
    return nil
  }

  /// Whether RCX or R11 matters to it.
  var mentionsScratch: Bool {
    for index in 0..<count where instructions[index].mentionsScratch { return true }
    return false
  }
}
