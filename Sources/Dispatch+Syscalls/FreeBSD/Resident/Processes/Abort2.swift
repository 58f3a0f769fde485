import CPicoEntry

extension FreeBSD {
  /// `abort2(2)`: ends the process as an uncaught SIGABRT does; with more than 16 arguments or ones that cannot be read,
  /// as SIGKILL does. FreeBSD writes the reason to the system log; there is none here.
  static func abort2(_ t: Thread, _ why: UInt, _ nargs: Int32, _ args: UInt) -> Int {
    let isSound = withScratchPage { page -> Bool in
      guard let base = page.baseAddress, nargs >= 0, nargs <= 16 else { return false }
      if nargs > 0 && (args == 0 || !copyIn(base, from: args, count: Int(nargs) * 8)) { return false }
      return why == 0 || copyString(base, from: why, limit: 128) != Host.EFAULT
    }
    let process = t.pointee.process
    let signal: Int32 = isSound ? 6 : Host.SIGKILL
    if isSound {
      Actions.setDefault(process, signal, onHost: true)
      withUnsafePointer(to: Host.bit(signal)) { _ = host(Host.rt_sigprocmask, 1, UInt(bitPattern: $0), 0, 8) }
    }
    host(Host.tgkill, UInt(process.pointee.tgid), UInt(t.pointee.tid), UInt(signal))
    exitProcess(t, status: 134)
  }

  /// `vadvise(2)`. FreeBSD refuses whatever it is given: `EINVAL`.
  static func freebsd11_vadvise(_ t: Thread, _ anom: Int32) -> Int { HostError.EINVAL }

  /// `ntp_gettime(2)`: the time, its errors in microseconds, the offset of TAI, and the clock's state, which is the result
  /// too. Errors: `EFAULT`.
  static func ntp_gettime(_ t: Thread, _ ntvp: UInt) -> Int {
    // The host's struct timex, asked for nothing but to tell: modes, offset, frequency, errors, status, …, tai.
    var timex: [26 of UInt64] = .init(repeating: 0)
    let state = withUnsafeMutablePointer(to: &timex) { host(159, UInt(bitPattern: $0)) }  // adjtimex
    if state < 0 { return state }
    var now: (Int64, Int64) = (0, 0)
    _ = withUnsafeMutablePointer(to: &now) { host(228, 0, UInt(bitPattern: $0)) }  // clock_gettime
    // maxerror and esterror are the fourth and fifth words, tai the first half of the twenty-first.
    let told: (Int64, Int64, UInt64, UInt64, Int64, Int64) = (
      now.0, now.1, timex[3], timex[4], Int64(Int32(truncatingIfNeeded: timex[20])), Int64(state)
    )
    return store(told, at: ntvp) ? state : HostError.EFAULT
  }
}
