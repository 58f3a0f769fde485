import CPicoABI

/// A lock between threads of one picoprocess: a futex word, 0 free, 1 held, 2 held with waiters.
///
/// Async signals that come meanwhile wait at the way out of the stub, so a holder is never interrupted by guest
/// code. A child of fork inherits the word: reset it there.
struct Lock {
  private var word: UInt32 = 0

  @inline(__always)
  mutating func acquire() {
    if pico_cas32(&word, 0, 1) == 0 { return }
    while pico_exchange32(&word, 2) != 0 {
      withUnsafePointer(to: &word) { _ = host(202, UInt(bitPattern: $0), 128, 2) }  // FUTEX_WAIT_PRIVATE
    }
  }

  @inline(__always)
  mutating func release() {
    if pico_exchange32(&word, 0) == 2 {
      withUnsafePointer(to: &word) { _ = host(202, UInt(bitPattern: $0), 129, 1) }  // FUTEX_WAKE_PRIVATE
    }
  }
}
