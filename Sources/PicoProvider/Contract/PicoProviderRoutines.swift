/// What a provider ties to a process or thread. The contract keeps it and never looks into it.
package typealias PicoContext = any AnyObject & Sendable

/// What both tables of the contract begin with. Equality is asked for, not "at least": a table of another shape is
/// refused rather than guessed at.
package struct PicoTableHeader: Hashable, Sendable {
  /// Bytes of the table in its C layout.
  package var size: Int
  package var version: UInt32

  package init(size: Int, version: UInt32) {
    self.size = size
    self.version = version
  }

  /// `PS_PICO_PROVIDER_ROUTINES`: Windows' 88 bytes, the version, `AdoptProcess` and `AdoptThread`.
  package static let providerRoutines = PicoTableHeader(size: 112, version: 1)

  /// `PS_PICO_ROUTINES`: Windows' 96 bytes, the version and `HandOverProcess`.
  package static let routines = PicoTableHeader(size: 112, version: 1)
}

/// What a provider does: the table it registers with (`PS_PICO_PROVIDER_ROUTINES`).
///
/// Members keep Windows' names. They are called on whichever supervisor thread serves the guest thread, several at
/// once, with no lock of the contract held, and may call any routine of `PicoRoutines`. None may block on a guest's
/// behalf.
package struct PicoProviderRoutines: Sendable {
  package var header = PicoTableHeader.providerRoutines

  /// Serves one system call of a guest thread. The answer goes into `information.frame`; any register may change.
  package var DispatchSystemCall: @Sendable (_ information: PicoSystemCallInformation) -> Void

  /// The thread is gone. Its context can be read during the call, and is let go of after it.
  package var ExitThread: @Sendable (_ thread: Picothread) -> Void

  /// The process is gone: called once, when `ExitThread` has returned for each of its threads. The context can be
  /// read during the call, and is let go of after it.
  package var ExitProcess: @Sendable (_ process: Picoprocess) -> Void

  /// A guest thread raised an exception. True: served, the thread goes on with the frame as it is now.
  /// False on the first chance: asked again with `.second`. False on the second: the process is terminated.
  package var DispatchException:
    @Sendable (
      _ information: PicoExceptionInformation, _ record: inout PicoExceptionRecord, _ chance: PicoChance
    ) -> Bool

  /// Somebody outside asks for the end of the process. Nothing was killed: the provider does it in its own way (its
  /// kill signal) and calls `PicoRoutines.TerminateProcess` when it wants the host to.
  package var TerminateProcess: @Sendable (_ process: Picoprocess, _ status: NTStatus) -> NTStatus

  /// The return addresses on a guest thread's stack, innermost first. More than `frameCount` are cut off.
  package var WalkUserStack: @Sendable (_ walk: PicoStackWalk, _ frameCount: Int) -> [UInt64]

  /// What an auditor should watch for changes. Kept and told, not enforced.
  package var ProtectedRanges: [PicoAddressRange] = []

  /// The name of a process's image, in the bytes of the guest's own path. Without it, or when it throws, the name
  /// given at creation answers.
  package var GetAllocatedProcessImageName: (@Sendable (_ process: Picoprocess) throws(NTStatus) -> [UInt8])?

  /// The most that openers from outside the provider's own processes are granted.
  package var OpenProcess: PicoAccessMask
  package var OpenThread: PicoAccessMask

  package var SubsystemInformationType: SubsystemInformationType

  /// A process came up that `CreateProcess` did not make: the stub forked by itself (`parent` is the process that
  /// did), or an image of this provider was executed in a process that was another's (`parent` is nil). Returns the
  /// context. Windows has no such routine, since its picoprocesses cannot fork without the provider.
  package var AdoptProcess: @Sendable (_ process: Picoprocess, _ parent: Picoprocess?) throws(NTStatus) -> PicoContext

  /// The same for a thread. It runs already; its suspend count is 0.
  package var AdoptThread: @Sendable (_ thread: Picothread) throws(NTStatus) -> PicoContext

  package init(
    DispatchSystemCall: @escaping @Sendable (PicoSystemCallInformation) -> Void,
    ExitThread: @escaping @Sendable (Picothread) -> Void,
    ExitProcess: @escaping @Sendable (Picoprocess) -> Void,
    DispatchException:
      @escaping @Sendable (PicoExceptionInformation, inout PicoExceptionRecord, PicoChance) -> Bool,
    TerminateProcess: @escaping @Sendable (Picoprocess, NTStatus) -> NTStatus,
    WalkUserStack: @escaping @Sendable (PicoStackWalk, Int) -> [UInt64],
    OpenProcess: PicoAccessMask,
    OpenThread: PicoAccessMask,
    SubsystemInformationType: SubsystemInformationType,
    AdoptProcess: @escaping @Sendable (Picoprocess, Picoprocess?) throws(NTStatus) -> PicoContext,
    AdoptThread: @escaping @Sendable (Picothread) throws(NTStatus) -> PicoContext
  ) {
    self.DispatchSystemCall = DispatchSystemCall
    self.ExitThread = ExitThread
    self.ExitProcess = ExitProcess
    self.DispatchException = DispatchException
    self.TerminateProcess = TerminateProcess
    self.WalkUserStack = WalkUserStack
    self.OpenProcess = OpenProcess
    self.OpenThread = OpenThread
    self.SubsystemInformationType = SubsystemInformationType
    self.AdoptProcess = AdoptProcess
    self.AdoptThread = AdoptThread
  }
}
