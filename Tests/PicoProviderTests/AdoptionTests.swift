import PicoProvider
import Synchronization
import Testing

@Suite struct AdoptionTests {
  @Test func aForkedChildIsAdoptedByItsParentsProvider() throws {
    let scene = try Scene()
    let native = scene.platform.makeNative()
    let child = try scene.registry.adoptProcess(native.process, provider: 0, parent: scene.process)
    let thread = try scene.registry.adoptThread(native, in: child)
    #expect(scene.provider.told == ["AdoptProcess of a parent", "AdoptThread"])
    #expect((scene.routines.GetProcessContext(child) as? Label)?.text == "adopted process")
    #expect((scene.routines.GetThreadContext(thread) as? Label)?.text == "adopted thread")
    // It runs already.
    #expect(try scene.routines.ResumeThread(thread) == 0)
    #expect(scene.registry.process(of: native.process) === child)
    #expect(child.thread(of: native) === thread)
  }

  @Test func nothingIsAdoptedTwice() throws {
    let scene = try Scene()
    let native = scene.platform.makeNative()
    let child = try scene.registry.adoptProcess(native.process, provider: 0, parent: nil)
    _ = try scene.registry.adoptThread(native, in: child)
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try scene.registry.adoptProcess(native.process, provider: 0, parent: nil)
    }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try scene.registry.adoptThread(native, in: child) }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try scene.registry.adoptThread(native, in: scene.process) }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try scene.registry.adoptProcess(scene.platform.makeNative().process, provider: 7, parent: nil)
    }
  }

  @Test func whileOneAdoptsAnotherMayNot() throws {
    let scene = try Scene()
    let registry = scene.registry
    let native = scene.platform.makeNative()
    scene.provider.onAdopt.withLock {
      $0 = {
        do throws(NTStatus) {
          _ = try registry.adoptProcess(native.process, provider: 0, parent: nil)
          return nil
        } catch {
          return error
        }
      }
    }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try registry.adoptProcess(native.process, provider: 0, parent: nil)
    }
  }

  @Test func aRefusedAdoptionLeavesNothing() throws {
    let scene = try Scene()
    let native = scene.platform.makeNative()
    scene.provider.onAdopt.withLock { $0 = { .STATUS_INSUFFICIENT_RESOURCES } }
    #expect(throws: NTStatus.STATUS_INSUFFICIENT_RESOURCES) {
      try scene.registry.adoptProcess(native.process, provider: 0, parent: nil)
    }
    #expect(scene.registry.process(of: native.process) == nil)
    scene.provider.onAdopt.withLock { $0 = { nil } }
    let child = try scene.registry.adoptProcess(native.process, provider: 0, parent: nil)
    scene.provider.onAdopt.withLock { $0 = { .STATUS_INSUFFICIENT_RESOURCES } }
    #expect(throws: NTStatus.STATUS_INSUFFICIENT_RESOURCES) { try scene.registry.adoptThread(native, in: child) }
    scene.registry.processExited(child.host, status: .STATUS_SUCCESS)
    #expect(scene.provider.told.filter { $0.hasPrefix("Exit") } == ["ExitProcess"])
  }

  @Test func anEndDuringAdoptionIsToldAfterIt() throws {
    let scene = try Scene()
    let registry = scene.registry
    let native = scene.platform.makeNative()
    scene.provider.onAdopt.withLock {
      $0 = {
        registry.processExited(native.process, status: .STATUS_SUCCESS)
        return nil
      }
    }
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try registry.adoptProcess(native.process, provider: 0, parent: nil)
    }
    #expect(scene.provider.told == ["AdoptProcess", "ExitProcess"])
    #expect(registry.process(of: native.process) == nil)

    let second = scene.platform.makeNative()
    scene.provider.onAdopt.withLock { $0 = { nil } }
    let child = try registry.adoptProcess(second.process, provider: 0, parent: nil)
    scene.provider.onAdopt.withLock {
      $0 = {
        registry.threadExited(second)
        return nil
      }
    }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try registry.adoptThread(second, in: child) }
    #expect(scene.provider.told.suffix(2) == ["AdoptThread", "ExitThread"])
    #expect(child.threads.isEmpty)
  }

  @Test func exitProcessWaitsForAnAdoptionUnderWay() throws {
    let scene = try Scene()
    let registry = scene.registry
    let native = scene.platform.makeNative()
    let child = try registry.adoptProcess(native.process, provider: 0, parent: nil)
    scene.provider.onAdopt.withLock {
      $0 = {
        registry.processExited(native.process, status: .STATUS_SUCCESS)
        return nil
      }
    }
    #expect(throws: NTStatus.STATUS_THREAD_IS_TERMINATING) { try registry.adoptThread(native, in: child) }
    #expect(scene.provider.told == ["AdoptProcess", "AdoptThread", "ExitThread", "ExitProcess"])
  }

  @Test func handingOverEndsItForOneAndBeginsItForTheOther() throws {
    let scene = try Scene()
    let other = RecordingProvider()
    let others = try scene.registry.PsRegisterPicoProvider(other.table())
    let new = try scene.routines.HandOverProcess(scene.process, to: others.providerIndex)
    #expect(scene.provider.told == ["ExitThread", "ExitProcess"])
    #expect(other.told == ["AdoptProcess"])
    #expect(scene.registry.process(of: scene.process.host) === new)
    #expect(scene.routines.GetProcessContext(new) == nil)
    #expect((others.GetProcessContext(new) as? Label)?.text == "adopted process")
    scene.registry.processExited(new.host, status: .STATUS_SUCCESS)
    #expect(scene.provider.told == ["ExitThread", "ExitProcess"])
    #expect(other.told == ["AdoptProcess", "ExitProcess"])
    #expect(scene.registry.processCount == 0)
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.routines.HandOverProcess(scene.process, to: others.providerIndex)
    }
  }

  @Test func aRefusedHandOverChangesNothing() throws {
    let scene = try Scene()
    let other = RecordingProvider()
    let others = try scene.registry.PsRegisterPicoProvider(other.table())
    other.onAdopt.withLock { $0 = { .STATUS_NOT_SUPPORTED } }
    #expect(throws: NTStatus.STATUS_NOT_SUPPORTED) {
      try scene.routines.HandOverProcess(scene.process, to: others.providerIndex)
    }
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) {
      try scene.routines.HandOverProcess(scene.process, to: 99)
    }
    #expect(scene.provider.told == [])
    #expect(scene.registry.process(of: scene.process.host) === scene.process)
    #expect(try scene.routines.ResumeThread(scene.thread) == 1)
  }

  @Test func anEndDuringAHandOverReachesBoth() throws {
    let scene = try Scene()
    let registry = scene.registry
    let other = RecordingProvider()
    let others = try registry.PsRegisterPicoProvider(other.table())
    let host = scene.process.host
    other.onAdopt.withLock {
      $0 = {
        registry.processExited(host, status: .STATUS_SUCCESS)
        return nil
      }
    }
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.routines.HandOverProcess(scene.process, to: others.providerIndex)
    }
    #expect(scene.provider.told == ["ExitThread", "ExitProcess"])
    #expect(other.told == ["AdoptProcess", "ExitProcess"])
    #expect(registry.processCount == 0)
  }
}
