/// A request of the stub, as a platform received it.
package struct Ring: Sendable {
  /// The thread that rang.
  package let tid: Int32
  package let request: UInt32
  /// The slot of its transfer page; for a fresh stub (`PICO_HELLO`) the address of a buffer of 64 bytes.
  package let argument: UInt64

  package init(tid: Int32, request: UInt32, argument: UInt64) {
    self.tid = tid
    self.request = request
    self.argument = argument
  }
}

/// How a platform gives a ringing picoprocess a descriptor.
package enum HandOver: Sendable {
  /// It is there already, under this number, close-on-exec.
  case installed(Int32)
  /// The stub has to open this path for itself.
  case open(path: String)
}

/// What a platform offers while a ring is being answered.
package protocol RingChannel {
  /// Gives the ringing process a copy of `descriptor`. Nil when the process is gone.
  func handOver(_ descriptor: Int32) -> HandOver?
}

/// Answers rings. Called from several threads at once, never twice for the same thread.
package protocol RingService: AnyObject, Sendable {
  /// - Returns: what the stub's doorbell call returns: a value, or a negated host errno.
  func answer(_ ring: Ring, _ channel: some RingChannel) -> Int64
}
