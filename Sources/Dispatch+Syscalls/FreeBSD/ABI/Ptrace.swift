/// Constants and layouts of `ptrace(2)`: `sys/ptrace.h`, `x86/ptrace.h`, `x86/reg.h`.
extension FreeBSD {
  package enum PT {
    package static let TRACE_ME: Int32 = 0
    package static let READ_I: Int32 = 1
    package static let READ_D: Int32 = 2
    package static let WRITE_I: Int32 = 4
    package static let WRITE_D: Int32 = 5
    package static let CONTINUE: Int32 = 7
    package static let KILL: Int32 = 8
    package static let STEP: Int32 = 9
    package static let ATTACH: Int32 = 10
    package static let DETACH: Int32 = 11
    package static let IO: Int32 = 12
    package static let LWPINFO: Int32 = 13
    package static let GETNUMLWPS: Int32 = 14
    package static let GETLWPLIST: Int32 = 15
    package static let CLEARSTEP: Int32 = 16
    package static let SETSTEP: Int32 = 17
    package static let SUSPEND: Int32 = 18
    package static let RESUME: Int32 = 19
    package static let TO_SCE: Int32 = 20
    package static let TO_SCX: Int32 = 21
    package static let SYSCALL: Int32 = 22
    package static let FOLLOW_FORK: Int32 = 23
    package static let LWP_EVENTS: Int32 = 24
    package static let GET_EVENT_MASK: Int32 = 25
    package static let SET_EVENT_MASK: Int32 = 26
    package static let GET_SC_ARGS: Int32 = 27
    package static let GET_SC_RET: Int32 = 28
    package static let GETREGS: Int32 = 33
    package static let SETREGS: Int32 = 34
    package static let GETFPREGS: Int32 = 35
    package static let SETFPREGS: Int32 = 36
    package static let GETDBREGS: Int32 = 37
    package static let SETDBREGS: Int32 = 38
    package static let VM_TIMESTAMP: Int32 = 40
    package static let VM_ENTRY: Int32 = 41
    package static let GETFSBASE: Int32 = 71
    package static let SETFSBASE: Int32 = 72
    package static let GETGSBASE: Int32 = 73
    package static let SETGSBASE: Int32 = 74
  }

  /// What a tracer can ask to be told of.
  package enum PTRACE {
    package static let EXEC: UInt32 = 1
    package static let SCE: UInt32 = 2
    package static let SCX: UInt32 = 4
    package static let SYSCALL: UInt32 = 6
    package static let FORK: UInt32 = 8
    package static let LWP: UInt32 = 0x10
    package static let VFORK: UInt32 = 0x20
    package static let all: UInt32 = 0x3f
  }

  /// `pl_flags`.
  package enum PL {
    package static let SCE: UInt32 = 4
    package static let SCX: UInt32 = 8
    package static let EXEC: UInt32 = 0x10
    package static let SI: UInt32 = 0x20
    package static let FORKED: UInt32 = 0x40
    package static let CHILD: UInt32 = 0x80
    package static let BORN: UInt32 = 0x100
    package static let EXITED: UInt32 = 0x200
    package static let VFORKED: UInt32 = 0x400
    package static let VFORK_DONE: UInt32 = 0x800
  }

  /// `struct ptrace_lwpinfo`: 160 bytes.
  package struct LwpInformation: BitwiseCopyable {
    package var pl_lwpid: Int32 = 0
    package var pl_event: Int32 = 0
    package var pl_flags: UInt32 = 0
    package var pl_sigmask: SignalSet = (0, 0, 0, 0)
    package var pl_siglist: SignalSet = (0, 0, 0, 0)
    package var pl_siginfo = SignalInfo()
    package var pl_tdname: (UInt64, UInt64, UInt32) = (0, 0, 0)
    package var pl_child_pid: Int32 = 0
    package var pl_syscall_code: UInt32 = 0
    package var pl_syscall_narg: UInt32 = 0
    package init() {}
  }

  /// `struct reg`: 176 bytes.
  package struct MachineRegisters: BitwiseCopyable {
    package var r_r15, r_r14, r_r13, r_r12, r_r11, r_r10, r_r9, r_r8: UInt64
    package var r_rdi, r_rsi, r_rbp, r_rbx, r_rdx, r_rcx, r_rax: UInt64
    package var r_trapno: UInt32
    package var r_fs, r_gs: UInt16
    package var r_err: UInt32
    package var r_es, r_ds: UInt16
    package var r_rip, r_cs, r_rflags, r_rsp, r_ss: UInt64

    package init() {
      (r_r15, r_r14, r_r13, r_r12, r_r11, r_r10, r_r9, r_r8) = (0, 0, 0, 0, 0, 0, 0, 0)
      (r_rdi, r_rsi, r_rbp, r_rbx, r_rdx, r_rcx, r_rax) = (0, 0, 0, 0, 0, 0, 0)
      (r_trapno, r_err) = (0, 0)
      // The selectors of user code and data.
      (r_fs, r_gs, r_es, r_ds) = (0x13, 0x1b, 0x3b, 0x3b)
      (r_rip, r_cs, r_rflags, r_rsp, r_ss) = (0, 0x43, 0, 0, 0x3b)
    }
  }

  /// `struct ptrace_io_desc`: 32 bytes.
  package struct TraceTransfer: BitwiseCopyable {
    package var piod_op: Int32
    package var pad: UInt32
    package var piod_offs: UInt
    package var piod_addr: UInt
    package var piod_len: UInt
  }

  /// `struct ptrace_sc_ret`: 24 bytes.
  package struct CallReturn: BitwiseCopyable {
    package var sr_retval: (UInt64, UInt64) = (0, 0)
    package var sr_error: Int32 = 0
    package var pad: UInt32 = 0
    package init() {}
  }
}
