import CPicoABI

/// The thread whose system call is being served. Every resident handler gets it first.
typealias Thread = UnsafeMutablePointer<pico_thread>

/// Makes a host system call.
///
/// - Returns: its result, or the negated host errno.
@inline(__always) @discardableResult
func host(
  _ number: Int, _ a0: UInt = 0, _ a1: UInt = 0, _ a2: UInt = 0, _ a3: UInt = 0, _ a4: UInt = 0, _ a5: UInt = 0
) -> Int {
  pico_syscall(number, a0, a1, a2, a3, a4, a5)
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Makes a host call that may block.
  ///
  /// - Returns: its result, or the negated host errno; `-EINTR` when a signal has to be delivered first. Return
  ///   that (or a `Restart` code, by the guest system's rule) to the dispatcher without blocking again.
  @inline(__always)
  func blocking(
    _ number: Int, _ a0: UInt = 0, _ a1: UInt = 0, _ a2: UInt = 0, _ a3: UInt = 0, _ a4: UInt = 0, _ a5: UInt = 0
  ) -> Int {
    pico_syscall_blocking(self, number, a0, a1, a2, a3, a4, a5)
  }
}

/// What a handler returns instead of `-EINTR` when the call is to be made again after the signal's handler.
enum Restart {
  /// Made again if the guest's action has `SA_RESTART`, else the guest sees `EINTR`.
  static let ifActionSaysSo = -512
  /// Made again whatever the action says.
  static let always = -513
}

/// An error that only the guest system has, as a handler's result. Host errors are returned as they came.
@inline(__always)
func guestError(_ number: Int) -> Int { -(1000 + number) }
