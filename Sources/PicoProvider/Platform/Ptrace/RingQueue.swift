internal import CPicoHost
internal import Glibc
internal import Synchronization

/// Rings on their way from the tracer to its workers, and answers on their way back.
///
/// Any thread; guarded by `state`. `wake` is the tracer's word, `work` the workers'.
final class RingQueue: @unchecked Sendable {
  private struct State {
    var rings: [Ring] = []
    var answers: [(tid: Int32, value: Int64)] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  private let tracer: Int32
  private let words: UnsafeMutablePointer<UInt32>

  /// For the calling thread as the tracer. Nil when there is no memory.
  init?() {
    guard let words = calloc(2, 4) else { return nil }
    self.words = words.assumingMemoryBound(to: UInt32.self)
    tracer = pico_trace_thread()
  }

  deinit { free(words) }

  var wake: UnsafeMutablePointer<UInt32> { words }
  private var work: UnsafeMutablePointer<UInt32> { words + 1 }

  func ask(_ ring: Ring) {
    state.withLock { $0.rings.append(ring) }
    signal()
  }

  /// The next ring to answer; nil when there will be none.
  func next() -> Ring? {
    while true {
      let before = pico_word(work)
      let (ring, isClosed) = state.withLock { ($0.rings.isEmpty ? nil : $0.rings.removeFirst(), $0.isClosed) }
      if let ring { return ring }
      if isClosed { return nil }
      pico_word_wait(work, before, 60_000)
    }
  }

  /// An answer for the tracer to give.
  func finish(_ ring: Ring, _ value: Int64) {
    let isClosed = state.withLock { state in
      state.answers.append((ring.tid, value))
      return state.isClosed
    }
    if !isClosed { pico_trace_wake(tracer, wake) }
  }

  /// The answers since the last look.
  func finished() -> [(tid: Int32, value: Int64)] {
    state.withLock { state in
      defer { state.answers.removeAll() }
      return state.answers
    }
  }

  /// No tracee is left.
  func close() {
    state.withLock { $0.isClosed = true }
    // A worker may be waiting for the tracer to look.
    pico_set_word(wake, 0)
    pico_word_wake(wake)
    signal()
  }

  private func signal() {
    _ = pico_next_word(work)
    pico_word_wake(work)
  }
}
