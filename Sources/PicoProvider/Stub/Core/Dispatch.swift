import CPicoEntry

/// What a handler returns when it has set the whole frame itself: no result is stored.
let frameIsSet = -515

/// A system call that the lean path did not make: the frame holds the guest's registers.
@c func pico_dispatch(_ t: Thread) {
  let process = t.pointee.process
  let personality = process.pointee.personality
  var result = Restart.always
  // A signal that came in on the way here is delivered first; the call is made again after its handler.
  if t.pointee.pending == 0 {
    if t.pointee.traced & UInt32(PICO_TRACED_CALLS) != 0 { t.stopAtEntry() }
    traceBegin(t)
    let direct = t.pointee.direct_calls
    // Every system served here looks at the lower half only.
    let number = UInt(UInt32(truncatingIfNeeded: t.pointee.number))
    if personality == UInt32(PICO_PERSONALITY_FREEBSD) {
      result = FreeBSD.dispatch(t, number)
    } else if t.isTraced && UInt32(number) == UInt32.max {
      // The tracer has taken the call away, and left a result.
      result = Int(truncatingIfNeeded: Int64(bitPattern: t.pointee.frame.rax))
    } else if Linux.isFiltered(t) {
      result = Linux.refusedBySeccomp(t, number) ?? Linux.allowedCall(t)
    } else {
      result = Linux.allowedCall(t)
    }
    // The direct ones among them count themselves.
    if t.pointee.direct_calls == direct { t.pointee.resident_calls &+= 1 }
  }
  if t.pointee.saved_mask_valid != 0 && t.pointee.pending == 0 {
    t.pointee.saved_mask_valid = 0
    t.pointee.mask = t.pointee.saved_mask
  }
  finish(t, result)
  if t.pointee.flags & UInt32(PICO_THREAD_STEPS) != 0 { t.stepOn() }
}

/// Puts a handler's result where the guest looks for it, or has the call made again.
private func finish(_ t: Thread, _ result: Int) {
  if result == frameIsSet {
    // As for a signal return: the next call may be put off by a signal before its beginning is told.
    t.pointee.traced &= ~UInt32(PICO_TRACED_INSIDE)
    return traceEnd(t, restarts: false)
  }
  var result = result
  // The wish to stop is no signal of the guest's: what it interrupted is made again.
  if result == Host.EINTR && t.pendingIsStop { result = Restart.always }
  if result == Host.EINTR && t.pendingIsMasked { result = Restart.always }
  if result == Restart.ifActionSaysSo || result == Restart.always {
    if result == Restart.always || t.pointee.pending == 0 || t.pendingActionRestarts || t.pendingIsMasked {
      traceEnd(t, restarts: true)
      t.pointee.frame.rip &-= 2
      t.pointee.frame.rax = t.pointee.number
      if t.pointee.traced != 0 { t.stopAtExit(restarts: true) }
      return
    }
    result = Host.EINTR
  }
  if t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) {
    FreeBSD.storeResult(t, result)
  } else {
    t.pointee.frame.rax = UInt64(bitPattern: Int64(result))
  }
  traceEnd(t, restarts: false)
  if t.pointee.traced != 0 { t.stopAtExit(restarts: false) }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Goes back to a guest that had flags set which the stub cannot run with: by a signal return, which sets them again
  /// with nothing of the stub behind it.
  fileprivate func stepOn() {
    pointee.flags &= ~UInt32(PICO_THREAD_STEPS)
    pointee.frame.rflags |= UInt64(pointee.kept_flags)
    pointee.frame.r11 |= UInt64(pointee.kept_flags)
    pointee.dispatching = UInt32(PICO_REDIRECT_STEP)
    raiseRedirect()
  }

  /// Whether the action of the signal that waits has `SA_RESTART`.
  var pendingActionRestarts: Bool {
    if pendingIsStop { return true }
    let action = Actions.get(pointee.process, Int32(truncatingIfNeeded: pointee.pending_signal))
    return action.flags & Host.SA_RESTART != 0
  }
}

/// A call the guest system has and picorun lacks: counted, reported at the end or with `--strict` at once.
func missingCall(_ t: Thread, _ number: UInt) -> Int {
  count(t, number)
  return Host.ENOSYS
}

private func count(_ t: Thread, _ number: UInt) {
  let personality = Int(t.pointee.process.pointee.personality)
  if personality < 3 {
    if number < UInt(PICO_TABLE_ROWS) {
      _ = pico_add32(pico_missing_counts(Silo.header, Int32(personality)) + Int(number), 1)
    } else {
      pico_store32(pico_unknown_number(Silo.header, Int32(personality)), UInt32(truncatingIfNeeded: number))
      _ = pico_add32(pico_unknown_count(Silo.header, Int32(personality)), 1)
    }
  }
  if Silo.header.pointee.strict != 0 {
    t.pointee.transfer.pointee.number = UInt64(number)
    _ = t.ring(PICO_MISSING)
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// A number that the guest system has no call for. FreeBSD's kernel sends SIGSYS besides the error.
  func noSuchCall(_ number: UInt) -> Int {
    count(self, number)
    if pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) {
      host(Host.tgkill, UInt(pointee.process.pointee.tgid), UInt(pointee.tid), UInt(Host.SIGSYS))
    }
    return Host.ENOSYS
  }
}
