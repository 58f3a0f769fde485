/// Host (Linux x86-64) system-call numbers that the stub itself makes.
enum Host {
  static let read = 0
  static let open = 2
  static let close = 3
  static let mmap = 9
  static let mprotect = 10
  static let munmap = 11
  static let rt_sigaction = 13
  static let rt_sigprocmask = 14
  static let pread64 = 17
  static let sched_yield = 24
  static let getpid = 39
  static let sendmsg = 46
  static let exit = 60
  static let kill = 62
  static let fcntl = 72
  static let ptrace = 101
  static let sigaltstack = 131
  static let arch_prctl = 158
  static let prctl = 157
  static let gettid = 186
  static let futex = 202
  static let exit_group = 231
  static let tgkill = 234
  static let waitid = 247
  static let openat = 257
  static let rt_tgsigqueueinfo = 297
  static let seccomp = 317
  static let execveat = 322
  static let membarrier = 324
  static let faccessat2 = 439

  static let EPERM = -1
  static let ESRCH = -3
  static let EINTR = -4
  static let E2BIG = -7
  static let EAGAIN = -11
  static let ENOMEM = -12
  static let EACCES = -13
  static let EFAULT = -14
  static let EINVAL = -22
  static let EMFILE = -24
  static let ENOSYS = -38

  static let SIGILL: Int32 = 4
  static let SIGTRAP: Int32 = 5
  static let SIGBUS: Int32 = 7
  static let SIGFPE: Int32 = 8
  static let SIGKILL: Int32 = 9
  static let SIGSEGV: Int32 = 11
  static let SIGSTOP: Int32 = 19
  static let SIGSYS: Int32 = 31

  /// Signals that a fault raises, and SIGSYS: never blocked by the stub and always handled by it.
  static let synchronous: UInt64 = bit(SIGILL) | bit(SIGTRAP) | bit(SIGBUS) | bit(SIGFPE) | bit(SIGSEGV) | bit(SIGSYS)
  /// Signals that no mask holds back.
  static let unmaskable: UInt64 = bit(SIGKILL) | bit(SIGSTOP)

  static let SA_NOCLDSTOP: UInt64 = 1
  static let SA_NOCLDWAIT: UInt64 = 2
  static let SA_SIGINFO: UInt64 = 4
  static let SA_RESTORER: UInt64 = 0x0400_0000
  static let SA_ONSTACK: UInt64 = 0x0800_0000
  static let SA_RESTART: UInt64 = 0x1000_0000
  static let SA_NODEFER: UInt64 = 0x4000_0000
  static let SA_RESETHAND: UInt64 = 0x8000_0000

  static let SIG_DFL: UInt64 = 0
  static let SIG_IGN: UInt64 = 1

  /// The bit of a signal in a mask.
  @inline(__always)
  static func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(truncatingIfNeeded: (signal &- 1) & 63) }
}
