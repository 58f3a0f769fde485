extension PicoExceptionRecord {
  /// What the host told by a signal, in the contract's terms.
  ///
  /// - Parameter trapError: the processor's error code of a page fault: bit 1 says a write, bit 4 an instruction.
  package init(hostSignal: Int32, hostCode: Int32, instruction: UInt64, address: UInt64, trapError: UInt64) {
    let code: NTStatus
    var parameters: [UInt64] = []
    switch (hostSignal, hostCode) {
    case (4, _): code = .STATUS_ILLEGAL_INSTRUCTION
    case (5, 1): code = .STATUS_BREAKPOINT  // TRAP_BRKPT
    case (5, _): code = .STATUS_SINGLE_STEP
    case (7, 1): code = .STATUS_DATATYPE_MISALIGNMENT  // BUS_ADRALN
    case (7, _): code = .STATUS_IN_PAGE_ERROR
    case (8, 1): code = .STATUS_INTEGER_DIVIDE_BY_ZERO  // FPE_INTDIV
    case (8, 2): code = .STATUS_INTEGER_OVERFLOW
    case (8, _): code = .STATUS_FLOAT_INVALID_OPERATION
    case (31, _): code = .STATUS_INVALID_SYSTEM_SERVICE
    default: code = .STATUS_ACCESS_VIOLATION
    }
    if hostSignal == 11 || hostSignal == 7 {
      parameters = [trapError & 16 != 0 ? 8 : trapError & 2 != 0 ? 1 : 0, address]
    }
    self.init(
      code: code, address: instruction, parameters: parameters, hostSignal: hostSignal, hostCode: hostCode)
  }
}
