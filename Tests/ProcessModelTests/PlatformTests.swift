import Glibc
import PicoProvider
import ProcessModel
import Testing

/// The contract on real picothreads, on each platform.
@Suite("SiloPlatform", .serialized, .timeLimit(.minutes(2)))
struct PlatformTests {
  @Test("a suspended thread stands still, and goes on where it stood", arguments: TestSilo.Kind.allCases)
  func suspends(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.count)
    let thread = try silo.thread()
    #expect(try silo.routines.SuspendThread(thread) == 0)
    let first = try silo.routines.GetContextThreadInternal(thread)
    #expect(first.registers.rip >= GuestCode.count && first.registers.rip < GuestCode.mark)
    usleep(20_000)
    #expect(try silo.routines.GetContextThreadInternal(thread) == first)
    #expect(first.registers.rsp != 0 && first.extendedState?.count ?? 0 >= 512)
    #expect(try silo.routines.SuspendThread(thread) == 1)
    #expect(try silo.routines.ResumeThread(thread) == 2)
    usleep(20_000)
    #expect(try silo.routines.GetContextThreadInternal(thread) == first)
    #expect(try silo.routines.ResumeThread(thread) == 1)
    #expect(try silo.routines.ResumeThread(thread) == 0)
    try TestSilo.eventually("it counts on") {
      try silo.routines.GetContextThreadInternal(thread).registers.rbx > first.registers.rbx
    }
  }

  @Test("registers, segment bases and vector state can be changed", arguments: TestSilo.Kind.allCases)
  func changes(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.count)
    let thread = try silo.thread()
    func run(at place: UInt64, _ change: (inout GuestContext) -> Void) throws -> UInt64 {
      try silo.routines.SuspendThread(thread)
      var context = try silo.routines.GetContextThreadInternal(thread)
      context.registers.rip = place
      context.registers.rbx = 0
      change(&context)
      try silo.routines.SetContextThreadInternal(thread, context)
      let told = try silo.routines.GetContextThreadInternal(thread)
      #expect(told == context)
      try silo.routines.ResumeThread(thread)
      try TestSilo.eventually("it has run there") {
        try silo.routines.GetContextThreadInternal(thread).registers.rbx != 0
      }
      return try silo.routines.GetContextThreadInternal(thread).registers.rbx
    }
    #expect(try run(at: GuestCode.mark) { _ in } == 7)
    #expect(try run(at: GuestCode.fs) { $0.fsBase = 0x401000 } == 0x401000)
    #expect(try run(at: GuestCode.gs) { $0.gsBase = 0x402000 } == 0x402000)
    #expect(
      try run(at: GuestCode.vector) { context in
        // XMM0 lies at 160, and the bit of XSTATE_BV for it at 512.
        context.extendedState?[160] = 0x55
        context.extendedState?[512] |= 2
      } == 0x55)
    try silo.routines.SuspendThread(thread)
    var wrong = try silo.routines.GetContextThreadInternal(thread)
    wrong.extendedState?.removeLast()
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try silo.routines.SetContextThreadInternal(thread, wrong)
    }
  }

  @Test("a thread that waits in a host call stops, and never sees an EINTR", arguments: TestSilo.Kind.allCases)
  func waits(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.wait)
    let thread = try silo.thread()
    for round in 0..<100 {
      if round % 10 == 0 { usleep(10_000) }
      try silo.routines.SuspendThread(thread)
      let context = try silo.routines.GetContextThreadInternal(thread)
      // Before the call, or about to make it again.
      #expect(context.registers.rip >= GuestCode.wait && context.registers.rip <= GuestCode.wait + 14)
      #expect(context.registers.rbx != 44)
      try silo.routines.ResumeThread(thread)
    }
    try silo.routines.SuspendThread(thread)
    var context = try silo.routines.GetContextThreadInternal(thread)
    context.registers.rip = GuestCode.mark
    try silo.routines.SetContextThreadInternal(thread, context)
    try silo.routines.ResumeThread(thread)
    try TestSilo.eventually("it left the call") {
      try silo.routines.GetContextThreadInternal(thread).registers.rbx == 7
    }
  }

  @Test("threads are born suspended and end by themselves or by force", arguments: TestSilo.Kind.allCases)
  func threads(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.wait)
    let process = try silo.process()
    let first = try silo.thread()
    var start = try silo.routines.GetContextThreadInternal(first)
    start.extendedState = nil
    start.registers.rip = GuestCode.count
    start.registers.rbx = 0
    start.fsBase = 0x401000
    let context = TestProvider()
    let thread = try silo.routines.CreateThread(
      PicoThreadAttributes(Process: process, Start: start, Context: context))
    #expect(silo.routines.GetThreadContext(thread) === context)
    let born = try silo.routines.GetContextThreadInternal(thread)
    #expect(born.registers.rip == GuestCode.count && born.registers.rbx == 0 && born.fsBase == 0x401000)
    #expect(try silo.routines.ResumeThread(thread) == 1)
    try TestSilo.eventually("it counts") {
      try silo.routines.GetContextThreadInternal(thread).registers.rbx > 1000
    }
    // The one that made it noticed nothing.
    #expect(try silo.routines.GetContextThreadInternal(first).registers.rip <= GuestCode.wait + 14)
    let second = try silo.routines.CreateThread(
      PicoThreadAttributes(Process: process, Start: start, Context: context))
    try silo.routines.SuspendThread(thread)
    var changed = try silo.routines.GetContextThreadInternal(thread)
    changed.registers.rip = GuestCode.end
    try silo.routines.SetContextThreadInternal(thread, changed)
    try silo.routines.ResumeThread(thread)
    try TestSilo.eventually("it has ended") { silo.provider.count("ExitThread") == 1 }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try silo.routines.SuspendThread(thread) }
    #expect(silo.routines.GetThreadContext(thread) == nil)
    // Force, also while it is suspended.
    try silo.routines.TerminateThread(second, NTStatus(rawValue: 5))
    try TestSilo.eventually("it was ended") { silo.provider.count("ExitThread") == 2 }
    #expect(second.exitStatus == NTStatus(rawValue: 5))
    #expect(try silo.routines.GetContextThreadInternal(first).registers.rip <= GuestCode.wait + 14)
  }

  @Test("processes are made as clones and empty", arguments: TestSilo.Kind.allCases)
  func processes(_ kind: TestSilo.Kind) throws {
    let silo = try TestSilo(kind, entry: GuestCode.wait)
    let parent = try silo.process()
    let start = try silo.routines.GetContextThreadInternal(silo.thread())
    let clone = try silo.routines.CreateProcess(
      PicoProcessAttributes(ParentProcess: parent, Context: silo.provider, Flags: .CLONE_PARENT))
    var registers = start
    registers.registers.rip = GuestCode.mark
    let thread = try silo.routines.CreateThread(
      PicoThreadAttributes(Process: clone, Start: registers, Context: silo.provider))
    #expect(thread.host.tid == clone.host.pid)
    try silo.routines.ResumeThread(thread)
    try TestSilo.eventually("the clone runs the parent's code") {
      try silo.routines.GetContextThreadInternal(thread).registers.rbx == 7
    }
    let empty = try silo.routines.CreateProcess(PicoProcessAttributes(Context: silo.provider))
    let lost = try silo.routines.CreateThread(
      PicoThreadAttributes(Process: empty, Start: registers, Context: silo.provider))
    // There is nothing at its first instruction.
    try silo.routines.ResumeThread(lost)
    try TestSilo.eventually("it ended by a fault") { empty.exitStatus != .STATUS_PENDING }
    #expect(silo.provider.count("chance 2") == 1 && empty.exitStatus == .STATUS_ACCESS_VIOLATION)
    try silo.routines.TerminateProcess(clone, NTStatus(rawValue: 3))
    try TestSilo.eventually("both have ended") { silo.provider.count("ExitProcess") == 2 }
    #expect(clone.exitStatus == NTStatus(rawValue: 3))
    #expect(try silo.process() === parent)
  }
}
