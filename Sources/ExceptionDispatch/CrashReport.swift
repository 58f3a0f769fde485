/// What is told of a picoprocess that a fault has ended: the second chance's default.
package struct CrashReport: Sendable {
  /// General registers at the fault.
  package struct Registers: Sendable {
    package var named: [(name: String, value: UInt64)]
    package var instruction: UInt64
    package var stack: UInt64
    package var framePointer: UInt64

    package init(named: [(name: String, value: UInt64)], instruction: UInt64, stack: UInt64, framePointer: UInt64) {
      self.named = named
      self.instruction = instruction
      self.stack = stack
      self.framePointer = framePointer
    }
  }

  package let process: Int32
  package let image: String
  /// The guest's name of the signal.
  package let signal: String
  package let exception: GuestException
  package let registers: Registers
  /// The stack's bytes from the stack pointer upwards, as far as they could be read.
  package let stackBytes: [UInt8]

  package init(
    process: Int32, image: String, signal: String, exception: GuestException, registers: Registers, stackBytes: [UInt8]
  ) {
    self.process = process
    self.image = image
    self.signal = signal
    self.exception = exception
    self.registers = registers
    self.stackBytes = stackBytes
  }

  /// Return addresses, innermost first: a walk along saved frame pointers, as far as they lead upwards within the
  /// bytes that were read. Code built without frame pointers gives few or none.
  package func callers(limit: Int = 32) -> [UInt64] {
    var callers: [UInt64] = []
    var frame = registers.framePointer
    while callers.count < limit, let next = word(at: frame), let address = word(at: frame &+ 8), address != 0 {
      callers.append(address)
      guard next > frame else { break }
      frame = next
    }
    return callers
  }

  /// The report's lines.
  package var lines: [String] {
    var lines = [
      "\(image) (process \(process)): \(signal) at \(hexadecimal(registers.instruction)),"
        + " address \(hexadecimal(exception.address)), code \(exception.code)"
    ]
    let cells = registers.named.map { "\($0.name)=\(hexadecimal($0.value))" }
    for start in stride(from: 0, to: cells.count, by: 4) {
      lines.append("  " + cells[start..<min(start + 4, cells.count)].joined(separator: " "))
    }
    let callers = callers()
    if !callers.isEmpty { lines.append("  called from " + callers.map(hexadecimal).joined(separator: " ")) }
    return lines
  }

  private func word(at address: UInt64) -> UInt64? {
    guard address >= registers.stack, address - registers.stack <= UInt64(stackBytes.count) else { return nil }
    let offset = Int(address - registers.stack)
    guard stackBytes.count - offset >= 8 else { return nil }
    return stackBytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
