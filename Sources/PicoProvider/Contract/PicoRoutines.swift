internal import Synchronization

/// What a provider may ask for (`PS_PICO_ROUTINES`), handed out by registration and bound to that provider.
///
/// Names are Windows'. Where Windows takes a pointer, a flag that says whose pointer it is, or a handle to close,
/// a Swift value stands here: `ProbeMode`, `CtxMode` and `PerformUnwind` have no counterpart.
/// Every routine may be called from any supervisor thread, also from within a callback.
package struct PicoRoutines: Sendable {
  package let header = PicoTableHeader.routines
  let registry: PicoRegistry
  let provider: RegisteredProvider

  /// The number that tells this provider from the others.
  package var providerIndex: Int { provider.index }

  /// Makes a process: empty, or a copy-on-write clone of its parent.
  ///
  /// - Errors: `STATUS_INVALID_PARAMETER` for unknown flags, or a clone of nothing; `STATUS_NOT_SUPPORTED` for
  ///   `PACKAGED_PROCESS`; `STATUS_ACCESS_DENIED` when the parent is another provider's;
  ///   `STATUS_PROCESS_IS_TERMINATING` when the parent, or the new process already, is gone; the platform's own.
  package func CreateProcess(
    _ attributes: PicoProcessAttributes, _ createInfo: PicoCreateInfo? = nil
  ) throws(NTStatus) -> Picoprocess {
    let parent = attributes.ParentProcess
    guard attributes.Flags.isSubset(of: .known), parent != nil || !attributes.Flags.contains(.CLONE_PARENT) else {
      throw .STATUS_INVALID_PARAMETER
    }
    if attributes.Flags.contains(.PACKAGED_PROCESS) { throw .STATUS_NOT_SUPPORTED }
    if let parent { try check(parent) }

    registry.state.withLock { $0.arrivals.begin() }
    let host: HostProcess
    do {
      host = try registry.platform.createProcess(parent: parent?.host, flags: attributes.Flags)
    } catch {
      _ = registry.state.withLock { $0.arrivals.finish(nil) }
      throw error
    }
    let process = Picoprocess(
      host: host, createInfo: createInfo ?? parent?.createInfo, provider: provider, context: attributes.Context)
    guard registry.record(process) else { throw .STATUS_PROCESS_IS_TERMINATING }
    return process
  }

  /// Makes a thread, suspended once: `ResumeThread` lets it run its first instruction.
  ///
  /// - Errors: `STATUS_ACCESS_DENIED` for another provider's process; `STATUS_PROCESS_IS_TERMINATING`;
  ///   `STATUS_INVALID_PARAMETER` for a segment base that user code cannot have; the platform's own;
  ///   `STATUS_THREAD_IS_TERMINATING` when the thread is gone before it could be written down.
  package func CreateThread(_ attributes: PicoThreadAttributes) throws(NTStatus) -> Picothread {
    let process = attributes.Process
    try check(process)
    try checkBases(of: attributes.Start)
    try process.state.withLock { (state) throws(NTStatus) in
      if state.isGone { throw .STATUS_PROCESS_IS_TERMINATING }
      state.arrivals.begin()
    }
    let host: HostThread
    do {
      host = try registry.platform.createThread(in: process.host, start: attributes.Start)
    } catch {
      registry.abandonThread(nil, in: process)
      throw error
    }
    let thread = Picothread(host: host, process: process, context: attributes.Context, suspendCount: 1)
    guard registry.record(thread) else {
      registry.tellExitIfDue(of: process)
      throw .STATUS_THREAD_IS_TERMINATING
    }
    return thread
  }

  /// The context given to a process; nil when it is another provider's, or over.
  package func GetProcessContext(_ process: Picoprocess) -> PicoContext? {
    process.provider === provider ? process.state.withLock { $0.context } : nil
  }

  /// The context given to a thread; nil when it is another provider's, or over.
  package func GetThreadContext(_ thread: Picothread) -> PicoContext? {
    thread.process.provider === provider ? thread.state.withLock { $0.context } : nil
  }

  /// Kills the process. Its threads' and its own exit callbacks come when the host has seen it end.
  package func TerminateProcess(_ process: Picoprocess, _ status: NTStatus) throws(NTStatus) {
    try check(process)
    registry.setExitStatus(status, of: process)
    try registry.platform.terminate(process.host, status: status)
  }

  /// Gives the process to another provider, for an `exec` of an image that is that one's. The process goes on under
  /// the `Picoprocess` that is returned; this provider gets `ExitThread` and `ExitProcess` for the old one. Threads
  /// are adopted when they are next met. Windows has no such routine.
  ///
  /// - Errors: `STATUS_ACCESS_DENIED`, `STATUS_PROCESS_IS_TERMINATING`; `STATUS_INVALID_PARAMETER` for an index that
  ///   nobody has; what the other's `AdoptProcess` throws, and then nothing has changed.
  package func HandOverProcess(
    _ process: Picoprocess, to index: Int, _ createInfo: PicoCreateInfo? = nil
  ) throws(NTStatus) -> Picoprocess {
    try check(process)
    return try registry.handOver(process, to: index, createInfo: createInfo)
  }

  func check(_ process: Picoprocess) throws(NTStatus) {
    guard process.provider === provider else { throw .STATUS_ACCESS_DENIED }
    if process.isGone { throw .STATUS_PROCESS_IS_TERMINATING }
  }

  func checkBases(of context: GuestContext) throws(NTStatus) {
    guard context.fsBase < guestAddressLimit, context.gsBase < guestAddressLimit else {
      throw .STATUS_INVALID_PARAMETER
    }
  }
}
