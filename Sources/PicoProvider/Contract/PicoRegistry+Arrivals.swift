internal import Synchronization

extension PicoRegistry {
  /// Writes down a process that the platform met and nobody created through `CreateProcess`: the first image, or the
  /// child of a fork that the stub made by itself. Calls the provider's `AdoptProcess`.
  ///
  /// - Parameter parent: the process that forked; nil when there is none.
  /// - Errors: `STATUS_INVALID_PARAMETER` for an index that nobody has and for a process that is known already or
  ///   being adopted; what `AdoptProcess` throws; `STATUS_PROCESS_IS_TERMINATING` when the process has ended
  ///   meanwhile (`ExitProcess` was called then).
  package func adoptProcess(
    _ host: HostProcess, provider index: Int, parent: Picoprocess?, createInfo: PicoCreateInfo? = nil
  ) throws(NTStatus) -> Picoprocess {
    let provider = try provider(at: index)
    let isFree = state.withLock { $0.processes[host.key] == nil && $0.arrivals.begin(host) }
    guard isFree else { throw .STATUS_INVALID_PARAMETER }

    let process = Picoprocess(
      host: host, createInfo: createInfo ?? parent?.createInfo, provider: provider, context: nil)
    do {
      let context = try provider.routines.AdoptProcess(process, parent)
      process.state.withLock { $0.context = context }
    } catch {
      state.withLock { $0.arrivals.abandon(host) }
      throw error
    }
    guard record(process) else {
      end(process, status: .STATUS_SUCCESS)
      throw .STATUS_PROCESS_IS_TERMINATING
    }
    return process
  }

  /// The same for a thread of a process. The platform says `threadExited` before it gives a number out again.
  ///
  /// - Errors: `STATUS_PROCESS_IS_TERMINATING`; `STATUS_INVALID_PARAMETER` for a thread that is another process's,
  ///   known already or being adopted; what `AdoptThread` throws; `STATUS_THREAD_IS_TERMINATING` when the thread has
  ///   ended meanwhile (`ExitThread` was called then).
  package func adoptThread(_ host: HostThread, in process: Picoprocess) throws(NTStatus) -> Picothread {
    guard host.process == process.host else { throw .STATUS_INVALID_PARAMETER }
    try process.state.withLock { (state) throws(NTStatus) in
      if state.isGone { throw .STATUS_PROCESS_IS_TERMINATING }
      guard state.threads[host] == nil, state.arrivals.begin(host) else { throw .STATUS_INVALID_PARAMETER }
    }
    let thread = Picothread(host: host, process: process, context: nil, suspendCount: 0)
    do {
      let context = try process.provider.routines.AdoptThread(thread)
      thread.state.withLock { $0.context = context }
    } catch {
      abandonThread(host, in: process)
      throw error
    }
    guard record(thread) else {
      process.state.withLock { $0.exiting += 1 }
      finishExit(of: [thread], in: process)
      throw .STATUS_THREAD_IS_TERMINATING
    }
    return thread
  }

  /// Gives a process to another provider, as `exec` of another system's image does: the old provider is told that
  /// its threads and its process have ended, the new one adopts what runs on.
  ///
  /// The new provider is asked first, so that when it refuses nothing has changed and the old one can tell its guest.
  ///
  /// - Returns: the process as the new provider's. The old `Picoprocess` is over.
  /// - Errors: `STATUS_INVALID_PARAMETER` for an index that nobody has; what `AdoptProcess` throws;
  ///   `STATUS_PROCESS_IS_TERMINATING`.
  package func handOver(
    _ old: Picoprocess, to index: Int, createInfo: PicoCreateInfo?
  ) throws(NTStatus) -> Picoprocess {
    let provider = try provider(at: index)
    if old.isGone { throw .STATUS_PROCESS_IS_TERMINATING }
    let new = Picoprocess(
      host: old.host, createInfo: createInfo ?? old.createInfo, provider: provider, context: nil)
    let context = try provider.routines.AdoptProcess(new, nil)
    new.state.withLock { $0.context = context }

    let isReplaced = state.withLock { state in
      guard state.processes[old.host.key] === old, old.markGone(.STATUS_SUCCESS) else { return false }
      state.processes[old.host.key] = new
      return true
    }
    end(old, status: .STATUS_SUCCESS)
    guard isReplaced else {
      end(new, status: .STATUS_SUCCESS)
      throw .STATUS_PROCESS_IS_TERMINATING
    }
    return new
  }

  /// A process has executed another image of the same provider's: it goes on with one thread.
  ///
  /// - Parameter survivor: that thread, if it has been met. `ExitThread` is called for all others.
  package func replaceImage(of process: Picoprocess, _ createInfo: PicoCreateInfo, survivor: HostThread) {
    let ended = process.state.withLock { state -> [Picothread] in
      state.createInfo = createInfo
      let ended = state.threads.values.filter { $0.host != survivor }
      for thread in ended { state.threads[thread.host] = nil }
      state.exiting += ended.count
      return ended
    }
    finishExit(of: ended, in: process)
  }

  /// False when the process has ended before it could be written down.
  func record(_ process: Picoprocess) -> Bool {
    state.withLock { state in
      guard !state.arrivals.finish(process.host) else { return false }
      state.processes[process.host.key] = process
      return true
    }
  }

  /// False when the thread or its process has ended before it could be written down.
  func record(_ thread: Picothread) -> Bool {
    thread.process.state.withLock { state in
      guard !state.arrivals.finish(thread.host), !state.isGone else { return false }
      state.threads[thread.host] = thread
      return true
    }
  }

  /// The thread that was to come does not come.
  func abandonThread(_ host: HostThread?, in process: Picoprocess) {
    _ = process.state.withLock { $0.arrivals.finish(host) }
    tellExitIfDue(of: process)
  }
}
