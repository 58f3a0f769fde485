/// Waiting for children.
extension FreeBSD {
  /// `wait4(2)`: the child's number, or 0 with `WNOHANG` when none is ready.
  ///
  /// Errors: `EINVAL` for an unknown option, `ECHILD`, `EFAULT` (the child is gone all the same). Begun anew after a
  /// signal whose action says so. Source: `kern_wait` and `kern_wait6` in `kern/kern_exit.c`.
  static func wait4(_ t: Thread, _ pid: Int32, _ status: UInt, _ options: Int32, _ rusage: UInt) -> Int {
    guard options & ~(WNOHANG | WUNTRACED | WCONTINUED | WLINUXCLONE) == 0 else { return HostError.EINVAL }
    var flags = UInt(options & (WNOHANG | WUNTRACED))
    if options & WCONTINUED != 0 { flags |= 8 }
    var word: (Int32, Int32) = (0, 0)
    let result = withUnsafeMutablePointer(to: &word) {
      wait(t, options, HostProcess.wait4, argument(pid), UInt(bitPattern: $0), flags, rusage)
    }
    switch result {
    case HostError.EINTR: return Restart.ifActionSaysSo
    case HostError.ESRCH: return HostError.ECHILD  // the one number that has no negative
    case 1...:
      if status != 0 && !store(waitStatus(word.0), at: status) { return HostError.EFAULT }
      return result
    default: return result
    }
  }

  /// `wait6(2)`: the child's number, or 0 with `WNOHANG` when none is ready; then `info` is all zero.
  ///
  /// Errors: `EINVAL` for an unknown option, for none of the states to wait for, or for an `idtype` other than
  /// `P_PID`, `P_PGID` and `P_ALL`, which is all the host can wait for; `ECHILD`; `EFAULT`.
  static func wait6(
    _ t: Thread, _ idtype: Int32, _ id: Int64, _ status: UInt, _ options: Int32, _ wrusage: UInt, _ info: UInt
  ) -> Int {
    let states = WUNTRACED | WCONTINUED | WEXITED | WTRAPPED
    guard options & ~(states | WNOHANG | WNOWAIT) == 0, options & states != 0 else { return HostError.EINVAL }
    let kind: UInt
    switch idtype {
    case P_ALL: kind = 0
    case P_PID: kind = 1
    case P_PGID: kind = 2
    default: return HostError.EINVAL
    }
    guard let number = Int32(exactly: id) ?? (idtype == P_ALL ? 0 : nil) else { return HostError.ECHILD }
    if idtype != P_ALL && (number < 0 || idtype == P_PID && number == 0) { return HostError.ECHILD }
    var found = HostChildInfo()
    var usage = InlineArray<36, UInt64>(repeating: 0)  // struct __wrusage: the child, and its own children
    let result = withUnsafeMutablePointer(to: &found) { found in
      withUnsafeMutableBytes(of: &usage) {
        wait(
          t, options, HostProcess.waitid, kind, argument(number), UInt(bitPattern: found), hostWaitOptions(options),
          UInt(bitPattern: $0.baseAddress))
      }
    }
    guard result == 0 else {
      if result == HostError.EINTR { return Restart.ifActionSaysSo }
      return result == HostError.ESRCH ? HostError.ECHILD : result
    }
    return report(found, status, wrusage, info, &usage)
  }

  /// The host's call; one that does not wait is no place for a signal to interrupt.
  @inline(__always)
  private static func wait(
    _ t: Thread, _ options: Int32, _ number: Int, _ a0: UInt, _ a1: UInt, _ a2: UInt, _ a3: UInt, _ a4: UInt = 0
  ) -> Int {
    options & WNOHANG != 0 ? host(number, a0, a1, a2, a3, a4) : t.blocking(number, a0, a1, a2, a3, a4)
  }

  private static func hostWaitOptions(_ options: Int32) -> UInt {
    var host = UInt(options & (WNOHANG | WUNTRACED))
    if options & WTRAPPED != 0 { host |= 2 }
    if options & WEXITED != 0 { host |= 4 }
    if options & WCONTINUED != 0 { host |= 8 }
    if options & WNOWAIT != 0 { host |= 0x0100_0000 }
    return host
  }

  /// Hands out what `waitid` told. The host adds a child's own children to its usage: the second half stays zero.
  private static func report(
    _ found: HostChildInfo, _ status: UInt, _ wrusage: UInt, _ info: UInt, _ usage: inout InlineArray<36, UInt64>
  ) -> Int {
    let isSignal = found.si_code != CLD_EXITED
    var details = SigInfo()
    if found.si_pid != 0 {
      details.si_signo = SIGCHLD
      details.si_code = found.si_code
      details.si_pid = found.si_pid
      details.si_uid = found.si_uid
      details.si_status = isSignal ? guestSignal(found.si_status) : found.si_status
    }
    if info != 0 && !store(details, at: info) { return HostError.EFAULT }
    guard found.si_pid != 0 else { return 0 }
    let word = waitStatus(code: found.si_code, status: found.si_status)
    if status != 0 && !store(word, at: status) { return HostError.EFAULT }
    if wrusage != 0 && !copyOut(to: wrusage, &usage, count: 2 &* rusageSize) { return HostError.EFAULT }
    return Int(found.si_pid)
  }

  /// The host's `siginfo_t` of `SIGCHLD`, 128 bytes.
  private struct HostChildInfo: BitwiseCopyable {
    var si_signo: Int32 = 0
    var si_errno: Int32 = 0
    var si_code: Int32 = 0
    var padding: Int32 = 0
    var si_pid: Int32 = 0
    var si_uid: UInt32 = 0
    var si_status: Int32 = 0
    var padding1: Int32 = 0
    var rest:
      (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
      ) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  }
}
