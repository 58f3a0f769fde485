import Glibc
import PicoProvider
import ProcessModel
import Testing

/// Calls, exceptions and ends of real picoprocesses, and guests that do not play along.
@Suite("SiloPlatform, dispatch and ends", .serialized, .timeLimit(.minutes(2)))
struct PlatformDispatchTests {
  private static let freeBSD: UInt8 = 9

  @Test("a supervised call is the provider's, with any register", arguments: TestSilo.Kind.allCases)
  func call(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.count, osabi: Self.freeBSD)
    let thread = try silo.thread()
    let routines = silo.routines
    let provider = silo.provider
    provider.onCall.withLock { onCall in
      onCall = { information in
        provider.note("call \(information.call?.number ?? 0) \(information.call?.arguments[0] ?? 0)")
        // Its own thread stops when the dispatch ends; its base is set at once.
        let before = try? routines.GetContextThreadInternal(information.thread)
        provider.note(before?.registers == information.frame ? "same" : "other")
        try? routines.SetThreadDescriptorBase(.Fs, 0x401000)
        _ = try? routines.SuspendThread(information.thread)
        information.frame.rax = 321
      }
    }
    try routines.SuspendThread(thread)
    var context = try routines.GetContextThreadInternal(thread)
    context.registers.rip = GuestCode.call
    try routines.SetContextThreadInternal(thread, context)
    try routines.ResumeThread(thread)
    try TestSilo.eventually("it has called") { provider.count("same") == 1 }
    #expect(provider.count("call 390 1234") == 1)
    let after = try routines.GetContextThreadInternal(thread)
    #expect(after.registers.rax == 321 && after.fsBase == 0x401000)
    #expect(after.registers.rip == GuestCode.call + 12)
    try routines.ResumeThread(thread)
    try TestSilo.eventually("it goes on") { try routines.GetContextThreadInternal(thread).registers.rbx == 321 }
  }

  @Test("a provider may stop other threads from within a dispatch", arguments: TestSilo.Kind.allCases)
  func other(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.call, osabi: Self.freeBSD)
    let first = try silo.thread()
    let routines = silo.routines
    try TestSilo.eventually("the first call is over") {
      try routines.GetContextThreadInternal(first).registers.rip > GuestCode.call + 12
    }
    var start = try routines.GetContextThreadInternal(first)
    start.extendedState = nil
    start.registers.rip = GuestCode.count
    let counting = try routines.CreateThread(
      PicoThreadAttributes(Process: silo.process(), Start: start, Context: silo.provider))
    try routines.ResumeThread(counting)
    let provider = silo.provider
    provider.onCall.withLock { onCall in
      onCall = { information in
        let stopped = (try? routines.SuspendThread(counting)) == 0
        provider.note(stopped && information.thread === first ? "stopped" : "not stopped")
        information.frame.rax = 5
      }
    }
    try routines.SuspendThread(first)
    start.registers.rip = GuestCode.call
    try routines.SetContextThreadInternal(first, start)
    try routines.ResumeThread(first)
    try TestSilo.eventually("the call is over") { try routines.GetContextThreadInternal(first).registers.rbx == 5 }
    #expect(provider.count("stopped") == 1)
    #expect(try routines.ResumeThread(counting) == 1)
  }

  @Test("an exception is offered twice; taken, the thread goes on", arguments: TestSilo.Kind.allCases)
  func exception(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.count)
    let thread = try silo.thread()
    silo.provider.onException.withLock { onException in
      onException = { information, chance in
        guard chance == .second, information.frame.rip == GuestCode.invalid else { return false }
        information.frame.rip += 2
        return true
      }
    }
    try silo.routines.SuspendThread(thread)
    var context = try silo.routines.GetContextThreadInternal(thread)
    context.registers.rip = GuestCode.invalid
    try silo.routines.SetContextThreadInternal(thread, context)
    try silo.routines.ResumeThread(thread)
    try TestSilo.eventually("it goes on behind the instruction") {
      try silo.routines.GetContextThreadInternal(thread).registers.rbx == 9
    }
    #expect(silo.provider.count("chance 1") == 1 && silo.provider.count("chance 2") == 1)
    silo.provider.onException.withLock { $0 = { _, _ in false } }
    try silo.routines.SuspendThread(thread)
    let process = try silo.process()
    try silo.routines.SetContextThreadInternal(thread, context)
    try silo.routines.ResumeThread(thread)
    try TestSilo.eventually("it ended") { silo.provider.count("ExitProcess") == 1 }
    #expect(process.exitStatus == .STATUS_ILLEGAL_INSTRUCTION)
    #expect(silo.provider.count("ExitThread") == 1)
  }

  @Test("ends are told once, and nothing stays open", arguments: TestSilo.Kind.allCases)
  func ends(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.count)
    let thread = try silo.thread()
    try silo.routines.SuspendThread(thread)
    kill(silo.pid, SIGKILL)
    try TestSilo.eventually("its end is told") { silo.provider.count("ExitProcess") == 1 }
    #expect(silo.provider.count("ExitThread") == 1)
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try silo.routines.ResumeThread(thread) }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try silo.routines.GetContextThreadInternal(thread) }
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try silo.routines.TerminateProcess(thread.process, .STATUS_SUCCESS)
    }
    usleep(50_000)
    #expect(silo.provider.count("ExitProcess") == 1 && silo.provider.count("ExitThread") == 1)
    #expect(silo.contract.platform.watch.descriptorCount == 0)
    #expect(silo.contract.registry.processCount == 0)
  }

  @Test("a thread that cannot answer costs an error, not a worker", arguments: TestSilo.Kind.allCases)
  func silent(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.count)
    let thread = try silo.thread()
    // Stopped by the host: no signal handler runs.
    kill(silo.pid, SIGSTOP)
    usleep(50_000)
    #expect(throws: NTStatus.STATUS_IO_TIMEOUT) { try silo.routines.SuspendThread(thread) }
    kill(silo.pid, SIGCONT)
    // The wish was taken back: it runs.
    let first = try silo.routines.GetContextThreadInternal(thread).registers.rbx
    try TestSilo.eventually("it counts") {
      try silo.routines.GetContextThreadInternal(thread).registers.rbx > first
    }
    #expect(try silo.routines.SuspendThread(thread) == 0)
    #expect(try silo.routines.ResumeThread(thread) == 1)
  }
}
