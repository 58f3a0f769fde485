import CPicoEntry

extension Linux {
  private static let PR_GET_DUMPABLE: Int32 = 3
  private static let PR_SET_DUMPABLE: Int32 = 4
  private static let PR_GET_SECCOMP: Int32 = 21
  private static let PR_SET_SECCOMP: Int32 = 22
  private static let PR_SET_MM: Int32 = 35
  private static let PR_SET_NO_NEW_PRIVS: Int32 = 38
  private static let PR_GET_NO_NEW_PRIVS: Int32 = 39
  private static let PR_SET_SYSCALL_USER_DISPATCH: Int32 = 59

  /// `prctl(2)`: the host's, but for what the stub has already taken there for itself.
  ///
  /// - Differs: a guest's `PR_SET_MM` may not name the stub's memory.
  static func prctl(_ t: Thread, _ option: Int32, _ arg2: UInt, _ arg3: UInt, _ arg4: UInt, _ arg5: UInt) -> Int {
    switch option {
    case PR_GET_DUMPABLE where isHostTraced: return dumpWord(t).pointee != 0 ? 0 : host(Host.prctl, 3)
    case PR_SET_DUMPABLE where isHostTraced:
      // The platform's tracer could not reach the thread areas of a process that the host takes for undumpable.
      if arg2 > 1 { return Host.EINVAL }
      dumpWord(t).pointee = arg2 == 0 ? 1 : 0
      return 0
    case PR_SET_SECCOMP: return setSeccomp(t, arg2, arg3)
    case PR_GET_SECCOMP: return seccompMode(t)
    case PR_SET_SYSCALL_USER_DISPATCH: return setUserDispatch(t, arg2, arg3, arg4, arg5)
    case PR_SET_NO_NEW_PRIVS:
      if arg2 != 1 || arg3 != 0 || arg4 != 0 || arg5 != 0 { return Host.EINVAL }
      words(t).pointee.flags |= noNewPrivileges
      return host(Host.prctl, 38, 1, 0, 0, 0)
    case PR_GET_NO_NEW_PRIVS:
      if arg2 != 0 || arg3 != 0 || arg4 != 0 || arg5 != 0 { return Host.EINVAL }
      return hasNoNewPrivileges(t) ? 1 : 0
    case PR_SET_MM: return reservedOverlap(arg3, 1) ? Host.EINVAL : host(Host.prctl, 35, arg2, arg3, arg4, arg5)
    default:
      return t.blocking(Host.prctl, UInt(bitPattern: Int(option)), arg2, arg3, arg4, arg5)
    }
  }

  private static var isHostTraced: Bool { Silo.header.pointee.platform != 0 }

  private static func dumpWord(_ t: Thread) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &t.pointee.process.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + 2
    }
  }

  /// `landlock_restrict_self(2)`. Errors: `EPERM` without `no_new_privs` or `CAP_SYS_ADMIN`, as far as the guest set it;
  /// those of the host.
  static func landlock_restrict_self(_ t: Thread, _ ruleset_fd: Int32, _ flags: UInt32) -> Int {
    if !hasNoNewPrivileges(t) && !isCapable(t, 21) { return Host.EPERM }
    return host(446, UInt(bitPattern: Int(ruleset_fd)), UInt(flags))
  }
}
