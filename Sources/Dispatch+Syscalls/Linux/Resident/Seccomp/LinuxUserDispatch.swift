import CPicoEntry

/// Syscall user dispatch: calls of a thread go to its own handler of SIGSYS, but for those from one range of its code, and
/// while a byte in its memory says so.
///
/// - Source: Linux Documentation/admin-guide/syscall-user-dispatch.rst, kernel/entry/syscall_user_dispatch.c.
extension Linux {
  private static let PR_SYS_DISPATCH_OFF: UInt = 0
  private static let PR_SYS_DISPATCH_EXCLUSIVE_ON: UInt = 1
  private static let PR_SYS_DISPATCH_INCLUSIVE_ON: UInt = 2
  private static let SYSCALL_DISPATCH_FILTER_ALLOW: UInt8 = 0
  private static let SYSCALL_DISPATCH_FILTER_BLOCK: UInt8 = 1
  private static let SYS_USER_DISPATCH: Int32 = 2
  private static let endOfUserSpace: UInt = 0x7fff_ffff_f000

  /// `prctl(PR_SET_SYSCALL_USER_DISPATCH)`. A new thread or process begins without, and so does a new image.
  ///
  /// - Errors: `EINVAL` for another mode, for arguments beside `OFF`, and for a range that is empty or wraps; `EFAULT` for a
  ///   selector outside of user space.
  static func setUserDispatch(_ t: Thread, _ mode: UInt, _ offset: UInt, _ length: UInt, _ selector: UInt) -> Int {
    var (start, count) = (offset, length)
    switch mode {
    case PR_SYS_DISPATCH_OFF:
      if offset != 0 || length != 0 || selector != 0 { return Host.EINVAL }
    case PR_SYS_DISPATCH_EXCLUSIVE_ON:
      if offset != 0 && offset &+ length <= offset { return Host.EINVAL }
    case PR_SYS_DISPATCH_INCLUSIVE_ON:
      if length == 0 || offset &+ length <= offset { return Host.EINVAL }
      // All but the range.
      (start, count) = (offset &+ length, 0 &- length)
    default: return Host.EINVAL
    }
    if selector >= endOfUserSpace { return Host.EFAULT }
    let mine = words(t)
    (mine.pointee.dispatchOffset, mine.pointee.dispatchLength) = (UInt64(start), UInt64(count))
    mine.pointee.dispatchSelector = UInt64(selector)
    if mode == PR_SYS_DISPATCH_OFF {
      mine.pointee.flags &= ~userDispatch
    } else {
      mine.pointee.flags |= userDispatch
      Rewriting.see(t, .all)
    }
    t.selectLeanTable()
    return 0
  }

  /// A new thread has none.
  static func forgetDispatcher(_ t: Thread) {
    if words(t).pointee.flags & userDispatch == 0 { return }
    words(t).pointee.flags &= ~userDispatch
    t.selectLeanTable()
  }

  /// What a call ends with that is the dispatcher's; nil when it is made.
  static func turnedToDispatcher(_ t: Thread) -> Int? {
    let mine = words(t).pointee
    let frame = t.pointee.frame
    if frame.rip &- mine.dispatchOffset < mine.dispatchLength { return nil }
    if mine.dispatchSelector != 0 {
      guard let state = load(UInt(mine.dispatchSelector), as: UInt8.self) else { return killed(t, Host.SIGSEGV) }
      if state == SYSCALL_DISPATCH_FILTER_ALLOW { return nil }
      if state != SYSCALL_DISPATCH_FILTER_BLOCK { return killed(t, Host.SIGSYS) }
    }
    let data = seccomp_data(
      nr: UInt32(truncatingIfNeeded: t.pointee.number), arch: AUDIT_ARCH_X86_64, instruction_pointer: frame.rip,
      args: (frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9))
    return trap(t, data, 0, code: SYS_USER_DISPATCH)
  }
}
