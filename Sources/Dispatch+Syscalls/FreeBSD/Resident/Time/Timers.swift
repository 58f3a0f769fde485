import CPicoABI

/// Host calls on timers.
private enum HostTimer {
  static let getitimer = 36
  static let setitimer = 38
  static let create = 222
  static let settime = 223
  static let gettime = 224
  static let getoverrun = 225
  static let delete = 226
}

/// Interval timers and POSIX timers. Both are the host's: they do not survive a fork and send the host's signals,
/// which come to the guest as any other.
extension FreeBSD {
  /// The ids below are the interval timers' on FreeBSD; the host's ids start at 0.
  static let firstTimerID: Int32 = 3

  /// `getitimer(2)`: stores what is left of an interval timer, and its period.
  ///
  /// - Errors: `EINVAL` for an unknown timer, `EFAULT`.
  static func getitimer(_ t: Thread, _ which: Int32, _ itv: UInt) -> Int {
    host(HostTimer.getitimer, UInt(UInt32(bitPattern: which)), itv)
  }

  /// `setitimer(2)`: sets an interval timer and stores its former state. Without a new state it is `getitimer`.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for an unknown timer, negative or unnormal times, or more than 34 years. The period
  ///   is not looked at when the timer is stopped.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_setitimer`.
  static func setitimer(_ t: Thread, _ which: Int32, _ itv: UInt, _ oitv: UInt) -> Int {
    if itv == 0 { return getitimer(t, which, oitv) }
    guard var new = load(itv, as: itimerval.self) else { return Host.EFAULT }
    guard (0...2).contains(which), new.it_value.isInterval else { return Host.EINVAL }
    if new.it_value.tv_sec == 0 && new.it_value.tv_usec == 0 { new.it_interval = timeval() }
    guard new.it_interval.isInterval else { return Host.EINVAL }
    return withUnsafePointer(to: new) { host(HostTimer.setitimer, UInt(which), UInt(bitPattern: $0), oitv) }
  }

  /// The head of the host's `struct sigevent`, 64 bytes in all.
  private struct HostSigevent: BitwiseCopyable {
    var value: UInt64 = 0
    var signal: Int32 = 14  // SIGALRM
    var notify: Int32 = 0  // SIGEV_SIGNAL
    var thread: Int32 = 0
    var padding: Int32 = 0
    var spare: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
  }

  /// `ktimer_create(2)`: makes a timer on the real-time or the monotonic clock.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for another clock, an unknown notification or signal number, or a thread that is not
  ///   of this process; `EAGAIN` when the host has none left.
  /// - Differs: without `evp` the signal's value is the host's number of the timer, three less than the guest's.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_ktimer_create`.
  static func ktimer_create(_ t: Thread, _ clock_id: Int32, _ evp: UInt, _ timerid: UInt) -> Int {
    var event = HostSigevent()
    if evp != 0 {
      guard let wanted = load(evp, as: sigevent.self) else { return Host.EFAULT }
      switch wanted.sigev_notify {
      case SIGEV_NONE: event.notify = 1
      case SIGEV_SIGNAL: event.notify = 0
      case SIGEV_THREAD_ID:
        event.notify = 4
        event.thread = wanted.sigev_notify_thread_id
      default: return Host.EINVAL
      }
      if wanted.sigev_notify != SIGEV_NONE {
        guard let signal = hostSignal(wanted.sigev_signo) else { return Host.EINVAL }
        event.signal = signal
      }
      event.value = wanted.sigev_value
    }
    guard clock_id == CLOCK_REALTIME || clock_id == CLOCK_MONOTONIC, let clock = hostClock(clock_id)
    else { return Host.EINVAL }
    var id: Int32 = 0
    let result = withUnsafePointer(to: event) { event in
      withUnsafeMutablePointer(to: &id) {
        host(HostTimer.create, clock, evp == 0 ? 0 : UInt(bitPattern: event), UInt(bitPattern: $0))
      }
    }
    guard result == 0 else { return result }
    if store(id &+ firstTimerID, at: timerid) { return 0 }
    host(HostTimer.delete, hostTimer(id &+ firstTimerID))
    return Host.EFAULT
  }

  /// `ktimer_delete(2)`: takes a timer away. `EINVAL` when there is none.
  static func ktimer_delete(_ t: Thread, _ timerid: Int32) -> Int { host(HostTimer.delete, hostTimer(timerid)) }

  /// `ktimer_settime(2)`: starts or stops a timer and stores its former state.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for no such timer, or unnormal times. The period is not looked at when the timer is
  ///   stopped.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `realtimer_settime`.
  static func ktimer_settime(_ t: Thread, _ timerid: Int32, _ flags: Int32, _ value: UInt, _ ovalue: UInt) -> Int {
    guard var new = load(value, as: itimerspec.self) else { return Host.EFAULT }
    if new.it_value.isZero { new.it_interval = timespec() }
    return withUnsafePointer(to: new) {
      host(HostTimer.settime, hostTimer(timerid), UInt(flags & TIMER_ABSTIME), UInt(bitPattern: $0), ovalue)
    }
  }

  /// `ktimer_gettime(2)`: stores what is left of a timer, and its period.
  static func ktimer_gettime(_ t: Thread, _ timerid: Int32, _ value: UInt) -> Int {
    host(HostTimer.gettime, hostTimer(timerid), value)
  }

  /// `ktimer_getoverrun(2)`: how often a timer ran out while its last signal waited.
  static func ktimer_getoverrun(_ t: Thread, _ timerid: Int32) -> Int { host(HostTimer.getoverrun, hostTimer(timerid)) }

  /// The host's id; one that no timer has for an interval timer's.
  private static func hostTimer(_ id: Int32) -> UInt {
    UInt(bitPattern: Int(id < firstTimerID ? -1 : id &- firstTimerID))
  }
}
