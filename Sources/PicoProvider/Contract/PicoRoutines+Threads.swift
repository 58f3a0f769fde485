internal import Synchronization

extension PicoRoutines {
  /// Takes one suspension back; the thread runs on when none is left. Without any it does nothing.
  ///
  /// - Returns: the count before.
  /// - Errors: `STATUS_ACCESS_DENIED`, `STATUS_THREAD_IS_TERMINATING`, the platform's own (the count stays then).
  @discardableResult
  package func ResumeThread(_ thread: Picothread) throws(NTStatus) -> UInt32 {
    try check(thread)
    return try thread.control.withLock { (control) throws(NTStatus) in
      let previous = control.suspendCount
      if previous == 1 { try registry.platform.resume(thread.host) }
      if previous > 0 { control.suspendCount = previous - 1 }
      return previous
    }
  }

  /// Suspends a thread once more; it stands after the first. Also the current thread: it stops when its dispatch ends.
  ///
  /// - Returns: the count before.
  /// - Errors: as `ResumeThread`; `STATUS_SUSPEND_COUNT_EXCEEDED` beyond 127.
  @discardableResult
  package func SuspendThread(_ thread: Picothread) throws(NTStatus) -> UInt32 {
    try check(thread)
    return try thread.control.withLock { (control) throws(NTStatus) in
      let previous = control.suspendCount
      guard previous < Picothread.maximumSuspendCount else { throw .STATUS_SUSPEND_COUNT_EXCEEDED }
      if previous == 0 { try registry.platform.suspend(thread.host) }
      control.suspendCount = previous + 1
      return previous
    }
  }

  /// The whole register file of a thread. A running thread is stopped for the time it takes.
  ///
  /// - Errors: `STATUS_ACCESS_DENIED`, `STATUS_THREAD_IS_TERMINATING`, the platform's own.
  package func GetContextThreadInternal(_ thread: Picothread) throws(NTStatus) -> GuestContext {
    try check(thread)
    return try whileStopped(thread) { () throws(NTStatus) in
      var context = try registry.platform.context(of: thread.host)
      // Until a dispatch ends, its frame is where the registers are.
      thread.state.withLock { if $0.isInDispatch { context.registers = $0.frame } }
      return context
    }
  }

  /// Replaces the register file of a thread; during a dispatch, what the thread goes on with after it.
  ///
  /// - Errors: as `GetContextThreadInternal`; `STATUS_INVALID_PARAMETER` for a segment base that user code cannot
  ///   have, and then nothing is changed.
  package func SetContextThreadInternal(_ thread: Picothread, _ context: GuestContext) throws(NTStatus) {
    try check(thread)
    try checkBases(of: context)
    try whileStopped(thread) { () throws(NTStatus) in
      try registry.platform.setContext(context, of: thread.host)
      thread.state.withLock { if $0.isInDispatch { $0.frame = context.registers } }
    }
  }

  /// Sets a segment base of the current thread, the one whose dispatch is under way here; no other can be named.
  ///
  /// - Errors: `STATUS_INVALID_THREAD` outside a dispatch; `STATUS_ACCESS_DENIED`, `STATUS_THREAD_IS_TERMINATING`;
  ///   `STATUS_INVALID_PARAMETER` for a base that user code cannot have; the platform's own.
  package func SetThreadDescriptorBase(_ type: PicoDescriptorType, _ base: UInt64) throws(NTStatus) {
    guard let thread = Picothread.current else { throw .STATUS_INVALID_THREAD }
    try check(thread)
    guard base < guestAddressLimit else { throw .STATUS_INVALID_PARAMETER }
    try registry.platform.setDescriptorBase(type, base, of: thread.host)
  }

  /// Kills one thread. `ExitThread` comes when the host has seen it end.
  ///
  /// - Errors: `STATUS_ACCESS_DENIED`, `STATUS_THREAD_IS_TERMINATING`, the platform's own.
  package func TerminateThread(_ thread: Picothread, _ status: NTStatus) throws(NTStatus) {
    try check(thread)
    thread.state.withLock { if $0.exitStatus == .STATUS_PENDING { $0.exitStatus = status } }
    try registry.platform.terminate(thread.host)
  }

  private func check(_ thread: Picothread) throws(NTStatus) {
    guard thread.process.provider === provider else { throw .STATUS_ACCESS_DENIED }
    try thread.checkAlive()
  }

  /// Runs `body` while the thread stands still: because it is the current one, is suspended, or is suspended for it.
  private func whileStopped<Result>(
    _ thread: Picothread, _ body: () throws(NTStatus) -> Result
  ) throws(NTStatus) -> Result {
    try thread.control.withLock { (control) throws(NTStatus) in
      guard control.suspendCount == 0, Picothread.current !== thread else { return try body() }
      let platform = registry.platform
      try platform.suspend(thread.host)
      // A thread that was killed meanwhile cannot be resumed, and need not be.
      defer { try? platform.resume(thread.host) }
      return try body()
    }
  }
}
