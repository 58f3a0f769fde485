import CPicoEntry

extension Linux {
  /// `rt_sigaction(2)`.
  ///
  /// - Errors: `EINVAL` for a mask size other than 8, a signal outside 1...64, and for changing SIGKILL or SIGSTOP;
  ///   `EFAULT`.
  static func rt_sigaction(_ t: Thread, _ signal: Int32, _ act: UInt, _ oldact: UInt, _ sigsetsize: UInt) -> Int {
    if sigsetsize != 8 { return Host.EINVAL }
    var wanted: sigaction?
    if act != 0 {
      guard let action = load(act, as: sigaction.self) else { return Host.EFAULT }
      wanted = action
    }
    if signal < 1 || signal > 64 || (wanted != nil && Host.unmaskable & Host.bit(signal) != 0) { return Host.EINVAL }
    let process = t.pointee.process
    let old = Actions.get(process, signal)
    if let wanted {
      Actions.set(
        process, signal,
        pico_action(
          handler: wanted.sa_handler, flags: wanted.sa_flags, mask: wanted.sa_mask & ~Host.unmaskable,
          restorer: wanted.sa_restorer))
    }
    if oldact != 0 {
      let value = sigaction(sa_handler: old.handler, sa_flags: old.flags, sa_restorer: old.restorer, sa_mask: old.mask)
      if !store(value, at: oldact) { return Host.EFAULT }
    }
    return 0
  }

  /// `rt_sigprocmask(2)`.
  ///
  /// - Errors: `EINVAL` for a mask size other than 8; `EFAULT`; `EINVAL` for an unknown `how`. The old mask is stored
  ///   after the new one is set.
  static func rt_sigprocmask(_ t: Thread, _ how: Int32, _ set: UInt, _ oldset: UInt, _ sigsetsize: UInt) -> Int {
    if sigsetsize != 8 { return Host.EINVAL }
    let old = t.pointee.mask
    if set != 0 {
      guard let bits = load(set, as: UInt64.self) else { return Host.EFAULT }
      let mask: UInt64
      switch how {
      case SIG_BLOCK: mask = old | bits
      case SIG_UNBLOCK: mask = old & ~bits
      case SIG_SETMASK: mask = bits
      default: return Host.EINVAL
      }
      let result = t.setMask(mask)
      if result != 0 { return result }
    }
    return oldset == 0 || store(old, at: oldset) ? 0 : Host.EFAULT
  }

  /// `sigaltstack(2)`.
  ///
  /// - Errors: `EFAULT`; `EPERM` while a handler runs on the stack; `EINVAL` for unknown flags; `ENOMEM` for less than
  ///   `MINSIGSTKSZ`.
  static func sigaltstack(_ t: Thread, _ ss: UInt, _ old_ss: UInt) -> Int {
    let onStack = t.isOnAltstack(t.pointee.frame.rsp)
    let old = stack_t(
      ss_sp: t.pointee.altstack_base,
      ss_flags: t.pointee.altstack_size == 0
        ? SS_DISABLE : (onStack ? SS_ONSTACK : 0) | (t.pointee.altstack_flags & SS_AUTODISARM),
      ss_size: t.pointee.altstack_size)
    if ss != 0 {
      guard let wanted = load(ss, as: stack_t.self) else { return Host.EFAULT }
      if onStack && t.pointee.altstack_flags & SS_AUTODISARM == 0 { return Host.EPERM }
      let mode = wanted.ss_flags & ~SS_AUTODISARM
      if mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK { return Host.EINVAL }
      if mode == SS_DISABLE {
        t.disarmAltstack()
      } else {
        if wanted.ss_size < MINSIGSTKSZ { return Host.ENOMEM }
        t.pointee.altstack_base = wanted.ss_sp
        t.pointee.altstack_size = wanted.ss_size
        t.pointee.altstack_flags = wanted.ss_flags & SS_AUTODISARM
      }
    }
    return old_ss == 0 || store(old, at: old_ss) ? 0 : Host.EFAULT
  }

  /// `rt_sigsuspend(2)`. Errors: `EINVAL` for a mask size other than 8, `EFAULT`, and always `EINTR` in the end.
  static func rt_sigsuspend(_ t: Thread, _ set: UInt, _ sigsetsize: UInt) -> Int {
    if sigsetsize != 8 { return Host.EINVAL }
    guard let mask = load(set, as: UInt64.self) else { return Host.EFAULT }
    return t.suspend(mask)
  }

  /// `rt_sigreturn(2)`: done where the host's signal return can set everything at once.
  static func rt_sigreturn(_ t: Thread) -> Int {
    t.pointee.dispatching = UInt32(PICO_REDIRECT_SIGRETURN)
    t.raiseRedirect()
    return frameIsSet
  }

  /// `rt_sigpending(2)`: the host's, and what the stub holds back.
  ///
  /// - Errors: `EINVAL` for a mask size above 8; `EFAULT`.
  static func rt_sigpending(_ t: Thread, _ set: UInt, _ sigsetsize: UInt) -> Int {
    if sigsetsize > 8 { return Host.EINVAL }
    var bits: UInt64 = 0
    withUnsafeMutablePointer(to: &bits) { _ = host(127, UInt(bitPattern: $0), 8) }
    bits |= HeldSignals.waiting(t.pointee.process) & t.pointee.mask
    return withUnsafePointer(to: bits) { copyOut(to: set, $0, count: Int(sigsetsize)) } ? 0 : Host.EFAULT
  }

  /// `rt_sigtimedwait(2)`: what the stub holds back, else as the host.
  static func rt_sigtimedwait(_ t: Thread, _ set: UInt, _ info: UInt, _ timeout: UInt, _ sigsetsize: UInt) -> Int {
    if sigsetsize != 8 { return Host.EINVAL }
    guard let mask = load(set, as: UInt64.self) else { return Host.EFAULT }
    if let held = HeldSignals.take(t.pointee.process, mask) {
      return info == 0 || withUnsafePointer(to: held) { copyOut(to: info, $0, count: 128) }
        ? Int(held.signal) : Host.EFAULT
    }
    // One of those that the host never blocks interrupts the wait, is held back, and is found when the call is made again.
    return withUnsafePointer(to: mask & ~Host.synchronous) {
      t.blocking(128, UInt(bitPattern: $0), info, timeout, 8)
    }
  }

  /// `signalfd4(2)`.
  ///
  /// - Differs: signals by which the stub's traps and faults arrive are never read from it.
  static func signalfd4(_ t: Thread, _ fd: Int32, _ mask: UInt, _ sizemask: UInt, _ flags: Int32) -> Int {
    if sizemask != 8 { return Host.EINVAL }
    guard var bits = load(mask, as: UInt64.self) else { return Host.EFAULT }
    bits &= ~Host.synchronous
    return withUnsafePointer(to: bits) {
      host(289, UInt(bitPattern: Int(fd)), UInt(bitPattern: $0), 8, UInt(bitPattern: Int(flags)))
    }
  }

  /// `signalfd(2)`.
  static func signalfd(_ t: Thread, _ fd: Int32, _ mask: UInt, _ sizemask: UInt) -> Int {
    signalfd4(t, fd, mask, sizemask, 0)
  }
}
