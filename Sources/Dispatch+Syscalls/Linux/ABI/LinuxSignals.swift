extension Linux {
  package static let SIG_BLOCK: Int32 = 0
  package static let SIG_UNBLOCK: Int32 = 1
  package static let SIG_SETMASK: Int32 = 2

  package static let SA_RESTORER: UInt64 = 0x0400_0000

  package static let SS_ONSTACK: UInt32 = 1
  package static let SS_DISABLE: UInt32 = 2
  package static let SS_AUTODISARM: UInt32 = 1 << 31

  /// Smallest alternate stack `sigaltstack(2)` takes; the kernel's `MINSIGSTKSZ`.
  package static let MINSIGSTKSZ: UInt64 = 2048

  /// `struct kernel_sigaction` of x86-64.
  package struct sigaction: BitwiseCopyable {
    package var sa_handler: UInt64
    package var sa_flags: UInt64
    package var sa_restorer: UInt64
    package var sa_mask: UInt64
  }

  /// `stack_t`.
  package struct stack_t: BitwiseCopyable {
    package var ss_sp: UInt64
    package var ss_flags: UInt32
    package var pad: UInt32 = 0
    package var ss_size: UInt64

    package init(ss_sp: UInt64, ss_flags: UInt32, ss_size: UInt64) {
      self.ss_sp = ss_sp
      self.ss_flags = ss_flags
      self.ss_size = ss_size
    }
  }
}
