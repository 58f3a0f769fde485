internal import Synchronization

/// A process of a provider's, by the contract's eyes: its host process, its context, and the threads known so far.
///
/// Any thread; guarded by `state`, under which nothing but a `Picothread`'s locks is taken and nobody is called.
package final class Picoprocess: Sendable {
  package let host: HostProcess
  let provider: RegisteredProvider

  struct State: Sendable {
    var context: PicoContext?
    var createInfo: PicoCreateInfo?
    var threads: [HostThread: Picothread] = [:]
    var arrivals = Arrivals<HostThread>()
    /// Threads whose `ExitThread` is under way.
    var exiting = 0
    /// The host process is gone, or another provider's.
    var isGone = false
    var wasToldExit = false
    var exitStatus: NTStatus = .STATUS_PENDING

    /// True once: when the process is gone and no thread's end is still to be told.
    mutating func claimExit() -> Bool {
      guard isGone, !wasToldExit, threads.isEmpty, exiting == 0, arrivals.isEmpty else { return false }
      wasToldExit = true
      return true
    }
  }
  let state: Mutex<State>

  init(host: HostProcess, createInfo: PicoCreateInfo?, provider: RegisteredProvider, context: PicoContext?) {
    self.host = host
    self.provider = provider
    var state = State()
    state.context = context
    state.createInfo = createInfo
    self.state = Mutex(state)
  }

  /// Which provider's it is.
  package var providerIndex: Int { provider.index }

  /// What was said of its image: at creation or adoption, and by `exec` since.
  package var createInfo: PicoCreateInfo? { state.withLock { $0.createInfo } }

  /// `STATUS_PENDING` as long as it lives.
  package var exitStatus: NTStatus { state.withLock { $0.exitStatus } }

  /// The threads that the contract knows: made through it, or met in a call that crossed.
  package var threads: [Picothread] { state.withLock { Array($0.threads.values) } }

  package func thread(of host: HostThread) -> Picothread? { state.withLock { $0.threads[host] } }

  /// Nothing new begins in it from now on. False when that was so before.
  func markGone(_ status: NTStatus) -> Bool {
    state.withLock { state in
      guard !state.isGone else { return false }
      state.isGone = true
      // The first status given stays: the host's report of an end that was asked for knows less.
      if state.exitStatus == .STATUS_PENDING { state.exitStatus = status }
      return true
    }
  }

  var isGone: Bool { state.withLock { $0.isGone } }
}
