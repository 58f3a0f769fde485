internal import Synchronization

/// A provider as it was registered: its table copied by value, so nothing it does to its own changes anything here.
final class RegisteredProvider: Sendable {
  let index: Int
  let routines: PicoProviderRoutines

  init(index: Int, routines: PicoProviderRoutines) {
    self.index = index
    self.routines = routines
  }
}

/// Who provides what, and which process is whose: the contract's only shared state.
///
/// Any thread; guarded by `state`, under which only a `Picoprocess`'s lock is taken and nobody is called. It is passed
/// when a process begins or ends and for each look-up by number, not for a dispatch.
package final class PicoRegistry: Sendable {
  let platform: any PicoPlatform

  struct State: Sendable {
    var isSealed = false
    var providers: [RegisteredProvider] = []
    /// By the host process's key.
    var processes = NumberTable<Picoprocess>()
    var arrivals = Arrivals<HostProcess>()
  }
  let state = Mutex(State())

  package init(platform: any PicoPlatform) {
    self.platform = platform
  }

  /// Adds a provider and hands back the routines it may call. Several stand side by side, told apart by index; the
  /// same table may be registered again and is then another provider.
  ///
  /// - Parameter routines: the shape that the provider expects of what it gets back.
  /// - Errors: `STATUS_INFO_LENGTH_MISMATCH` when either table's size or version is not exactly ours, also when the
  ///   window is closed; `STATUS_INVALID_PARAMETER` for access bits outside 0x001FFFFF; `STATUS_TOO_LATE` after
  ///   `seal()`.
  package func PsRegisterPicoProvider(
    _ provider: PicoProviderRoutines, routines: PicoTableHeader = .routines
  ) throws(NTStatus) -> PicoRoutines {
    guard provider.header == .providerRoutines, routines == .routines else { throw .STATUS_INFO_LENGTH_MISMATCH }
    guard provider.OpenProcess.isSubset(of: .all), provider.OpenThread.isSubset(of: .all) else {
      throw .STATUS_INVALID_PARAMETER
    }
    let registered = try state.withLock { (state) throws(NTStatus) in
      guard !state.isSealed else { throw .STATUS_TOO_LATE }
      let registered = RegisteredProvider(index: state.providers.count, routines: provider)
      state.providers.append(registered)
      return registered
    }
    return PicoRoutines(registry: self, provider: registered)
  }

  /// Closes the window for registrations, for good. The supervisor does so before the first guest runs.
  package func seal() {
    state.withLock { $0.isSealed = true }
  }

  /// The process that runs as `host`, once its provider has given it a context.
  package func process(of host: HostProcess) -> Picoprocess? {
    state.withLock { $0.processes[host.key] }
  }

  package var processCount: Int { state.withLock { $0.processes.count } }

  func provider(at index: Int) throws(NTStatus) -> RegisteredProvider {
    let found = state.withLock { $0.providers.indices.contains(index) ? $0.providers[index] : nil }
    guard let found else { throw .STATUS_INVALID_PARAMETER }
    return found
  }
}
