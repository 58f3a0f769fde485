import CPicoEntry

/// What the trapped registers say of an instruction that is thought to have run.
enum Evidence {
  case contradicts, unknown, confirms
}

extension Instruction {
  /// Compares what this instruction does with what is found.
  ///
  /// - Parameters:
  ///   - changed: registers (a bit each) that cannot be relied on: changed after it, or by the `syscall` itself.
  ///   - next: the guest address behind it.
  func evidence(
    _ context: UnsafeMutablePointer<pico_host_context>, changed: UInt32, next: UInt64
  ) -> Evidence {
    func isKnown(_ register: Int8) -> Bool { changed & 1 << UInt32(register) == 0 }
    func compare(_ a: UInt64, _ b: UInt64) -> Evidence { a == b ? .confirms : .contradicts }
    func narrow(_ value: UInt64) -> UInt64 { is64Bit ? value : value & 0xffff_ffff }
    if isPrefixed { return .unknown }
    // What would have faulted has not run.
    if isMemory && opcode != 0x8d && !isLongNop, let address = address(context, changed | changes, next),
      load(UInt(address), as: UInt8.self) == nil
    {
      return .contradicts
    }
    switch opcode {
    case 0xb8...0xbf:
      guard isKnown(reg) else { return .unknown }
      return compare(context.general(reg), narrow(UInt64(bitPattern: immediate)))
    case 0xc7:
      let value = narrow(UInt64(bitPattern: immediate))
      if mod == 3 { return isKnown(rm) ? compare(context.general(rm), value) : .unknown }
      return compareMemory(context, changed, next, value)
    case 0x31, 0x33, 0x29, 0x2b:
      guard mod == 3 && reg == rm && isKnown(reg) else { return .unknown }
      return compare(context.general(reg), 0)
    case 0x89:
      guard isKnown(reg) else { return .unknown }
      if mod != 3 { return compareMemory(context, changed, next, narrow(context.general(reg))) }
      guard isKnown(rm) && (is64Bit || rm != reg) else { return .unknown }
      return compare(context.general(rm), narrow(context.general(reg)))
    case 0x8b:
      guard isKnown(reg) else { return .unknown }
      if mod == 3 {
        return isKnown(rm) && rm != reg ? compare(context.general(reg), narrow(context.general(rm))) : .unknown
      }
      if !is64Bit && context.general(reg) >> 32 != 0 { return .contradicts }
      return compareMemory(context, changed | 1 << UInt32(reg), next, context.general(reg))
    case 0x8d:
      guard isKnown(reg), mod != 3, let address = address(context, changed | 1 << UInt32(reg), next) else {
        return .unknown
      }
      return compare(context.general(reg), narrow(address))
    default:
      return .unknown
    }
  }

  /// The address of its memory operand; nil when a register in it is not known any more.
  func address(_ context: UnsafeMutablePointer<pico_host_context>, _ changed: UInt32, _ next: UInt64) -> UInt64? {
    if base >= 0 && changed & 1 << UInt32(base) != 0 || index >= 0 && changed & 1 << UInt32(index) != 0 { return nil }
    var address = UInt64(bitPattern: Int64(displacement))
    if relativeAt != 0 { address &+= next }
    if base >= 0 { address &+= context.general(base) }
    if index >= 0 { address &+= context.general(index) << UInt64(scale) }
    return address
  }

  private func compareMemory(
    _ context: UnsafeMutablePointer<pico_host_context>, _ changed: UInt32, _ next: UInt64, _ value: UInt64
  ) -> Evidence {
    guard let address = address(context, changed, next) else { return .unknown }
    if is64Bit {
      guard let found = load(UInt(address), as: UInt64.self) else { return .contradicts }
      return found == value ? .confirms : .contradicts
    }
    guard let found = load(UInt(address), as: UInt32.self) else { return .contradicts }
    return UInt64(found) == value & 0xffff_ffff ? .confirms : .contradicts
  }
}

extension UnsafeMutablePointer where Pointee == pico_host_context {
  /// A general register by its number in instructions.
  func general(_ number: Int8) -> UInt64 {
    switch number {
    case 0: pointee.rax
    case 1: pointee.rcx
    case 2: pointee.rdx
    case 3: pointee.rbx
    case 4: pointee.rsp
    case 5: pointee.rbp
    case 6: pointee.rsi
    case 7: pointee.rdi
    case 8: pointee.r8
    case 9: pointee.r9
    case 10: pointee.r10
    case 11: pointee.r11
    case 12: pointee.r12
    case 13: pointee.r13
    case 14: pointee.r14
    default: pointee.r15
    }
  }
}
