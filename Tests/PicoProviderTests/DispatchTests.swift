import PicoProvider
import Synchronization
import Testing

@Suite struct DispatchTests {
  @Test func theAnswerIsTheFrameAsTheProviderLeavesIt() throws {
    let scene = try Scene()
    var frame = GuestRegisters()
    frame.rax = 20
    frame.rip = 0x1000
    let after = try scene.inCall(frame) { information in
      #expect(information.frame.rax == 20)
      information.frame.rax = 4711
      information.frame.rip = 0x2000
    }
    #expect(after.rax == 4711)
    #expect(after.rip == 0x2000)
  }

  @Test func theFrameIsWhatContextRoutinesSee() throws {
    let scene = try Scene()
    let routines = scene.routines
    let after = try scene.inCall { information in
      information.frame.rbx = 7
      var context = (try? routines.GetContextThreadInternal(information.thread)) ?? GuestContext()
      #expect(context.registers.rbx == 7)
      context.registers.rbx = 8
      context.registers.rcx = 9
      try? routines.SetContextThreadInternal(information.thread, context)
      #expect(information.frame.rcx == 9)
    }
    #expect(after.rbx == 8)
    #expect(after.rcx == 9)
  }

  @Test func aRunningThreadsOwnDispatchStopsNobody() throws {
    let scene = try Scene()
    let routines = scene.routines
    try routines.ResumeThread(scene.thread)
    try scene.inCall { _ = try? routines.GetContextThreadInternal($0.thread) }
    #expect(scene.platform.log == ["resume", "get"])
  }

  @Test func aFrameKeptBeyondItsDispatchChangesNothing() throws {
    let scene = try Scene()
    let kept = Mutex<PicoSystemCallInformation?>(nil)
    try scene.inCall { information in kept.withLock { $0 = information } }
    kept.withLock { $0 }?.frame.rax = 99
    let after = try scene.inCall { _ in }
    #expect(after.rax == 0)
  }

  @Test func aThreadHasOneDispatchAtATime() throws {
    let scene = try Scene()
    let registry = scene.registry
    try scene.inCall { information in
      var frame = GuestRegisters()
      #expect(throws: NTStatus.STATUS_INVALID_THREAD) {
        try registry.dispatchSystemCall(of: information.thread, frame: &frame)
      }
    }
    try scene.inCall { _ in }
  }

  @Test func aDeadThreadIsNotDispatched() throws {
    let scene = try Scene()
    scene.registry.threadExited(scene.thread.host)
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try scene.inCall { _ in } }
  }

  @Test func descriptorBasesAreTheCurrentThreadsOnly() throws {
    let scene = try Scene()
    let routines = scene.routines
    #expect(throws: NTStatus.STATUS_INVALID_THREAD) { try routines.SetThreadDescriptorBase(.Fs, 0x1000) }
    try scene.inCall { _ in
      #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
        try routines.SetThreadDescriptorBase(.Fs, 0xFFFF_8000_0000_0000)
      }
      try? routines.SetThreadDescriptorBase(.Fs, 0x1000)
      try? routines.SetThreadDescriptorBase(.Gs, 0x2000)
    }
    #expect(scene.platform.registers(of: scene.thread.host)?.fsBase == 0x1000)
    #expect(scene.platform.registers(of: scene.thread.host)?.gsBase == 0x2000)
    #expect(throws: NTStatus.STATUS_INVALID_THREAD) { try routines.SetThreadDescriptorBase(.Fs, 0x1000) }
  }

  private let fault = PicoExceptionRecord(
    code: .STATUS_ACCESS_VIOLATION, address: 0x1000, parameters: [1, 0xdead], hostSignal: 11, hostCode: 1)

  @Test func anExceptionTakenAtOnceIsOfferedOnce() throws {
    let scene = try Scene()
    scene.provider.onException.withLock {
      $0 = { information, record, _ in
        #expect(record.parameters == [1, 0xdead])
        information.frame.rip = 0x5000
        return true
      }
    }
    var frame = GuestRegisters()
    #expect(try scene.registry.dispatchException(fault, of: scene.thread, frame: &frame))
    #expect(frame.rip == 0x5000)
    #expect(scene.provider.told == ["chance 1"])
    #expect(scene.platform.killed.isEmpty)
  }

  @Test func theSecondChanceSeesWhatTheFirstLeft() throws {
    let scene = try Scene()
    scene.provider.onException.withLock {
      $0 = { _, record, chance in
        if chance == .first {
          record.address = 0x77
          return false
        }
        return record.address == 0x77
      }
    }
    var frame = GuestRegisters()
    #expect(try scene.registry.dispatchException(fault, of: scene.thread, frame: &frame))
    #expect(scene.provider.told == ["chance 1", "chance 2"])
    #expect(scene.platform.killed.isEmpty)
  }

  @Test func anExceptionNobodyTakesEndsTheProcessWithItsCode() throws {
    let scene = try Scene()
    var frame = GuestRegisters()
    #expect(try !scene.registry.dispatchException(fault, of: scene.thread, frame: &frame))
    #expect(scene.provider.told == ["chance 1", "chance 2"])
    #expect(scene.platform.killed[scene.process.host] == .STATUS_ACCESS_VIOLATION)
    scene.registry.processExited(scene.process.host, status: NTStatus(rawValue: 11))
    #expect(scene.process.exitStatus == .STATUS_ACCESS_VIOLATION)
  }

  @Test func theProviderMayEndTheProcessFromWithin() throws {
    let scene = try Scene()
    let routines = scene.routines
    scene.provider.onException.withLock {
      $0 = { information, _, _ in
        try? routines.TerminateProcess(information.thread.process, NTStatus(rawValue: 139))
        return false
      }
    }
    var frame = GuestRegisters()
    #expect(try !scene.registry.dispatchException(fault, of: scene.thread, frame: &frame))
    #expect(scene.process.exitStatus == NTStatus(rawValue: 139))
  }
}
