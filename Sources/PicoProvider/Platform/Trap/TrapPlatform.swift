internal import CPicoABI
internal import CPicoHost
internal import Glibc

/// The platform in which seccomp traps the guests' calls: the stub handles the traps itself, and only its doorbell
/// comes here, as user notifications of one listener for the whole silo.
package struct TrapPlatform {
  /// Notification of the silo's filter.
  private let listener: Int32

  /// Waits for the first picoprocess to send the listener of the filter it has installed.
  ///
  /// Nil when it ended without doing so.
  package init?(setupSocket: Int32) {
    listener = pico_receive_descriptor(setupSocket)
    if listener < 0 { return nil }
    pico_ring_stay(listener)
  }

  /// Answers rings on threads of its own until the last picoprocess is gone.
  ///
  /// - Parameter workers: as many as may be at work at once. A program that rings but once, for its image, has one.
  package func serve(_ service: some RingService, workers: Int) {
    RawThread.start { [listener] in Self.run(listener, service, others: workers - 1) }
  }

  /// A descriptor that hangs up when the last picoprocess is gone.
  package var lifeline: Int32 { listener }

  private static func run(_ listener: Int32, _ service: some RingService, others: Int) {
    var request = pico_ring()
    var isFirst = true
    var others = others
    while true {
      let received = pico_ring_receive(listener, &request)
      if received == -EINTR { continue }
      if received == -ENOENT {
        // Whoever rang is gone. When the last picoprocess is, every call would end so.
        var end = pollfd(fd: listener, events: 0, revents: 0)
        if poll(&end, 1, 0) == 1 { return }
        continue
      }
      if received < 0 { return }
      if !isFirst && others > 0 {
        let more = others - 1
        // Where the host has no thread to give, this one goes on alone, and asks again at the next.
        if RawThread.start({ run(listener, service, others: more) }) { others = 0 }
      }
      isFirst = false
      let ring = Ring(tid: request.tid, request: request.operation, argument: request.argument)
      let value = service.answer(ring, Channel(listener: listener, id: request.id))
      _ = pico_ring_reply(listener, request.id, value)
    }
  }

  private struct Channel: RingChannel {
    let listener: Int32
    let id: UInt64

    func install(_ descriptor: Int32) -> Int32 { pico_ring_install(listener, id, descriptor) }
  }
}
