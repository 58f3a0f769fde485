/// What those see who stand outside the guests: the control socket, a trace, a process list.
extension PicoRegistry {
  /// Checks what an outsider wants to do to a process.
  ///
  /// - Errors: `STATUS_ACCESS_DENIED` for a right that the provider's mask lacks.
  package func checkAccess(_ desired: PicoAccessMask, to process: Picoprocess) throws(NTStatus) {
    guard desired.isSubset(of: process.provider.routines.OpenProcess) else { throw .STATUS_ACCESS_DENIED }
  }

  package func checkAccess(_ desired: PicoAccessMask, to thread: Picothread) throws(NTStatus) {
    guard desired.isSubset(of: thread.process.provider.routines.OpenThread) else { throw .STATUS_ACCESS_DENIED }
  }

  /// An outsider's wish that a process end. The provider is asked; nothing is killed here.
  ///
  /// - Returns: the provider's answer.
  /// - Errors: `STATUS_ACCESS_DENIED` when its mask lacks `PROCESS_TERMINATE`, `STATUS_PROCESS_IS_TERMINATING`.
  package func requestTermination(of process: Picoprocess, status: NTStatus) throws(NTStatus) -> NTStatus {
    try checkAccess(.PROCESS_TERMINATE, to: process)
    if process.isGone { throw .STATUS_PROCESS_IS_TERMINATING }
    return process.provider.routines.TerminateProcess(process, status)
  }

  /// The return addresses on a thread's stack, innermost first, at most `frameCount`.
  package func walkUserStack(of thread: Picothread, frame: GuestRegisters, frameCount: Int) -> [UInt64] {
    guard frameCount > 0 else { return [] }
    let walk = PicoStackWalk(thread: thread, frame: frame)
    return Array(thread.process.provider.routines.WalkUserStack(walk, frameCount).prefix(frameCount))
  }

  /// The name of the image, in the bytes of the guest's path: the provider's word first, then what was said at
  /// creation, else nothing.
  package func imageName(of process: Picoprocess) -> [UInt8] {
    if let ask = process.provider.routines.GetAllocatedProcessImageName, let name = try? ask(process) { return name }
    return process.createInfo?.ImageFileName ?? []
  }

  package func subsystemInformation(of process: Picoprocess) -> SubsystemInformationType {
    process.provider.routines.SubsystemInformationType
  }

  package func protectedRanges(of process: Picoprocess) -> [PicoAddressRange] {
    process.provider.routines.ProtectedRanges
  }
}
