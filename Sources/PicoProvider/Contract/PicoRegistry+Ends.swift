internal import Synchronization

extension PicoRegistry {
  /// The platform's report that a host thread is gone. Calls `ExitThread` once; the context is let go of after it.
  package func threadExited(_ host: HostThread) {
    guard let process = process(of: host.process) else { return }
    let thread = process.state.withLock { state -> Picothread? in
      guard let thread = state.threads.removeValue(forKey: host) else {
        state.arrivals.noteEnd(of: host)
        return nil
      }
      state.exiting += 1
      return thread
    }
    if let thread { finishExit(of: [thread], in: process) }
  }

  /// The platform's report that a host process is gone, by whatever end. Calls `ExitThread` for each thread that has
  /// not been reported by itself, then `ExitProcess` once.
  ///
  /// The end of the last known thread is not taken for the end of the process: threads that the stub made by itself
  /// and that never crossed are not known here.
  package func processExited(_ host: HostProcess, status: NTStatus) {
    let process = state.withLock { state -> Picoprocess? in
      guard let process = state.processes[host.key] else {
        state.arrivals.noteEnd(of: host)
        return nil
      }
      // Under this lock, so that a hand-over either comes first and passes the end on, or does not come.
      _ = process.markGone(status)
      return process
    }
    if let process { end(process, status: status) }
  }

  func end(_ process: Picoprocess, status: NTStatus) {
    _ = process.markGone(status)
    let threads = process.state.withLock { state -> [Picothread] in
      let threads = Array(state.threads.values)
      state.threads.removeAll()
      state.exiting += threads.count
      return threads
    }
    finishExit(of: threads, in: process)
  }

  /// Tells the end of threads that were counted into `exiting`.
  func finishExit(of threads: [Picothread], in process: Picoprocess) {
    for thread in threads {
      thread.state.withLock { $0.isGone = true }
      process.provider.routines.ExitThread(thread)
      thread.state.withLock { $0.context = nil }
    }
    process.state.withLock { $0.exiting -= threads.count }
    tellExitIfDue(of: process)
  }

  func tellExitIfDue(of process: Picoprocess) {
    guard process.state.withLock({ $0.claimExit() }) else { return }
    process.provider.routines.ExitProcess(process)
    process.state.withLock { $0.context = nil }
    state.withLock { state in
      // After a hand-over the number is the next provider's process.
      if state.processes[process.host.key] === process { state.processes[process.host.key] = nil }
    }
  }
}
