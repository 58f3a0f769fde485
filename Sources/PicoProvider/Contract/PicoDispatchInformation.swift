/// A call as the resident half has decoded it: of an indirect one (`syscall(2)`) what it asks for.
package struct PicoDecodedCall: Sendable {
  package let number: UInt64
  /// As many as the entry decodes: six in registers, then two of the stack, 0 where they cannot be read.
  package let arguments: [UInt64]
  package let memory: any PicoGuestMemory

  package init(number: UInt64, arguments: [UInt64], memory: any PicoGuestMemory) {
    self.number = number
    self.arguments = arguments
    self.memory = memory
  }
}

/// Memory of the thread whose call is being served. `STATUS_ACCESS_VIOLATION` for what cannot be reached.
package protocol PicoGuestMemory: Sendable {
  func read(_ address: UInt64, _ count: Int) throws(NTStatus) -> [UInt8]
  /// The bytes up to a terminator, without it; nil when there is none within `limit` bytes.
  func readString(_ address: UInt64, limit: Int) throws(NTStatus) -> [UInt8]?
  /// Writes when the dispatch is over, before the guest goes on. A page that cannot be written then makes the call
  /// fail with the guest's `EFAULT`, whatever its result was to be.
  func write(_ bytes: [UInt8], at address: UInt64) throws(NTStatus)
}

/// A system call under way (`PS_PICO_SYSTEM_CALL_INFORMATION`).
package struct PicoSystemCallInformation: Sendable {
  package let thread: Picothread

  /// Nil when the frame is all there is: the provider decodes by its guest's convention.
  package let call: PicoDecodedCall?

  /// The guest's registers. What they are when the dispatch returns, the guest goes on with: the result, a pair of
  /// results, a carry flag, a signal handler's address. The same registers that `GetContextThreadInternal` and
  /// `SetContextThreadInternal` see meanwhile.
  package var frame: GuestRegisters {
    get { thread.dispatchFrame }
    nonmutating set { thread.dispatchFrame = newValue }
  }
}

/// An exception under way; its record is handed over beside it.
package struct PicoExceptionInformation: Sendable {
  package let thread: Picothread

  /// Memory of the process, as far as it can be reached: a piece of the stack at least.
  package let memory: (any PicoGuestMemory)?

  /// The registers at the exception; edited, where the thread goes on.
  package var frame: GuestRegisters {
    get { thread.dispatchFrame }
    nonmutating set { thread.dispatchFrame = newValue }
  }
}

/// What happened (`EXCEPTION_RECORD`), by Windows' code and by the host signal that reported it.
package struct PicoExceptionRecord: Hashable, Sendable {
  package var code: NTStatus
  /// The instruction that raised it.
  package var address: UInt64
  /// For an access violation: 0 read, 1 write, 8 execute; then the address that could not be reached.
  package var parameters: [UInt64]
  /// The host's signal number and `si_code`, for a personality that needs more than `code` tells.
  package var hostSignal: Int32
  package var hostCode: Int32

  package init(
    code: NTStatus, address: UInt64, parameters: [UInt64] = [], hostSignal: Int32 = 0, hostCode: Int32 = 0
  ) {
    self.code = code
    self.address = address
    self.parameters = parameters
    self.hostSignal = hostSignal
    self.hostCode = hostCode
  }
}

/// How often an exception has been offered. Windows passes a number that nobody documented; here it counts from 1.
package enum PicoChance: UInt32, Sendable {
  /// Before anything else: the personality may turn it into the guest's own signal or exception.
  case first = 1
  /// Nobody took it: the last word before the process ends, and the place for a crash report.
  case second = 2
}

/// What `WalkUserStack` starts from.
package struct PicoStackWalk: Sendable {
  package let thread: Picothread
  package let frame: GuestRegisters
}
