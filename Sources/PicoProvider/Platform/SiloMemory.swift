package import CPicoABI
internal import CPicoHost
internal import Glibc
internal import Synchronization

/// The silo's shared memory as the supervisor sees it. Every word of it may be changed by a hostile guest at any
/// time: what is read is copied first and checked after.
package final class SiloMemory: @unchecked Sendable {
  /// The descriptor that each picoprocess maps.
  package let descriptor: Int32
  private let base: UnsafeMutableRawPointer
  /// Slots that may be taken before anybody looks for dead owners.
  private static let slotsBeforeReclaim: UInt32 = 128
  /// Held by whoever gives back slots of others: of two that find an owner dead, one must see that its slot has
  /// another owner by now.
  private let reclaiming = Mutex(Reclaiming())

  private struct Reclaiming {
    /// When the memory of a crowd that is gone was last looked for, in eighths of a second.
    var trimmed = 0
  }

  /// Makes the memory of a new silo. Nil when the host has none to give.
  ///
  /// - Parameter tracing: 0, or what the header is to say of the trace; only then is there room for trace rings.
  package init?(tracing: UInt32) {
    let size =
      tracing == 0 ? UInt64(PICO_SILO_HEADER) + UInt64(PICO_SLOT_COUNT) * UInt64(PICO_SLOT_SIZE) : pico_silo_size()
    let descriptor = pico_shared_memory("picorun-silo", size)
    guard descriptor >= 0, let base = pico_map_shared(descriptor, size) else { return nil }
    self.descriptor = descriptor
    self.base = base
    header.pointee.tracing = tracing
    header.pointee.reclaim_from = Self.slotsBeforeReclaim
  }

  /// The memory at an offset; the trace rings' owner knows theirs.
  package func memory(at offset: Int) -> UnsafeMutableRawPointer { base + offset }

  /// The silo's header.
  package var header: UnsafeMutablePointer<pico_silo> { base.assumingMemoryBound(to: pico_silo.self) }

  /// The transfer page of a slot; nil for a number that no slot has.
  package func transfer(_ slot: UInt64) -> UnsafeMutablePointer<pico_transfer>? {
    guard slot < UInt64(PICO_SLOT_COUNT) else { return nil }
    let offset = Int(PICO_SILO_HEADER) + Int(slot) * Int(PICO_SLOT_SIZE)
    return (base + offset).assumingMemoryBound(to: pico_transfer.self)
  }

  /// Where a slot's strings and buffers lie, and how many bytes fit.
  package func payload(_ transfer: UnsafeMutablePointer<pico_transfer>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(transfer) + Int(PICO_SLOT_PAYLOAD), count: Int(PICO_SLOT_SIZE - PICO_SLOT_PAYLOAD))
  }

  /// The slots in use, with the thread and the process each names.
  package func owners() -> [(slot: UInt64, tgid: Int32, tid: Int32)] {
    var owners: [(UInt64, Int32, Int32)] = []
    let words = pico_slot_words(header)
    for word in 0..<Int(PICO_SLOT_COUNT) / 64 {
      var bits = pico_bits(words, Int32(word))
      while bits != 0 {
        let slot = UInt64(word * 64 + bits.trailingZeroBitCount)
        bits &= bits &- 1
        guard let transfer = transfer(slot) else { continue }
        let tid = Int32(bitPattern: transfer.pointee.tid)
        // A fork's child has its id from the kernel before it has said whose it is: then it is its own process.
        let tgid = transfer.pointee.tgid == 0 ? tid : Int32(bitPattern: transfer.pointee.tgid)
        owners.append((slot, tgid, tid))
      }
    }
    return owners
  }

  /// The slot of a thread; nil when it has none.
  package func slot(of tid: Int32) -> UInt64? { owners().first { $0.tid == tid }?.slot }

  /// Gives back a slot whose thread `tid` is gone, keeping its counters; not one that has another owner by now.
  private func release(_ slot: UInt64, of tid: Int32) {
    guard let transfer = transfer(slot), Int32(bitPattern: transfer.pointee.tid) == tid else { return }
    clear(slot, transfer)
  }

  /// Gives back a slot that was taken for a thread which has not come to be, if the process that took it is gone.
  ///
  /// The kernel writes a new process's id before it runs. A thread's is not written, but ends with its process.
  private func releaseTaken(_ slot: UInt64, isGone: (_ tgid: Int32) -> Bool) -> Bool {
    guard let transfer = transfer(slot) else { return false }
    let tgid = Int32(bitPattern: transfer.pointee.taker_tgid)
    guard transfer.pointee.taker != 0, tgid > 0, isGone(tgid), transfer.pointee.tid == 0 else { return false }
    clear(slot, transfer)
    return true
  }

  private func clear(_ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>) {
    transfer.pointee.tid = 0
    transfer.pointee.taker = 0
    pico_clear_bit(pico_slot_words(header) + Int(slot / 64), 1 << (slot % 64))
    // As in the stub: the lowest are taken first.
    header.pointee.slot_hint = min(header.pointee.slot_hint, UInt32(slot / 64))
  }

  /// The slot of a process that has just executed a fresh stub: one that its threads had before, or a free one. The
  /// others of its own are given back. Nil when none is free.
  package func take(for process: Int32) -> UInt64? {
    reclaiming.withLock { _ -> UInt64? in
      var kept: UInt64?
      for owner in owners() {
        if owner.tid == 0 {
          _ = releaseTaken(owner.slot, isGone: { $0 == process })
        } else if owner.tgid == process {
          if kept == nil { kept = owner.slot } else { release(owner.slot, of: owner.tid) }
        }
      }
      if kept == nil {
        kept = takeFree()
        if kept.map({ $0 >= UInt64(header.pointee.reclaim_from) }) ?? true {
          releaseTheDead()
          kept = kept ?? takeFree()
        }
      }
      guard let slot = kept, let transfer = transfer(slot) else { return nil }
      transfer.pointee.tid = UInt32(bitPattern: process)
      transfer.pointee.tgid = UInt32(bitPattern: process)
      transfer.pointee.taker = 0
      transfer.pointee.control = pico_control()
      transfer.pointee.cpuset = 0
      return slot
    }
  }

  /// The lowest free slot, as the stubs take theirs.
  private func takeFree() -> UInt64? {
    for word in 0..<Int(PICO_SLOT_COUNT) / 64 {
      let words = pico_slot_words(header) + word
      var bits = pico_bits(words, 0)
      while bits != UInt64.max {
        let free = UInt64((~bits).trailingZeroBitCount)
        let before = pico_cas64(words, bits, bits | 1 << free)
        if before == bits { return UInt64(word * 64) + free }
        bits = before
      }
    }
    return nil
  }

  /// Gives back the slots of threads that no longer exist, and sets how many may be taken before the next time: a
  /// quarter more than live, so the search costs each taker about the same however many there are.
  package func reclaim() { reclaiming.withLock { _ in releaseTheDead() } }

  private func releaseTheDead() {
    var live: UInt32 = 0
    for owner in owners() {
      if owner.tid > 0 && pico_thread_exists(owner.tgid, owner.tid) == 0 {
        release(owner.slot, of: owner.tid)
      } else if owner.tid != 0 || !releaseTaken(owner.slot, isGone: { pico_thread_exists($0, $0) == 0 }) {
        live += 1
      }
    }
    header.pointee.reclaim_from = live + max(Self.slotsBeforeReclaim, live / 4)
  }

  /// Gives the host back what a crowd has touched that is gone: the memory of free slots, but not of the first ones.
  /// Looks at most eight times a second.
  package func trim() {
    reclaiming.withLock { state in
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
      let eighths = now.tv_sec * 8 + now.tv_nsec / 125_000_000
      guard eighths != state.trimmed else { return }
      state.trimmed = eighths
      let slots = Int(PICO_SILO_HEADER)
      let word = 64 * Int(PICO_SLOT_SIZE)
      var index = Int(Self.slotsBeforeReclaim / 64)
      var isFirst = true
      while index < Int(PICO_SLOT_COUNT) / 64 {
        let touched = pico_touched_memory(descriptor, UInt64(slots + index * word))
        guard touched >= slots else { return }
        index = (Int(touched) - slots) / word
        guard index < Int(PICO_SLOT_COUNT) / 64 else { return }
        if isFirst { releaseTheDead() }
        isFirst = false
        // Taken as a whole meanwhile, so that nobody takes one of them.
        let bits = pico_slot_words(header) + index
        if pico_cas64(bits, 0, .max) == 0 {
          _ = pico_release_memory(descriptor, UInt64(slots + index * word), UInt64(word))
          _ = pico_and64(bits, 0)
        }
        index += 1
      }
    }
  }

  /// Notes for the stubs that a file is or was an image: only then do they ask about it.
  package func noteExecuted(device: UInt64, inode: UInt64) {
    let mark = (device ^ inode) & 4095
    _ = pico_or64(pico_executed_words(header) + Int(mark / 64), 1 << (mark % 64))
  }

  /// Calls by lane so far, of all threads that have ended or flushed.
  package var totals: (direct: UInt64, resident: UInt64, supervised: UInt64) {
    (header.pointee.total_direct, header.pointee.total_resident, header.pointee.total_supervised)
  }
}
