internal import Synchronization

extension PicoRegistry {
  /// Gives a guest's system call to the provider of its process. `frame` comes back as the guest goes on with it.
  ///
  /// - Errors: `STATUS_THREAD_IS_TERMINATING`; `STATUS_INVALID_THREAD` when a dispatch for this thread is under way
  ///   already, which an honest stub never asks for.
  ///
  /// - Parameter call: the call as the resident half has decoded it; nil leaves the decoding to the provider.
  package func dispatchSystemCall(
    of thread: Picothread, frame: inout GuestRegisters, call: PicoDecodedCall? = nil
  ) throws(NTStatus) {
    try enter(thread, frame)
    thread.asCurrent {
      thread.process.provider.routines.DispatchSystemCall(PicoSystemCallInformation(thread: thread, call: call))
    }
    frame = leave(thread)
  }

  /// Offers an exception to the provider, twice at most. When it takes it neither time, the process ends by it, with
  /// the exception's code as its status.
  ///
  /// - Returns: whether the thread goes on, with `frame`.
  /// - Errors: as `dispatchSystemCall`.
  package func dispatchException(
    _ record: PicoExceptionRecord, of thread: Picothread, frame: inout GuestRegisters,
    memory: (any PicoGuestMemory)? = nil
  ) throws(NTStatus) -> Bool {
    try enter(thread, frame)
    var record = record
    let isTaken = thread.asCurrent {
      let information = PicoExceptionInformation(thread: thread, memory: memory)
      let dispatch = thread.process.provider.routines.DispatchException
      return dispatch(information, &record, .first) || dispatch(information, &record, .second)
    }
    frame = leave(thread)
    if !isTaken {
      setExitStatus(record.code, of: thread.process)
      // A process that is gone already needs no end.
      try? platform.end(thread.host, by: record)
    }
    return isTaken
  }

  private func enter(_ thread: Picothread, _ frame: GuestRegisters) throws(NTStatus) {
    try thread.state.withLock { (state) throws(NTStatus) in
      if state.isGone { throw .STATUS_THREAD_IS_TERMINATING }
      if state.isInDispatch { throw .STATUS_INVALID_THREAD }
      state.isInDispatch = true
      state.frame = frame
    }
  }

  private func leave(_ thread: Picothread) -> GuestRegisters {
    thread.state.withLock { state in
      state.isInDispatch = false
      return state.frame
    }
  }

  func setExitStatus(_ status: NTStatus, of process: Picoprocess) {
    process.state.withLock { if $0.exitStatus == .STATUS_PENDING { $0.exitStatus = status } }
  }
}
