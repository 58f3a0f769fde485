internal import CPicoHost
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
  package static var current: Picothread? {
    pico_current().map { Unmanaged<Picothread>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with this thread as the current one. A task-local value would do the same, but brings the runtime for
  /// tasks along, which sets itself up at every start (decision 0005).
  func asCurrent<Result>(_ body: () -> Result) -> Result {
    let before = pico_current()
    pico_set_current(Unmanaged.passUnretained(self).toOpaque())
    defer {
      withExtendedLifetime(self) {}
      pico_set_current(before)
    }
    return body()
  }

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
