import CPicoEntry

/// What the host kernel tells this picoprocess by signal: traps, faults and the guest's own signals.
enum HostSignals {
  static var handlerAddress: UInt64 {
    let handler:
      @convention(c) (Int32, UnsafeMutablePointer<pico_siginfo>, UnsafeMutablePointer<pico_host_context>) -> Void =
        pico_signal
    return UInt64(UInt(bitPattern: unsafeBitCast(handler, to: UnsafeRawPointer.self)))
  }

  /// Blocks the signal by which threads are asked, until there is a handler for it: whoever has rung may be asked.
  ///
  /// - Returns: what was blocked before.
  static func blockAtStart() -> UInt64 {
    var mask: UInt64 = 0
    var blocked = Host.bit(Host.everyThread)
    withUnsafeMutablePointer(to: &mask) { mask in
      withUnsafeMutablePointer(to: &blocked) {
        _ = host(Host.rt_sigprocmask, 0, UInt(bitPattern: $0), UInt(bitPattern: mask), 8)  // SIG_BLOCK
      }
    }
    return mask
  }

  /// Prepares the first thread of a fresh image, which began with the signals of `mask` blocked.
  static func install(_ t: Thread, _ mask: UInt64) {
    Actions.reset(t.pointee.process)
    Actions.takeSynchronous(t.pointee.process)
    // exec blocks it; what the guest's mask said of it is not known.
    t.pointee.mask = mask & ~Host.bit(Host.everyThread)
    if mask & Host.synchronous != 0 {
      withUnsafePointer(to: Host.synchronous) {
        _ = host(Host.rt_sigprocmask, 1, UInt(bitPattern: $0), 0, 8)  // SIG_UNBLOCK
      }
    }
  }

  /// Whether an instruction pointer lies in the stub.
  @inline(__always)
  static func isStub(_ address: UInt64) -> Bool { address >> 32 == UInt64(PICO_STUB_HIGH) }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// What the host's mask never holds: signals by which traps and faults in the stub arrive, and the signal by which
  /// threads are asked.
  var neverBlocked: UInt64 { Host.synchronous | Host.bit(Host.everyThread) }

  /// Makes a guest mask the host's, without what must never be blocked.
  func setHostMask(_ mask: UInt64) {
    withUnsafePointer(to: mask & ~neverBlocked) {
      _ = host(Host.rt_sigprocmask, 2, UInt(bitPattern: $0), 0, 8)  // SIG_SETMASK
    }
  }

  /// Blocks all signals for good: for a thread that is about to end.
  func blockAllHostSignals() {
    withUnsafePointer(to: UInt64.max) { _ = host(Host.rt_sigprocmask, 2, UInt(bitPattern: $0), 0, 8) }
  }

  /// Blocks one signal for the host, whatever the guest's mask says.
  func blockHostSignal(_ signal: Int32) {
    withUnsafePointer(to: Host.bit(signal)) {
      _ = host(Host.rt_sigprocmask, 0, UInt(bitPattern: $0), 0, 8)  // SIG_BLOCK
    }
  }

  /// Blocks every signal that can be, so that none is remembered until `setHostMask`.
  func blockHostSignals() {
    withUnsafePointer(to: ~neverBlocked) {
      _ = host(Host.rt_sigprocmask, 2, UInt(bitPattern: $0), 0, 8)
    }
  }
}

/// The one host signal handler. It runs on the thread area's alternate stack with all asynchronous signals blocked.
@c func pico_signal(
  _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>, _ context: UnsafeMutablePointer<pico_host_context>
) {
  let t = ThreadArea.current
  if t.pointee.clock_stack != 0, !HostSignals.isStub(context.pointee.rip) {
    let isOwn = isFault(signal, info) || signal == Host.SIGSYS && info.pointee.code == 1
    if HostTime.abandon(t, isOwn, context) { return }
  }
  let base = pico_read_gs_base()
  let own = UInt64(UInt(bitPattern: t))
  if base != own && (!HostSignals.isStub(context.pointee.rip) || RewrittenContext.isGuests(context.pointee.rip)) {
    // Only guest code that was given GS, or took it, runs with another base.
    t.pointee.guest_gs = base
    t.pointee.flags |= UInt32(PICO_THREAD_OWNS_GS)
    t.selectLeanTable()
  }
  if signal == Host.everyThread, info.pointee.code == everyThreadCode, info.pointee.u.sent.pid == 0 {
    return answerEveryThread(t)
  }
  let isStop = signal == Host.everyThread && info.pointee.code == Int32(PICO_STOP_CODE)
  if signal == Host.everyThread, !isStop, t.pointee.mask & Host.bit(signal) != 0 {
    return holdBack(t, signal, info, context)
  }
  if signal == Host.SIGSYS {
    if info.pointee.code == 1 {  // SYS_SECCOMP
      pico_write_gs_base(own)
      return redirect(t, info, context)
    }
    if info.pointee.code == -6, t.pointee.dispatching != UInt32(PICO_REDIRECT_NONE) {  // SI_TKILL
      return carryOut(t, context)
    }
  }
  if signal == Host.SIGILL && isUtrace(t, info, context) {
    pico_write_gs_base(own)
    context.pointee.rax = 335
    return enter(t, context)
  }
  // Announces a stop to a tracer that is there no more.
  if signal == Host.SIGSYS && info.pointee.code == TracedStop.code { return }
  let isHeld = info.pointee.code == HeldSignals.code && HeldSignals.mayBe(t.pointee.process, signal)
  if isHeld {
    guard let held = HeldSignals.take(t.pointee.process, Host.bit(signal)) else { return }
    info.pointee = held
  }
  // A kqueue may count it, once; what the guest ignores ends here.
  if !isStop && !isFault(signal, info) && FreeBSD.Kqueues.signalArrived(t, signal, counted: isHeld) { return }
  RewrittenContext.leave(context, makesAnew: isStop)
  let windows = pico_windows()
  if context.pointee.rip == windows.exit_end {
    // All of the guest's registers are back; only the jump through RCX is left.
    context.pointee.rip = context.pointee.rcx
    t.pointee.guest_gs = base
  } else if HostSignals.isStub(context.pointee.rip) {
    if isFault(signal, info) { return recover(t, signal, info, context, windows) }
    if isStop && !stopArrived(t, context, inStub: true) { return }
    pico_write_gs_base(own)
    return remember(t, signal, info, context, windows)
  }
  if isStop {
    _ = stopArrived(t, context, inStub: false)
    return
  }
  deliver(t, signal, info, context)
}

/// A signal that the guest blocks and the host does not, since it may be ours: from here on the host blocks it too, and
/// keeps it, until the guest's mask is set anew.
private func holdBack(
  _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
  _ context: UnsafeMutablePointer<pico_host_context>
) {
  context.pointee.mask |= Host.bit(signal)
  t.blockHostSignal(signal)
  if info.pointee.code == -6 {  // SI_TKILL: for this thread
    requeue(t, signal, info)
  } else {
    host(129, UInt(t.pointee.process.pointee.tgid), UInt(signal), UInt(bitPattern: info))  // rt_sigqueueinfo
  }
}

/// Whether the kernel raised the signal for what the instruction did, not for somebody's wish.
private func isFault(_ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>) -> Bool {
  Host.synchronous & Host.bit(signal) != 0 && info.pointee.code > 0
}

/// A guest's system-call instruction: the call itself runs as ordinary code from the stub's entry on.
private func redirect(
  _ t: Thread, _ info: UnsafeMutablePointer<pico_siginfo>, _ context: UnsafeMutablePointer<pico_host_context>
) {
  if info.pointee.u.call.architecture != 0xc000_003e {  // AUDIT_ARCH_X86_64: int $0x80 is not served
    context.pointee.rax = UInt64(bitPattern: Int64(Host.ENOSYS))
    return
  }
  // A step over the instruction must not go on into the stub: a tracer's, or the guest's own. Nor must alignment checks.
  let kept = context.pointee.rflags & (t.isTraced ? 0x4_0000 : 0x4_0100)
  if t.isTraced { context.pointee.rflags &= ~0x100 }
  // A tracer, or a filter of the guest's, sees each call first.
  let isLinux = t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_LINUX)
  let isSeen = t.isTraced || isLinux && Linux.isFiltered(t)
  if !isSeen, isSignalReturn(t, context) {
    // Here is a host frame already, and a handler to restore it in.
    t.pointee.traps &+= 1
    t.pointee.resident_calls &+= 1
    t.pointee.frame = pico_frame(context)
    t.pointee.dispatching = UInt32(PICO_REDIRECT_SIGRETURN)
    return carryOut(t, context)
  }
  if kept != 0 {
    enter(t, context)
    t.keepFlags(kept, context)
    context.pointee.rip = pico_windows().entry_full
    return
  }
  if !Rewriting.trapped(t, context) { enter(t, context) }
}

/// Whether the call is a return from a signal's handler that nobody wants to see in a trace.
private func isSignalReturn(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>) -> Bool {
  let isFreeBSD = t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
  return UInt32(truncatingIfNeeded: context.pointee.rax) == (isFreeBSD ? 417 : 15) && Silo.header.pointee.tracing == 0
}

/// Goes on at the stub's entry, with the registers as the instruction leaves them.
private func enter(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>) {
  context.pointee.rcx = context.pointee.rip
  context.pointee.r11 = context.pointee.rflags
  context.pointee.rip = t.pointee.entry
}

/// Whether this is FreeBSD's `utrace(2)`. Its number, 335, is Linux's `uretprobe` from 6.11 on, which no filter sees and
/// which answers everybody but its own code page with a SIGILL.
private func isUtrace(
  _ t: Thread, _ info: UnsafeMutablePointer<pico_siginfo>, _ context: UnsafeMutablePointer<pico_host_context>
) -> Bool {
  guard t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD), info.pointee.code == 0x80,
    !HostSignals.isStub(context.pointee.rip)
  else { return false }
  return load(UInt(context.pointee.rip &- 2), as: UInt16.self) == 0x050f
}

/// A fault in the stub: a copy from or to a bad guest address goes on with an error, anything else is our defect.
private func recover(
  _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
  _ context: UnsafeMutablePointer<pico_host_context>, _ windows: pico_windows
) {
  let rip = context.pointee.rip
  // What the guest has set, and has come here with from a rewritten site or under a tracer.
  if signal == Host.SIGTRAP && context.pointee.rflags & 0x100 != 0 {
    t.keepFlags(0x100, context)
    // A tracer has led here: after one instruction all registers are still the guest's, and a lean call would not step.
    if rip > t.pointee.entry && rip < t.pointee.entry &+ 16 { context.pointee.rip = windows.entry_full }
  } else if signal == Host.SIGBUS && context.pointee.rflags & 0x4_0000 != 0 {
    t.keepFlags(0x4_0000, context)
  } else if rip >= windows.copy_begin && rip < windows.copy_end {
    context.pointee.rip = windows.copy_fault
  } else if rip >= windows.copy_end && rip < windows.atomic_end {
    context.pointee.rip = windows.atomic_fault
  } else {
    crash(t, signal, info, context)
  }
}

/// A signal that came while the stub ran: it waits for the way out, and all others wait in the kernel.
private func remember(
  _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
  _ context: UnsafeMutablePointer<pico_host_context>, _ windows: pico_windows
) {
  // A thread of the stub's own has no way out: the signal is for another.
  if t.pointee.is_helper != 0 { return t.holdBack(info) }
  // Only the kinds that are never blocked come while one is remembered: they come again once that is dealt with.
  if t.pointee.pending != 0 {
    if Host.synchronous & Host.bit(signal) == 0 { return holdBack(t, signal, info, context) }
    return HeldSignals.hold(t.pointee.process, info)
  }
  let rip = context.pointee.rip
  if rip >= windows.blocking_begin && rip < windows.blocking_end {
    // Not made yet, or to be made again: the call gives way to the signal.
    context.pointee.rax = UInt64(bitPattern: Int64(Host.EINTR))
    context.pointee.rip = windows.blocking_end
  } else if rip >= windows.lean_linux_begin && rip <= windows.lean_linux_call
    || rip >= windows.lean_freebsd_begin && rip <= windows.lean_freebsd_call
  {
    context.pointee.rip = windows.lean_interrupted
  } else if (rip == windows.lean_linux_end || rip == windows.lean_freebsd_end)
    && context.pointee.rax == UInt64(bitPattern: Int64(Host.EINTR)) && signal == Host.everyThread
  {
    // The wish to stop has ended a wait that the host does not take up again: it is made anew.
    context.pointee.rip = windows.lean_interrupted
  } else if rip >= windows.lean_exit_begin && rip < windows.lean_exit_end {
    context.pointee.rip = windows.lean_pending
  } else if rip >= windows.exit_begin && rip < windows.exit_end {
    context.pointee.rip = windows.exit
  }
  t.keepPending(info)
  context.pointee.mask = ~Host.synchronous
}

/// On the way out with a signal waiting: raises SIGSYS at this very instruction, so that the frame is built where the
/// kernel has saved the vector state.
@c func pico_deliver_pending(_ t: Thread) {
  t.pointee.dispatching = UInt32(PICO_REDIRECT_DELIVER)
  t.raiseRedirect()
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Takes flags from interrupted code until the call under way is over.
  fileprivate func keepFlags(_ flags: UInt64, _ context: UnsafeMutablePointer<pico_host_context>) {
    if pointee.flags & UInt32(PICO_THREAD_STEPS) == 0 { pointee.kept_flags = 0 }
    context.pointee.rflags &= ~flags
    pointee.kept_flags |= UInt32(flags)
    pointee.flags |= UInt32(PICO_THREAD_STEPS)
  }

  /// Has `pico_signal` carry out `dispatching`. Comes back only when it failed to.
  func raiseRedirect() {
    host(Host.tgkill, UInt(host(Host.getpid)), UInt(pointee.tid), UInt(Host.SIGSYS))
  }
}

/// Does in a signal handler what needs one: the guest's next registers, vector state and mask are all set by the host's
/// signal return in one step.
private func carryOut(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>) {
  let what = t.pointee.dispatching
  t.pointee.dispatching = UInt32(PICO_REDIRECT_NONE)
  t.pointee.flags &= ~UInt32(PICO_THREAD_STEPS)
  t.pointee.frame.store(to: context)
  if what == UInt32(PICO_REDIRECT_SIGRETURN) {
    // Over: a tracer that is told of the next call's end must have been told of its beginning.
    t.pointee.traced &= ~UInt32(PICO_TRACED_INSIDE)
    let restored =
      t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
      ? FreeBSD.restoreContext(t, context, at: t.pointee.frame.rdi) : Linux.restoreContext(t, context)
    if !restored && t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) {
      // FreeBSD's call fails; Linux's kills.
      context.pointee.rax = UInt64(FreeBSD.guestErrno(Host.EFAULT))
      context.pointee.rflags |= 1
    } else if !restored {
      var info = pico_siginfo()
      info.signal = Host.SIGSEGV
      info.code = 0x80  // SI_KERNEL
      return withUnsafeMutablePointer(to: &info) { deliver(t, Host.SIGSEGV, $0, context) }
    }
    if t.pointee.traced & UInt32(PICO_TRACED_CALLS) != 0 {
      t.pointee.stop_context = UInt64(UInt(bitPattern: context))
      t.stopForTracer(PICO_STOP_AT_EXIT)
      t.pointee.stop_context = 0
    }
  } else if what == UInt32(PICO_REDIRECT_CONTEXT) {
    FreeBSD.exchangeContext(t, context)
  }
  if t.pendingIsStop {
    t.pointee.pending = 0
    t.stand(context)
    return t.giveBackGS()
  }
  if t.pointee.pending != 0 {
    let signal = Int32(truncatingIfNeeded: t.pointee.pending_signal)
    t.pointee.pending = 0
    return deliver(t, signal, pico_pending_info(t).assumingMemoryBound(to: pico_siginfo.self), context)
  }
  if var held = HeldSignals.take(t.pointee.process, ~t.pointee.mask) {
    return withUnsafeMutablePointer(to: &held) { deliver(t, $0.pointee.signal, $0, context) }
  }
  context.pointee.mask = t.pointee.mask & ~t.neverBlocked
  t.giveBackGS()
}
