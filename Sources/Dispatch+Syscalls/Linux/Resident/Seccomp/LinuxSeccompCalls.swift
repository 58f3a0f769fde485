import CPicoEntry

extension Linux {
  /// `seccomp(2)`.
  ///
  /// - Errors: `EINVAL` for unknown operations and flags, and for a mode other than the one in force; `EACCES` without
  ///   `no_new_privs` or `CAP_SYS_ADMIN`; `EFAULT`; those of `addFilter`; `ESRCH` with
  ///   `SECCOMP_FILTER_FLAG_TSYNC_ESRCH` when a thread cannot be brought in step.
  /// - Differs: `SECCOMP_FILTER_FLAG_NEW_LISTENER` is refused with `EINVAL`, as before Linux 5.0.
  static func seccomp(_ t: Thread, _ operation: UInt32, _ flags: UInt32, _ args: UInt) -> Int {
    switch operation {
    case SECCOMP_SET_MODE_STRICT: flags != 0 || args != 0 ? Host.EINVAL : setStrict(t)
    case SECCOMP_SET_MODE_FILTER: setFilter(t, flags, args)
    case SECCOMP_GET_ACTION_AVAIL: flags != 0 ? Host.EINVAL : isActionAvailable(args)
    default: Host.EINVAL
    }
  }

  /// `prctl(PR_SET_SECCOMP)`: 1 is strict, 2 a filter.
  static func setSeccomp(_ t: Thread, _ mode: UInt, _ filter: UInt) -> Int {
    switch mode {
    case 1: setStrict(t)
    case 2: setFilter(t, 0, filter)
    default: Host.EINVAL
    }
  }

  /// `prctl(PR_GET_SECCOMP)`. In strict mode the call has killed already.
  static func seccompMode(_ t: Thread) -> Int { words(t).pointee.filters != 0 ? 2 : 0 }

  private static func setStrict(_ t: Thread) -> Int {
    if words(t).pointee.filters != 0 { return Host.EINVAL }
    words(t).pointee.flags |= strictSeccomp
    Rewriting.see(t, .all)
    t.selectLeanTable()
    return 0
  }

  private static func setFilter(_ t: Thread, _ flags: UInt32, _ args: UInt) -> Int {
    let known =
      SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW
      | SECCOMP_FILTER_FLAG_TSYNC_ESRCH
    if flags & ~known != 0 { return Host.EINVAL }
    if load(args, as: sock_fprog.self) == nil { return Host.EFAULT }
    if !hasNoNewPrivileges(t) && !isCapable(t, 21) { return Host.EACCES }  // CAP_SYS_ADMIN
    let before = words(t).pointee.filters
    if flags & SECCOMP_FILTER_FLAG_TSYNC != 0 {
      var stranger = 0
      ThreadArea.forEach { other in
        guard other.pointee.process == t.pointee.process, other != t, other.pointee.tid != 0 else { return }
        if !isAncestor(words(other).pointee.filters, of: before) { stranger = Int(other.pointee.tid) }
      }
      if stranger != 0 { return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0 ? -3 : stranger }
    }
    let result = addFilter(t, args)
    if result != 0 || flags & SECCOMP_FILTER_FLAG_TSYNC == 0 { return result }
    let mine = words(t).pointee
    ThreadArea.forEach { other in
      guard other.pointee.process == t.pointee.process, other != t else { return }
      words(other).pointee.filters = mine.filters
      if mine.flags & noNewPrivileges != 0 { words(other).pointee.flags |= noNewPrivileges }
      other.selectLeanTable()
    }
    return 0
  }

  private static func isActionAvailable(_ args: UInt) -> Int {
    guard let action = load(args, as: UInt32.self) else { return Host.EFAULT }
    switch action {
    case SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE,
      SECCOMP_RET_LOG, SECCOMP_RET_ALLOW:
      return 0
    default: return -95  // EOPNOTSUPP
    }
  }

  /// Whether the calling thread has a capability in its effective set.
  static func isCapable(_ t: Thread, _ capability: UInt32) -> Bool {
    var header = (version: UInt32(0x2008_0522), pid: UInt32(0))
    var sets: [6 of UInt32] = .init(repeating: 0)
    let result = withUnsafeMutablePointer(to: &header) { header in
      withUnsafeMutablePointer(to: &sets) { host(125, UInt(bitPattern: header), UInt(bitPattern: $0)) }
    }
    return result == 0 && sets[capability < 32 ? 0 : 3] & 1 << (capability & 31) != 0
  }

  /// Makes a call that was let through. A tracer may have put another in its place.
  static func allowedCall(_ t: Thread) -> Int {
    let number = UInt(UInt32(truncatingIfNeeded: t.pointee.number))
    if number == 0 || number == 17, readsProc(t), let viewed = readProcText(t, number) { return viewed }
    return dispatch(t, number)
  }

  /// Asks the thread's own dispatcher and its seccomp mode about the call in its frame.
  ///
  /// - Parameter again: a tracer has seen it, and is not asked a second time.
  /// - Returns: nil when it may be made; else what it ends with.
  static func refusedBySeccomp(_ t: Thread, _ number: UInt, again: Bool = false) -> Int? {
    if !again && words(t).pointee.flags & userDispatch != 0, let turned = turnedToDispatcher(t) { return turned }
    if words(t).pointee.flags & strictSeccomp != 0 {
      // read, write, exit, rt_sigreturn
      if number == 0 || number == 1 || number == 60 || number == 15 { return nil }
      host(Host.tgkill, UInt(t.pointee.process.pointee.tgid), UInt(t.pointee.tid), UInt(Host.SIGKILL))
      return Host.ENOSYS
    }
    let frame = t.pointee.frame
    var data = seccomp_data(
      nr: UInt32(truncatingIfNeeded: number), arch: AUDIT_ARCH_X86_64, instruction_pointer: frame.rip,
      args: (frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9))
    let answer = withUnsafeMutablePointer(to: &data) {
      judge(t, UnsafeRawPointer($0).assumingMemoryBound(to: UInt32.self))
    }
    let value = answer & 0xffff
    switch answer & SECCOMP_RET_ACTION_FULL {
    case SECCOMP_RET_ALLOW, SECCOMP_RET_LOG: return nil
    case SECCOMP_RET_ERRNO: return -Int(min(value, 4095))
    case SECCOMP_RET_TRACE where again: return nil
    case SECCOMP_RET_TRACE:
      if !t.stopByFilter(value) { return Host.ENOSYS }
      let now = UInt32(truncatingIfNeeded: t.pointee.number)
      // The tracer has taken the call away, and left a result.
      if now == UInt32.max { return Int(truncatingIfNeeded: Int64(bitPattern: t.pointee.frame.rax)) }
      return refusedBySeccomp(t, UInt(now), again: true)
    case SECCOMP_RET_USER_NOTIF: return Host.ENOSYS  // nobody listens
    case SECCOMP_RET_TRAP: return trap(t, data, value)
    case SECCOMP_RET_KILL_THREAD where !isAlone(t): exitThread(t, status: Host.SIGSYS)
    default: return killed(t, Host.SIGSYS)
    }
  }

  private static func isAlone(_ t: Thread) -> Bool {
    var threads = 0
    ThreadArea.forEach { if $0.pointee.process == t.pointee.process { threads += 1 } }
    return threads == 1
  }

  /// SIGSYS with the call in its siginfo, for `SECCOMP_RET_TRAP` (code `SYS_SECCOMP`) or a thread's own dispatcher
  /// (`SYS_USER_DISPATCH`); the registers stay as they were before it.
  static func trap(_ t: Thread, _ data: seccomp_data, _ value: UInt32, code: Int32 = 1) -> Int {
    var info = pico_siginfo()
    info.signal = Host.SIGSYS
    info.code = code
    info.error = Int32(bitPattern: value)
    info.u.call.address = data.instruction_pointer
    info.u.call.number = Int32(bitPattern: data.nr)
    info.u.call.architecture = AUDIT_ARCH_X86_64
    t.pointee.frame.rax = t.pointee.number
    return withUnsafePointer(to: info) { t.deliverOnExit($0) } ? frameIsSet : Restart.always
  }

  /// Ends the picoprocess as the kernel would: by a signal, whatever its action or mask.
  static func killed(_ t: Thread, _ signal: Int32) -> Int {
    Actions.setDefault(t.pointee.process, signal, onHost: true)
    ThreadArea.forEach { $0.flushCounters() }
    host(Host.tgkill, UInt(t.pointee.process.pointee.tgid), UInt(t.pointee.tid), UInt(signal))
    return Host.ENOSYS
  }
}
