/// Nice values, POSIX scheduling and real-time priorities.
extension FreeBSD {
  /// `getpriority(2)`: the lowest nice value among those asked for. Errors: `EINVAL`, `ESRCH`.
  static func getpriority(_ t: Thread, _ which: Int32, _ who: Int32) -> Int {
    // The host's call answers 20 less the nice value, so that no result looks like an error.
    let result = host(HostProcess.getpriority, argument(which), argument(who))
    return result < 0 ? result : t.succeed(20 &- result)
  }

  /// `setpriority(2)`. Errors: `EINVAL`, `ESRCH`, `EACCES`, `EPERM`.
  static func setpriority(_ t: Thread, _ which: Int32, _ who: Int32, _ prio: Int32) -> Int {
    host(HostProcess.setpriority, argument(which), argument(who), argument(max(-20, min(prio, 19))))
  }

  /// The host's number of a scheduling policy; nil for one that there is not.
  private static func hostPolicy(_ policy: Int32) -> UInt? {
    switch policy {
    case SCHED_FIFO: 1
    case SCHED_OTHER: 0
    case SCHED_RR: 2
    default: nil
    }
  }

  /// `sched_get_priority_max(2)`. Errors: `EINVAL`.
  static func sched_get_priority_max(_ t: Thread, _ policy: Int32) -> Int {
    guard hostPolicy(policy) != nil else { return HostError.EINVAL }
    return policy == SCHED_OTHER ? 103 : 31
  }

  /// `sched_get_priority_min(2)`. Errors: `EINVAL`.
  static func sched_get_priority_min(_ t: Thread, _ policy: Int32) -> Int {
    hostPolicy(policy) != nil ? 0 : HostError.EINVAL
  }

  /// `sched_getscheduler(2)`. Errors: `ESRCH`, `EINVAL` for a negative number.
  static func sched_getscheduler(_ t: Thread, _ pid: Int32) -> Int {
    let result = host(HostProcess.sched_getscheduler, argument(pid))
    guard result >= 0 else { return result }
    switch result & 0xffff {
    case 1: return Int(SCHED_FIFO)
    case 2: return Int(SCHED_RR)
    default: return Int(SCHED_OTHER)
    }
  }

  /// `sched_setscheduler(2)`. Errors: `EFAULT`, `EINVAL` for a policy or a priority that is none, `ESRCH`, `EPERM`.
  static func sched_setscheduler(_ t: Thread, _ pid: Int32, _ policy: Int32, _ param: UInt) -> Int {
    guard let priority = load(param, as: Int32.self) else { return HostError.EFAULT }
    guard let number = hostPolicy(policy) else { return HostError.EINVAL }
    guard var value = hostPriority(priority, policy) else { return HostError.EINVAL }
    return withUnsafePointer(to: &value) {
      host(HostProcess.sched_setscheduler, argument(pid), number, UInt(bitPattern: $0))
    }
  }

  /// `sched_setparam(2)`. Errors as `sched_setscheduler`, whose policy stays.
  static func sched_setparam(_ t: Thread, _ pid: Int32, _ param: UInt) -> Int {
    guard let priority = load(param, as: Int32.self) else { return HostError.EFAULT }
    let policy = sched_getscheduler(t, pid)
    guard policy >= 0 else { return policy }
    guard var value = hostPriority(priority, Int32(truncatingIfNeeded: policy)) else { return HostError.EINVAL }
    return withUnsafePointer(to: &value) {
      host(HostProcess.sched_setparam, argument(pid), UInt(bitPattern: $0))
    }
  }

  /// `sched_getparam(2)`. Errors: `ESRCH`, `EINVAL`, `EFAULT`.
  static func sched_getparam(_ t: Thread, _ pid: Int32, _ param: UInt) -> Int {
    var value: Int32 = 0
    let result = withUnsafeMutablePointer(to: &value) {
      host(HostProcess.sched_getparam, argument(pid), UInt(bitPattern: $0))
    }
    guard result == 0 else { return result }
    return store(min(max(value &- 1, 0), 31), at: param) ? 0 : HostError.EFAULT
  }

  /// A real-time priority of the guest, 0...31, is the host's 1...32; without real time it is 0 to the host.
  private static func hostPriority(_ priority: Int32, _ policy: Int32) -> Int32? {
    if policy == SCHED_OTHER { return (0...103).contains(priority) ? 0 : nil }
    return (0...31).contains(priority) ? priority &+ 1 : nil
  }

  /// `rtprio(2)`: of a process, 0 the caller. Errors: `EFAULT`, `EINVAL`, `ESRCH`, `EPERM`.
  static func rtprio(_ t: Thread, _ function: Int32, _ pid: Int32, _ rtp: UInt) -> Int {
    realTimePriority(function, pid, rtp)
  }

  /// `rtprio_thread(2)`: of a thread, 0 the caller. Same errors.
  static func rtprio_thread(_ t: Thread, _ function: Int32, _ lwpid: Int32, _ rtp: UInt) -> Int {
    realTimePriority(function, lwpid, rtp)
  }

  private static func realTimePriority(_ function: Int32, _ id: Int32, _ rtp: UInt) -> Int {
    switch function {
    case 0:  // RTP_LOOKUP
      let policy = host(HostProcess.sched_getscheduler, argument(id))
      guard policy >= 0 else { return policy }
      var value: Int32 = 0
      let result = withUnsafeMutablePointer(to: &value) {
        host(HostProcess.sched_getparam, argument(id), UInt(bitPattern: $0))
      }
      guard result == 0 else { return result }
      return store(rtprio(policy: policy & 0xffff, priority: value), at: rtp) ? 0 : HostError.EFAULT
    case 1:  // RTP_SET
      guard let wanted = load(rtp, as: Rtprio.self) else { return HostError.EFAULT }
      guard let (policy, priority) = hostRealTime(wanted) else { return HostError.EINVAL }
      var value = priority
      return withUnsafePointer(to: &value) {
        host(HostProcess.sched_setscheduler, argument(id), policy, UInt(bitPattern: $0))
      }
    default:
      return HostError.EINVAL
    }
  }

  /// The guest counts from the most urgent, 0, to 31; the host's 32 is the most urgent it is given.
  static func rtprio(policy: Int, priority: Int32) -> Rtprio {
    var result = Rtprio()
    switch policy {
    case 1: result.type = Rtprio.RTP_PRIO_FIFO
    case 2: result.type = Rtprio.RTP_PRIO_REALTIME
    case 5: result.type = Rtprio.RTP_PRIO_IDLE
    default: result.type = Rtprio.RTP_PRIO_NORMAL
    }
    if policy == 1 || policy == 2 { result.prio = UInt16(clamping: max(32 &- priority, 0)) }
    return result
  }

  /// The host's policy and priority; nil for a type or a priority that is none.
  static func hostRealTime(_ wanted: Rtprio) -> (policy: UInt, priority: Int32)? {
    guard wanted.prio <= Rtprio.RTP_PRIO_MAX else { return nil }
    switch wanted.type {
    case Rtprio.RTP_PRIO_REALTIME: return (2, 32 &- Int32(wanted.prio))
    case Rtprio.RTP_PRIO_FIFO: return (1, 32 &- Int32(wanted.prio))
    case Rtprio.RTP_PRIO_NORMAL: return (0, 0)
    case Rtprio.RTP_PRIO_IDLE: return (5, 0)
    default: return nil
    }
  }
}
