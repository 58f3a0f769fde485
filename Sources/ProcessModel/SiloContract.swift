internal import CPicoABI
package import PicoProvider

/// The pico contract as a silo uses it: which provider serves which system, and which of its processes and threads a
/// ring comes from. Whoever rings for the first time is adopted.
package struct SiloContract: Sendable {
  package let registry: PicoRegistry
  package let platform: SiloPlatform
  private let linux, freeBSD: Int

  /// - Parameters linux, freeBSD: the registered provider of each system that is served.
  package init(registry: PicoRegistry, platform: SiloPlatform, linux: PicoRoutines, freeBSD: PicoRoutines) {
    self.registry = registry
    self.platform = platform
    (self.linux, self.freeBSD) = (linux.providerIndex, freeBSD.providerIndex)
  }

  /// Closes the window for registrations and tells ends from now on, those of processes to `ended` too. For a process
  /// that may have threads.
  package func begin(_ ended: @escaping @Sendable (HostProcess) -> Void = { _ in }) {
    registry.seal()
    platform.watch.begin { [registry, platform] end in
      platform.forget(end)
      switch end {
      case .thread(let thread): registry.threadExited(thread)
      case .process(let process):
        registry.processExited(process, status: .STATUS_SUCCESS)
        ended(process)
      }
    }
  }

  /// The process of a number whose image is a system's.
  ///
  /// - Parameter parent: the number of the process that forked it, by its own word: it inherits nothing but a name.
  /// - Errors: `STATUS_INVALID_CID` when it is gone, `STATUS_INVALID_PARAMETER` for a system without a provider, or a
  ///   process that is another system's; what the provider throws.
  package func process(_ pid: Int32, _ system: GuestSystem, parent: Int32) throws(NTStatus) -> Picoprocess {
    guard let index = index(of: system) else { throw .STATUS_INVALID_PARAMETER }
    guard let host = platform.watch.process(pid) else { throw .STATUS_INVALID_CID }
    for _ in 0..<Self.attempts {
      if let known = registry.process(of: host) {
        guard known.providerIndex == index else { throw .STATUS_INVALID_PARAMETER }
        return known
      }
      do throws(NTStatus) {
        let parent = parent == pid ? nil : platform.watch.known(parent).flatMap { registry.process(of: $0) }
        return try registry.adoptProcess(host, provider: index, parent: parent)
      } catch {
        guard error == .STATUS_INVALID_PARAMETER else { throw error }
        // Another of its threads is having it adopted.
        RawThread.pause()
      }
    }
    throw .STATUS_INVALID_PARAMETER
  }

  /// The thread of a number and slot. Errors: as `process`.
  package func thread(_ tid: Int32, slot: UInt64, of process: Picoprocess) throws(NTStatus) -> Picothread {
    guard let host = platform.watch.thread(tid, of: process.host) else { throw .STATUS_INVALID_CID }
    platform.place(host, slot: slot)
    if let known = process.thread(of: host) { return known }
    return try registry.adoptThread(host, in: process)
  }

  /// The same for a thread that has not rung yet: one that somebody wants to stop or to look at.
  package func thread(_ tid: Int32, of process: Picoprocess) throws(NTStatus) -> Picothread {
    guard let slot = platform.memory.slot(of: tid) else { throw .STATUS_INVALID_CID }
    return try thread(tid, slot: slot, of: process)
  }

  /// A process begins with an image: its first one, or by exec. Then it is handed over if the system is another one.
  package func start(_ pid: Int32, _ image: PreparedImage) throws(NTStatus) -> Picoprocess {
    guard let index = index(of: image.system) else { throw .STATUS_INVALID_PARAMETER }
    guard let host = platform.watch.process(pid) else { throw .STATUS_INVALID_CID }
    let information = PicoCreateInfo(ImageFileName: image.path.bytes)
    guard let known = registry.process(of: host) else {
      return try registry.adoptProcess(host, provider: index, parent: nil, createInfo: information)
    }
    if known.providerIndex != index { return try registry.handOver(known, to: index, createInfo: information) }
    registry.replaceImage(of: known, information, survivor: HostThread(process: host, tid: pid))
    return known
  }

  private func index(of system: GuestSystem) -> Int? {
    switch system {
    case .linux: linux
    case .freebsd: freeBSD
    default: nil
    }
  }

  private static let attempts = 1000
}

extension GuestSystem {
  /// The system of a transfer page; nil for a number that stands for none.
  package init?(personality: UInt32) {
    switch Int32(bitPattern: personality) {
    case PICO_PERSONALITY_LINUX: self = .linux
    case PICO_PERSONALITY_FREEBSD: self = .freebsd
    default: return nil
    }
  }
}

extension NTStatus {
  /// The errno that a stub's ring fails with.
  var hostErrno: Int64 {
    switch self {
    case .STATUS_INVALID_CID, .STATUS_THREAD_IS_TERMINATING, .STATUS_PROCESS_IS_TERMINATING: -3  // ESRCH
    case .STATUS_ACCESS_DENIED: -1
    case .STATUS_NO_MEMORY, .STATUS_INSUFFICIENT_RESOURCES: -12
    case .STATUS_NOT_SUPPORTED: -38
    default: -22
    }
  }
}
