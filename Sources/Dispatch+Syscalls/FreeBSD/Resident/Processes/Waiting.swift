/// Waiting for children.
extension FreeBSD {
  /// `wait4(2)`: the child's number, or 0 with `WNOHANG` when none is ready.
  ///
  /// With `WNOWAIT` the usage is all zero. Errors: `EINVAL` for an unknown option, `ECHILD`, `EFAULT` (the child is gone
  /// all the same). Begun anew after a signal whose action says so. Source: `kern_wait` and `kern_wait6` in
  /// `kern/kern_exit.c`.
  static func wait4(_ t: Thread, _ pid: Int32, _ status: UInt, _ options: Int32, _ rusage: UInt) -> Int {
    let known = WNOHANG | WUNTRACED | WCONTINUED | WNOWAIT | WEXITED | WTRAPPED | WLINUXCLONE
    guard options & ~known == 0 else { return HostError.EINVAL }
    if options & WNOWAIT != 0 { return look(t, pid, status, options & ~WLINUXCLONE, rusage) }
    var flags = UInt(options & (WNOHANG | WUNTRACED))
    if options & WCONTINUED != 0 { flags |= 8 }
    // Children of pdfork(2) are waited for by their number alone: __WALL.
    if pid > 0 { flags |= 0x4000_0000 }
    while true {
      var word: (Int32, Int32) = (0, 0)
      let result = withUnsafeMutablePointer(to: &word) {
        wait(t, options, HostProcess.wait4, argument(pid), UInt(bitPattern: $0), flags, rusage)
      }
      switch result {
      case HostError.EINTR: return Restart.ifActionSaysSo
      case HostError.ESRCH: return HostError.ECHILD  // the one number that has no negative
      case 1...:
        // A stop that is the stub's own business is none.
        guard let seen = tracedStatus(t, UInt32(truncatingIfNeeded: result), UInt32(bitPattern: word.0)) else {
          continue
        }
        if status != 0 && !store(seen.status, at: status) { return HostError.EFAULT }
        return Int(seen.process)
      default: return result
      }
    }
  }

  /// wait4(2) that leaves the child as it is: the host has that with its other call only.
  private static func look(_ t: Thread, _ pid: Int32, _ status: UInt, _ options: Int32, _ rusage: UInt) -> Int {
    let kind = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID
    let number = pid >= -1 ? Int64(pid) : -Int64(pid)
    // wait6 reads 0 as the caller's group.
    let result = wait6(t, pid == 0 ? P_PID : kind, number, status, options | WEXITED | WTRAPPED, 0, 0)
    if result > 0 && rusage != 0 {
      var none = InlineArray<18, UInt64>(repeating: 0)
      if !copyOut(to: rusage, &none, count: rusageSize) { return HostError.EFAULT }
    }
    return result
  }

  /// `wait6(2)`: the child's number, or 0 with `WNOHANG` when none is ready; then `info` is all zero.
  ///
  /// Errors: `EINVAL` for an unknown option or none of the states to wait for; `ECHILD`, also for a kind of number by
  /// which no child is known; `EFAULT`.
  static func wait6(
    _ t: Thread, _ idtype: Int32, _ id: Int64, _ status: UInt, _ options: Int32, _ wrusage: UInt, _ info: UInt
  ) -> Int {
    let states = WUNTRACED | WCONTINUED | WEXITED | WTRAPPED
    guard options & ~(states | WNOHANG | WNOWAIT) == 0, options & states != 0 else { return HostError.EINVAL }
    var kind: UInt
    var number = Int32(truncatingIfNeeded: id)
    switch idtype {
    case P_ALL:
      kind = 0
      number = 0
    case P_PID: kind = number == 0 ? 2 : 1  // WAIT_MYPGRP
    case P_PGID: kind = 2
    case P_SID, P_UID, P_GID, P_JAILID: return waitForKind(t, idtype, number, status, options, wrusage, info)
    default: return HostError.ECHILD
    }
    if idtype == P_PGID && number == 0 || number < 0 { return HostError.ECHILD }
    var found = HostChildInfo()
    var usage = InlineArray<36, UInt64>(repeating: 0)  // struct __wrusage: the child, and its own children
    var result = 0
    repeat {
      found = HostChildInfo()
      result = waitForState(t, kind, number, options, &found, &usage)
    } while result == 0 && !showsStop(t, &found, options)
    guard result == 0 else {
      if result == HostError.EINTR { return Restart.ifActionSaysSo }
      return result == HostError.ESRCH ? HostError.ECHILD : result
    }
    return report(found, status, wrusage, info, &usage)
  }

  /// Makes the guest's stop of the host's. False when it is none of the guest's.
  private static func showsStop(_ t: Thread, _ found: inout HostChildInfo, _ options: Int32) -> Bool {
    guard found.si_pid != 0 else { return true }
    let id = UInt32(bitPattern: found.si_pid)
    guard found.si_code == CLD_TRAPPED else {
      if found.si_code <= CLD_DUMPED && options & WNOWAIT == 0 { Tracing.forgetTracee(t, id) }
      return true
    }
    guard let seen = tracedStatus(t, id, UInt32(bitPattern: found.si_status) << 8 | 0x7f) else {
      // It runs: nothing is left to take.
      if options & WNOWAIT != 0 { host(HostProcess.wait4, UInt(id), 0, 0x4000_0001, 0) }
      return false
    }
    found.si_pid = Int32(bitPattern: seen.process)
    found.si_status = hostSignal(seen.status >> 8) ?? seen.status >> 8
    return true
  }

  private static func waitForState(
    _ t: Thread, _ kind: UInt, _ number: Int32, _ options: Int32, _ found: inout HostChildInfo,
    _ usage: inout InlineArray<36, UInt64>
  ) -> Int {
    withUnsafeMutablePointer(to: &found) { found in
      withUnsafeMutableBytes(of: &usage) {
        // By its number a child of pdfork(2) is waited for too: __WALL.
        wait(
          t, options, HostProcess.waitid, kind, argument(number), UInt(bitPattern: found),
          hostWaitOptions(options) | (kind == 1 ? 0x4000_0000 : 0), UInt(bitPattern: $0.baseAddress))
      }
    }
  }

  /// wait6(2) for children of a session, a user, a group or a jail, of which the host knows nothing: each child that
  /// belongs to it is asked, again and again while none is ready.
  private static func waitForKind(
    _ t: Thread, _ idtype: Int32, _ number: Int32, _ status: UInt, _ options: Int32, _ wrusage: UInt, _ info: UInt
  ) -> Int {
    while true {
      guard let children = Descendants(of: Int32(truncatingIfNeeded: host(HostProcess.getpid))) else {
        return HostError.ENOMEM
      }
      var matched = false
      var result = 0
      for index in 0..<children.children where result == 0 && belongs(children[index].pid, idtype, number) {
        matched = true
        result = wait6(
          t, P_PID, Int64(children[index].pid), status, options | WNOHANG, wrusage, info)
        if result == HostError.ECHILD { result = 0 }
      }
      children.free()
      if !matched { return HostError.ECHILD }
      if result != 0 { return result }
      if options & WNOHANG != 0 { return info != 0 && !store(SigInfo(), at: info) ? HostError.EFAULT : 0 }
      var time: (Int, Int) = (0, 5_000_000)
      let slept = withUnsafePointer(to: &time) { t.blocking(35, UInt(bitPattern: $0), 0) }  // nanosleep
      if slept == HostError.EINTR { return Restart.ifActionSaysSo }
    }
  }

  /// Whether a child is of a session, an effective user or group, or a jail: there is none but 0.
  private static func belongs(_ pid: Int32, _ idtype: Int32, _ number: Int32) -> Bool {
    if idtype == P_JAILID { return number == 0 }
    if idtype == P_SID { return host(124, argument(pid)) == Int(number) }  // getsid
    let text = HostText(process: pid, "status")
    // Real, effective, saved, file system's.
    guard var position = text.value(of: idtype == P_UID ? "Uid" : "Gid") else { return false }
    _ = text.number(at: &position)
    return text.number(at: &position) == Int(UInt32(bitPattern: number))
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
