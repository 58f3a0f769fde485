import PicoProvider
import Testing

@Suite struct OutsideTests {
  @Test func outsidersGetWhatTheMasksAllow() throws {
    let scene = try Scene()
    try scene.registry.checkAccess([.PROCESS_TERMINATE, .PROCESS_QUERY_LIMITED_INFORMATION], to: scene.process)
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) {
      try scene.registry.checkAccess([.PROCESS_TERMINATE, .PROCESS_VM_READ], to: scene.process)
    }
    try scene.registry.checkAccess(.THREAD_QUERY_LIMITED_INFORMATION, to: scene.thread)
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) {
      try scene.registry.checkAccess(.THREAD_SUSPEND_RESUME, to: scene.thread)
    }
  }

  @Test func anEndAskedForFromOutsideIsTheProvidersToMake() throws {
    let scene = try Scene()
    let answer = try scene.registry.requestTermination(of: scene.process, status: NTStatus(rawValue: 3))
    #expect(answer == .STATUS_PENDING)
    #expect(scene.provider.told == ["TerminateProcess 3"])
    #expect(scene.platform.killed.isEmpty)
    #expect(scene.process.exitStatus == .STATUS_PENDING)
    scene.registry.processExited(scene.process.host, status: .STATUS_SUCCESS)
    #expect(throws: NTStatus.STATUS_PROCESS_IS_TERMINATING) {
      try scene.registry.requestTermination(of: scene.process, status: .STATUS_SUCCESS)
    }
  }

  @Test func anEndThatTheMaskForbidsIsNotAskedFor() throws {
    let registry = PicoRegistry(platform: InMemoryPlatform())
    let provider = RecordingProvider()
    var table = provider.table()
    table.OpenProcess = .PROCESS_QUERY_LIMITED_INFORMATION
    let process = try registry.PsRegisterPicoProvider(table).CreateProcess(
      PicoProcessAttributes(Context: Label("p")))
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) {
      try registry.requestTermination(of: process, status: .STATUS_SUCCESS)
    }
    #expect(provider.told == [])
  }

  @Test func stackWalksAreCutToWhatWasAskedFor() throws {
    let scene = try Scene()
    var frame = GuestRegisters()
    frame.rip = 1
    #expect(scene.registry.walkUserStack(of: scene.thread, frame: frame, frameCount: 2) == [1, 2])
    #expect(scene.registry.walkUserStack(of: scene.thread, frame: frame, frameCount: 9) == [1, 2, 3, 4])
    #expect(scene.registry.walkUserStack(of: scene.thread, frame: frame, frameCount: 0) == [])
    #expect(scene.registry.walkUserStack(of: scene.thread, frame: frame, frameCount: -1) == [])
  }

  @Test func theProvidersNameGoesBeforeTheOneGivenAtCreation() throws {
    let registry = PicoRegistry(platform: InMemoryPlatform())
    var table = RecordingProvider().table()
    let plain = try registry.PsRegisterPicoProvider(table)
    table.GetAllocatedProcessImageName = { (_) throws(NTStatus) in Array("/bin/told".utf8) }
    let telling = try registry.PsRegisterPicoProvider(table)
    table.GetAllocatedProcessImageName = { (_) throws(NTStatus) in throw .STATUS_NO_MEMORY }
    let failing = try registry.PsRegisterPicoProvider(table)

    let given = PicoCreateInfo(ImageFileName: Array("/bin/given".utf8))
    func name(_ routines: PicoRoutines, _ info: PicoCreateInfo?) throws -> [UInt8] {
      registry.imageName(of: try routines.CreateProcess(PicoProcessAttributes(Context: Label("p")), info))
    }
    #expect(try name(plain, given) == Array("/bin/given".utf8))
    #expect(try name(plain, nil) == [])
    #expect(try name(telling, given) == Array("/bin/told".utf8))
    #expect(try name(failing, given) == Array("/bin/given".utf8))
  }

  @Test func aCloneInheritsItsParentsName() throws {
    let scene = try Scene()
    let parent = try scene.routines.CreateProcess(
      PicoProcessAttributes(Context: Label("p")), PicoCreateInfo(ImageFileName: Array("/bin/sh".utf8)))
    let child = try scene.routines.CreateProcess(
      PicoProcessAttributes(ParentProcess: parent, Context: Label("c"), Flags: .CLONE_PARENT))
    #expect(scene.registry.imageName(of: child) == Array("/bin/sh".utf8))
  }

  @Test func protectedRangesAreTold() throws {
    let registry = PicoRegistry(platform: InMemoryPlatform())
    var table = RecordingProvider().table()
    table.ProtectedRanges = [PicoAddressRange(address: 0x1000, size: 0x2000)]
    let process = try registry.PsRegisterPicoProvider(table).CreateProcess(
      PicoProcessAttributes(Context: Label("p")))
    #expect(registry.protectedRanges(of: process) == [PicoAddressRange(address: 0x1000, size: 0x2000)])
    #expect(registry.subsystemInformation(of: process) == .WSL)
  }
}
