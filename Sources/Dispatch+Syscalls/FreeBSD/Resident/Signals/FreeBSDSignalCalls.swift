import CPicoEntry

extension FreeBSD {
  /// `sigaction(2)`.
  ///
  /// - Errors: `EFAULT` for `act`; `EINVAL` for a number that is no signal, for flags that are not defined, and for
  ///   handling SIGKILL or SIGSTOP; `EFAULT` for `oact`, with the new action in force.
  /// - Source: FreeBSD sys/kern/kern_sig.c `kern_sigaction`.
  static func sigaction(_ t: Thread, _ sig: Int32, _ act: UInt, _ oact: UInt) -> Int {
    var wanted: Action?
    if act != 0 {
      guard let action = load(act, as: Action.self) else { return Host.EFAULT }
      wanted = action
    }
    if sig < 1 || sig > _SIG_MAXSIG { return Host.EINVAL }
    if let wanted {
      if wanted.flags & ~0x7f != 0 { return Host.EINVAL }
      if (sig == SIGKILL || sig == SIGSTOP) && wanted.handler != 0 { return Host.EINVAL }
    }
    // A signal that the host has no number for can be asked about but never comes.
    guard let signal = hostSignal(sig) else {
      let none = Action(handler: 0, flags: 0, mask: (0, 0, 0, 0))
      return oact == 0 || store(none, at: oact) ? 0 : Host.EFAULT
    }
    let process = t.pointee.process
    let old = Actions.get(process, signal)
    if let wanted, Host.unmaskable & Host.bit(signal) == 0 {
      Actions.set(
        process, signal,
        pico_action(
          handler: wanted.handler, flags: hostActionFlags(wanted.flags), mask: hostMask(wanted.mask) & ~Host.unmaskable,
          restorer: 0))
    }
    if oact != 0 {
      let value = Action(handler: old.handler, flags: guestActionFlags(old.flags), mask: guestMask(old.mask))
      if !store(value, at: oact) { return Host.EFAULT }
    }
    return 0
  }

  private static func hostActionFlags(_ guest: UInt32) -> UInt64 {
    var flags: UInt64 = 0
    if guest & SA_ONSTACK != 0 { flags |= Host.SA_ONSTACK }
    if guest & SA_RESTART != 0 { flags |= Host.SA_RESTART }
    if guest & SA_RESETHAND != 0 { flags |= Host.SA_RESETHAND }
    if guest & SA_NOCLDSTOP != 0 { flags |= Host.SA_NOCLDSTOP }
    if guest & SA_NODEFER != 0 { flags |= Host.SA_NODEFER }
    if guest & SA_NOCLDWAIT != 0 { flags |= Host.SA_NOCLDWAIT }
    if guest & SA_SIGINFO != 0 { flags |= Host.SA_SIGINFO }
    return flags
  }

  private static func guestActionFlags(_ host: UInt64) -> UInt32 {
    var flags: UInt32 = 0
    if host & Host.SA_ONSTACK != 0 { flags |= SA_ONSTACK }
    if host & Host.SA_RESTART != 0 { flags |= SA_RESTART }
    if host & Host.SA_RESETHAND != 0 { flags |= SA_RESETHAND }
    if host & Host.SA_NOCLDSTOP != 0 { flags |= SA_NOCLDSTOP }
    if host & Host.SA_NODEFER != 0 { flags |= SA_NODEFER }
    if host & Host.SA_NOCLDWAIT != 0 { flags |= SA_NOCLDWAIT }
    if host & Host.SA_SIGINFO != 0 { flags |= SA_SIGINFO }
    return flags
  }

  /// `sigprocmask(2)`. Errors: `EFAULT` for `set`; `EINVAL` for an unknown `how`; `EFAULT` for `oset`, after the change.
  static func sigprocmask(_ t: Thread, _ how: Int32, _ set: UInt, _ oset: UInt) -> Int {
    let old = t.pointee.mask
    if set != 0 {
      guard let words = load(set, as: SignalSet.self) else { return Host.EFAULT }
      let bits = hostMask(words)
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
    return oset == 0 || store(guestMask(old), at: oset) ? 0 : Host.EFAULT
  }

  /// `sigaltstack(2)`.
  ///
  /// - Errors: `EFAULT` for `ss`; `EPERM` while a handler runs on the stack; `EINVAL` for flags other than
  ///   `SS_DISABLE`; `ENOMEM` for less than `MINSIGSTKSZ`; `EFAULT` for `oss`.
  static func sigaltstack(_ t: Thread, _ ss: UInt, _ oss: UInt) -> Int {
    let onStack = t.isOnAltstack(t.pointee.frame.rsp)
    let old = SignalStack(
      ss_sp: t.pointee.altstack_base, ss_size: t.pointee.altstack_size,
      ss_flags: t.pointee.altstack_size == 0 ? SS_DISABLE : onStack ? SS_ONSTACK : 0)
    if ss != 0 {
      guard let wanted = load(ss, as: SignalStack.self) else { return Host.EFAULT }
      if onStack { return Host.EPERM }
      if wanted.ss_flags & ~SS_DISABLE != 0 { return Host.EINVAL }
      if wanted.ss_flags & SS_DISABLE != 0 {
        t.disarmAltstack()
      } else {
        if wanted.ss_size < MINSIGSTKSZ { return Host.ENOMEM }
        t.pointee.altstack_base = wanted.ss_sp
        t.pointee.altstack_size = wanted.ss_size
        t.pointee.altstack_flags = 0
      }
    }
    return oss == 0 || store(old, at: oss) ? 0 : Host.EFAULT
  }

  /// `sigsuspend(2)`. Errors: `EFAULT`, and always `EINTR` in the end.
  static func sigsuspend(_ t: Thread, _ sigmask: UInt) -> Int {
    guard let words = load(sigmask, as: SignalSet.self) else { return Host.EFAULT }
    return t.suspend(hostMask(words))
  }

  /// `sigpending(2)`. Errors: `EFAULT`.
  static func sigpending(_ t: Thread, _ set: UInt) -> Int {
    var mask: UInt64 = 0
    withUnsafeMutablePointer(to: &mask) { _ = host(127, UInt(bitPattern: $0), 8) }  // rt_sigpending
    mask |= HeldSignals.waiting(t.pointee.process) & t.pointee.mask
    return store(guestMask(mask), at: set) ? 0 : Host.EFAULT
  }

  /// `sigreturn(2)`: done where the host's signal return can set everything at once.
  static func sigreturn(_ t: Thread, _ sigcntxp: UInt) -> Int {
    t.pointee.frame.rdi = UInt64(sigcntxp)
    t.pointee.dispatching = UInt32(PICO_REDIRECT_SIGRETURN)
    t.raiseRedirect()
    return frameIsSet
  }

  /// `sigtimedwait(2)`.
  ///
  /// - Returns: the signal's number. Errors: `EFAULT`, `EINVAL` for nanoseconds out of range, `EAGAIN` when the time
  ///   has passed, `EINTR`.
  static func sigtimedwait(_ t: Thread, _ set: UInt, _ info: UInt, _ timeout: UInt) -> Int {
    waitForSignal(t, set, info, timeout)
  }

  /// `sigwaitinfo(2)`.
  static func sigwaitinfo(_ t: Thread, _ set: UInt, _ info: UInt) -> Int { waitForSignal(t, set, info, 0) }

  /// `sigwait(2)`: the signal goes to `sig`; an error number is the result, not an error. It is never interrupted.
  static func sigwait(_ t: Thread, _ set: UInt, _ sig: UInt) -> Int {
    let result = waitForSignal(t, set, 0, 0)
    if result == Host.EINTR { return Restart.always }
    if result < 0 { return -result }
    return store(Int32(truncatingIfNeeded: result), at: sig) ? 0 : -Host.EFAULT
  }

  /// Gives the thread the mask back that it had; when a signal waits to be delivered, with that.
  private static func takeBack(_ t: Thread, _ mask: UInt64) {
    if t.pointee.pending == 0 && t.setMask(mask) == 0 { return }
    t.pointee.saved_mask = mask
    t.pointee.saved_mask_valid = 1
  }

  private static func waitForSignal(_ t: Thread, _ set: UInt, _ info: UInt, _ timeout: UInt) -> Int {
    guard let words = load(set, as: SignalSet.self) else { return Host.EFAULT }
    var hostInfo = pico_siginfo()
    let result: Int
    // What is waited for is taken here, whatever would be done with it: the host does so with blocked signals only.
    let before = t.pointee.mask
    let wanted = before | hostMask(words) & ~Host.unmaskable
    if wanted != before {
      let set = t.setMask(wanted)
      if set != 0 { return set }
    }
    defer { if wanted != before { takeBack(t, before) } }
    if let held = HeldSignals.take(t.pointee.process, hostMask(words)) {
      hostInfo = held
      result = Int(held.signal)
    } else {
      result = withUnsafePointer(to: hostMask(words) & ~Host.synchronous) { mask in
        withUnsafeMutablePointer(to: &hostInfo) {
          t.blocking(128, UInt(bitPattern: mask), UInt(bitPattern: $0), timeout, 8)  // rt_sigtimedwait
        }
      }
    }
    if result < 0 { return result }
    if info != 0 {
      let guest = withUnsafeMutablePointer(to: &hostInfo) { signalInfo($0) }
      if !store(guest, at: info) { return Host.EFAULT }
    }
    return Int(guestSignal(Int32(truncatingIfNeeded: result)))
  }
}
