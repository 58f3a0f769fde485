import CPicoEntry

/// Where the silo lies in a picoprocess: its header always, a slot from when it is first used. So what a guest locks, or
/// is limited to, is hardly more than its own memory.
extension Silo {
  private static let base = UInt(PICO_SILO_BASE)

  /// Maps the header and the first thread's slot, and closes the descriptor, which the guest is not to meet.
  static func map(descriptor: UInt, _ slot: UInt32) -> Bool {
    let place = UInt(PICO_SILO_HEADER) + UInt(slot) * UInt(PICO_SLOT_SIZE)
    let isMapped =
      map(descriptor, 0, UInt(PICO_SILO_HEADER)) && map(descriptor, place, UInt(PICO_SLOT_SIZE)) && openRing(slot)
    host(Host.close, descriptor)
    if isMapped { _ = pico_or64(pico_slots_mapped(Int(slot / 64)), UInt64(1) << UInt64(slot % 64)) }
    return isMapped
  }

  private static func map(_ descriptor: UInt, _ offset: UInt, _ size: UInt) -> Bool {
    // PROT_READ | PROT_WRITE; MAP_SHARED | MAP_FIXED_NOREPLACE
    host(Host.mmap, base + offset, size, 3, 0x10_0001, descriptor, offset) == Int(bitPattern: base + offset)
  }

  /// Maps a slot's ring, if there is a trace.
  private static func openRing(_ slot: UInt32) -> Bool {
    let ring = UInt(PICO_TRACE_AREA)
    return header.pointee.tracing == 0 || mapPart(UInt(pico_trace_offset()) + UInt(slot) * ring, ring)
  }

  /// Sees that a slot is mapped, and with a trace its ring.
  static func open(_ slot: UInt32) -> Bool {
    let word = pico_slots_mapped(Int(slot / 64))
    let bit = UInt64(1) << UInt64(slot % 64)
    if pico_load64(word) & bit != 0 { return true }
    if !mapPart(UInt(PICO_SILO_HEADER) + UInt(slot) * UInt(PICO_SLOT_SIZE), UInt(PICO_SLOT_SIZE)) { return false }
    if !openRing(slot) { return false }
    _ = pico_or64(word, bit)
    return true
  }

  /// Maps a part of the silo at its place. There is no descriptor of it any more: a copy of the header's mapping is made
  /// there, and then turned to the part's place in the file.
  private static func mapPart(_ offset: UInt, _ size: UInt) -> Bool {
    // mremap of nothing: another mapping of the same file; MREMAP_MAYMOVE | MREMAP_FIXED. remap_file_pages; MAP_NONBLOCK:
    // pages come when they are touched.
    host(25, base, 0, size, 3, base + offset) == Int(bitPattern: base + offset)
      && host(216, base + offset, size, 0, offset / 4096, 0x1_0000) == 0
  }

  /// Calls `body` with each range of addresses among the slots that nothing is mapped at.
  static func forEachGap(_ body: (_ start: UInt, _ length: UInt) -> Void) {
    let size = UInt(PICO_SLOT_SIZE)
    var first: UInt?
    for slot in 0...UInt(PICO_SLOT_COUNT) {
      let bit = UInt64(1) << UInt64(slot % 64)
      let isGap = slot < UInt(PICO_SLOT_COUNT) && pico_slots_mapped(Int(slot / 64)).pointee & bit == 0
      if isGap {
        first = first ?? slot
      } else if let start = first {
        body(base + UInt(PICO_SILO_HEADER) + start * size, (slot - start) * size)
        first = nil
      }
    }
  }
}
