import CPicoEntry

/// The side of a traced picoprocess: it stops for its tracer where the guest's own kernel would stop it.
///
/// The tracer is another picoprocess, whose stub traces the host thread. Most of what it sees there is the stub's
/// business and goes on at once; a stop that is meant for the guest is announced by a signal with a code of its own.
enum TracedStop {
  /// The code of SIGSYS that announces a stop. No kernel uses it.
  static let code: Int32 = -73
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  @inline(__always)
  var isTraced: Bool { pointee.traced & UInt32(PICO_TRACED) != 0 }

  private var isFreeBSD: Bool { pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) }

  /// Makes the process's parent the tracer of this thread.
  ///
  /// - Returns: 0 or the host's error.
  @discardableResult
  func becomeTracee() -> Int {
    let result = host(Host.ptrace, 0)  // PTRACE_TRACEME
    if result == 0 {
      pointee.traced = UInt32(PICO_TRACED)
      Rewriting.see(self, .all)
      selectLeanTable()
    }
    return result
  }

  /// Stops until the tracer lets the thread go on. Nothing happens when there is none any more.
  func stopForTracer(_ kind: Int32) {
    var info = pico_siginfo()
    info.signal = Host.SIGSYS
    info.code = TracedStop.code
    pointee.stop_kind = UInt32(bitPattern: kind)
    withUnsafePointer(to: info) {
      _ = host(
        Host.rt_tgsigqueueinfo, UInt(host(Host.getpid)), UInt(pointee.tid), UInt(Host.SIGSYS), UInt(bitPattern: $0))
    }
    pointee.stop_kind = 0
  }

  /// Before a signal is delivered: the tracer sees it, and may change it.
  ///
  /// - Returns: the signal to deliver; 0 for none.
  func tellTracer(
    _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>, _ context: UnsafeMutablePointer<pico_host_context>
  ) -> Int32 {
    if pointee.told_signal == UInt32(bitPattern: signal) {
      pointee.told_signal = 0
      return signal
    }
    pico_stop_info(self).copyMemory(from: info, byteCount: 128)
    pointee.stop_signal = UInt32(bitPattern: signal)
    pointee.stop_context = UInt64(UInt(bitPattern: context))
    stopForTracer(PICO_STOP_FOR_SIGNAL)
    pointee.stop_context = 0
    UnsafeMutableRawPointer(info).copyMemory(from: pico_stop_info(self), byteCount: 128)
    let chosen = Int32(truncatingIfNeeded: pointee.stop_signal)
    if chosen > 0 && chosen <= 64 { info.pointee.signal = chosen }
    return chosen > 0 && chosen <= 64 ? chosen : 0
  }

  /// Before a system call is made.
  func stopAtEntry() {
    // Linux shows a result there already, FreeBSD the number that is asked for.
    if !isFreeBSD { pointee.frame.rax = UInt64(bitPattern: Int64(Host.ENOSYS)) }
    pointee.traced |= UInt32(PICO_TRACED_INSIDE)
    stopForTracer(PICO_STOP_AT_ENTRY)
  }

  /// Where a filter wants the tracer asked about a call: it may change the call, or take it away.
  ///
  /// - Returns: false when the tracer does not listen for that.
  func stopByFilter(_ data: UInt32) -> Bool {
    if pointee.traced & UInt32(PICO_TRACED_SECCOMP) == 0 { return false }
    pointee.frame.rax = UInt64(bitPattern: Int64(Host.ENOSYS))
    pointee.traced |= UInt32(PICO_TRACED_INSIDE)
    pointee.stop_signal = data
    stopForTracer(PICO_STOP_BY_FILTER)
    return true
  }

  /// After a system call: `result` is what the frame has, or the restart code the kernel would show there.
  func stopAtExit(restarts: Bool) {
    // A Linux tracer that comes in the middle of a call sees nothing of its end: the kernel has passed that stop by then.
    let isSeen = pointee.traced & UInt32(PICO_TRACED_INSIDE) != 0
    pointee.traced &= ~UInt32(PICO_TRACED_INSIDE)
    if pointee.traced & UInt32(PICO_TRACED_NEW) != 0 {
      pointee.traced &= ~UInt32(PICO_TRACED_NEW)
      return
    }
    if (isSeen || isFreeBSD) && pointee.traced & UInt32(PICO_TRACED_CALLS) != 0 {
      let showsRestart = restarts && !isFreeBSD
      if showsRestart { pointee.frame.rax = UInt64(bitPattern: Int64(Restart.ifActionSaysSo)) }
      stopForTracer(PICO_STOP_AT_EXIT)
      if showsRestart { pointee.frame.rax = pointee.number }
    } else if pointee.traced & UInt32(PICO_TRACED_STEP) != 0 {
      pointee.traced &= ~UInt32(PICO_TRACED_STEP)
      stopForTracer(PICO_STOP_AFTER_STEP)
    }
    stepOut()
  }

  /// If the tracer wants one more instruction: goes back to the guest by a signal return, which alone can trap after it.
  func stepOut() {
    guard pointee.traced & UInt32(PICO_TRACED_STEP) != 0 else { return }
    pointee.traced &= ~UInt32(PICO_TRACED_STEP)
    pointee.frame.rflags |= 0x100
    pointee.dispatching = UInt32(PICO_REDIRECT_STEP)
    raiseRedirect()
  }

  /// A fresh image whose tracer follows: the stops after exec.
  func stopAfterExec() {
    guard pico_load32(pico_traced_at_start_address()) != 0 else { return }
    pointee.traced = UInt32(PICO_TRACED)
    pointee.number = 59  // execve
    selectLeanTable()
    Rewriting.see(self, .all)
    pointee.traced |= UInt32(PICO_TRACED_INSIDE)
    stopForTracer(PICO_STOP_AFTER_EXEC)
    stopAtExit(restarts: false)
  }
}
