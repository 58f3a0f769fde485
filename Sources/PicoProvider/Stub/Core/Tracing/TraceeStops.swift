import CPicoEntry

/// What the tracing side makes of the stops of its tracees: most are the stub's own, and go on at once.
extension Tracing {
  private static let SIGTRAP: UInt32 = 5
  static let PTRACE_O_TRACESYSGOOD: UInt32 = 1
  static let PTRACE_O_TRACEEXEC: UInt32 = 0x10
  static let PTRACE_O_TRACESECCOMP: UInt32 = 0x80
  private static let PTRACE_EVENT_EXEC: UInt32 = 4
  private static let PTRACE_EVENT_SECCOMP: UInt32 = 7

  /// Looks at a wait status of a child or tracee.
  ///
  /// - Returns: the status the guest gets; nil when the stop was none of its, and the thread runs again.
  static func seenStatus(_ t: Thread, _ tid: UInt32, _ status: UInt32) -> UInt32? {
    if status & 0xff != 0x7f {
      if status != 0xffff { forgetTracee(t, tid) }
      return status
    }
    // A stop of job control has no signal information to ask for, and is no tracee's unless it is known.
    var info = pico_siginfo()
    let asked = withUnsafeMutablePointer(to: &info) { host(Host.ptrace, 0x4202, UInt(tid), 0, UInt(bitPattern: $0)) }
    if asked == -3 { return status }  // ESRCH: not traced
    guard let registers = hostRegisters(tid), let tracee = tracee(t, tid) ?? addUnannounced(t, tid, registers) else {
      return status
    }
    let legacy = tracee.pointee.flags & Tracee.seized == 0
    tracee.pointee.kind = 0
    locate(t, tracee, registers)
    let signal = Int32(truncatingIfNeeded: status >> 8 & 0xff)
    let event = status >> 16
    if event == PTRACE_EVENT_EXEC { return followExec(tracee) }
    if event >= 1 && event <= 3 {  // fork, vfork, clone: in the middle of the call
      noteChild(t, tracee)
      if let area = readArea(t, tracee) {
        area.pointee.traced |= UInt32(PICO_TRACED_INSIDE)
        writeBack(tracee, area, &area.pointee.traced)
      }
    }
    if event != 0 || asked < 0 || takeNewborn(tracee, signal) { return status }
    let isInStub = HostSignals.isStub(registers.rip)
    if signal == Host.SIGSYS && info.code == TracedStop.code { return announced(t, tracee) }
    // A trap of the guest's, or a call of one of the stub's threads to another.
    if signal == Host.SIGSYS && (info.code == 1 || isInStub) || info.code == HeldSignals.code
      || info.code == everyThreadCode
    {
      return goOn(tracee, signal)
    }
    if signal == Int32(SIGTRAP) && isInStub && tracee.pointee.area == 0 && legacy {
      // What exec sends to a tracee whose tracer has asked for nothing.
      setHostOptions(tracee)
      return followExec(tracee)
    }
    if let area = readArea(t, tracee) {
      if area.pointee.told_signal == UInt32(bitPattern: signal) {
        area.pointee.told_signal = 0
        writeBack(tracee, area, &area.pointee.told_signal)
        return goOn(tracee, signal)
      }
      // The host's own report of a step over a system call; the stub's comes when the call has been made.
      if isInStub && signal == Int32(SIGTRAP) && area.pointee.traced & UInt32(PICO_TRACED_STEP) != 0 {
        return goOn(tracee, 0)
      }
      let caught = handler(tracee, area, signal) > Host.SIG_IGN || Host.synchronous & Host.bit(signal) != 0
      if isInStub && caught && tracee.pointee.place != Tracee.Place.hostRegisters { return goOn(tracee, signal) }
    }
    if signal == Int32(SIGTRAP), tracee.pointee.flags & Tracee.stepping != 0 {
      // The stub has set the trap flag for the step.
      tracee.pointee.flags &= ~Tracee.stepping
      var cleared = registers
      cleared.eflags &= ~0x100
      withUnsafePointer(to: cleared) { _ = host(Host.ptrace, 13, UInt(tid), 0, UInt(bitPattern: $0)) }
    }
    return status
  }

  /// The first stop of a new child says nothing of a signal that was sent.
  private static func takeNewborn(_ tracee: TraceePointer, _ signal: Int32) -> Bool {
    guard tracee.pointee.flags & Tracee.newborn != 0, signal == Host.SIGSTOP else { return false }
    tracee.pointee.flags &= ~Tracee.newborn
    return true
  }

  private static func goOn(_ tracee: TraceePointer, _ signal: Int32) -> UInt32? {
    tracee.pointee.place = Tracee.Place.running
    host(Host.ptrace, 7, UInt(tracee.pointee.tid), 0, UInt(signal))  // PTRACE_CONT
    return nil
  }

  /// A fresh stub starts: it is told to stop once the image is there.
  private static func followExec(_ tracee: TraceePointer) -> UInt32? {
    var message: UInt64 = 0
    withUnsafeMutablePointer(to: &message) {
      _ = host(Host.ptrace, 0x4201, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))
    }
    tracee.pointee.message = message
    var word: UInt32 = 1
    withUnsafeMutablePointer(to: &word) {
      let remote = UInt64(UInt(bitPattern: pico_traced_at_start_address()))
      _ = transfer(tracee.pointee.tid, $0, remote, 4, writes: true)
    }
    return goOn(tracee, 0)
  }

  /// A thread that stops before anything was heard of it: it has made itself a tracee, or its creator's event is seen
  /// later. Then it has its creator's options already.
  private static func addUnannounced(_ t: Thread, _ tid: UInt32, _ registers: Registers) -> TraceePointer? {
    guard let added = addTracee(t, tid, options: 0, flags: Tracee.unannounced) else { return nil }
    added.pointee.area = findArea(t, added, stackPointer: registers.rsp, gsBase: registers.gs_base)
    guard let area = readArea(t, added) else { return added }
    // A fork's child has a copy of its creator's area until it runs; a thread's says what process it is of.
    if let creator = tracee(t, area.pointee.tid) ?? tracee(t, processOf(added, area)), creator != added {
      inherit(added, creator)
    }
    return added
  }

  private static func inherit(_ child: TraceePointer, _ creator: TraceePointer) {
    child.pointee.options = creator.pointee.options
    child.pointee.flags |= creator.pointee.flags & Tracee.seized
  }

  private static func noteChild(_ t: Thread, _ tracee: TraceePointer) {
    var child: UInt64 = 0
    withUnsafeMutablePointer(to: &child) {
      _ = host(Host.ptrace, 0x4201, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))
    }
    let tid = UInt32(truncatingIfNeeded: child)
    if let known = Tracing.tracee(t, tid) {
      if known.pointee.flags & Tracee.unannounced != 0 { inherit(known, tracee) }
      known.pointee.flags &= ~Tracee.unannounced
      return
    }
    guard let added = addTracee(t, tid, options: 0, flags: Tracee.newborn) else { return }
    inherit(added, tracee)
  }

  /// A stop that the tracee's stub has announced.
  private static func announced(_ t: Thread, _ tracee: TraceePointer) -> UInt32? {
    guard let area = readArea(t, tracee) else { return goOn(tracee, 0) }
    tracee.pointee.kind = area.pointee.stop_kind
    tracee.pointee.place = area.pointee.stop_context != 0 ? Tracee.Place.context : Tracee.Place.frame
    let stopped: UInt32 = 0x7f
    switch Int32(bitPattern: area.pointee.stop_kind) {
    case PICO_STOP_FOR_SIGNAL: return stopped | area.pointee.stop_signal << 8
    case PICO_STOP_AT_ENTRY, PICO_STOP_AT_EXIT:
      return stopped | (tracee.pointee.options & PTRACE_O_TRACESYSGOOD != 0 ? SIGTRAP | 0x80 : SIGTRAP) << 8
    case PICO_STOP_AFTER_EXEC:
      if tracee.pointee.options & PTRACE_O_TRACEEXEC != 0 {
        return stopped | SIGTRAP << 8 | PTRACE_EVENT_EXEC << 16
      }
      return tracee.pointee.flags & Tracee.seized != 0 ? goOn(tracee, 0) : stopped | SIGTRAP << 8
    case PICO_STOP_AFTER_STEP: return stopped | SIGTRAP << 8
    case PICO_STOP_BY_FILTER:
      tracee.pointee.message = UInt64(area.pointee.stop_signal)
      return stopped | SIGTRAP << 8 | PTRACE_EVENT_SECCOMP << 16
    default: return goOn(tracee, 0)
    }
  }

  /// Sets the options on the host: the guest's, and that exec is to be seen in any case.
  @discardableResult
  static func setHostOptions(_ tracee: TraceePointer) -> Int {
    host(Host.ptrace, 0x4200, UInt(tracee.pointee.tid), 0, UInt(hostOptions(tracee.pointee.options)))
  }

  static func hostOptions(_ options: UInt32) -> UInt32 { options & ~PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC }

  /// A thread that has made itself a tracee, if it is stopped for us.
  static func adopt(_ t: Thread, _ tid: UInt) -> TraceePointer? {
    guard tid != 0, let registers = hostRegisters(UInt32(tid)),
      let tracee = addTracee(t, UInt32(tid), options: 0, flags: 0)
    else { return nil }
    locate(t, tracee, registers)
    return tracee
  }

  /// A tracee that nobody has waited for may be stopped all the same, where the guest would stop it.
  static func findStopped(_ t: Thread, _ tracee: TraceePointer) {
    guard let registers = hostRegisters(tracee.pointee.tid) else { return }
    var info = pico_siginfo()
    let asked = withUnsafeMutablePointer(to: &info) {
      host(Host.ptrace, 0x4202, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))
    }
    if asked == 0 && info.signal == Host.SIGSYS && info.code != 0 { return }
    tracee.pointee.kind = 0
    locate(t, tracee, registers)
  }

  /// Where a stopped tracee's registers and area are.
  private static func locate(_ t: Thread, _ tracee: TraceePointer, _ registers: Registers) {
    tracee.pointee.place = place(registers)
    tracee.pointee.area = findArea(t, tracee, stackPointer: registers.rsp, gsBase: registers.gs_base)
  }
}
