import PicoProvider
import Synchronization
import Testing

@Suite struct LifetimeTests {
  @Test func createFlagsAreChecked() throws {
    let scene = try Scene()
    func create(_ flags: PicoProcessFlags, parent: Picoprocess? = nil) throws -> Picoprocess {
      try scene.routines.CreateProcess(
        PicoProcessAttributes(ParentProcess: parent, Context: Label("p"), Flags: flags))
    }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try create(PicoProcessFlags(rawValue: 0x20)) }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try create(.CLONE_PARENT) }
    #expect(throws: NTStatus.STATUS_NOT_SUPPORTED) { try create(.PACKAGED_PROCESS) }
    let child = try create([.CLONE_PARENT, .INHERIT_HANDLES], parent: scene.process)
    #expect(scene.platform.flags(of: child.host) == [.CLONE_PARENT, .INHERIT_HANDLES])
    #expect(scene.platform.parent(of: child.host) == scene.process.host)
    #expect(scene.registry.process(of: child.host) === child)
  }

  @Test func contextsAreKeptAsGiven() throws {
    let scene = try Scene()
    #expect((scene.routines.GetProcessContext(scene.process) as? Label)?.text == "process")
    #expect((scene.routines.GetThreadContext(scene.thread) as? Label)?.text == "thread")
  }

  @Test func aPlatformsFailureIsPassedOnAndLeavesNothing() throws {
    let scene = try Scene()
    let before = scene.registry.processCount
    scene.platform.fail(with: .STATUS_NO_MEMORY)
    #expect(throws: NTStatus.STATUS_NO_MEMORY) {
      try scene.routines.CreateProcess(PicoProcessAttributes(Context: Label("p")))
    }
    #expect(throws: NTStatus.STATUS_NO_MEMORY) {
      try scene.routines.CreateThread(
        PicoThreadAttributes(Process: scene.process, Start: GuestContext(), Context: Label("t")))
    }
    scene.platform.fail(with: nil)
    #expect(scene.registry.processCount == before)
    #expect(scene.process.threads.count == 1)
    scene.registry.processExited(scene.process.host, status: .STATUS_SUCCESS)
    #expect(scene.provider.told == ["ExitThread", "ExitProcess"])
  }

  @Test func exitProcessComesOnceAndAfterEveryExitThread() throws {
    let scene = try Scene()
    for _ in 0..<3 {
      _ = try scene.routines.CreateThread(
        PicoThreadAttributes(Process: scene.process, Start: GuestContext(), Context: Label("t")))
    }
    scene.registry.threadExited(scene.thread.host)
    scene.registry.threadExited(scene.thread.host)
    #expect(scene.provider.told == ["ExitThread"])
    scene.registry.processExited(scene.process.host, status: .STATUS_SUCCESS)
    scene.registry.processExited(scene.process.host, status: .STATUS_SUCCESS)
    #expect(scene.provider.told == Array(repeating: "ExitThread", count: 4) + ["ExitProcess"])
    #expect(scene.registry.process(of: scene.process.host) == nil)
  }

  @Test func theLastKnownThreadsEndIsNotTheProcesss() throws {
    let scene = try Scene()
    scene.registry.threadExited(scene.thread.host)
    #expect(scene.provider.told == ["ExitThread"])
    #expect(scene.registry.process(of: scene.process.host) === scene.process)
  }

  @Test func exitProcessWaitsForAnExitThreadUnderWay() throws {
    let scene = try Scene()
    let (registry, provider, host) = (scene.registry, scene.provider, scene.process.host)
    provider.onExitThread.withLock {
      $0 = { _ in
        registry.processExited(host, status: .STATUS_SUCCESS)
        provider.note("ExitThread returns")
      }
    }
    registry.threadExited(scene.thread.host)
    #expect(provider.told == ["ExitThread", "ExitThread returns", "ExitProcess"])
  }

  @Test func contextsCanBeReadDuringTheCallbacksAndAreLetGoOfAfterThem() throws {
    let platform = InMemoryPlatform()
    let registry = PicoRegistry(platform: platform)
    let provider = RecordingProvider()
    let routines = try registry.PsRegisterPicoProvider(provider.table())
    let seen = Mutex<[String]>([])
    provider.onExitThread.withLock {
      $0 = { thread in
        let texts = [routines.GetThreadContext(thread), routines.GetProcessContext(thread.process)]
          .map { ($0 as? Label)?.text ?? "none" }
        seen.withLock { $0 += texts }
      }
    }
    provider.onExitProcess.withLock {
      $0 = { process in
        seen.withLock { $0.append((routines.GetProcessContext(process) as? Label)?.text ?? "none") }
      }
    }
    weak var processContext: Label?
    weak var threadContext: Label?
    let process: Picoprocess
    let thread: Picothread
    do {
      let (p, t) = (Label("process"), Label("thread"))
      processContext = p
      threadContext = t
      process = try routines.CreateProcess(PicoProcessAttributes(Context: p))
      thread = try routines.CreateThread(
        PicoThreadAttributes(Process: process, Start: GuestContext(), Context: t))
    }
    #expect(processContext != nil && threadContext != nil)
    registry.threadExited(thread.host)
    #expect(threadContext == nil)
    #expect(routines.GetThreadContext(thread) == nil)
    #expect(processContext != nil)
    registry.processExited(process.host, status: .STATUS_SUCCESS)
    #expect(processContext == nil)
    #expect(routines.GetProcessContext(process) == nil)
    #expect(seen.withLock { $0 } == ["thread", "process", "process"])
  }

  @Test func endsThatComeBeforeTheirBeginningAreNotLost() throws {
    let scene = try Scene()
    let registry = scene.registry
    scene.platform.afterCreateProcess.withLock { $0 = { registry.processExited($0, status: .STATUS_SUCCESS) } }
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.routines.CreateProcess(PicoProcessAttributes(Context: Label("p")))
    }
    scene.platform.afterCreateThread.withLock { $0 = { registry.threadExited($0) } }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) {
      try scene.routines.CreateThread(
        PicoThreadAttributes(Process: scene.process, Start: GuestContext(), Context: Label("t")))
    }
    // What was never handed out is never reported as ended.
    #expect(scene.provider.told == [])
    #expect(registry.processCount == 1)

    scene.platform.afterCreateThread.withLock {
      $0 = { registry.processExited($0.process, status: .STATUS_SUCCESS) }
    }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) {
      try scene.routines.CreateThread(
        PicoThreadAttributes(Process: scene.process, Start: GuestContext(), Context: Label("t")))
    }
    #expect(scene.provider.told == ["ExitThread", "ExitProcess"])
    #expect(registry.processCount == 0)
  }

  @Test func nothingBeginsInAProcessThatIsGone() throws {
    let scene = try Scene()
    scene.registry.processExited(scene.process.host, status: .STATUS_SUCCESS)
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.routines.CreateThread(
        PicoThreadAttributes(Process: scene.process, Start: GuestContext(), Context: Label("t")))
    }
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.routines.CreateProcess(
        PicoProcessAttributes(ParentProcess: scene.process, Context: Label("p"), Flags: .CLONE_PARENT))
    }
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.routines.TerminateProcess(scene.process, .STATUS_SUCCESS)
    }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try scene.routines.ResumeThread(scene.thread) }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) {
      try scene.routines.TerminateThread(scene.thread, .STATUS_SUCCESS)
    }
  }

  @Test func terminateProcessKillsAndTheFirstStatusStays() throws {
    let scene = try Scene()
    try scene.routines.TerminateProcess(scene.process, NTStatus(rawValue: 9))
    #expect(scene.platform.killed[scene.process.host] == NTStatus(rawValue: 9))
    #expect(scene.provider.told == [])
    scene.registry.processExited(scene.process.host, status: .STATUS_SUCCESS)
    #expect(scene.process.exitStatus == NTStatus(rawValue: 9))
    #expect(scene.provider.told == ["ExitThread", "ExitProcess"])
  }

  @Test func terminateThreadKillsThatThread() throws {
    let scene = try Scene()
    try scene.routines.TerminateThread(scene.thread, NTStatus(rawValue: 5))
    #expect(scene.platform.killedThreads == [scene.thread.host])
    #expect(scene.thread.exitStatus == NTStatus(rawValue: 5))
    #expect(scene.provider.told == [])
  }

  @Test func endsFromManySidesAreToldOnce() async throws {
    for _ in 0..<50 {
      let scene = try Scene()
      for _ in 0..<7 {
        _ = try scene.routines.CreateThread(
          PicoThreadAttributes(Process: scene.process, Start: GuestContext(), Context: Label("t")))
      }
      let registry = scene.registry
      let host = scene.process.host
      let threads = scene.process.threads.map(\.host)
      await withTaskGroup(of: Void.self) { group in
        for thread in threads {
          group.addTask { registry.threadExited(thread) }
          group.addTask { registry.threadExited(thread) }
        }
        group.addTask { registry.processExited(host, status: .STATUS_SUCCESS) }
        group.addTask { registry.processExited(host, status: .STATUS_SUCCESS) }
      }
      #expect(scene.provider.told == Array(repeating: "ExitThread", count: 8) + ["ExitProcess"])
    }
  }
}
