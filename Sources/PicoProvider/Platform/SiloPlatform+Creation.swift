internal import CPicoABI
internal import CPicoHost
internal import Glibc
internal import Synchronization

/// What only a thread of a picoprocess can do is done by one that stands still for it.
extension SiloPlatform {
  /// - Errors: `STATUS_NOT_SUPPORTED` for `BREAKAWAY`: a filter is for life. `STATUS_INVALID_CID` when the parent, or
  ///   without one the whole silo, has no thread that could fork; `STATUS_INSUFFICIENT_RESOURCES` when the host refuses;
  ///   `STATUS_IO_TIMEOUT`.
  package func createProcess(parent: HostProcess?, flags: PicoProcessFlags) throws(NTStatus) -> HostProcess {
    if flags.contains(.BREAKAWAY) { throw .STATUS_NOT_SUPPORTED }
    var orderFlags: UInt64 = 0
    if !flags.contains(.CLONE_PARENT) { orderFlags |= UInt64(PICO_ORDER_EMPTY) }
    if !flags.contains(.INHERIT_HANDLES) { orderFlags |= UInt64(PICO_ORDER_NO_DESCRIPTORS) }
    let candidates: [Seat]
    if let parent {
      candidates = seats(in: parent)
    } else {
      candidates = memory.owners().filter { $0.tgid > 0 && $0.tid > 0 }
        .map { Seat(slot: $0.slot, pid: $0.tgid, tid: $0.tid) }
    }
    let made = try order(PICO_ORDER_PROCESS, orderFlags, nil, candidates)
    guard let process = watch.process(made.number), let thread = watch.thread(made.number, of: process) else {
      _ = kill(made.number, SIGKILL)
      throw .STATUS_PROCESS_IS_TERMINATING
    }
    place(thread, slot: made.slot)
    carriers.withLock { $0[process] = thread }
    // Its one thread stands until it becomes the first that is created in it.
    try adoptStanding(thread)
    return process
  }

  /// - Errors: `STATUS_INVALID_CID` when no thread of the process can make one; `STATUS_INSUFFICIENT_RESOURCES` when the
  ///   host refuses; `STATUS_IO_TIMEOUT`; `STATUS_INVALID_PARAMETER` for vector state that cannot be loaded.
  package func createThread(in process: HostProcess, start: GuestContext) throws(NTStatus) -> HostThread {
    if let carrier = carriers.withLock({ $0.removeValue(forKey: process) }) {
      try setContext(start, of: carrier)
      return carrier
    }
    let made = try order(PICO_ORDER_THREAD, 0, start, seats(in: process))
    guard let thread = watch.thread(made.number, of: process) else { throw .STATUS_THREAD_IS_TERMINATING }
    place(thread, slot: made.slot)
    try adoptStanding(thread)
    if start.extendedState != nil { try setContext(start, of: thread) }
    return thread
  }

  /// The thread was born standing; from here on that is the contract's first suspension of it.
  private func adoptStanding(_ thread: HostThread) throws(NTStatus) {
    try held.hold(seat(thread))
  }

  /// Has one of `candidates` carry out an order. Returns the number and the slot of what it made.
  private func order(
    _ kind: Int32, _ flags: UInt64, _ start: GuestContext?, _ candidates: [Seat]
  ) throws(NTStatus) -> (number: Int32, slot: UInt64) {
    try orders.withLock { (count) throws(NTStatus) in
      var failure = NTStatus.STATUS_INVALID_CID
      for seat in candidates where !held.isInRing(seat) {
        do throws(NTStatus) {
          try held.hold(seat)
          defer { held.release(seat) }
          try held.waitUntilParked(seat)
          count = (count &+ 1) & 0xff_ffff
          return try carryOut(kind, flags, start, seat, count << 8)
        } catch {
          failure = error
          if error == .STATUS_INSUFFICIENT_RESOURCES { break }
        }
      }
      throw failure
    }
  }

  private func carryOut(
    _ kind: Int32, _ flags: UInt64, _ start: GuestContext?, _ seat: Seat, _ count: UInt32
  ) throws(NTStatus) -> (number: Int32, slot: UInt64) {
    guard let transfer = memory.transfer(seat.slot), let control = held.control(seat) else {
      throw .STATUS_INVALID_CID
    }
    // The page holds the registers of the one that stands; they are put back before it goes on.
    let before = try context(of: seat)
    let changed = pico_word(&control.pointee.changed)
    control.pointee.order_flags = flags
    if let start {
      transfer.pointee.frame = start.registers.frame
      control.pointee.fs_base = start.fsBase
      control.pointee.gs_base = start.gsBase
    }
    let word = UInt32(kind) | count
    pico_set_word(&control.pointee.order, word)
    held.moved(&control.pointee.bell)
    defer {
      transfer.pointee.frame = before.registers.frame
      control.pointee.fs_base = before.fsBase
      control.pointee.gs_base = before.gsBase
      pico_set_word(&control.pointee.changed, changed)
      pico_set_word(&control.pointee.order, 0)
    }
    try held.wait(seat, asksAgain: false) { pico_word(&control.pointee.order_done) == word }
    let result = control.pointee.order_result
    let slot = control.pointee.order_flags
    guard result > 0, result <= Int64(Int32.max), slot < UInt64(PICO_SLOT_COUNT) else {
      throw .STATUS_INSUFFICIENT_RESOURCES
    }
    return (Int32(result), slot)
  }
}
