import PicoProvider
import Synchronization
import Testing

@Suite struct ThreadControlTests {
  @Test func threadsAreBornSuspendedOnce() throws {
    let scene = try Scene()
    #expect(scene.platform.isStopped(scene.thread.host))
    #expect(scene.platform.log == [])
    #expect(try scene.routines.ResumeThread(scene.thread) == 1)
    #expect(!scene.platform.isStopped(scene.thread.host))
    #expect(try scene.routines.ResumeThread(scene.thread) == 0)
    #expect(scene.platform.log == ["resume"])
  }

  @Test func suspensionsNestAndThePlatformSeesTheOutermost() throws {
    let scene = try Scene()
    try scene.routines.ResumeThread(scene.thread)
    #expect(try scene.routines.SuspendThread(scene.thread) == 0)
    #expect(try scene.routines.SuspendThread(scene.thread) == 1)
    #expect(try scene.routines.SuspendThread(scene.thread) == 2)
    #expect(try scene.routines.ResumeThread(scene.thread) == 3)
    #expect(try scene.routines.ResumeThread(scene.thread) == 2)
    #expect(scene.platform.isStopped(scene.thread.host))
    #expect(try scene.routines.ResumeThread(scene.thread) == 1)
    #expect(!scene.platform.isStopped(scene.thread.host))
    #expect(scene.platform.log == ["resume", "suspend", "resume"])
  }

  @Test func suspensionsAreLimited() throws {
    let scene = try Scene()
    for previous in 1..<127 { #expect(try scene.routines.SuspendThread(scene.thread) == previous) }
    #expect(throws: NTStatus.STATUS_SUSPEND_COUNT_EXCEEDED) { try scene.routines.SuspendThread(scene.thread) }
    #expect(try scene.routines.ResumeThread(scene.thread) == 127)
  }

  @Test func aFailedChangeDoesNotCount() throws {
    let scene = try Scene()
    scene.platform.fail(with: .STATUS_INVALID_CID)
    #expect(throws: NTStatus.STATUS_INVALID_CID) { try scene.routines.ResumeThread(scene.thread) }
    scene.platform.fail(with: nil)
    #expect(try scene.routines.ResumeThread(scene.thread) == 1)
    scene.platform.fail(with: .STATUS_INVALID_CID)
    #expect(throws: NTStatus.STATUS_INVALID_CID) { try scene.routines.SuspendThread(scene.thread) }
    scene.platform.fail(with: nil)
    #expect(try scene.routines.SuspendThread(scene.thread) == 0)
  }

  @Test func aSuspendedThreadsContextIsReadAndWrittenAsItStands() throws {
    let scene = try Scene()
    var context = GuestContext()
    context.registers.rip = 0x40_1000
    context.fsBase = 0x7000
    context.extendedState = [1, 2, 3]
    try scene.routines.SetContextThreadInternal(scene.thread, context)
    #expect(try scene.routines.GetContextThreadInternal(scene.thread) == context)
    #expect(scene.platform.log == ["set", "get"])
  }

  @Test func aRunningThreadIsStoppedForIt() throws {
    let scene = try Scene()
    try scene.routines.ResumeThread(scene.thread)
    _ = try scene.routines.GetContextThreadInternal(scene.thread)
    #expect(scene.platform.log == ["resume", "suspend", "get", "resume"])
    #expect(!scene.platform.isStopped(scene.thread.host))
    #expect(try scene.routines.SuspendThread(scene.thread) == 0)
  }

  @Test func basesThatUserCodeCannotHaveAreRefused() throws {
    let scene = try Scene()
    var context = GuestContext()
    context.gsBase = 0x8000_0000_0000
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try scene.routines.SetContextThreadInternal(scene.thread, context)
    }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try scene.routines.CreateThread(
        PicoThreadAttributes(Process: scene.process, Start: context, Context: Label("t")))
    }
    #expect(scene.platform.log == [])
    context.gsBase -= 1
    try scene.routines.SetContextThreadInternal(scene.thread, context)
  }

  @Test func countsSurviveManyHands() async throws {
    let scene = try Scene()
    let (routines, thread) = (scene.routines, scene.thread)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<200 {
            _ = try? routines.SuspendThread(thread)
            _ = try? routines.GetContextThreadInternal(thread)
            _ = try? routines.ResumeThread(thread)
          }
        }
      }
    }
    #expect(try routines.ResumeThread(thread) == 1)
  }
}
