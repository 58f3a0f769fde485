/// Limits and usage of resources.
extension FreeBSD {
  /// `getrlimit(2)`. Errors: `EINVAL` for an unknown limit, `EFAULT`. A limit the host lacks is infinite.
  static func getrlimit(_ t: Thread, _ which: UInt32, _ rlp: UInt) -> Int {
    guard which < RLIM_NLIMITS else { return HostError.EINVAL }
    var limit = Rlimit()
    if let number = hostRlimit(which) {
      let result = currentLimit(number, into: &limit)
      guard result == 0 else { return result }
    }
    return store(limit, at: rlp) ? 0 : HostError.EFAULT
  }

  /// `setrlimit(2)`. Errors: `EFAULT`, `EINVAL` for an unknown limit, `EPERM` above the hard limit.
  ///
  /// A soft limit above the hard one is lowered to it, and an infinite number of descriptors to what the hard limit
  /// allows, as `kern_proc_setrlimit` has it. A limit that the host lacks can only be infinite.
  static func setrlimit(_ t: Thread, _ which: UInt32, _ rlp: UInt) -> Int {
    guard var wanted = load(rlp, as: Rlimit.self) else { return HostError.EFAULT }
    guard which < RLIM_NLIMITS else { return HostError.EINVAL }
    guard let number = hostRlimit(which) else {
      return hostLimit(wanted.rlim_cur) == .max && hostLimit(wanted.rlim_max) == .max ? 0 : HostError.EPERM
    }
    var now = Rlimit()
    let known = currentLimit(number, into: &now)
    guard known == 0 else { return known }
    if which == RLIMIT_NOFILE {
      // There is a most of descriptors that no limit exceeds; the guest need not know it.
      if hostLimit(wanted.rlim_cur) == .max { wanted.rlim_cur = now.rlim_max }
      if hostLimit(wanted.rlim_max) == .max { wanted.rlim_max = now.rlim_max }
    }
    wanted.rlim_cur = hostLimit(wanted.rlim_cur)
    wanted.rlim_max = hostLimit(wanted.rlim_max)
    wanted.rlim_cur = min(wanted.rlim_cur, wanted.rlim_max)
    return withUnsafePointer(to: &wanted) {
      host(HostProcess.prlimit64, 0, number, UInt(bitPattern: $0), 0)
    }
  }

  private static func currentLimit(_ number: UInt, into limit: inout Rlimit) -> Int {
    let result = withUnsafeMutablePointer(to: &limit) {
      host(HostProcess.prlimit64, 0, number, 0, UInt(bitPattern: $0))
    }
    limit.rlim_cur = guestLimit(limit.rlim_cur)
    limit.rlim_max = guestLimit(limit.rlim_max)
    return result
  }

  /// `getrusage(2)`: `RUSAGE_SELF` 0, `RUSAGE_CHILDREN` -1, `RUSAGE_THREAD` 1, on the host too. Errors: `EINVAL`,
  /// `EFAULT`.
  static func getrusage(_ t: Thread, _ who: Int32, _ rusage: UInt) -> Int {
    host(HostProcess.getrusage, argument(who), rusage)
  }
}
