import CPicoABI

extension FreeBSD {
  private static let hostClockNanosleep = 230

  /// `nanosleep(2)`: sleeps for a time. A signal ends it, whatever its action says of restarting.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for nanoseconds outside a second; `EINTR`, with what is left stored at `rmtp`.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `user_clock_nanosleep`.
  static func nanosleep(_ t: Thread, _ rqtp: UInt, _ rmtp: UInt) -> Int {
    sleep(t, CLOCK_REALTIME, 0, rqtp, rmtp)
  }

  /// `clock_nanosleep(2)`: sleeps for a time, or with `TIMER_ABSTIME` until a clock has reached one.
  ///
  /// A time that is past, also a negative one, ends the sleep at once.
  ///
  /// - Returns: 0, or the error's number as a value: this call never sets the carry flag.
  /// - Errors: `EFAULT`; `EINVAL` for nanoseconds outside a second, unknown flags or a clock that does not exist;
  ///   `ENOTSUP` for clocks of CPU time; `EINTR`, with what is left of a relative time stored at `rmtp`.
  /// - Source: FreeBSD 14 `sys/kern/kern_time.c`, `kern_clock_nanosleep`.
  static func clock_nanosleep(_ t: Thread, _ clock_id: Int32, _ flags: Int32, _ rqtp: UInt, _ rmtp: UInt) -> Int {
    let result = sleep(t, clock_id, flags, rqtp, rmtp)
    return result < 0 ? guestErrno(result) : result
  }

  private static func sleep(_ t: Thread, _ clock_id: Int32, _ flags: Int32, _ rqtp: UInt, _ rmtp: UInt) -> Int {
    guard let request = load(rqtp, as: timespec.self) else { return Host.EFAULT }
    guard request.isNormal, flags & ~TIMER_ABSTIME == 0 else { return Host.EINVAL }
    let isAbsolute = flags & TIMER_ABSTIME != 0
    let clock: UInt
    switch clock_id {
    case CLOCK_REALTIME, CLOCK_REALTIME_PRECISE, CLOCK_REALTIME_FAST, CLOCK_SECOND: clock = isAbsolute ? 0 : 1
    case CLOCK_MONOTONIC, CLOCK_MONOTONIC_PRECISE, CLOCK_MONOTONIC_FAST: clock = 1
    case CLOCK_UPTIME, CLOCK_UPTIME_PRECISE, CLOCK_UPTIME_FAST: clock = 1
    case CLOCK_VIRTUAL, CLOCK_PROF, CLOCK_PROCESS_CPUTIME_ID: return guestError(45)  // ENOTSUP
    default: return Host.EINVAL
    }
    if request.tv_sec < 0 || (!isAbsolute && request.isZero) { return 0 }
    var left = request
    let result = withUnsafePointer(to: request) { request in
      withUnsafeMutablePointer(to: &left) { left in
        t.blocking(
          hostClockNanosleep, clock, UInt(flags), UInt(bitPattern: request), UInt(bitPattern: left))
      }
    }
    // The host adds its timer slack to what is left; nothing is left here that was not asked for.
    if !isAbsolute && (left.tv_sec, left.tv_nsec) > (request.tv_sec, request.tv_nsec) { left = request }
    if result == Host.EINTR && rmtp != 0 && !isAbsolute && !store(left, at: rmtp) { return Host.EFAULT }
    return result
  }
}
