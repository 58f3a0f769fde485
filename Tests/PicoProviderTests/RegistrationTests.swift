import PicoProvider
import Testing

@Suite struct RegistrationTests {
  let provider = RecordingProvider()
  let registry = PicoRegistry(platform: InMemoryPlatform())

  @Test func tablesHaveTheSizesOfTheirCLayouts() {
    #expect(PicoTableHeader.providerRoutines.size == 88 + 3 * 8)
    #expect(PicoTableHeader.routines.size == 96 + 2 * 8)
  }

  @Test(arguments: [-1, 0, 1, 8])
  func onlyTheExactProviderSizeIsTaken(_ difference: Int) throws {
    var table = provider.table()
    table.header.size += difference
    if difference == 0 {
      _ = try registry.PsRegisterPicoProvider(table)
    } else {
      #expect(throws: NTStatus.STATUS_INFO_LENGTH_MISMATCH) { try registry.PsRegisterPicoProvider(table) }
    }
  }

  @Test(arguments: [-8, 8])
  func onlyTheExactRoutinesSizeIsTaken(_ difference: Int) {
    var routines = PicoTableHeader.routines
    routines.size += difference
    #expect(throws: NTStatus.STATUS_INFO_LENGTH_MISMATCH) {
      try registry.PsRegisterPicoProvider(provider.table(), routines: routines)
    }
  }

  @Test func anotherVersionIsRefusedOnEitherSide() {
    var table = provider.table()
    table.header.version += 1
    #expect(throws: NTStatus.STATUS_INFO_LENGTH_MISMATCH) { try registry.PsRegisterPicoProvider(table) }
    var routines = PicoTableHeader.routines
    routines.version = 0
    #expect(throws: NTStatus.STATUS_INFO_LENGTH_MISMATCH) {
      try registry.PsRegisterPicoProvider(provider.table(), routines: routines)
    }
  }

  @Test func maskBitsThatMeanNothingAreRefused() throws {
    var table = provider.table()
    table.OpenProcess = PicoAccessMask(rawValue: 0x0020_0000)
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try registry.PsRegisterPicoProvider(table) }
    table.OpenProcess = .all
    table.OpenThread = PicoAccessMask(rawValue: 0x8000_0000)
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try registry.PsRegisterPicoProvider(table) }
    table.OpenThread = .all
    _ = try registry.PsRegisterPicoProvider(table)
  }

  @Test func theSizeIsCheckedBeforeTheMasksAndBothBeforeTheWindow() {
    registry.seal()
    var table = provider.table()
    table.header.size = 0
    table.OpenProcess = PicoAccessMask(rawValue: .max)
    #expect(throws: NTStatus.STATUS_INFO_LENGTH_MISMATCH) { try registry.PsRegisterPicoProvider(table) }
    table.header = .providerRoutines
    #expect(throws: NTStatus.STATUS_INVALID_PARAMETER) { try registry.PsRegisterPicoProvider(table) }
    table.OpenProcess = .all
    #expect(throws: NTStatus.STATUS_TOO_LATE) { try registry.PsRegisterPicoProvider(table) }
  }

  @Test func theWindowStaysClosed() throws {
    _ = try registry.PsRegisterPicoProvider(provider.table())
    registry.seal()
    registry.seal()
    #expect(throws: NTStatus.STATUS_TOO_LATE) { try registry.PsRegisterPicoProvider(provider.table()) }
  }

  @Test func aTableChangedAfterwardsChangesNothing() throws {
    var table = provider.table()
    let routines = try registry.PsRegisterPicoProvider(table)
    let process = try routines.CreateProcess(PicoProcessAttributes(Context: Label("p")))
    table.SubsystemInformationType = .Win32
    table.OpenProcess = []
    #expect(registry.subsystemInformation(of: process) == .WSL)
    try registry.checkAccess(.PROCESS_TERMINATE, to: process)
  }

  @Test func providersStandSideBySide() throws {
    let other = RecordingProvider()
    let first = try registry.PsRegisterPicoProvider(provider.table())
    let second = try registry.PsRegisterPicoProvider(other.table())
    #expect(first.providerIndex == 0)
    #expect(second.providerIndex == 1)
    let process = try first.CreateProcess(PicoProcessAttributes(Context: Label("first's")))
    registry.processExited(process.host, status: .STATUS_SUCCESS)
    #expect(provider.told == ["ExitProcess"])
    #expect(other.told == [])
  }

  @Test func aProviderActsOnItsOwnProcessesOnly() throws {
    let first = try registry.PsRegisterPicoProvider(provider.table())
    let second = try registry.PsRegisterPicoProvider(RecordingProvider().table())
    let process = try first.CreateProcess(PicoProcessAttributes(Context: Label("first's")))
    let thread = try first.CreateThread(
      PicoThreadAttributes(Process: process, Start: GuestContext(), Context: Label("first's")))
    #expect(second.GetProcessContext(process) == nil)
    #expect(second.GetThreadContext(thread) == nil)
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.TerminateProcess(process, .STATUS_SUCCESS) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.ResumeThread(thread) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.SuspendThread(thread) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.TerminateThread(thread, .STATUS_SUCCESS) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.GetContextThreadInternal(thread) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.SetContextThreadInternal(thread, GuestContext()) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) { try second.HandOverProcess(process, to: 1) }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) {
      try second.CreateProcess(PicoProcessAttributes(ParentProcess: process, Context: Label("child")))
    }
    #expect(throws: NTStatus.STATUS_ACCESS_DENIED) {
      try second.CreateThread(
        PicoThreadAttributes(Process: process, Start: GuestContext(), Context: Label("thread")))
    }
  }
}
