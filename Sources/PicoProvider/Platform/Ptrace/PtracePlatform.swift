internal import CPicoABI
internal import CPicoHost
internal import Glibc

/// The platform in which a tracer catches the guests' calls: each call of guest code is redirected into the stub, and
/// the stub's doorbell is answered at the stop it makes. Slow, simple, and without a filter: the reference for the
/// other platform, and the fallback where seccomp is refused.
///
/// Owned by the thread that created it: ptrace knows threads, not processes.
package struct PtracePlatform: ~Copyable {
  /// Thread areas by thread, as seen when the stub itself made a call.
  private var areas: [Int32: UInt64] = [:]
  /// The first process until it has executed the stub: so far its calls are picorun's own.
  private var waiting: Int32?
  /// Threads whose rings workers are answering. They stay stopped.
  private var asking: Set<Int32> = []
  private let answers: RingQueue

  /// Attaches to the process that is to become the first picoprocess. Nil when the host refuses.
  package init?(first: Int32) {
    guard pico_trace_seize(first) == 0, let answers = RingQueue() else { return nil }
    self.answers = answers
    waiting = first
  }

  /// Serves the tracees until none is left, with `workers` threads for what a provider answers: it may want other
  /// tracees to stop, and those need the tracer.
  package mutating func serve(_ service: some RingService, workers: Int) {
    for _ in 0..<workers {
      RawThread.start { [answers] in
        while let ring = answers.next() { answers.finish(ring, service.answer(ring, Channel(ring: ring))) }
      }
    }
    defer { answers.close() }
    var stop = pico_stop()
    while true {
      pico_trace_next(&stop, answers.wake)
      switch pico_stop_kind(rawValue: UInt32(bitPattern: stop.kind)) {
      case PICO_STOP_NONE:
        return
      case PICO_STOP_WOKEN:
        for answer in answers.finished() where asking.remove(answer.tid) != nil {
          _ = pico_trace_answer(answer.tid, answer.value)
          resume(answer.tid)
        }
      case PICO_STOP_GONE:
        areas[stop.tid] = nil
        asking.remove(stop.tid)
      case PICO_STOP_ENTRY:
        if entry(stop, service) { resume(stop.tid) }
      case PICO_STOP_EXEC:
        if waiting == stop.tid { waiting = nil }
        areas[stop.tid] = nil
        // That id ends without a stop of its own, and may come again.
        areas[stop.child] = nil
        asking.remove(stop.child)
        resume(stop.tid)
      case PICO_STOP_GROUP:
        _ = pico_trace_listen(stop.tid)
      case PICO_STOP_SIGNAL:
        resume(stop.tid, stop.signal)
      default:
        resume(stop.tid)
      }
    }
  }

  private func resume(_ tid: Int32, _ signal: Int32 = 0) { _ = pico_trace_continue(tid, signal) }

  /// - Returns: whether the thread goes on at once.
  private mutating func entry(_ stop: pico_stop, _ service: some RingService) -> Bool {
    if stop.instruction >> 32 == UInt64(PICO_STUB_HIGH) {
      if areas[stop.tid] == nil {
        let base = pico_trace_gs(stop.tid)
        if base >= UInt64(PICO_AREA_BASE), base < UInt64(PICO_CODE_BASE) { areas[stop.tid] = base }
      }
      guard stop.number == UInt64(PICO_DOORBELL) else { return true }
      let ring = Ring(tid: stop.tid, request: UInt32(truncatingIfNeeded: stop.args.0), argument: stop.args.1)
      if ring.request == PICO_CALL.rawValue || ring.request == PICO_EXCEPTION.rawValue {
        asking.insert(ring.tid)
        answers.ask(ring)
        return false
      }
      let value = service.answer(ring, Channel(ring: ring))
      // It may have ended, or become another program, while it was given a descriptor.
      if pico_trace_aside(stop.tid) != 0 { return false }
      _ = pico_trace_answer(stop.tid, value)
    } else if waiting != stop.tid, let area = currentArea(stop.tid) ?? areas[stop.tid] {
      _ = pico_trace_redirect(stop.tid, area)
    }
    return true
  }

  /// The thread area, by GS base, which only a guest that owns GS has changed.
  private func currentArea(_ tid: Int32) -> UInt64? {
    let base = pico_trace_gs(tid)
    return base >= UInt64(PICO_AREA_BASE) && base < UInt64(PICO_CODE_BASE) ? base : nil
  }

  private struct Channel: RingChannel {
    let ring: Ring

    /// Only for rings that the tracer answers itself, at the stop.
    func install(_ descriptor: Int32) -> Int32 { pico_trace_install(ring.tid, descriptor) }
  }
}
