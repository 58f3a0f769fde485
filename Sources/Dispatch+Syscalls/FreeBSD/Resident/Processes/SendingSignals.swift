/// Signals from one process to another.
extension FreeBSD {
  /// `kill(2)`. Errors: `EINVAL` for a number that is no signal, or one the host has none for; `ESRCH`; `EPERM`.
  static func kill(_ t: Thread, _ pid: Int32, _ signum: Int32) -> Int {
    guard signum != 0 else { return host(HostProcess.kill, argument(pid), 0) }
    guard let signal = hostSignal(signum) else { return HostError.EINVAL }
    beginTracing(t)
    return host(HostProcess.kill, argument(pid), argument(signal))
  }

  /// `sigqueue(2)`. Errors: `EINVAL` for a number that is no signal, `ESRCH` also for a number that is no process,
  /// `EPERM`, `EAGAIN`.
  static func sigqueue(_ t: Thread, _ pid: Int32, _ signum: Int32, _ value: UInt) -> Int {
    guard signum >= 0, signum <= _SIG_MAXSIG, pid > 0 else { return HostError.EINVAL }
    guard signum != 0 else { return host(HostProcess.kill, argument(pid), 0) }
    guard let signal = hostSignal(signum) else { return HostError.EINVAL }
    beginTracing(t)
    // The host's siginfo_t: number, error, code, padding, then sender and value.
    var info = InlineArray<16, UInt64>(repeating: 0)
    let sender = UInt64(UInt32(truncatingIfNeeded: host(HostProcess.getpid)))
    let user = UInt64(UInt32(truncatingIfNeeded: host(HostProcess.getuid)))
    return withUnsafeMutableBytes(of: &info) {
      let at = $0.baseAddress.unsafelyUnwrapped
      at.storeBytes(of: signal, as: Int32.self)
      at.storeBytes(of: -1, toByteOffset: 8, as: Int32.self)  // SI_QUEUE
      at.storeBytes(of: sender | user << 32, toByteOffset: 16, as: UInt64.self)
      at.storeBytes(of: UInt64(value), toByteOffset: 24, as: UInt64.self)
      return host(HostProcess.rt_sigqueueinfo, argument(pid), argument(signal), UInt(bitPattern: at))
    }
  }
}
