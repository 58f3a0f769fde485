/// Signal numbers and sets, the guest's and the host's.
///
/// The first 31 are translated by name. The guest's two that the host lacks, `SIGEMT` and `SIGINFO`, travel as two
/// that the guest lacks, `SIGSTKFLT` and `SIGPWR`; the thread library's `SIGTHR` and `SIGLIBRT` as the host's 32 and
/// 33, which no C library of the host owns inside a picoprocess. The guest's real-time signals begin at 65; of its 62
/// the first 30 have a host signal; the host's last is the stub's own.
extension FreeBSD {
  package static let SIGHUP: Int32 = 1
  package static let SIGINT: Int32 = 2
  package static let SIGQUIT: Int32 = 3
  package static let SIGILL: Int32 = 4
  package static let SIGTRAP: Int32 = 5
  package static let SIGABRT: Int32 = 6
  package static let SIGEMT: Int32 = 7
  package static let SIGFPE: Int32 = 8
  package static let SIGKILL: Int32 = 9
  package static let SIGBUS: Int32 = 10
  package static let SIGSEGV: Int32 = 11
  package static let SIGSYS: Int32 = 12
  package static let SIGPIPE: Int32 = 13
  package static let SIGALRM: Int32 = 14
  package static let SIGTERM: Int32 = 15
  package static let SIGURG: Int32 = 16
  package static let SIGSTOP: Int32 = 17
  package static let SIGTSTP: Int32 = 18
  package static let SIGCONT: Int32 = 19
  package static let SIGCHLD: Int32 = 20
  package static let SIGTTIN: Int32 = 21
  package static let SIGTTOU: Int32 = 22
  package static let SIGIO: Int32 = 23
  package static let SIGXCPU: Int32 = 24
  package static let SIGXFSZ: Int32 = 25
  package static let SIGVTALRM: Int32 = 26
  package static let SIGPROF: Int32 = 27
  package static let SIGWINCH: Int32 = 28
  package static let SIGINFO: Int32 = 29
  package static let SIGUSR1: Int32 = 30
  package static let SIGUSR2: Int32 = 31
  package static let SIGTHR: Int32 = 32
  package static let SIGLIBRT: Int32 = 33
  package static let SIGRTMIN: Int32 = 65
  package static let SIGRTMAX: Int32 = 126
  /// The largest number a signal set has room for (`_SIG_MAXSIG`).
  package static let _SIG_MAXSIG: Int32 = 128

  /// The host's number of a guest signal; nil when the host has none for it.
  package static func hostSignal(_ guest: Int32) -> Int32? {
    switch guest {
    case SIGHUP...SIGABRT, SIGFPE, SIGKILL, SIGSEGV, SIGPIPE, SIGALRM, SIGTERM: guest
    case SIGTTIN, SIGTTOU, SIGXCPU...SIGWINCH, SIGTHR, SIGLIBRT: guest
    case SIGEMT: 16  // SIGSTKFLT
    case SIGBUS: 7
    case SIGSYS: 31
    case SIGURG: 23
    case SIGSTOP: 19
    case SIGTSTP: 20
    case SIGCONT: 18
    case SIGCHLD: 17
    case SIGIO: 29
    case SIGINFO: 30  // SIGPWR
    case SIGUSR1: 10
    case SIGUSR2: 12
    case SIGRTMIN...(SIGRTMIN &+ 29): guest &- SIGRTMIN &+ 34
    default: nil
    }
  }

  /// The guest's number of a host signal. Every host signal has one; what is no signal comes back as it is.
  package static func guestSignal(_ host: Int32) -> Int32 {
    switch host {
    case 7: SIGBUS
    case 10: SIGUSR1
    case 12: SIGUSR2
    case 16: SIGEMT
    case 17: SIGCHLD
    case 18: SIGCONT
    case 19: SIGSTOP
    case 20: SIGTSTP
    case 23: SIGURG
    case 29: SIGIO
    case 30: SIGINFO
    case 31: SIGSYS
    case 34...63: host &- 34 &+ SIGRTMIN
    default: host
    }
  }

  /// The guest's `sigset_t`: bit `n - 1` stands for signal `n`.
  package typealias SignalSet = (UInt32, UInt32, UInt32, UInt32)

  /// The host's set of a guest set. Guest signals the host has no number for drop out: they cannot be sent either.
  package static func hostMask(_ guest: SignalSet) -> UInt64 {
    var result: UInt64 = 0
    var rest = guest.0
    while rest != 0 {
      let bit = Int32(truncatingIfNeeded: rest.trailingZeroBitCount)
      if let host = hostSignal(bit &+ 1) { result |= 1 << UInt64(truncatingIfNeeded: host &- 1) }
      rest &= rest &- 1
    }
    // SIGLIBRT keeps its number; the 30 real-time signals from 65 are the host's from 34.
    result |= UInt64(guest.1 & 1) << 32
    return result | UInt64(guest.2 & 0x3fff_ffff) << 33
  }

  /// The guest's set of a host set.
  package static func guestMask(_ host: UInt64) -> SignalSet {
    var low: UInt32 = 0
    var rest = UInt32(truncatingIfNeeded: host & 0x7fff_ffff)
    while rest != 0 {
      let bit = Int32(truncatingIfNeeded: rest.trailingZeroBitCount)
      low |= 1 << UInt32(truncatingIfNeeded: guestSignal(bit &+ 1) &- 1)
      rest &= rest &- 1
    }
    // The host's 32 is bit 31 there and, as SIGTHR, the highest bit of the guest's first word.
    low |= UInt32(truncatingIfNeeded: host >> 31 & 1) << 31
    let second = UInt32(truncatingIfNeeded: host >> 32 & 1)
    return (low, second, UInt32(truncatingIfNeeded: host >> 33 & 0x3fff_ffff), 0)
  }
}
