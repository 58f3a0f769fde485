import PicoProvider
import Synchronization

/// An opaque context, with a name to know it again by.
final class Label: Sendable {
  let text: String
  init(_ text: String) { self.text = text }
}

/// A provider that writes down what it is told, and does in a dispatch what the test says.
final class RecordingProvider: Sendable {
  let events = Mutex<[String]>([])
  let onSystemCall = Mutex<@Sendable (PicoSystemCallInformation) -> Void>({ _ in })
  let onException =
    Mutex<@Sendable (PicoExceptionInformation, inout PicoExceptionRecord, PicoChance) -> Bool>({ _, _, _ in false })
  let onExitThread = Mutex<@Sendable (Picothread) -> Void>({ _ in })
  let onExitProcess = Mutex<@Sendable (Picoprocess) -> Void>({ _ in })
  let onAdopt = Mutex<@Sendable () -> NTStatus?>({ nil })

  func note(_ event: String) { events.withLock { $0.append(event) } }
  var told: [String] { events.withLock { $0 } }

  func table() -> PicoProviderRoutines {
    PicoProviderRoutines(
      DispatchSystemCall: { self.onSystemCall.withLock { $0 }($0) },
      ExitThread: { thread in
        self.note("ExitThread")
        self.onExitThread.withLock { $0 }(thread)
      },
      ExitProcess: { process in
        self.note("ExitProcess")
        self.onExitProcess.withLock { $0 }(process)
      },
      DispatchException: { information, record, chance in
        self.note("chance \(chance.rawValue)")
        return self.onException.withLock { $0 }(information, &record, chance)
      },
      TerminateProcess: { _, status in
        self.note("TerminateProcess \(status.rawValue)")
        return .STATUS_PENDING
      },
      WalkUserStack: { walk, _ in [walk.frame.rip, 2, 3, 4] },
      OpenProcess: [.PROCESS_TERMINATE, .PROCESS_QUERY_LIMITED_INFORMATION],
      OpenThread: [.THREAD_QUERY_LIMITED_INFORMATION],
      SubsystemInformationType: .WSL,
      AdoptProcess: { (_, parent) throws(NTStatus) in
        self.note(parent == nil ? "AdoptProcess" : "AdoptProcess of a parent")
        if let refusal = self.onAdopt.withLock({ $0 })() { throw refusal }
        return Label("adopted process")
      },
      AdoptThread: { (_) throws(NTStatus) in
        self.note("AdoptThread")
        if let refusal = self.onAdopt.withLock({ $0 })() { throw refusal }
        return Label("adopted thread")
      })
  }
}

/// A registry with one provider, and a process of its with one thread.
struct Scene {
  let platform = InMemoryPlatform()
  let registry: PicoRegistry
  let provider = RecordingProvider()
  let routines: PicoRoutines
  let process: Picoprocess
  let thread: Picothread

  init() throws {
    registry = PicoRegistry(platform: platform)
    routines = try registry.PsRegisterPicoProvider(provider.table())
    process = try routines.CreateProcess(PicoProcessAttributes(Context: Label("process")))
    thread = try routines.CreateThread(
      PicoThreadAttributes(Process: process, Start: GuestContext(), Context: Label("thread")))
  }

  /// Runs `body` as a system call of the thread's, and returns the registers that the guest goes on with.
  @discardableResult
  func inCall(
    _ frame: GuestRegisters = GuestRegisters(), _ body: @escaping @Sendable (PicoSystemCallInformation) -> Void
  ) throws -> GuestRegisters {
    provider.onSystemCall.withLock { $0 = body }
    platform.setWaitingForReply(thread.host, true)
    defer { platform.setWaitingForReply(thread.host, false) }
    var frame = frame
    try registry.dispatchSystemCall(of: thread, frame: &frame)
    return frame
  }
}
