internal import Synchronization

/// A thread of a picoprocess: its host thread, its context, its suspend count, and its registers during a dispatch.
///
/// Any thread. `control` is held across the platform's calls for this thread, so that they come one at a time;
/// `state` only for a look. Order: `control`, then `state`.
package final class Picothread: Sendable {
  package let host: HostThread
  package let process: Picoprocess

  struct State: Sendable {
    var context: PicoContext?
    var isGone = false
    var exitStatus: NTStatus = .STATUS_PENDING
    /// The registers that a dispatch answers in.
    var frame = GuestRegisters()
    var isInDispatch = false
  }
  let state: Mutex<State>

  struct Control: Sendable {
    var suspendCount: UInt32
  }
  let control: Mutex<Control>

  /// Windows' MAXIMUM_SUSPEND_COUNT.
  static let maximumSuspendCount: UInt32 = 127

  init(host: HostThread, process: Picoprocess, context: PicoContext?, suspendCount: UInt32) {
    self.host = host
    self.process = process
    var state = State()
    state.context = context
    self.state = Mutex(state)
    control = Mutex(Control(suspendCount: suspendCount))
  }

  /// The thread whose dispatch runs on this supervisor thread: "current" in the contract's sense.
  @TaskLocal package static var current: Picothread?

  /// `STATUS_PENDING` until it was terminated with another one.
  package var exitStatus: NTStatus { state.withLock { $0.exitStatus } }

  var dispatchFrame: GuestRegisters {
    get { state.withLock { $0.frame } }
    set { state.withLock { $0.frame = newValue } }
  }

  func checkAlive() throws(NTStatus) {
    if state.withLock({ $0.isGone }) { throw .STATUS_THREAD_IS_TERMINATING }
  }
}
