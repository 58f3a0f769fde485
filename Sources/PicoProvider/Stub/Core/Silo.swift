import CPicoEntry

/// The shared memory of all picoprocesses under one supervisor: a header, then a transfer slot a thread.
enum Silo {
  static var header: UnsafeMutablePointer<pico_silo> {
    UnsafeMutablePointer(bitPattern: UInt(PICO_SILO_BASE)).unsafelyUnwrapped
  }

  static func transfer(_ slot: UInt32) -> UnsafeMutablePointer<pico_transfer> {
    UnsafeMutablePointer(
      bitPattern: UInt(PICO_SILO_BASE) + UInt(PICO_SILO_HEADER) + UInt(slot) * UInt(PICO_SLOT_SIZE)
    ).unsafelyUnwrapped
  }

  private static var bitmap: UnsafeMutablePointer<UInt64> { pico_slot_words(header) }

  /// Takes a free slot and names its owner. Nil when all are taken, even after the supervisor has looked for dead owners.
  ///
  /// A thread that is killed does not give its slot back, nor one that it has taken for a thread it was about to make:
  /// `tid` of `tgid` takes it, until `own`. The lowest free one is taken, so one that is far up tells that
  /// many are taken.
  static func takeSlot(tgid: UInt32, tid: UInt32) -> UInt32? {
    let slot = findFree(tgid, tid)
    if let slot, slot < pico_load32(&header.pointee.reclaim_from) { return slot }
    _ = ring(PICO_RECLAIM, 0)
    return slot ?? findFree(tgid, tid)
  }

  private static func findFree(_ tgid: UInt32, _ tid: UInt32) -> UInt32? {
    let words = UInt32(PICO_SLOT_COUNT / 64)
    let start = pico_load32(&header.pointee.slot_hint) % words
    for step in 0..<words {
      let index = (start &+ step) % words
      var word = pico_load64(bitmap + Int(index))
      while word != UInt64.max {
        let free = UInt64((~word).trailingZeroBitCount)
        let before = pico_cas64(bitmap + Int(index), word, word | 1 << free)
        if before == word {
          let slot = index &* 64 &+ UInt32(free)
          if !open(slot) {
            giveBack(slot)
            return nil
          }
          let transfer = transfer(slot)
          transfer.pointee.tid = 0
          transfer.pointee.taker_tgid = tgid
          pico_store32(&transfer.pointee.taker, tid)
          transfer.pointee.tgid = 0
          transfer.pointee.control = pico_control()
          transfer.pointee.cpuset = 0
          pico_store32(&header.pointee.slot_hint, index)
          return slot
        }
        word = before
      }
    }
    return nil
  }

  /// Gives a slot back.
  static func release(_ slot: UInt32) {
    // A thread of the stub's own has none.
    guard slot < UInt32(PICO_SLOT_COUNT) else { return }
    let transfer = transfer(slot)
    pico_store32(&transfer.pointee.tid, 0)
    // The next taker's name may not be taken for this one's.
    pico_store32(&transfer.pointee.taker, 0)
    giveBack(slot)
  }

  /// The slot's thread is there and says who it is.
  static func own(_ transfer: UnsafeMutablePointer<pico_transfer>, tid: UInt32) {
    pico_store32(&transfer.pointee.tid, tid)
    pico_store32(&transfer.pointee.taker, 0)
  }

  /// The search begins again at the lowest free one: what has been touched stays memory, so it is used again. Two
  /// that come here at once may leave a higher hint; the next one lowers it.
  private static func giveBack(_ slot: UInt32) {
    _ = pico_and64(bitmap + Int(slot / 64), ~(1 << UInt64(slot % 64)))
    if slot / 64 < pico_load32(&header.pointee.slot_hint) { pico_store32(&header.pointee.slot_hint, slot / 64) }
  }
}

/// Rings the doorbell and waits for the supervisor's reply.
///
/// - Returns: what the reply carries. A supervisor that is gone ends the picoprocess: nothing can be served any more.
@discardableResult
func ring(_ request: pico_request, _ argument: UInt) -> Int {
  while true {
    let reply = host(Int(PICO_DOORBELL), UInt(request.rawValue), argument)
    if reply == Host.EINTR { continue }
    if reply == Host.ENOSYS { host(Host.exit_group, 125) }
    return reply
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Where this thread's requests carry their strings and buffers.
  var payload: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(pointee.transfer).advanced(by: Int(PICO_SLOT_PAYLOAD))
  }
  /// Bytes that fit at `payload`.
  static var payloadCapacity: Int { Int(PICO_SLOT_SIZE) - Int(PICO_SLOT_PAYLOAD) }

  /// Rings for this thread; what is asked and answered lies in its transfer page.
  func ring(_ request: pico_request) -> Int {
    pointee.supervised_calls &+= 1
    pointee.transfer.pointee.request = request.rawValue
    return picostub.ring(request, UInt(pointee.slot))
  }
}
