import CPicoEntry

/// How a stopped tracee runs on, with or without a tracer.
extension Tracing {
  /// Lets a stopped tracee run on: until its next stop, its next system call, or for one instruction.
  ///
  /// - Returns: 0 or the host's error.
  static func resume(_ t: Thread, _ tracee: TraceePointer, _ request: Int, signal: UInt) -> Int {
    let steps = request == 9  // PTRACE_SINGLESTEP
    var inGuest = tracee.pointee.place == Tracee.Place.hostRegisters
    if let area = readArea(t, tracee) {
      var traced = UInt32(PICO_TRACED) | area.pointee.traced & UInt32(PICO_TRACED_NEW | PICO_TRACED_INSIDE)
      if tracee.pointee.options & PTRACE_O_TRACESECCOMP != 0 { traced |= UInt32(PICO_TRACED_SECCOMP) }
      if request == 24 { traced |= UInt32(PICO_TRACED_CALLS) }
      if steps { traced |= UInt32(PICO_TRACED_STEP) }
      area.pointee.traced = traced
      writeBack(tracee, area, &area.pointee.traced)
      area.pointee.lean = UInt64(UInt(bitPattern: pico_no_lean_table()))
      writeBack(tracee, area, &area.pointee.lean)
      if tracee.pointee.kind == 0, inGuest, signal > 0, signal <= 64 {
        // Its stub will want to tell of it again.
        let number = Int32(signal)
        let caught = handler(tracee, area, number) > Host.SIG_IGN || Host.synchronous & Host.bit(number) != 0
        area.pointee.told_signal = caught ? UInt32(signal) : 0
        writeBack(tracee, area, &area.pointee.told_signal)
      }
    } else {
      inGuest = true
    }
    let hostSignal = hand(t, tracee, signal)
    tracee.pointee.flags &= ~Tracee.stepping
    if steps && !inGuest { tracee.pointee.flags |= Tracee.stepping }
    let wasPlace = tracee.pointee.place
    tracee.pointee.place = Tracee.Place.running
    let result = host(Host.ptrace, inGuest && steps ? 9 : 7, UInt(tracee.pointee.tid), 0, hostSignal)
    if result < 0 { tracee.pointee.place = wasPlace }
    return result
  }

  /// Lets a stopped tracee go, with a signal or 0.
  ///
  /// - Returns: 0 or the host's error.
  static func detach(_ t: Thread, _ tracee: TraceePointer, signal: UInt) -> Int {
    let tid = tracee.pointee.tid
    if let area = readArea(t, tracee) {
      area.pointee.traced = 0
      writeBack(tracee, area, &area.pointee.traced)
    }
    let hostSignal = hand(t, tracee, signal)
    forgetTracee(t, tid)
    return host(Host.ptrace, 17, UInt(tid), 0, hostSignal)  // PTRACE_DETACH
  }

  /// Hands the signal that the tracer wants delivered to where this stop takes it from.
  ///
  /// - Returns: the signal that the host's own request is to carry.
  private static func hand(_ t: Thread, _ tracee: TraceePointer, _ signal: UInt) -> UInt {
    switch Int32(bitPattern: tracee.pointee.kind) {
    case 0: return signal
    case PICO_STOP_FOR_SIGNAL:
      if let area = readArea(t, tracee) {
        area.pointee.stop_signal = UInt32(truncatingIfNeeded: signal)
        writeBack(tracee, area, &area.pointee.stop_signal)
      }
    default:
      // The announcing signal is not the guest's: what the tracer wants delivered is sent.
      if signal != 0 { host(200, UInt(tracee.pointee.tid), signal) }  // tkill
    }
    return 0
  }
}
