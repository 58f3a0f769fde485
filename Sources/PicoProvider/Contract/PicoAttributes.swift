/// Flags of `CreateProcess`. Windows' bits.
package struct PicoProcessFlags: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The address space starts as a copy-on-write clone of the parent's (fork); otherwise it is empty.
  package static let CLONE_PARENT = PicoProcessFlags(rawValue: 0x1)
  package static let INHERIT_HANDLES = PicoProcessFlags(rawValue: 0x2)
  /// Promise no memory for the clone beforehand. The host never does; accepted for what it is.
  package static let CLONE_REDUCED_COMMIT = PicoProcessFlags(rawValue: 0x4)
  /// Leave the parent's silo.
  package static let BREAKAWAY = PicoProcessFlags(rawValue: 0x8)
  /// An application package's process: nothing on this host answers to it, so it is refused.
  package static let PACKAGED_PROCESS = PicoProcessFlags(rawValue: 0x10)

  static let known: PicoProcessFlags = [
    .CLONE_PARENT, .INHERIT_HANDLES, .CLONE_REDUCED_COMMIT, .BREAKAWAY, .PACKAGED_PROCESS,
  ]
}

/// `PS_PICO_PROCESS_ATTRIBUTES`, but for its token: whose rights a process has is the host's business.
package struct PicoProcessAttributes: Sendable {
  package var ParentProcess: Picoprocess?
  package var Context: PicoContext
  package var Flags: PicoProcessFlags

  package init(ParentProcess: Picoprocess? = nil, Context: PicoContext, Flags: PicoProcessFlags = []) {
    self.ParentProcess = ParentProcess
    self.Context = Context
    self.Flags = Flags
  }
}

/// `PS_PICO_CREATE_INFO`: what audit trails and process lists show. It maps nothing.
package struct PicoCreateInfo: Hashable, Sendable {
  /// In the bytes of the guest's path, which need not be valid text.
  package var ImageFileName: [UInt8]
  package var CommandLine: [UInt8]

  package init(ImageFileName: [UInt8], CommandLine: [UInt8] = []) {
    self.ImageFileName = ImageFileName
    self.CommandLine = CommandLine
  }
}

/// `PS_PICO_THREAD_ATTRIBUTES`. The registers, segment bases and stack of the first instruction are one context here:
/// `StartRoutine` is `rip`, `UserStack` is `rsp`, the start parameters are whatever registers the guest's ABI says.
package struct PicoThreadAttributes: Sendable {
  package var Process: Picoprocess
  package var Start: GuestContext
  package var Context: PicoContext

  package init(Process: Picoprocess, Start: GuestContext, Context: PicoContext) {
    self.Process = Process
    self.Start = Start
    self.Context = Context
  }
}
