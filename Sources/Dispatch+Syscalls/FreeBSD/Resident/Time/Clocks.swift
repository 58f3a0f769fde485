import CPicoABI

/// Host calls on clocks.
private enum HostClock {
  static let getrusage = 98
  static let adjtimex = 159
  static let settime = 227
  static let gettime = 228
  static let geteuid = 107
  static let kill = 62
  static let REALTIME: UInt = 0
}

extension FreeBSD {
  /// `clock_gettime(2)`: stores what a clock says.
  ///
  /// - Errors: `EINVAL` for a clock that does not exist, `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_clock_gettime`.
  static func clock_gettime(_ t: Thread, _ clock_id: Int32, _ tp: UInt) -> Int {
    if let clock = hostClock(clock_id) {
      var now = timespec()
      if withUnsafeMutablePointer(to: &now, { HostTime.read(t, clock, $0) }) {
        return store(now, at: tp) ? 0 : Host.EFAULT
      }
      return host(HostClock.gettime, clock, tp)
    }
    guard let now = read(clock: clock_id) else { return Host.EINVAL }
    return store(now, at: tp) ? 0 : Host.EFAULT
  }

  /// What a guest clock says; nil for one that does not exist.
  static func read(clock: Int32) -> timespec? {
    if let clock = hostClock(clock) { return readHost(clock) }
    switch clock {
    case CLOCK_SECOND:
      // Not the host's coarse clock: that lags by a tick, and a timer set to a second would seem to end before it.
      guard let now = readHost(HostClock.REALTIME) else { return nil }
      return timespec(tv_sec: now.tv_sec)
    case CLOCK_VIRTUAL:
      // The first words of the host's struct rusage are the user time, in seconds and microseconds.
      var usage: [18 of Int64] = .init(repeating: 0)
      _ = withUnsafeMutablePointer(to: &usage) { host(HostClock.getrusage, 0, UInt(bitPattern: $0)) }
      return timespec(tv_sec: usage[0], tv_nsec: usage[1] &* 1000)
    default:
      guard clock < 0 else { return nil }
      return readHost(hostCPUClock(UInt32(bitPattern: clock)))
    }
  }

  private static func readHost(_ clock: UInt) -> timespec? {
    var now = timespec()
    let result = withUnsafeMutablePointer(to: &now) { host(HostClock.gettime, clock, UInt(bitPattern: $0)) }
    return result == 0 ? now : nil
  }

  /// The host's number for a process's or thread's CPU time: the complement of the id, shifted, with the kind below.
  private static func hostCPUClock(_ clock: UInt32) -> UInt {
    let id = Int32(truncatingIfNeeded: clock & ~(CPUCLOCK_BIT | CPUCLOCK_PROCESS_BIT))
    let isProcess = clock & CPUCLOCK_PROCESS_BIT != 0
    let host = ~id << 3 | (isProcess ? 2 : 6)
    return UInt(bitPattern: Int(host))
  }

  /// `clock_getcpuclockid2(2)`: stores the number of the clock of a process's or thread's CPU time. Id 0 is the
  /// caller's own.
  ///
  /// - Errors: `ESRCH` for a process that does not exist, `EINVAL` for an unknown kind, `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_clock_getcpuclockid2`.
  static func clock_getcpuclockid2(_ t: Thread, _ id: Int64, _ which: Int32, _ clock_id: UInt) -> Int {
    let clock: UInt32
    switch which {
    case CPUCLOCK_WHICH_PID:
      let process = id == 0 ? Int64(t.pointee.process.pointee.tgid) : id
      guard process > 0, process <= Int64(Int32.max) else { return -3 }  // ESRCH
      let found = host(HostClock.kill, UInt(process), 0)
      guard found == 0 || found == Host.EPERM else { return -3 }
      clock = CPUCLOCK_BIT | CPUCLOCK_PROCESS_BIT | UInt32(truncatingIfNeeded: process)
    case CPUCLOCK_WHICH_TID:
      clock = CPUCLOCK_BIT | (id == 0 ? t.pointee.tid : UInt32(truncatingIfNeeded: id))
    default:
      return Host.EINVAL
    }
    return store(clock, at: clock_id) ? 0 : Host.EFAULT
  }

  /// `clock_settime(2)`: sets the real-time clock.
  ///
  /// - Errors: `EFAULT`, `EPERM` without privilege, `EINVAL` for another clock or a time that is none.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_clock_settime`.
  static func clock_settime(_ t: Thread, _ clock_id: Int32, _ tp: UInt) -> Int {
    guard let time = load(tp, as: timespec.self) else { return Host.EFAULT }
    if clock_id != CLOCK_REALTIME || !time.isNormal || time.tv_sec < 0 {
      return host(HostClock.geteuid) == 0 ? Host.EINVAL : Host.EPERM
    }
    return withUnsafePointer(to: time) { host(HostClock.settime, 0, UInt(bitPattern: $0)) }
  }

  /// `clock_getres(2)`: stores how finely a clock counts. A null `tp` is no error.
  ///
  /// - Errors: `EINVAL` for a clock that does not exist, `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_clock_getres`.
  static func clock_getres(_ t: Thread, _ clock_id: Int32, _ tp: UInt) -> Int {
    if tp == 0 { return 0 }
    let resolution: timespec
    switch clock_id {
    case CLOCK_VIRTUAL, CLOCK_PROF: resolution = timespec(tv_nsec: 1_000_000_000 / Int64(hz))
    case CLOCK_SECOND: resolution = timespec(tv_sec: 1)
    case CLOCK_THREAD_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID: resolution = timespec(tv_nsec: 1000)
    default:
      guard clock_id < 0 || hostClock(clock_id) != nil else { return Host.EINVAL }
      resolution = timespec(tv_nsec: clock_id < 0 ? 1000 : 1)
    }
    return store(resolution, at: tp) ? 0 : Host.EFAULT
  }

  /// `adjtime(2)`: has the real-time clock drift by `delta`; stores what is left of the last such order.
  ///
  /// - Errors: `EFAULT`, `EPERM` without privilege, `EINVAL` for more than the host can adjust by.
  /// - Source: FreeBSD 14 `sys/kern/kern_ntptime.c`, `kern_adjtime`.
  static func adjtime(_ t: Thread, _ delta: UInt, _ olddelta: UInt) -> Int {
    // The host's struct timex: modes, then the offset in microseconds.
    var timex: [26 of Int64] = .init(repeating: 0)
    timex[0] = 0xa001  // ADJ_OFFSET_SS_READ
    if delta != 0 {
      guard let wanted = load(delta, as: timeval.self) else { return Host.EFAULT }
      let (seconds, overflow) = wanted.tv_sec.multipliedReportingOverflow(by: 1_000_000)
      let (microseconds, overflows) = seconds.addingReportingOverflow(wanted.tv_usec)
      guard !overflow, !overflows else { return Host.EINVAL }
      timex[0] = 0x8001  // ADJ_OFFSET_SINGLESHOT
      timex[1] = microseconds
    }
    let result = withUnsafeMutablePointer(to: &timex) { host(HostClock.adjtimex, UInt(bitPattern: $0)) }
    guard result >= 0 else { return result }
    if olddelta == 0 { return 0 }
    let left = timeval(tv_sec: timex[1] / 1_000_000, tv_usec: timex[1] % 1_000_000)
    return store(left, at: olddelta) ? 0 : Host.EFAULT
  }
}
