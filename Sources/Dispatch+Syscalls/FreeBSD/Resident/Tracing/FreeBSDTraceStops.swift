import CPicoEntry

/// Stops as the guest's wait reports them.
extension FreeBSD {
  /// Looks at a status that the host's wait has given.
  ///
  /// - Returns: what the guest's wait gives: the process and its status. Nil when the stop was none of the guest's, and
  ///   the thread runs again.
  static func tracedStatus(_ t: Thread, _ id: UInt32, _ status: UInt32) -> (process: UInt32, status: Int32)? {
    if status & 0xff != 0x7f {
      if status == 0xffff { return (id, waitStatus(Int32(bitPattern: status))) }
      let known = Tracing.tracee(t, id)
      let process = known?.pointee.freeBSD.process ?? id
      if known != nil { Tracing.forgetTracee(t, id) }
      // A thread that ends is no business of wait's.
      return process == id || process == 0 ? (id, waitStatus(Int32(bitPattern: status))) : nil
    }
    let before = Tracing.tracee(t, id)
    let wasNew = before.map { $0.pointee.flags & Tracee.newborn != 0 } ?? isNewThread(t, id)
    guard let seen = Tracing.seenStatus(t, id, status) else { return nil }
    guard let tracee = Tracing.tracee(t, id) else { return (id, waitStatus(Int32(bitPattern: seen))) }
    if tracee.pointee.freeBSD.process == 0 {
      tracee.pointee.freeBSD.process = processNumber(of: id)
      applyTraceEvents(tracee)
    }
    guard let signal = reported(t, tracee, seen, wasNew: wasNew) else { return nil }
    tracee.pointee.freeBSD.signal = signal
    return (tracee.pointee.freeBSD.process, signal << 8 | 0x7f)
  }

  /// What a stop is to the guest.
  ///
  /// - Returns: the signal that its status names; nil when it goes on without a report.
  private static func reported(_ t: Thread, _ tracee: Tracing.TraceePointer, _ seen: UInt32, wasNew: Bool) -> Int32? {
    let event = seen >> 16
    let hostSignal = Int32(truncatingIfNeeded: seen >> 8 & 0xff)
    tracee.pointee.freeBSD.flags = 0
    switch Int32(bitPattern: tracee.pointee.kind) {
    case PICO_STOP_AT_ENTRY: return callBegins(t, tracee)
    case PICO_STOP_AT_EXIT: return callEnds(t, tracee)
    case PICO_STOP_AFTER_EXEC:
      if tracee.pointee.freeBSD.events & PTRACE.EXEC == 0 { return goOn(t, tracee) }
      tracee.pointee.freeBSD.flags = PL.EXEC | PL.SCX
      return SIGTRAP
    case PICO_STOP_AFTER_STEP, PICO_STOP_FOR_SIGNAL:
      if tracee.pointee.kind == UInt32(PICO_STOP_FOR_SIGNAL) {
        if takesInjected(t, tracee, hostSignal) { return nil }
      } else if tracee.pointee.freeBSD.waits == TraceeState.Waits.ended {
        // That was the end of a call that to the tracer had ended before.
        tracee.pointee.freeBSD.waits = TraceeState.Waits.nothing
        _ = letRun(t, tracee, steps: true, signal: 0)
        return nil
      }
      tracee.pointee.freeBSD.flags = PL.SI
      return guestSignal(hostSignal)
    default: break
    }
    switch event {
    case 1, 2, 3: return maker(t, tracee, event)
    case 5:  // PTRACE_EVENT_VFORK_DONE
      if tracee.pointee.freeBSD.events & PTRACE.VFORK == 0 { return goOn(t, tracee) }
      tracee.pointee.freeBSD.flags = PL.VFORK_DONE | PL.SCX
      return SIGTRAP
    case 0: break
    default: return goOn(t, tracee)
    }
    if wasNew && hostSignal == 19 { return beginning(t, tracee) }  // SIGSTOP
    if takesInjected(t, tracee, hostSignal) { return nil }
    let area = Tracing.readArea(t, tracee)
    if let area, isIgnored(tracee, area, hostSignal) { return goOn(t, tracee) }
    if let area, tracee.pointee.place == Tracee.Place.frame, sendsSignals(area.pointee.number) {
      tracee.pointee.freeBSD.waits = TraceeState.Waits.ended
    }
    tracee.pointee.freeBSD.flags = PL.SI
    return guestSignal(hostSignal)
  }

  /// A signal that the tracer itself has sent goes its way.
  private static func takesInjected(_ t: Thread, _ tracee: Tracing.TraceePointer, _ signal: Int32) -> Bool {
    guard signal != 0, tracee.pointee.freeBSD.injected == signal else { return false }
    tracee.pointee.freeBSD.injected = 0
    _ = letRun(t, tracee, steps: tracee.pointee.freeBSD.steps != 0, signal: signal)
    return true
  }

  /// kill(2), thr_kill(2), sigqueue(2), thr_kill2(2).
  private static func sendsSignals(_ number: UInt64) -> Bool {
    number == 37 || number == 433 || number == 456 || number == 481
  }

  /// What a process ignores, its tracer is not told of.
  private static func isIgnored(_ tracee: Tracing.TraceePointer, _ area: Thread, _ signal: Int32) -> Bool {
    let handler = Tracing.handler(tracee, area, signal)
    // SIGCHLD, SIGURG, SIGWINCH, SIGIO, SIGPWR, which stands for SIGINFO
    let harmless = Host.bit(17) | Host.bit(23) | Host.bit(28) | Host.bit(29) | Host.bit(30)
    return handler == Host.SIG_IGN && signal != 19 || handler == Host.SIG_DFL && harmless & Host.bit(signal) != 0
  }
}
