import CPicoEntry

/// Signals that somebody has sent, the guest's mask keeps out, and the host does not keep: those of the synchronous kind,
/// which the host never blocks, since traps and faults in the stub arrive by them; and those that a kqueue counts, taken
/// from the host so that the next one of its kind shows.
///
/// One of each is enough: they are no real-time signals.
enum HeldSignals {
  /// The code of a signal that says: look among those held back. No kernel uses it.
  static let code: Int32 = -72

  /// Whether a signal with that code may be the stub's own: programs for Linux choose codes themselves.
  static func mayBe(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) -> Bool {
    Host.synchronous & Host.bit(signal) != 0 || process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
  }

  /// Signals that wait.
  static func waiting(_ process: UnsafeMutablePointer<pico_process>) -> UInt64 {
    pico_load64(&process.pointee.held)
  }

  /// Where a signal's description is kept, and how much of it: of those that a kqueue counts, all that a sender, a
  /// timer or a child's end fills in.
  private static func place(
    _ process: UnsafeMutablePointer<pico_process>, _ signal: Int32
  ) -> (UnsafeMutableRawPointer, Int)? {
    guard Host.synchronous & Host.bit(signal) == 0 else {
      let place = (Host.synchronous & (Host.bit(signal) - 1)).nonzeroBitCount
      return (pico_held_info(process, Int32(min(place, 5))), 128)
    }
    guard let kept = FreeBSD.Kqueues.keptSignal(process, signal) else { return nil }
    return (kept, FreeBSD.Kqueues.keptSignalBytes)
  }

  /// Nothing interrupts who has the lock: the signal handler takes it too.
  ///
  /// - Returns: the host's mask, to be put back.
  private static func lock(_ process: UnsafeMutablePointer<pico_process>) -> UInt64 {
    var before: UInt64 = 0
    withUnsafePointer(to: UInt64.max) { all in
      withUnsafeMutablePointer(to: &before) {
        _ = host(Host.rt_sigprocmask, 0, UInt(bitPattern: all), UInt(bitPattern: $0), 8)  // SIG_BLOCK
      }
    }
    while pico_cas32(&process.pointee.held_lock, 0, 1) != 0 { pico_pause() }
    return before
  }

  private static func unlock(_ process: UnsafeMutablePointer<pico_process>, _ mask: UInt64) {
    pico_store32(&process.pointee.held_lock, 0)
    withUnsafePointer(to: mask) { _ = host(Host.rt_sigprocmask, 2, UInt(bitPattern: $0), 0, 8) }  // SIG_SETMASK
  }

  /// Keeps a signal until a mask lets it in.
  static func hold(_ process: UnsafeMutablePointer<pico_process>, _ info: UnsafePointer<pico_siginfo>) {
    let bit = Host.bit(info.pointee.signal)
    guard let (place, size) = place(process, info.pointee.signal) else { return }
    let mask = lock(process)
    if process.pointee.held & bit == 0 {
      place.copyMemory(from: info, byteCount: size)
      _ = pico_or64(&process.pointee.held, bit)
    }
    unlock(process, mask)
  }

  /// Takes one of the signals in `wanted`, the lowest first. Nil when none of them waits.
  static func take(_ process: UnsafeMutablePointer<pico_process>, _ wanted: UInt64) -> pico_siginfo? {
    guard waiting(process) & wanted != 0 else { return nil }
    let mask = lock(process)
    defer { unlock(process, mask) }
    let ready = process.pointee.held & wanted
    guard ready != 0 else { return nil }
    let signal = Int32(ready.trailingZeroBitCount + 1)
    _ = pico_and64(&process.pointee.held, ~Host.bit(signal))
    var info = pico_siginfo()
    if let (place, size) = place(process, signal) {
      withUnsafeMutablePointer(to: &info) { UnsafeMutableRawPointer($0).copyMemory(from: place, byteCount: size) }
    }
    info.signal = signal
    return info
  }

  /// The child of a fork has none.
  static func forget(_ process: UnsafeMutablePointer<pico_process>) {
    process.pointee.held = 0
    process.pointee.held_lock = 0
  }

  /// Has a thread look for `signal` among those held back.
  static func call(_ thread: Thread, _ signal: Int32) -> Int {
    var info = pico_siginfo()
    info.signal = signal
    info.code = code
    return withUnsafePointer(to: info) {
      host(
        Host.rt_tgsigqueueinfo, UInt(thread.pointee.process.pointee.tgid), UInt(thread.pointee.tid), UInt(signal),
        UInt(bitPattern: $0))
    }
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Has a signal delivered on the way out of the call under way, as if the host had sent it.
  ///
  /// False when another waits already: the call has to be made again after that one.
  func deliverOnExit(_ info: UnsafePointer<pico_siginfo>) -> Bool {
    blockHostSignals()
    guard pointee.pending == 0 else { return false }
    keepPending(info)
    return true
  }

  /// Makes `info` the one signal that is remembered for the way out.
  func keepPending(_ info: UnsafePointer<pico_siginfo>) {
    pico_pending_info(self).copyMemory(from: info, byteCount: 128)
    pointee.pending_signal = UInt32(bitPattern: info.pointee.signal)
    pointee.pending = 1
  }

  /// The guest's mask keeps `info` out: it goes to a thread whose mask does not, or waits.
  func holdBack(_ info: UnsafePointer<pico_siginfo>) {
    HeldSignals.hold(pointee.process, info)
    guard info.pointee.code != -6 else { return }  // SI_TKILL: for this thread alone
    var done = false
    ThreadArea.forEach { other in
      guard !done, other != self, other.pointee.process == pointee.process, other.pointee.tid != 0 else { return }
      guard other.pointee.mask & Host.bit(info.pointee.signal) == 0 else { return }
      done = HeldSignals.call(other, info.pointee.signal) == 0
    }
  }

  /// After a change of the guest's mask: what it lets in now comes as it would have.
  func releaseHeldSignals() {
    let ready = HeldSignals.waiting(pointee.process) & ~pointee.mask
    if ready != 0 { _ = HeldSignals.call(self, Int32(ready.trailingZeroBitCount + 1)) }
  }

  /// Whether the signal that waits for the way out is one that the mask keeps out.
  var pendingIsMasked: Bool {
    let bit = Host.bit(Int32(truncatingIfNeeded: pointee.pending_signal))
    return pointee.pending != 0 && bit & Host.synchronous & pointee.mask != 0
  }
}
