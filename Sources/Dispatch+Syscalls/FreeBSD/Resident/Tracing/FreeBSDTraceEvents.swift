import CPicoEntry

/// The stops that no signal makes: calls, new threads and processes. How a tracee runs on.
extension FreeBSD {
  /// The first stop of a thread or a process that a tracee has made.
  static func beginning(_ t: Thread, _ tracee: Tracing.TraceePointer) -> Int32? {
    tracee.pointee.freeBSD.events = makerEvents(t, tracee)
    let isThread = tracee.pointee.freeBSD.process != tracee.pointee.tid
    if isThread {
      applyTraceEvents(tracee)
      guard tracee.pointee.freeBSD.events & PTRACE.LWP != 0 else { return goOn(t, tracee) }
      tracee.pointee.freeBSD.flags = PL.BORN | PL.SCX
      return SIGTRAP
    }
    let area = Tracing.readArea(t, tracee)
    guard tracee.pointee.freeBSD.events & PTRACE.FORK != 0 else {
      if let area {
        area.pointee.traced &= UInt32(PICO_TRACED_NEW)
        Tracing.writeBack(tracee, area, &area.pointee.traced)
      }
      let tid = tracee.pointee.tid
      Tracing.forgetTracee(t, tid)
      host(Host.ptrace, 17, UInt(tid), 0, 0)  // PTRACE_DETACH
      return nil
    }
    applyTraceEvents(tracee)
    if let area, area.pointee.traced & UInt32(PICO_TRACED_NEW) == 0 {
      // The child of vfork begins with its registers as they will be.
      tracee.pointee.freeBSD.flags = PL.CHILD | PL.SCX
      return SIGSTOP
    }
    // Reported when the fork it was made by has ended, with the registers it then has.
    tracee.pointee.freeBSD.waits = TraceeState.Waits.child
    return goOn(t, tracee)
  }

  /// A tracee has made a thread or a process.
  static func maker(_ t: Thread, _ tracee: Tracing.TraceePointer, _ event: UInt32) -> Int32? {
    var child: UInt64 = 0
    withUnsafeMutablePointer(to: &child) {
      _ = host(Host.ptrace, 0x4201, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))
    }
    let isThread = processNumber(of: UInt32(truncatingIfNeeded: child)) == tracee.pointee.freeBSD.process
    if !isThread && tracee.pointee.freeBSD.events & PTRACE.FORK != 0 {
      tracee.pointee.freeBSD.child = Int32(truncatingIfNeeded: child)
      if event == 2 {
        // The call lasts until the child lets go of the memory: told now.
        tracee.pointee.freeBSD.flags = PL.FORKED | PL.SCX
        if tracee.pointee.freeBSD.events & PTRACE.VFORK != 0 { tracee.pointee.freeBSD.flags |= PL.VFORKED }
        return SIGTRAP
      }
      tracee.pointee.freeBSD.waits = TraceeState.Waits.fork
    }
    return goOn(t, tracee)
  }

  static func callBegins(_ t: Thread, _ tracee: Tracing.TraceePointer) -> Int32? {
    let state = tracee.pointee.freeBSD
    if state.waits == TraceeState.Waits.ended { tracee.pointee.freeBSD.waits = TraceeState.Waits.nothing }
    guard state.events & PTRACE.SCE != 0 else { return goOn(t, tracee) }
    tracee.pointee.freeBSD.flags = PL.SCE
    return SIGTRAP
  }

  static func callEnds(_ t: Thread, _ tracee: Tracing.TraceePointer) -> Int32? {
    let state = tracee.pointee.freeBSD
    tracee.pointee.freeBSD.waits = TraceeState.Waits.nothing
    switch state.waits {
    case TraceeState.Waits.fork:
      tracee.pointee.freeBSD.flags = PL.FORKED | PL.SCX
      return SIGTRAP
    case TraceeState.Waits.ended: return goOn(t, tracee)
    case TraceeState.Waits.child:
      tracee.pointee.freeBSD.flags = PL.CHILD | PL.SCX
      return SIGSTOP
    default: break
    }
    guard state.events & PTRACE.SCX != 0 else { return goOn(t, tracee) }
    tracee.pointee.freeBSD.flags = PL.SCX
    return SIGTRAP
  }

  static func goOn(_ t: Thread, _ tracee: Tracing.TraceePointer) -> Int32? {
    _ = letRun(t, tracee, steps: tracee.pointee.freeBSD.steps != 0, signal: 0)
    return nil
  }

  /// Lets a stopped tracee run to its next stop.
  ///
  /// - Parameter signal: the host's number of what is to be delivered, which the tracer is not told of again; or 0.
  static func letRun(_ t: Thread, _ tracee: Tracing.TraceePointer, steps: Bool, signal: Int32) -> Int {
    let state = tracee.pointee.freeBSD
    let seesCalls =
      state.events & PTRACE.SYSCALL != 0 || state.waits == TraceeState.Waits.fork
      || state.waits == TraceeState.Waits.child
    let catches =
      signal != 0 && Tracing.readArea(t, tracee).map { Tracing.handler(tracee, $0, signal) > Host.SIG_IGN } ?? false
    let kind = Int32(bitPattern: tracee.pointee.kind)
    if signal != 0 && kind != PICO_STOP_FOR_SIGNAL {
      // It is sent anew, or meets the stub, which asks before a handler is entered.
      let meetsStub = catches && tracee.pointee.place != Tracee.Place.hostRegisters
      if kind != 0 || meetsStub { tracee.pointee.freeBSD.injected = signal }
    }
    if state.waits == TraceeState.Waits.child, let area = Tracing.readArea(t, tracee) {
      // Its first call's end is the one that is waited for.
      area.pointee.traced &= ~UInt32(PICO_TRACED_NEW)
      Tracing.writeBack(tracee, area, &area.pointee.traced)
    }
    // PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_CONT
    // A handler is entered at full speed: its frame has no trap flag.
    let isPlain = state.waits == TraceeState.Waits.nothing || state.waits == TraceeState.Waits.ended
    let stepsFirst = steps && isPlain && !catches
    return Tracing.resume(t, tracee, stepsFirst ? 9 : seesCalls ? 24 : 7, signal: UInt(signal))
  }
}
