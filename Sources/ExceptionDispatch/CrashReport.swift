package import PicoProvider

/// What is told of a picoprocess that an exception has ended: the second chance's default.
package struct CrashReport: Sendable {
  package let process: Int32
  package let image: String
  /// The guest's name of the signal.
  package let signal: String
  package let exception: PicoExceptionRecord
  package let frame: GuestRegisters
  private let memory: (any PicoGuestMemory)?

  package init(
    process: Int32, image: String, signal: String, exception: PicoExceptionRecord, frame: GuestRegisters,
    memory: (any PicoGuestMemory)?
  ) {
    self.process = process
    self.image = image
    self.signal = signal
    self.exception = exception
    self.frame = frame
    self.memory = memory
  }

  /// Return addresses, innermost first.
  package func callers(limit: Int = 32) -> [UInt64] {
    guard let memory else { return [] }
    return StackWalk.framePointers(frame, memory, limit: limit)
  }

  /// The report's lines.
  package var lines: [String] {
    // The address of a fault is the record's second parameter; an exception without one has none.
    let address = exception.parameters.count > 1 ? exception.parameters[1] : 0
    var lines = [
      "\(image) (process \(process)): \(signal) at \(hexadecimal(frame.rip)),"
        + " address \(hexadecimal(address)), code \(exception.hostCode)"
    ]
    let cells = frame.named.map { "\($0.name)=\(hexadecimal($0.value))" }
    for start in stride(from: 0, to: cells.count, by: 4) {
      lines.append("  " + cells[start..<min(start + 4, cells.count)].joined(separator: " "))
    }
    let callers = callers()
    if !callers.isEmpty { lines.append("  called from " + callers.map(hexadecimal).joined(separator: " ")) }
    return lines
  }

  private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

extension GuestRegisters {
  /// Names and values, in the order of a report.
  fileprivate var named: [(name: String, value: UInt64)] {
    [
      ("rax", rax), ("rbx", rbx), ("rcx", rcx), ("rdx", rdx), ("rsi", rsi), ("rdi", rdi), ("rbp", rbp), ("rsp", rsp),
      ("r8", r8), ("r9", r9), ("r10", r10), ("r11", r11), ("r12", r12), ("r13", r13), ("r14", r14), ("r15", r15),
      ("rip", rip), ("rflags", rflags),
    ]
  }
}
