internal import CPicoABI
internal import CPicoHost
internal import Glibc
internal import Synchronization

/// A thread by the slot it has in the silo's memory: what the supervisor needs to stop it.
struct Seat: Hashable, Sendable {
  let slot: UInt64
  let pid: Int32
  let tid: Int32
}

/// Which threads are to stand still, and how often that was asked.
///
/// Any thread; guarded by `holds`, which is never kept while waiting for a guest. A guest may never answer: every wait
/// has a limit, after which the wish is taken back.
final class Seats: Sendable {
  let memory: SiloMemory
  private let holds = Mutex<[Seat: Hold]>([:])

  private struct Hold {
    var count = 0
    var round: UInt32 = 0
    /// It waits for an answer of the supervisor's, so it runs nothing.
    var isInRing = false
    var isEnding = false

    var isIdle: Bool { count == 0 && !isInRing && !isEnding }
  }

  /// Milliseconds within which a thread answers, and between two looks whether it is still there.
  static let patience = 2000
  static let look = 20

  init(memory: SiloMemory) { self.memory = memory }

  func control(_ seat: Seat) -> UnsafeMutablePointer<pico_control>? {
    memory.transfer(seat.slot).map { pico_control_of($0) }
  }

  func isInRing(_ seat: Seat) -> Bool { holds.withLock { $0[seat]?.isInRing ?? false } }

  func isHeld(_ seat: Seat) -> Bool { holds.withLock { ($0[seat]?.count ?? 0) > 0 } }

  /// The thread waits for an answer from here on, or has got it.
  func setInRing(_ seat: Seat, _ isInRing: Bool) {
    change(seat) { $0.isInRing = isInRing }
    if isInRing, let control = control(seat) { moved(&control.pointee.answered) }
  }

  /// The thread is gone.
  func forget(_ seat: Seat) { holds.withLock { $0[seat] = nil } }

  /// Has the thread stand still; returns when it runs no guest code any more.
  ///
  /// - Errors: `STATUS_INVALID_CID` when it is gone; `STATUS_ACCESS_DENIED` when the host does not let us ask it;
  ///   `STATUS_IO_TIMEOUT` when it does not answer, and then it runs on.
  func hold(_ seat: Seat) throws(NTStatus) {
    guard let control = control(seat) else { throw .STATUS_INVALID_CID }
    let round = change(seat) { hold -> UInt32 in
      hold.count += 1
      if hold.count == 1 {
        hold.round = hold.round &+ 1
        if hold.round == 0 || hold.round == UInt32(PICO_WANTED_END) { hold.round = 1 }
        // A slot keeps its last round for the next thread: begin after it.
        let last = max(pico_word(&control.pointee.parked), pico_word(&control.pointee.noted))
        if hold.round <= last, last < UInt32(PICO_WANTED_END) - 1 { hold.round = last + 1 }
        if !hold.isEnding { pico_set_word(&control.pointee.wanted, hold.round) }
      }
      return hold.round
    }
    // One that stands already, as at its birth, waits for this and hears no signal.
    moved(&control.pointee.bell)
    do {
      try ask(seat)
      try wait(seat, asksAgain: true) { [self] in
        pico_word(&control.pointee.noted) == round || pico_word(&control.pointee.parked) == round || isInRing(seat)
      }
    } catch {
      release(seat)
      throw error
    }
  }

  /// Takes one `hold` back.
  func release(_ seat: Seat) {
    guard let control = control(seat) else { return }
    change(seat) { hold in
      guard hold.count > 0 else { return }
      hold.count -= 1
      if hold.count == 0 && !hold.isEnding { pico_set_word(&control.pointee.wanted, 0) }
    }
    moved(&control.pointee.bell)
  }

  /// Has the thread end by itself.
  func end(_ seat: Seat) throws(NTStatus) {
    guard let control = control(seat), pico_thread_exists(seat.pid, seat.tid) == 1 else { throw .STATUS_INVALID_CID }
    change(seat) { hold in
      hold.isEnding = true
      pico_set_word(&control.pointee.wanted, UInt32(PICO_WANTED_END))
    }
    moved(&control.pointee.bell)
    do throws(NTStatus) { try ask(seat) } catch {
      // One that stood has ended by now.
      if error != .STATUS_INVALID_CID { throw error }
    }
  }

  /// Waits until a held thread stands, so that its registers are in its page. Errors: as `hold`.
  func waitUntilParked(_ seat: Seat) throws(NTStatus) {
    guard let control = control(seat) else { throw .STATUS_INVALID_CID }
    let round = holds.withLock { $0[seat]?.round ?? 0 }
    try wait(seat, asksAgain: true) { pico_word(&control.pointee.parked) == round }
  }

  /// Waits for something that the thread does, as long as it lives. Errors: as `hold`.
  func wait(_ seat: Seat, asksAgain: Bool, until isDone: () -> Bool) throws(NTStatus) {
    guard let control = control(seat) else { throw .STATUS_INVALID_CID }
    for round in 0..<Self.patience / Self.look {
      let before = pico_word(&control.pointee.answered)
      if isDone() { return }
      if pico_thread_exists(seat.pid, seat.tid) != 1 { throw .STATUS_INVALID_CID }
      // One that was executing another image may have lost the first signal.
      if asksAgain && round % 10 == 9 { try ask(seat) }
      pico_word_wait(&control.pointee.answered, before, Int32(Self.look))
    }
    if isDone() { return }
    throw .STATUS_IO_TIMEOUT
  }

  /// Something in a thread's page has changed.
  func moved(_ word: UnsafeMutablePointer<UInt32>) {
    _ = pico_next_word(word)
    pico_word_wake(word)
  }

  private func ask(_ seat: Seat) throws(NTStatus) {
    switch pico_ask_thread(seat.pid, seat.tid, Self.signal, Int32(PICO_STOP_CODE)) {
    // EAGAIN: as many signals wait as may; one of them may be ours, and else it is tried again.
    case 0, -EAGAIN: return
    case -ESRCH: throw .STATUS_INVALID_CID
    default: throw .STATUS_ACCESS_DENIED
    }
  }

  /// `Host.everyThread` of the stub.
  private static let signal: Int32 = 64

  @discardableResult
  private func change<Result: Sendable>(_ seat: Seat, _ body: (inout Hold) -> Result) -> Result {
    holds.withLock { holds in
      var hold = holds[seat] ?? Hold()
      let result = body(&hold)
      // The round is kept by the page.
      holds[seat] = hold.isIdle ? nil : hold
      return result
    }
  }
}
