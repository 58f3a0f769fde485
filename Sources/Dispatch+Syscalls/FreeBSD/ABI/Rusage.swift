/// Resource limits, usage, priorities and the results of waiting (`sys/resource.h`, `sys/wait.h`, `sys/rtprio.h`).
extension FreeBSD {
  /// Bytes of `struct rusage`. Field for field it is the host's, times in microseconds and sizes in kilobytes alike.
  package static let rusageSize = 144

  package static let RLIM_INFINITY: UInt64 = 0x7fff_ffff_ffff_ffff
  package static let RLIMIT_NOFILE: UInt32 = 8
  /// How many limits there are (`RLIM_NLIMITS`).
  package static let RLIM_NLIMITS: UInt32 = 16

  package struct Rlimit: BitwiseCopyable {
    package var rlim_cur: UInt64 = RLIM_INFINITY
    package var rlim_max: UInt64 = RLIM_INFINITY
    package init() {}
  }

  /// The host's number of a limit; nil where the host has no such limit.
  package static func hostRlimit(_ which: UInt32) -> UInt? {
    switch which {
    case 0...5: UInt(which)  // CPU, FSIZE, DATA, STACK, CORE, RSS
    case 6: 8  // MEMLOCK
    case 7: 6  // NPROC
    case RLIMIT_NOFILE: 7
    case 10: 9  // VMEM, the host's AS
    default: nil
    }
  }

  /// A limit's value as the guest writes it: what the host counts beyond the signed range is no limit.
  package static func guestLimit(_ host: UInt64) -> UInt64 { min(host, RLIM_INFINITY) }

  /// A limit's value for the host. Negative ones stand for no limit, as in `kern_proc_setrlimit`.
  package static func hostLimit(_ guest: UInt64) -> UInt64 { guest >= RLIM_INFINITY ? .max : guest }

  package static let WNOHANG: Int32 = 1
  package static let WUNTRACED: Int32 = 2
  package static let WCONTINUED: Int32 = 4
  package static let WNOWAIT: Int32 = 8
  package static let WEXITED: Int32 = 16
  package static let WTRAPPED: Int32 = 32
  package static let WLINUXCLONE = Int32(bitPattern: 0x8000_0000)

  package static let P_PID: Int32 = 0
  package static let P_PPID: Int32 = 1
  package static let P_PGID: Int32 = 2
  package static let P_SID: Int32 = 3
  package static let P_UID: Int32 = 5
  package static let P_GID: Int32 = 6
  package static let P_ALL: Int32 = 7
  package static let P_JAILID: Int32 = 12

  /// The guest's status word for the host's: signal numbers change, and "continued" is the number of `SIGCONT`.
  package static func waitStatus(_ host: Int32) -> Int32 {
    if host & 0xffff == 0xffff { return SIGCONT }
    let low = host & 0x7f
    if low == 0x7f { return guestSignal(host >> 8 & 0xff) << 8 | 0x7f }
    if low == 0 { return host & 0xff00 }
    return guestSignal(low) & 0x7f | host & 0x80
  }

  package static let CLD_EXITED: Int32 = 1
  package static let CLD_KILLED: Int32 = 2
  package static let CLD_DUMPED: Int32 = 3
  package static let CLD_TRAPPED: Int32 = 4
  package static let CLD_STOPPED: Int32 = 5
  package static let CLD_CONTINUED: Int32 = 6

  /// The status word for a `SIGCHLD` code, which both systems number alike, and the host's status that goes with it.
  package static func waitStatus(code: Int32, status: Int32) -> Int32 {
    switch code {
    case CLD_EXITED: (status & 0xff) << 8
    case CLD_KILLED: guestSignal(status) & 0x7f
    case CLD_DUMPED: guestSignal(status) & 0x7f | 0x80
    case CLD_CONTINUED: SIGCONT
    default: guestSignal(status & 0xff) << 8 | 0x7f
    }
  }

  /// `siginfo_t`, 80 bytes.
  package struct SigInfo: BitwiseCopyable {
    package var si_signo: Int32 = 0
    package var si_errno: Int32 = 0
    package var si_code: Int32 = 0
    package var si_pid: Int32 = 0
    package var si_uid: UInt32 = 0
    package var si_status: Int32 = 0
    package var si_addr: UInt64 = 0
    package var si_value: UInt64 = 0
    package var _reason: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    package init() {}
  }

  package static let SCHED_FIFO: Int32 = 1
  package static let SCHED_OTHER: Int32 = 2
  package static let SCHED_RR: Int32 = 3

  /// `struct rtprio`: priorities run from 0, the most urgent, to 31.
  package struct Rtprio: BitwiseCopyable {
    package static let RTP_PRIO_REALTIME: UInt16 = 2
    package static let RTP_PRIO_NORMAL: UInt16 = 3
    package static let RTP_PRIO_IDLE: UInt16 = 4
    package static let RTP_PRIO_FIFO: UInt16 = 10
    package static let RTP_PRIO_MAX: UInt16 = 31
    package var type: UInt16 = 0
    package var prio: UInt16 = 0
    package init() {}
  }
}
