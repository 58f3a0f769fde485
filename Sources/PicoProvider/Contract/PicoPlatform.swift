/// A host process: its number, and which of the processes with that number it is, so that a number given out twice
/// names two processes.
package struct HostProcess: Hashable, Sendable {
  package let pid: Int32
  package let serial: UInt64

  package init(pid: Int32, serial: UInt64) {
    self.pid = pid
    self.serial = serial
  }

  /// A number of its own: the host's are below 2 to the 22nd.
  var key: UInt64 { serial << 22 | UInt64(UInt32(bitPattern: pid)) }
}

/// A host thread of a host process.
package struct HostThread: Hashable, Sendable {
  package let process: HostProcess
  package let tid: Int32

  package init(process: HostProcess, tid: Int32) {
    self.process = process
    self.tid = tid
  }
}

/// What the contract needs of a way to run guest code: the trap and the ptrace platform are its conformers.
///
/// Every function may be called from any supervisor thread. The contract calls one of them at a time for a given
/// thread, and counts suspensions itself: a platform sees one `suspend`, then one `resume`.
package protocol PicoPlatform: Sendable {
  /// Makes a process with an empty address space, or a clone of `parent`'s. It has no thread that runs guest code.
  func createProcess(parent: HostProcess?, flags: PicoProcessFlags) throws(NTStatus) -> HostProcess

  /// Makes a thread that stands before its first guest instruction, with `start` in its registers.
  func createThread(in process: HostProcess, start: GuestContext) throws(NTStatus) -> HostThread

  /// Returns when the thread runs no guest code any more. One that waits for a reply of the supervisor's runs none:
  /// it stays stopped on its way out. `STATUS_INVALID_CID` when there is no such thread (any longer).
  func suspend(_ thread: HostThread) throws(NTStatus)
  func resume(_ thread: HostThread) throws(NTStatus)

  /// The registers of a thread that is suspended or waits for a reply.
  func context(of thread: HostThread) throws(NTStatus) -> GuestContext
  func setContext(_ context: GuestContext, of thread: HostThread) throws(NTStatus)
  func setDescriptorBase(_ type: PicoDescriptorType, _ base: UInt64, of thread: HostThread) throws(NTStatus)

  /// Ends a thread, or a process with all its threads. The end is reported through `PicoRegistry.threadExited` and
  /// `processExited`, as every other end is; it may come later than the return.
  func terminate(_ thread: HostThread) throws(NTStatus)
  func terminate(_ process: HostProcess, status: NTStatus) throws(NTStatus)

  /// Nobody takes the exception that `thread` waits in. Its process ends by it as the host ends a process: with the
  /// signal as its status, and a core where the host writes one.
  func end(_ thread: HostThread, by record: PicoExceptionRecord) throws(NTStatus)
}
