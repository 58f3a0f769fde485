import CPicoABI

/// `procctl(2)`: control of processes (`sys/procctl.h`).
extension FreeBSD {
  private static let PROC_SPROTECT: Int32 = 1
  private static let PROC_REAP_ACQUIRE: Int32 = 2
  private static let PROC_REAP_RELEASE: Int32 = 3
  private static let PROC_REAP_STATUS: Int32 = 4
  private static let PROC_REAP_GETPIDS: Int32 = 5
  private static let PROC_REAP_KILL: Int32 = 6
  private static let PROC_TRACE_CTL: Int32 = 7
  private static let PROC_TRACE_STATUS: Int32 = 8
  private static let PROC_TRAPCAP_CTL: Int32 = 9
  private static let PROC_TRAPCAP_STATUS: Int32 = 10
  private static let PROC_PDEATHSIG_CTL: Int32 = 11
  private static let PROC_PDEATHSIG_STATUS: Int32 = 12
  private static let PROC_ASLR_CTL: Int32 = 13
  private static let PROC_WXMAP_STATUS: Int32 = 22

  /// `procctl(2)`.
  ///
  /// - Errors: `EINVAL` for another command or kind of number; `EFAULT`; `ESRCH` for no process; `EPERM` for another
  ///   process than the caller, of which nothing but its protection can be changed; and as each command has them.
  /// - Differs: a group (`P_PGID`) is taken for its protection alone; elsewhere it is the caller, if it belongs to it.
  /// - Source: FreeBSD 14 sys/kern/kern_procctl.c.
  static func procctl(_ t: Thread, _ idtype: Int32, _ id: Int64, _ com: Int32, _ data: UInt) -> Int {
    guard com >= PROC_SPROTECT, com <= PROC_WXMAP_STATUS else { return HostError.EINVAL }
    let takesGroups =
      com == PROC_SPROTECT || com == PROC_TRACE_CTL || com == PROC_TRAPCAP_CTL
    guard idtype == P_PID || idtype == P_PGID && takesGroups else { return HostError.EINVAL }
    let own = Int32(truncatingIfNeeded: host(HostProcess.getpid))
    if com == PROC_PDEATHSIG_CTL || com == PROC_PDEATHSIG_STATUS {
      guard idtype == P_PID, id == 0 || id == Int64(own) else { return HostError.EINVAL }
    }
    guard id >= 0, id <= Int64(Int32.max) else { return HostError.ESRCH }
    if com == PROC_SPROTECT {
      guard let flags = load(data, as: Int32.self) else { return HostError.EFAULT }
      return protect(own, idtype, Int32(id), flags)
    }
    if idtype == P_PGID {
      let group = Int64(host(121, 0))  // getpgid
      if id != group { return HostError.ESRCH }
    } else if id != 0 && id != Int64(own) {
      let alive = host(HostProcess.kill, UInt(id), 0)
      return alive == HostError.ESRCH ? alive : HostError.EPERM
    }
    return control(t, own, com, data)
  }

  private static func control(_ t: Thread, _ own: Int32, _ com: Int32, _ data: UInt) -> Int {
    switch com {
    case PROC_REAP_ACQUIRE:
      return isReaper ? HostError.EBUSY : host(HostProcess.prctl, HostProcess.PR_SET_CHILD_SUBREAPER, 1)
    case PROC_REAP_RELEASE:
      return isReaper ? host(HostProcess.prctl, HostProcess.PR_SET_CHILD_SUBREAPER, 0) : HostError.EINVAL
    case PROC_REAP_STATUS: return reaperStatus(own, data)
    case PROC_REAP_GETPIDS: return reaperProcesses(own, data)
    case PROC_REAP_KILL: return reaperKill(own, data)
    case PROC_PDEATHSIG_CTL: return setDeathSignal(data)
    case PROC_PDEATHSIG_STATUS: return deathSignal(data)
    // The even ones from here on tell what the odd ones set.
    case let com where com & 1 == 0: return store(flagStatus(t, com), at: data) ? 0 : HostError.EFAULT
    default:
      guard let wanted = load(data, as: Int32.self) else { return HostError.EFAULT }
      return setFlags(t, com, wanted)
    }
  }

  private static func setFlags(_ t: Thread, _ com: Int32, _ wanted: Int32) -> Int {
    typealias Flags = ProcessFlags
    switch (com, wanted) {
    case (PROC_TRACE_CTL, 1): Flags.change(t, clear: Flags.untraceable | Flags.untraceableAfterExec)
    case (PROC_TRACE_CTL, 2):
      Flags.change(t, set: Flags.untraceable, clear: Flags.untraceableAfterExec)
    case (PROC_TRACE_CTL, 3): Flags.change(t, set: Flags.untraceable | Flags.untraceableAfterExec)
    case (PROC_TRAPCAP_CTL, 1): Flags.change(t, set: Flags.trapsRefusals)
    case (PROC_TRAPCAP_CTL, 2): Flags.change(t, clear: Flags.trapsRefusals)
    case (PROC_ASLR_CTL, 1...3):
      let randomises = wanted != 2
      // personality(2): ADDR_NO_RANDOMIZE, for the images to come.
      let before = host(135, 0xffff_ffff)
      if before >= 0 { host(135, randomises ? UInt(before) & ~0x4_0000 : UInt(before) | 0x4_0000) }
      let flags = wanted == 1 ? Flags.randomised : wanted == 2 ? Flags.notRandomised : 0
      Flags.change(t, set: flags, clear: (Flags.randomised | Flags.notRandomised) & ~flags)
    case (15, 1...3):  // PROC_PROTMAX_CTL
      let flags = wanted == 1 ? Flags.limitsProtection : wanted == 2 ? Flags.doesNotLimitProtection : 0
      Flags.change(t, set: flags, clear: (Flags.limitsProtection | Flags.doesNotLimitProtection) & ~flags)
    case (17, _):  // PROC_STACKGAP_CTL
      // ENABLE 1, DISABLE 2, ENABLE_EXEC 4, DISABLE_EXEC 8
      if wanted & ~15 != 0 || wanted & 3 == 3 || wanted & 12 == 12 { return HostError.EINVAL }
      if wanted & 1 != 0 && Flags.has(t, Flags.noStackGap) { return HostError.EINVAL }
      if wanted & 2 != 0 { Flags.change(t, set: Flags.noStackGap) }
      if wanted & 4 != 0 { Flags.change(t, clear: Flags.noStackGapAfterExec) }
      if wanted & 8 != 0 { Flags.change(t, set: Flags.noStackGapAfterExec) }
    case (19, 1):  // PROC_NO_NEW_PRIVS_CTL, ENABLE: there is no way back
      return host(HostProcess.prctl, HostProcess.PR_SET_NO_NEW_PRIVS, 1)
    case (21, 1): Flags.change(t, set: Flags.permitsWriteExecute)  // PROC_WXMAP_CTL
    case (21, 2): Flags.change(t, set: Flags.refusesWriteExecuteAfterExec)
    default: return HostError.EINVAL
    }
    return 0
  }

  private static func flagStatus(_ t: Thread, _ com: Int32) -> Int32 {
    typealias Flags = ProcessFlags
    switch com {
    case PROC_TRACE_STATUS:
      return Flags.has(t, Flags.untraceable) ? -1 : t.isTraced ? Int32(truncatingIfNeeded: host(110)) : 0  // getppid
    case PROC_TRAPCAP_STATUS: return Flags.has(t, Flags.trapsRefusals) ? 1 : 2
    case 14:  // PROC_ASLR_STATUS, with PROC_ASLR_ACTIVE for the image that runs
      let state: Int32 = Flags.has(t, Flags.randomised) ? 1 : Flags.has(t, Flags.notRandomised) ? 2 : 3
      return host(135, 0xffff_ffff) & 0x4_0000 == 0 ? state | Int32.min : state
    case 16:  // PROC_PROTMAX_STATUS
      return Flags.has(t, Flags.limitsProtection) ? 1 | Int32.min : Flags.has(t, Flags.doesNotLimitProtection) ? 2 : 3
    case 18:  // PROC_STACKGAP_STATUS
      return (Flags.has(t, Flags.noStackGap) ? 2 : 1) | (Flags.has(t, Flags.noStackGapAfterExec) ? 8 : 4)
    case 20:  // PROC_NO_NEW_PRIVS_STATUS
      return host(HostProcess.prctl, HostProcess.PR_GET_NO_NEW_PRIVS) == 1 ? 1 : 2
    default:  // PROC_WXMAP_STATUS
      return (Flags.has(t, Flags.permitsWriteExecute) ? 1 : 0)
        | (Flags.has(t, Flags.refusesWriteExecuteAfterExec) ? 2 : 0)
    }
  }

  /// `PROC_SPROTECT`: whether a process is spared when memory runs out, which is the host's `oom_score_adj`.
  ///
  /// - Errors: `EINVAL` for another operation or flag; `ESRCH`; `EPERM` for the unprivileged.
  private static func protect(_ own: Int32, _ idtype: Int32, _ id: Int32, _ flags: Int32) -> Int {
    let operation = flags & 15
    // PPROT_SET, PPROT_CLEAR; PPROT_DESCEND, PPROT_INHERIT (which is the host's way in any case)
    guard operation == 1 || operation == 2, flags & ~0x3f == 0 else { return HostError.EINVAL }
    if host(HostProcess.geteuid) != 0 { return HostError.EPERM }
    let target = id == 0 && idtype == P_PID ? own : id
    if idtype == P_PGID {
      var result = HostError.ESRCH
      NumberedDirectory.forEach(ShortPath("/proc")) { pid in
        if host(121, argument(pid)) == Int(target) && pid > 0 { result = setProtected(pid, operation == 1) }
      }
      return result
    }
    let result = setProtected(target, operation == 1)
    if result == 0, flags & 0x10 != 0, let below = Descendants(of: target) {
      for index in 0..<below.count { _ = setProtected(below[index].pid, operation == 1) }
      below.free()
    }
    return result
  }

  private static func setProtected(_ pid: Int32, _ isProtected: Bool) -> Int {
    var path = ShortPath("/proc/")
    path.append(decimal: UInt(UInt32(bitPattern: pid)))
    path.append("/oom_score_adj")
    let fd = path.withAddress { host(HostFile.openat, HostFile.AT_FDCWD, $0, HostFile.O_CLOEXEC | 1) }
    guard fd >= 0 else { return fd == HostError.ENOENT ? HostError.ESRCH : HostError.EPERM }
    let text: StaticString = isProtected ? "-1000" : "0"
    let written = host(1, UInt(bitPattern: fd), UInt(bitPattern: text.utf8Start), UInt(text.utf8CodeUnitCount))
    host(HostFile.close, UInt(bitPattern: fd))
    return written > 0 ? 0 : HostError.EPERM
  }

  private static func setDeathSignal(_ data: UInt) -> Int {
    guard let signal = load(data, as: Int32.self) else { return HostError.EFAULT }
    guard signal != 0 else { return host(HostProcess.prctl, HostProcess.PR_SET_PDEATHSIG, 0) }
    guard let number = hostSignal(signal) else { return HostError.EINVAL }
    return host(HostProcess.prctl, HostProcess.PR_SET_PDEATHSIG, argument(number))
  }

  private static func deathSignal(_ data: UInt) -> Int {
    var number: Int32 = 0
    let result = withUnsafeMutablePointer(to: &number) {
      host(HostProcess.prctl, HostProcess.PR_GET_PDEATHSIG, UInt(bitPattern: $0))
    }
    guard result == 0 else { return result }
    return store(number == 0 ? 0 : guestSignal(number), at: data) ? 0 : HostError.EFAULT
  }
}
