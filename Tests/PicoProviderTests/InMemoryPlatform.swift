import PicoProvider
import Synchronization

/// A platform without a host: it counts what it is asked for, and checks that it is asked in the order it was promised.
final class InMemoryPlatform: PicoPlatform {
  struct Thread {
    var context: GuestContext
    var isStopped: Bool
    var isWaitingForReply = false
  }
  struct State {
    var nextNumber: Int32 = 100
    var processes: [HostProcess: PicoProcessFlags] = [:]
    var parents: [HostProcess: HostProcess] = [:]
    var threads: [HostThread: Thread] = [:]
    var killed: [HostProcess: NTStatus] = [:]
    var killedThreads: [HostThread] = []
    var log: [String] = []
    var failure: NTStatus?
  }
  private let state = Mutex(State())

  /// Runs between the host call that makes something and its return: the place for an untimely end.
  let afterCreateProcess = Mutex<(@Sendable (HostProcess) -> Void)?>(nil)
  let afterCreateThread = Mutex<(@Sendable (HostThread) -> Void)?>(nil)

  var log: [String] { state.withLock { $0.log } }
  var killed: [HostProcess: NTStatus] { state.withLock { $0.killed } }
  var killedThreads: [HostThread] { state.withLock { $0.killedThreads } }
  func flags(of process: HostProcess) -> PicoProcessFlags? { state.withLock { $0.processes[process] } }
  func parent(of process: HostProcess) -> HostProcess? { state.withLock { $0.parents[process] } }
  func isStopped(_ thread: HostThread) -> Bool { state.withLock { $0.threads[thread]?.isStopped ?? true } }
  func registers(of thread: HostThread) -> GuestContext? { state.withLock { $0.threads[thread]?.context } }

  /// Every call fails with `status` from now on; nil: none does.
  func fail(with status: NTStatus?) { state.withLock { $0.failure = status } }

  /// A process and its first thread, as a stub's own fork makes them.
  func makeNative() -> HostThread {
    state.withLock { state in
      state.nextNumber += 1
      let process = HostProcess(pid: state.nextNumber, serial: UInt64(state.nextNumber))
      let thread = HostThread(process: process, tid: process.pid)
      state.processes[process] = []
      state.threads[thread] = Thread(context: GuestContext(), isStopped: false)
      return thread
    }
  }

  func setWaitingForReply(_ thread: HostThread, _ isWaiting: Bool) {
    state.withLock { $0.threads[thread]?.isWaitingForReply = isWaiting }
  }

  func createProcess(parent: HostProcess?, flags: PicoProcessFlags) throws(NTStatus) -> HostProcess {
    let process = try state.withLock { (state) throws(NTStatus) in
      if let failure = state.failure { throw failure }
      state.nextNumber += 1
      let process = HostProcess(pid: state.nextNumber, serial: UInt64(state.nextNumber))
      state.processes[process] = flags
      state.parents[process] = parent
      return process
    }
    afterCreateProcess.withLock { $0 }?(process)
    return process
  }

  func createThread(in process: HostProcess, start: GuestContext) throws(NTStatus) -> HostThread {
    let thread = try state.withLock { (state) throws(NTStatus) in
      if let failure = state.failure { throw failure }
      state.nextNumber += 1
      let thread = HostThread(process: process, tid: state.nextNumber)
      state.threads[thread] = Thread(context: start, isStopped: true)
      return thread
    }
    afterCreateThread.withLock { $0 }?(thread)
    return thread
  }

  func suspend(_ thread: HostThread) throws(NTStatus) {
    try change(thread, "suspend") { (found) throws(NTStatus) in
      guard !found.isStopped else { throw .STATUS_INVALID_PARAMETER }
      found.isStopped = true
    }
  }

  func resume(_ thread: HostThread) throws(NTStatus) {
    try change(thread, "resume") { (found) throws(NTStatus) in
      guard found.isStopped else { throw .STATUS_INVALID_PARAMETER }
      found.isStopped = false
    }
  }

  func context(of thread: HostThread) throws(NTStatus) -> GuestContext {
    var context = GuestContext()
    try change(thread, "get") { (found) throws(NTStatus) in
      guard found.isStopped || found.isWaitingForReply else { throw .STATUS_INVALID_PARAMETER }
      context = found.context
    }
    return context
  }

  func setContext(_ context: GuestContext, of thread: HostThread) throws(NTStatus) {
    try change(thread, "set") { (found) throws(NTStatus) in
      guard found.isStopped || found.isWaitingForReply else { throw .STATUS_INVALID_PARAMETER }
      found.context = context
    }
  }

  func setDescriptorBase(_ type: PicoDescriptorType, _ base: UInt64, of thread: HostThread) throws(NTStatus) {
    try change(thread, "base") { (found) throws(NTStatus) in
      switch type {
      case .Fs: found.context.fsBase = base
      case .Gs: found.context.gsBase = base
      }
    }
  }

  func terminate(_ thread: HostThread) throws(NTStatus) {
    state.withLock { $0.killedThreads.append(thread) }
  }

  func terminate(_ process: HostProcess, status: NTStatus) throws(NTStatus) {
    state.withLock { $0.killed[process] = status }
  }

  func end(_ thread: HostThread, by record: PicoExceptionRecord) throws(NTStatus) {
    state.withLock { $0.killed[thread.process] = record.code }
  }

  private func change(
    _ thread: HostThread, _ name: String, _ body: (inout Thread) throws(NTStatus) -> Void
  ) throws(NTStatus) {
    try state.withLock { (state) throws(NTStatus) in
      if let failure = state.failure { throw failure }
      guard var found = state.threads[thread] else { throw .STATUS_INVALID_CID }
      state.log.append(name)
      try body(&found)
      state.threads[thread] = found
    }
  }
}
