/// Clocks and time structures, from FreeBSD 14's `sys/_clock_id.h`, `sys/time.h` and `sys/timespec.h`.
extension FreeBSD {
  package static let CLOCK_REALTIME: Int32 = 0
  package static let CLOCK_VIRTUAL: Int32 = 1
  package static let CLOCK_PROF: Int32 = 2
  package static let CLOCK_MONOTONIC: Int32 = 4
  package static let CLOCK_UPTIME: Int32 = 5
  package static let CLOCK_UPTIME_PRECISE: Int32 = 7
  package static let CLOCK_UPTIME_FAST: Int32 = 8
  package static let CLOCK_REALTIME_PRECISE: Int32 = 9
  package static let CLOCK_REALTIME_FAST: Int32 = 10
  package static let CLOCK_MONOTONIC_PRECISE: Int32 = 11
  package static let CLOCK_MONOTONIC_FAST: Int32 = 12
  package static let CLOCK_SECOND: Int32 = 13
  package static let CLOCK_THREAD_CPUTIME_ID: Int32 = 14
  package static let CLOCK_PROCESS_CPUTIME_ID: Int32 = 15

  package static let TIMER_ABSTIME: Int32 = 1
  package static let CPUCLOCK_WHICH_PID: Int32 = 0
  package static let CPUCLOCK_WHICH_TID: Int32 = 1
  /// A clock of some process's or thread's CPU time: this bit, the process bit, and an id below them.
  package static let CPUCLOCK_BIT: UInt32 = 0x8000_0000
  package static let CPUCLOCK_PROCESS_BIT: UInt32 = 0x4000_0000

  /// Clock ticks a second, as `kern.clockrate` says it.
  package static let hz: Int32 = 1000

  package static let SIGEV_NONE: Int32 = 0
  package static let SIGEV_SIGNAL: Int32 = 1
  package static let SIGEV_THREAD_ID: Int32 = 4

  /// `struct timespec`: 16 bytes.
  package struct timespec: BitwiseCopyable {
    package var tv_sec: Int64
    package var tv_nsec: Int64

    package init(tv_sec: Int64 = 0, tv_nsec: Int64 = 0) {
      self.tv_sec = tv_sec
      self.tv_nsec = tv_nsec
    }

    /// Whether the nanoseconds are less than a second's.
    package var isNormal: Bool { tv_nsec >= 0 && tv_nsec < 1_000_000_000 }
    package var isZero: Bool { tv_sec == 0 && tv_nsec == 0 }

    /// The sum of two normal times; the greatest time when it is past that.
    package static func + (left: timespec, right: timespec) -> timespec {
      let (seconds, overflow) = left.tv_sec.addingReportingOverflow(right.tv_sec)
      guard !overflow, seconds < Int64.max else { return timespec(tv_sec: Int64.max) }
      let nanoseconds = left.tv_nsec &+ right.tv_nsec
      return nanoseconds < 1_000_000_000
        ? timespec(tv_sec: seconds, tv_nsec: nanoseconds)
        : timespec(tv_sec: seconds &+ 1, tv_nsec: nanoseconds &- 1_000_000_000)
    }

    /// The time from a normal `right` to a normal `left`; zero when that is past.
    package static func - (left: timespec, right: timespec) -> timespec {
      let (seconds, overflow) = left.tv_sec.subtractingReportingOverflow(right.tv_sec)
      guard !overflow else { return left.tv_sec < 0 ? timespec() : timespec(tv_sec: Int64.max) }
      let nanoseconds = left.tv_nsec &- right.tv_nsec
      let result =
        nanoseconds >= 0
        ? timespec(tv_sec: seconds, tv_nsec: nanoseconds)
        : timespec(tv_sec: seconds &- 1, tv_nsec: nanoseconds &+ 1_000_000_000)
      return result.tv_sec < 0 ? timespec() : result
    }
  }

  /// `struct timeval`: 16 bytes.
  package struct timeval: BitwiseCopyable {
    package var tv_sec: Int64
    package var tv_usec: Int64

    package init(tv_sec: Int64 = 0, tv_usec: Int64 = 0) {
      self.tv_sec = tv_sec
      self.tv_usec = tv_usec
    }

    /// What interval timers take: at most half of what 32 bits count in seconds.
    package var isInterval: Bool {
      tv_sec >= 0 && tv_sec <= Int64(Int32.max) / 2 && tv_usec >= 0 && tv_usec < 1_000_000
    }
  }

  /// `struct itimerval`: 32 bytes.
  package struct itimerval: BitwiseCopyable {
    package var it_interval = timeval()
    package var it_value = timeval()
  }

  /// `struct itimerspec`: 32 bytes.
  package struct itimerspec: BitwiseCopyable {
    package var it_interval = timespec()
    package var it_value = timespec()
  }

  /// The head of `struct sigevent`, whose 80 bytes end in spare words.
  package struct sigevent: BitwiseCopyable {
    package var sigev_notify: Int32 = 0
    package var sigev_signo: Int32 = 0
    package var sigev_value: UInt64 = 0
    package var sigev_notify_thread_id: Int32 = 0
    private var padding: Int32 = 0
    private var spare: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)

    package init() {}
  }

  /// The host clock that runs as a guest clock does; nil for clocks that have no one equal.
  package static func hostClock(_ clock: Int32) -> UInt? {
    switch clock {
    case CLOCK_REALTIME, CLOCK_REALTIME_PRECISE: 0
    case CLOCK_MONOTONIC, CLOCK_MONOTONIC_PRECISE, CLOCK_UPTIME, CLOCK_UPTIME_PRECISE: 1
    case CLOCK_PROF, CLOCK_PROCESS_CPUTIME_ID: 2
    case CLOCK_THREAD_CPUTIME_ID: 3
    case CLOCK_REALTIME_FAST: 5
    case CLOCK_MONOTONIC_FAST, CLOCK_UPTIME_FAST: 6
    default: nil
    }
  }
}
