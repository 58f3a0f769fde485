/// Layouts of FreeBSD's signal calls: `sys/signal.h`, `sys/ucontext.h`, `x86/ucontext.h`.
extension FreeBSD {
  package static let SIG_BLOCK: Int32 = 1
  package static let SIG_UNBLOCK: Int32 = 2
  package static let SIG_SETMASK: Int32 = 3

  package static let SA_ONSTACK: UInt32 = 0x1
  package static let SA_RESTART: UInt32 = 0x2
  package static let SA_RESETHAND: UInt32 = 0x4
  package static let SA_NOCLDSTOP: UInt32 = 0x8
  package static let SA_NODEFER: UInt32 = 0x10
  package static let SA_NOCLDWAIT: UInt32 = 0x20
  package static let SA_SIGINFO: UInt32 = 0x40

  package static let SS_ONSTACK: UInt32 = 1
  package static let SS_DISABLE: UInt32 = 4
  package static let MINSIGSTKSZ: UInt64 = 2048

  package static let SI_NOINFO: Int32 = 0
  package static let SI_USER: Int32 = 0x10001
  package static let SI_QUEUE: Int32 = 0x10002
  package static let SI_TIMER: Int32 = 0x10003
  package static let SI_ASYNCIO: Int32 = 0x10004
  package static let SI_MESGQ: Int32 = 0x10005
  package static let SI_KERNEL: Int32 = 0x10006
  package static let SI_LWP: Int32 = 0x10007

  /// `struct sigaction`: 32 bytes.
  package struct Action: BitwiseCopyable {
    package var handler: UInt64
    package var flags: UInt32
    package var mask: SignalSet
    package var pad: UInt32 = 0

    package init(handler: UInt64, flags: UInt32, mask: SignalSet) {
      self.handler = handler
      self.flags = flags
      self.mask = mask
    }
  }

  /// `stack_t`.
  package struct SignalStack: BitwiseCopyable {
    package var ss_sp: UInt64
    package var ss_size: UInt64
    package var ss_flags: UInt32
    package var pad: UInt32 = 0

    package init(ss_sp: UInt64, ss_size: UInt64, ss_flags: UInt32) {
      self.ss_sp = ss_sp
      self.ss_size = ss_size
      self.ss_flags = ss_flags
    }
  }

  /// `siginfo_t`: 80 bytes.
  package struct SignalInfo: BitwiseCopyable {
    package var si_signo: Int32 = 0
    package var si_errno: Int32 = 0
    package var si_code: Int32 = 0
    package var si_pid: Int32 = 0
    package var si_uid: UInt32 = 0
    package var si_status: Int32 = 0
    package var si_addr: UInt64 = 0
    package var si_value: UInt64 = 0
    /// `si_trapno`, or `si_timerid` with `si_overrun` in the upper half, or `si_band`.
    package var reason: UInt64 = 0
    package var spare: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init() {}
  }

  /// `mcontext_t` of amd64 up to its floating-point state: 224 bytes.
  package struct MachineHead: BitwiseCopyable {
    package var mc_onstack: UInt64 = 0
    package var mc_rdi: UInt64 = 0
    package var mc_rsi: UInt64 = 0
    package var mc_rdx: UInt64 = 0
    package var mc_rcx: UInt64 = 0
    package var mc_r8: UInt64 = 0
    package var mc_r9: UInt64 = 0
    package var mc_rax: UInt64 = 0
    package var mc_rbx: UInt64 = 0
    package var mc_rbp: UInt64 = 0
    package var mc_r10: UInt64 = 0
    package var mc_r11: UInt64 = 0
    package var mc_r12: UInt64 = 0
    package var mc_r13: UInt64 = 0
    package var mc_r14: UInt64 = 0
    package var mc_r15: UInt64 = 0
    package var mc_trapno: UInt32 = 0
    package var mc_fs: UInt16 = 0x13
    package var mc_gs: UInt16 = 0x1b
    package var mc_addr: UInt64 = 0
    package var mc_flags: UInt32 = 0
    package var mc_es: UInt16 = 0x3b
    package var mc_ds: UInt16 = 0x3b
    package var mc_err: UInt64 = 0
    package var mc_rip: UInt64 = 0
    package var mc_cs: UInt64 = 0x43
    package var mc_rflags: UInt64 = 0
    package var mc_rsp: UInt64 = 0
    package var mc_ss: UInt64 = 0x3b
    package var mc_len: UInt64 = 800
    package var mc_fpformat: UInt64 = 0x10002
    package var mc_ownedfp: UInt64 = 0x20001

    package init() {}
  }

  /// `mcontext_t` from behind its floating-point state on, with what follows it in `ucontext_t`.
  package struct MachineTail: BitwiseCopyable {
    package var mc_fsbase: UInt64 = 0
    package var mc_gsbase: UInt64 = 0
    package var mc_xfpustate: UInt64 = 0
    package var mc_xfpustate_len: UInt64 = 0
    package var mc_tlsbase: UInt64 = 0
    package var mc_spare: (UInt64, UInt64, UInt64) = (0, 0, 0)
    package var uc_link: UInt64 = 0
    package var uc_stack = SignalStack(ss_sp: 0, ss_size: 0, ss_flags: 0)
    package var uc_flags: UInt32 = 0
    package var spare: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    package var pad: (UInt32, UInt32, UInt32) = (0, 0, 0)

    package init() {}
  }

  /// Offsets within `ucontext_t`, whose size is 880.
  package enum Context {
    package static let machine: UInt64 = 16
    package static let floatingPoint: UInt64 = 240
    package static let tail: UInt64 = 752
    package static let size: UInt64 = 880
    package static let _MC_HASSEGS: UInt32 = 1
    package static let _MC_HASBASES: UInt32 = 2
    package static let _MC_HASFPXSTATE: UInt32 = 4
    package static let _MC_FPOWNED_NONE: UInt64 = 0x20000
  }

  /// `struct thr_param`.
  package struct ThreadParameters: BitwiseCopyable {
    package var start_func: UInt64
    package var arg: UInt64
    package var stack_base: UInt64
    package var stack_size: UInt64
    package var tls_base: UInt64
    package var tls_size: UInt64
    package var child_tid: UInt64
    package var parent_tid: UInt64
    package var flags: UInt32
    package var pad: UInt32
    package var rtp: UInt64
    package var spare: (UInt64, UInt64, UInt64)
  }
}
