import CPicoEntry

extension FreeBSD {
  /// What a tracer keeps of each thread it traces, besides what it needs to find the thread's registers.
  struct TraceeState {
    /// The process the thread is of; 0 until its first stop.
    var process: UInt32 = 0
    /// `PTRACE_` events that the tracer has asked for.
    var events: UInt32 = PTRACE.EXEC
    /// `PL_FLAG_` of the stop that was reported.
    var flags: UInt32 = 0
    /// The child of a fork that is reported, or will be when the call ends.
    var child: Int32 = 0
    /// The guest's signal of the stop, 0 for one that no signal made.
    var signal: Int32 = 0
    /// `Waits`, raw: what the end of the call under way is to be reported as.
    var waits: UInt32 = 0
    /// Host signal that the tracer has sent on its way: it is not told of it again. 0 for none.
    var injected: Int32 = 0
    /// The tracer has asked that it take one step with each run.
    var steps: UInt32 = 0

    enum Waits {
      static let nothing: UInt32 = 0
      static let fork: UInt32 = 1
      static let child: UInt32 = 2
      /// The call that sent the stop's signal has ended before the signal comes.
      static let ended: UInt32 = 3
    }
  }

  /// Host options of a tracee: threads are followed in any case, and nothing traced outlives its tracer
  /// (`kern.kill_on_debugger_exit`).
  private static func hostTraceOptions(_ state: TraceeState) -> UInt32 {
    // PTRACE_O_TRACECLONE, _TRACEEXEC, _EXITKILL; _TRACEFORK and _TRACEVFORK; _TRACEVFORKDONE.
    0x10_0018 | (state.events & PTRACE.FORK != 0 ? 6 : 0) | (state.events & PTRACE.VFORK != 0 ? 0x20 : 0)
  }

  /// Puts on the host what the tracer has asked for. The tracee is stopped.
  static func applyTraceEvents(_ tracee: Linux.TraceePointer) {
    tracee.pointee.options = hostTraceOptions(tracee.pointee.freeBSD)
    Linux.setHostOptions(tracee)
  }

  /// Looks at a status that the host's wait has given.
  ///
  /// - Returns: what the guest's wait gives: the process and its status. Nil when the stop was none of the guest's, and
  ///   the thread runs again.
  static func tracedStatus(_ t: Thread, _ id: UInt32, _ status: UInt32) -> (process: UInt32, status: Int32)? {
    if status & 0xff != 0x7f {
      if status == 0xffff { return (id, waitStatus(Int32(bitPattern: status))) }
      let known = processWord(t, 0).pointee != 0 ? Linux.tracee(t, id) : nil
      let process = known?.pointee.freeBSD.process ?? id
      if known != nil { Linux.forgetTracee(t, id) }
      // A thread that ends is no business of wait's.
      return process == id || process == 0 ? (id, waitStatus(Int32(bitPattern: status))) : nil
    }
    let before = processWord(t, 0).pointee != 0 ? Linux.tracee(t, id) : nil
    let wasNew = before.map { $0.pointee.flags & Tracee.newborn != 0 } ?? isNewThread(t, id)
    guard let seen = Linux.seenStatus(t, id, status) else { return nil }
    guard let tracee = Linux.tracee(t, id) else { return (id, waitStatus(Int32(bitPattern: seen))) }
    if tracee.pointee.freeBSD.process == 0 {
      tracee.pointee.freeBSD.process = processNumber(of: id)
      applyTraceEvents(tracee)
    }
    guard let signal = reported(t, tracee, seen, wasNew: wasNew) else { return nil }
    tracee.pointee.freeBSD.signal = signal
    return (tracee.pointee.freeBSD.process, signal << 8 | 0x7f)
  }

  /// Whether a thread that stops for the first time was made by a tracee: it may be seen before its maker's report.
  private static func isNewThread(_ t: Thread, _ id: UInt32) -> Bool {
    guard processWord(t, 0).pointee != 0 else { return false }
    let status = HostText(process: Int32(bitPattern: id), "status")
    guard let process = number(in: status, "Tgid"), let parent = number(in: status, "PPid") else { return false }
    return process != Int(id) && traces(t, UInt32(process)) || traces(t, UInt32(truncatingIfNeeded: parent))
  }

  private static func number(in text: HostText, _ name: StaticString) -> Int? {
    guard var position = text.value(of: name) else { return nil }
    return text.number(at: &position)
  }

  private static func processNumber(of id: UInt32) -> UInt32 {
    number(in: HostText(process: Int32(bitPattern: id), "status"), "Tgid").map { UInt32(truncatingIfNeeded: $0) } ?? id
  }

  private static func traces(_ t: Thread, _ process: UInt32) -> Bool {
    guard let table = Linux.tracees(t) else { return false }
    for place in 0..<Linux.traceePlaces where table[place].tid != 0 {
      if table[place].freeBSD.process == process { return true }
    }
    return false
  }

  /// What a stop is to the guest.
  ///
  /// - Returns: the signal that its status names; nil when it goes on without a report.
  private static func reported(_ t: Thread, _ tracee: Linux.TraceePointer, _ seen: UInt32, wasNew: Bool) -> Int32? {
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
    let area = Linux.readArea(t, tracee)
    if let area, isIgnored(tracee, area, hostSignal) { return goOn(t, tracee) }
    if let area, tracee.pointee.place == Tracee.Place.frame, sendsSignals(area.pointee.number) {
      tracee.pointee.freeBSD.waits = TraceeState.Waits.ended
    }
    tracee.pointee.freeBSD.flags = PL.SI
    return guestSignal(hostSignal)
  }

  /// A signal that the tracer itself has sent goes its way.
  private static func takesInjected(_ t: Thread, _ tracee: Linux.TraceePointer, _ signal: Int32) -> Bool {
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
  private static func isIgnored(_ tracee: Linux.TraceePointer, _ area: Thread, _ signal: Int32) -> Bool {
    let handler = Linux.handler(tracee, area, signal)
    // SIGCHLD, SIGURG, SIGWINCH, SIGIO, SIGPWR, which stands for SIGINFO
    let harmless = Host.bit(17) | Host.bit(23) | Host.bit(28) | Host.bit(29) | Host.bit(30)
    return handler == Host.SIG_IGN && signal != 19 || handler == Host.SIG_DFL && harmless & Host.bit(signal) != 0
  }

  /// The first stop of a thread or a process that a tracee has made.
  private static func beginning(_ t: Thread, _ tracee: Linux.TraceePointer) -> Int32? {
    tracee.pointee.freeBSD.events = makerEvents(t, tracee)
    let isThread = tracee.pointee.freeBSD.process != tracee.pointee.tid
    if isThread {
      applyTraceEvents(tracee)
      guard tracee.pointee.freeBSD.events & PTRACE.LWP != 0 else { return goOn(t, tracee) }
      tracee.pointee.freeBSD.flags = PL.BORN | PL.SCX
      return SIGTRAP
    }
    let area = Linux.readArea(t, tracee)
    guard tracee.pointee.freeBSD.events & PTRACE.FORK != 0 else {
      if let area {
        area.pointee.traced &= UInt32(PICO_TRACED_NEW)
        withUnsafeMutablePointer(to: &area.pointee.traced) { Linux.writeArea(tracee, area, $0, 4) }
      }
      let tid = tracee.pointee.tid
      Linux.forgetTracee(t, tid)
      host(101, 17, UInt(tid), 0, 0)  // PTRACE_DETACH
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
  private static func maker(_ t: Thread, _ tracee: Linux.TraceePointer, _ event: UInt32) -> Int32? {
    var child: UInt64 = 0
    withUnsafeMutablePointer(to: &child) { _ = host(101, 0x4201, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0)) }
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

  /// What is asked for of a new thread or process: the same as of its maker.
  private static func makerEvents(_ t: Thread, _ tracee: Linux.TraceePointer) -> UInt32 {
    guard let table = Linux.tracees(t) else { return PTRACE.EXEC }
    let own = tracee.pointee.freeBSD.process
    let parent = number(in: HostText(process: Int32(bitPattern: own), "status"), "PPid") ?? 0
    for place in 0..<Linux.traceePlaces where table[place].tid != 0 && table[place].tid != tracee.pointee.tid {
      let process = table[place].freeBSD.process
      if process == own || Int(process) == parent { return table[place].freeBSD.events }
    }
    return PTRACE.EXEC
  }

  private static func callBegins(_ t: Thread, _ tracee: Linux.TraceePointer) -> Int32? {
    let state = tracee.pointee.freeBSD
    if state.waits == TraceeState.Waits.ended { tracee.pointee.freeBSD.waits = TraceeState.Waits.nothing }
    guard state.events & PTRACE.SCE != 0 else { return goOn(t, tracee) }
    tracee.pointee.freeBSD.flags = PL.SCE
    return SIGTRAP
  }

  private static func callEnds(_ t: Thread, _ tracee: Linux.TraceePointer) -> Int32? {
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

  private static func goOn(_ t: Thread, _ tracee: Linux.TraceePointer) -> Int32? {
    _ = letRun(t, tracee, steps: tracee.pointee.freeBSD.steps != 0, signal: 0)
    return nil
  }

  /// Lets a stopped tracee run to its next stop.
  ///
  /// - Parameter signal: the host's number of what is to be delivered, which the tracer is not told of again; or 0.
  static func letRun(_ t: Thread, _ tracee: Linux.TraceePointer, steps: Bool, signal: Int32) -> Int {
    let state = tracee.pointee.freeBSD
    let seesCalls =
      state.events & PTRACE.SYSCALL != 0 || state.waits == TraceeState.Waits.fork
      || state.waits == TraceeState.Waits.child
    let catches =
      signal != 0 && Linux.readArea(t, tracee).map { Linux.handler(tracee, $0, signal) > Host.SIG_IGN } ?? false
    let kind = Int32(bitPattern: tracee.pointee.kind)
    if signal != 0 && kind != PICO_STOP_FOR_SIGNAL {
      // It is sent anew, or meets the stub, which asks before a handler is entered.
      let meetsStub = catches && tracee.pointee.place != Tracee.Place.hostRegisters
      if kind != 0 || meetsStub { tracee.pointee.freeBSD.injected = signal }
    }
    if state.waits == TraceeState.Waits.child, let area = Linux.readArea(t, tracee) {
      // Its first call's end is the one that is waited for.
      area.pointee.traced &= ~UInt32(PICO_TRACED_NEW)
      withUnsafeMutablePointer(to: &area.pointee.traced) { Linux.writeArea(tracee, area, $0, 4) }
    }
    // PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_CONT
    // A handler is entered at full speed: its frame has no trap flag.
    let isPlain = state.waits == TraceeState.Waits.nothing || state.waits == TraceeState.Waits.ended
    let stepsFirst = steps && isPlain && !catches
    return Linux.resume(t, tracee, stepsFirst ? 9 : seesCalls ? 24 : 7, signal: UInt(signal))
  }
}
