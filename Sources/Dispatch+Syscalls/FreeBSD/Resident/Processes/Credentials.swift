/// User and group numbers. The host keeps them by thread, FreeBSD by process: every thread makes a change.
extension FreeBSD {
  /// `setuid(2)`: all three of the user numbers, for root and for whoever owns the number already. Errors: `EPERM`.
  static func setuid(_ t: Thread, _ uid: UInt32) -> Int {
    guard uid != .max else { return HostError.EINVAL }
    return changing(t, HostProcess.setresuid, UInt(uid), UInt(uid), UInt(uid))
  }

  /// `setgid(2)`: all three of the group numbers. Errors: `EPERM`.
  static func setgid(_ t: Thread, _ gid: UInt32) -> Int {
    guard gid != .max else { return HostError.EINVAL }
    return changing(t, HostProcess.setresgid, UInt(gid), UInt(gid), UInt(gid))
  }

  /// The most groups a process has, the effective one counted (`NGROUPS_MAX` + 1).
  private static let groupLimit: Int32 = 1024

  /// `getgroups(2)`: the effective group first, then the others.
  ///
  /// Errors: `EINVAL` when they are more than `gidsetsize`, which is not 0; `EFAULT`.
  static func getgroups(_ t: Thread, _ gidsetsize: Int32, _ gidset: UInt) -> Int {
    let others = host(HostProcess.getgroups, 0, 0)
    guard others >= 0 else { return others }
    if gidsetsize == 0 { return others &+ 1 }
    guard Int(gidsetsize) > others else { return HostError.EINVAL }
    let first = host(HostProcess.getegid)
    guard store(UInt32(truncatingIfNeeded: first), at: gidset) else { return HostError.EFAULT }
    guard others > 0 else { return 1 }
    let result = host(HostProcess.getgroups, UInt(bitPattern: Int(gidsetsize) &- 1), gidset &+ 4)
    return result < 0 ? result : result &+ 1
  }

  /// `setgroups(2)`: the first becomes the effective group, the rest the others.
  ///
  /// Errors: `EINVAL` for too many, `EFAULT`, `EPERM`.
  static func setgroups(_ t: Thread, _ gidsetsize: Int32, _ gidset: UInt) -> Int {
    guard gidsetsize >= 0, gidsetsize <= groupLimit else { return HostError.EINVAL }
    guard gidsetsize > 0 else { return changing(t, HostProcess.setgroups, 0, 0, 0) }
    guard let first = load(gidset, as: UInt32.self) else { return HostError.EFAULT }
    let result = changing(t, HostProcess.setgroups, UInt(bitPattern: Int(gidsetsize) &- 1), gidset &+ 4, 0)
    guard result == 0 else { return result }
    return changing(t, HostProcess.setresgid, UInt(UInt32.max), UInt(first), UInt(UInt32.max))
  }

  /// Makes a change, and keeps in mind that there was one.
  static func changing(_ t: Thread, _ call: Int, _ a0: UInt, _ a1: UInt, _ a2: UInt) -> Int {
    let users = numbers(HostProcess.getresuid)
    let groups = numbers(HostProcess.getresgid)
    let result = everyThread(t, call, a0, a1, a2)
    let isSame =
      users == numbers(HostProcess.getresuid) && groups == numbers(HostProcess.getresgid)
      && call != HostProcess.setgroups
    if result == 0 && !isSame { ProcessFlags.change(t, set: ProcessFlags.changedCredentials) }
    return result
  }

  /// Real, effective and saved numbers, of the user (`getresuid`) or the group (`getresgid`).
  private static func numbers(_ call: Int) -> (UInt32, UInt32, UInt32) {
    var three: (UInt32, UInt32, UInt32) = (0, 0, 0)
    withUnsafeMutablePointer(to: &three) {
      let at = UInt(bitPattern: $0)
      _ = host(call, at, at + 4, at + 8)
    }
    return three
  }

  /// `issetugid(2)`: 1 when the effective numbers are not the real ones, or any has changed since exec.
  static func issetugid(_ t: Thread) -> Int {
    if ProcessFlags.has(t, ProcessFlags.changedCredentials) { return 1 }
    return host(HostProcess.getuid) != host(HostProcess.geteuid)
      || host(HostProcess.getgid) != host(HostProcess.getegid)
      ? 1 : 0
  }
}
