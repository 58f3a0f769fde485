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

  /// Answers rings on `workers` threads until the process ends.
  package func serve(_ service: some RingService, workers: Int) {
    for _ in 0..<workers { RawThread.start { [listener] in Self.run(listener, service) } }
  }

  /// A descriptor that hangs up when the last picoprocess is gone.
  package var lifeline: Int32 { listener }

  private static func run(_ listener: Int32, _ service: some RingService) {
    var request = pico_ring()
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
