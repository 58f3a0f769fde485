import CPicoABI

/// `procctl(2)`: control of processes (`sys/procctl.h`).
extension FreeBSD {
  private static let PROC_REAP_ACQUIRE: Int32 = 2
  private static let PROC_REAP_RELEASE: Int32 = 3
  private static let PROC_REAP_STATUS: Int32 = 4
  private static let PROC_REAP_GETPIDS: Int32 = 5
  private static let PROC_REAP_KILL: Int32 = 6
  private static let PROC_TRACE_STATUS: Int32 = 8
  private static let PROC_PDEATHSIG_CTL: Int32 = 11
  private static let PROC_PDEATHSIG_STATUS: Int32 = 12
  private static let PROC_NO_NEW_PRIVS_CTL: Int32 = 19
  private static let PROC_NO_NEW_PRIVS_STATUS: Int32 = 20

  /// `procctl(2)` of the calling process: reaping, the parent-death signal, no new privileges, whether it is traced.
  ///
  /// Errors: `EINVAL` for another command or kind of number; `ESRCH` for no process; `EPERM` for another process than
  /// the caller, of which the host changes nothing; and as each command has them.
  static func procctl(_ t: Thread, _ idtype: Int32, _ id: Int64, _ com: Int32, _ data: UInt) -> Int {
    guard idtype == P_PID else { return HostError.EINVAL }
    guard id >= 0, id <= Int64(Int32.max) else { return HostError.ESRCH }
    let own = host(HostProcess.getpid)
    let isOwn = id == 0 || id == Int64(own)
    switch com {
    case PROC_REAP_ACQUIRE, PROC_REAP_RELEASE, PROC_REAP_GETPIDS, PROC_REAP_KILL, PROC_PDEATHSIG_CTL,
      PROC_PDEATHSIG_STATUS:
      guard isOwn else { return com >= PROC_PDEATHSIG_CTL ? HostError.EINVAL : HostError.EPERM }
    case PROC_REAP_STATUS, PROC_TRACE_STATUS, PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_STATUS:
      guard isOwn else {
        let alive = host(HostProcess.kill, UInt(id), 0)
        return alive == HostError.ESRCH ? alive : HostError.EPERM
      }
    default: return HostError.EINVAL
    }
    return control(t, Int32(truncatingIfNeeded: own), com, data)
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
    case PROC_TRACE_STATUS: return store(Int32(0), at: data) ? 0 : HostError.EFAULT
    case PROC_PDEATHSIG_CTL: return setDeathSignal(data)
    case PROC_PDEATHSIG_STATUS: return deathSignal(data)
    case PROC_NO_NEW_PRIVS_CTL:
      guard let wanted = load(data, as: Int32.self) else { return HostError.EFAULT }
      // PROC_NO_NEW_PRIVS_ENABLE; there is no way back
      guard wanted == 1 else { return HostError.EINVAL }
      return host(HostProcess.prctl, HostProcess.PR_SET_NO_NEW_PRIVS, 1)
    default:
      let set = host(HostProcess.prctl, HostProcess.PR_GET_NO_NEW_PRIVS)
      return store(Int32(set == 1 ? 1 : 2), at: data) ? 0 : HostError.EFAULT
    }
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
