internal import Glibc

/// A host thread that runs one closure. Platforms need real threads: what they wait in is no business of a pool's.
package enum RawThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Lets others run for a moment.
  package static func pause() { usleep(50) }

  /// Starts a detached thread. False when the host has none to give.
  @discardableResult
  package static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    let box = Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    if started == 0 { pthread_detach(thread) } else { box.release() }
    return started == 0
  }
}
