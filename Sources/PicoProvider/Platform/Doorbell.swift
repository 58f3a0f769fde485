/// A request of the stub, as a platform received it.
package struct Ring: Sendable {
  /// The thread that rang.
  package let tid: Int32
  package let request: UInt32
  /// The slot of its transfer page; nothing for a fresh stub (`PICO_HELLO`).
  package let argument: UInt64

  package init(tid: Int32, request: UInt32, argument: UInt64) {
    self.tid = tid
    self.request = request
    self.argument = argument
  }
}

/// What a platform offers while a ring is being answered.
package protocol RingChannel {
  /// Gives the ringing process a copy of `descriptor`, close-on-exec.
  ///
  /// - Returns: its number there, or a negated host errno: `EMFILE`, or `ESRCH` or `ENOENT` when the process is gone.
  func install(_ descriptor: Int32) -> Int32
}

/// Answers rings. Called from several threads at once, never twice for the same thread.
package protocol RingService: AnyObject, Sendable {
  /// - Returns: what the stub's doorbell call returns: a value, or a negated host errno.
  func answer(_ ring: Ring, _ channel: some RingChannel) -> Int64
}
