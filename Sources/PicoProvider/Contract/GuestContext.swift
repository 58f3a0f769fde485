/// The general registers of a guest thread: what a trap saves, and what `DispatchSystemCall` reads and answers in.
package struct GuestRegisters: Hashable, Sendable {
  package var rax: UInt64 = 0
  package var rbx: UInt64 = 0
  package var rcx: UInt64 = 0
  package var rdx: UInt64 = 0
  package var rsi: UInt64 = 0
  package var rdi: UInt64 = 0
  package var rbp: UInt64 = 0
  package var rsp: UInt64 = 0
  package var r8: UInt64 = 0
  package var r9: UInt64 = 0
  package var r10: UInt64 = 0
  package var r11: UInt64 = 0
  package var r12: UInt64 = 0
  package var r13: UInt64 = 0
  package var r14: UInt64 = 0
  package var r15: UInt64 = 0
  package var rip: UInt64 = 0
  package var rflags: UInt64 = 0

  package init() {}
}

/// The whole register file of a guest thread: what fork, a signal frame or a debugger needs.
///
/// Windows keeps only volatile registers in a trap frame and rebuilds the others on demand. Here a trap saves all
/// general registers, so only the segment bases and the vector state have to be fetched.
package struct GuestContext: Hashable, Sendable {
  package var registers = GuestRegisters()
  package var fsBase: UInt64 = 0
  package var gsBase: UInt64 = 0

  /// The processor's XSAVE image, or nil: not fetched when read, left as it is when written.
  package var extendedState: [UInt8]?

  package init() {}
}

/// Which segment base `SetThreadDescriptorBase` sets. The numbers are Windows'.
package enum PicoDescriptorType: UInt32, Sendable {
  case Fs = 0
  case Gs = 1
}

/// One past the highest address that user code can hold on x86-64 with four page-table levels.
package let guestAddressLimit: UInt64 = 0x8000_0000_0000
