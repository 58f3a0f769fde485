import CPicoEntry

/// Guest code that may be rewritten: private mappings of files that can be executed and not written, as loaders make
/// them. Code in anonymous memory is a compiler's, which may change it at any time, and a shared mapping is the file.
enum Text {
  private static var ranges: UnsafeMutablePointer<pico_text_range> { pico_text_ranges() }

  /// The range that an address lies in.
  static func range(with address: UInt64) -> pico_text_range? {
    let state = pico_rewriting()
    guard address >= state.pointee.text_low, address < state.pointee.text_high else { return nil }
    for index in 0..<Int(PICO_TEXT_RANGES) where address >= ranges[index].start && address < ranges[index].end {
      return ranges[index]
    }
    return nil
  }

  /// Whether any code that may be rewritten lies between two addresses.
  ///
  /// Without the lock, which threads that map and unmap what is no code would all wait for: what changes meanwhile is
  /// either code of another's, or the guest changes one place from two threads at once.
  private static func meets(_ start: UInt64, _ end: UInt64) -> Bool {
    let state = pico_rewriting()
    guard start < state.pointee.text_high, end > state.pointee.text_low else { return false }
    for index in 0..<Int(PICO_TEXT_RANGES) where ranges[index].start < end && ranges[index].end > start { return true }
    return false
  }

  /// Remembers a mapping that the guest, or its loader, has just made.
  ///
  /// - Parameters: `protection` and `flags` as mmap(2) of the host has them.
  static func mapped(_ t: Thread, _ address: UInt, _ length: UInt, _ protection: UInt, _ flags: UInt) {
    // PROT_READ | PROT_EXEC alone; MAP_PRIVATE without MAP_ANONYMOUS.
    guard protection == 5, flags & 0xf == 2, flags & 0x20 == 0, length > 0, Rewriting.isOn else { return }
    let start = UInt64(address)
    let end = start &+ (UInt64(length) &+ 4095) & ~4095
    guard end > start else { return }
    Rewriting.lock(t)
    let state = pico_rewriting()
    for index in 0..<Int(PICO_TEXT_RANGES) where ranges[index].end == 0 {
      ranges[index] = pico_text_range(start: start, end: end)
      if state.pointee.text_low == 0 || start < state.pointee.text_low { state.pointee.text_low = start }
      state.pointee.text_high = max(state.pointee.text_high, end)
      break
    }
    // What stood there before says nothing of what stands there now.
    forEachSite(in: start..<end) {
      $0.pointee.state = UInt8(PICO_SITE_SEEN.rawValue)
      $0.pointee.traps = 0
    }
    Rewriting.unlock()
  }

  /// What is going to happen to a range of guest memory.
  enum Change {
    /// Nothing of it stays: unmapped, or something else mapped there.
    case replaced
    /// It stays, but may be written or moved: with its own bytes.
    case writable
  }

  /// Called before the host call that makes the change.
  static func willChange(_ t: Thread, _ address: UInt, _ length: UInt, _ change: Change) {
    let start = UInt64(address)
    let end = start &+ UInt64(length)
    let meetsNear = meetsTrampolines(address, length)
    guard end > start, meetsNear || meets(start, end) else { return }
    Rewriting.lock(t)
    let first = start & ~4095
    let last = (end &+ 4095) & ~4095
    forEachSite(in: first..<last) {
      if change == .writable { Patch.restore($0) }
      $0.pointee.state = UInt8(PICO_SITE_SEEN.rawValue)
    }
    if change == .replaced && meetsNear { giveUpTrampolines(in: first..<last) }
    forget(first..<last)
    Rewriting.unlock()
  }

  private static func forEachSite(in range: Range<UInt64>, _ body: (Sites.Site) -> Void) {
    Sites.forEach { site in
      // A patch is at most so far before its instruction.
      if site.pointee.address >= range.lowerBound
        && site.pointee.address < range.upperBound &+ UInt64(Chain.reach)
      {
        body(site)
      }
    }
  }

  /// The guest maps something over trampolines: the sites that use them get their own bytes back first.
  private static func giveUpTrampolines(in range: Range<UInt64>) {
    for index in 0..<Int(PICO_NEAR_REGIONS) {
      let base = pico_near_regions()[index].base
      guard base != 0, base < range.upperBound, base &+ UInt64(PICO_NEAR_REGION) > range.lowerBound else { continue }
      Sites.forEach { site in
        guard site.pointee.near >= base, site.pointee.near &- base < UInt64(PICO_NEAR_REGION) else { return }
        Patch.restore(site)
        site.pointee.near = 0
      }
      pico_near_regions()[index].base = 0
    }
  }

  /// Cuts a range out of those that may be rewritten.
  private static func forget(_ gone: Range<UInt64>) {
    for index in 0..<Int(PICO_TEXT_RANGES) {
      let range = ranges[index]
      guard range.end != 0, range.start < gone.upperBound, range.end > gone.lowerBound else { continue }
      if range.start >= gone.lowerBound {
        ranges[index] =
          gone.upperBound < range.end
          ? pico_text_range(start: gone.upperBound, end: range.end) : pico_text_range(start: 0, end: 0)
      } else {
        // The part behind it, if any, is not worth an entry of its own.
        ranges[index].end = gone.lowerBound
      }
    }
  }
}

/// Unmaps guest memory. Trampolines that lie in the range stay: the guest does not know of them.
func unmap(_ t: Thread, _ address: UInt, _ length: UInt) -> Int {
  Text.willUnmap(t, address, length)
  let state = pico_rewriting()
  var at = UInt64(address)
  let (end, wraps) = at.addingReportingOverflow(UInt64(length))
  guard !wraps, at & 4095 == 0, at < state.pointee.near_high, end > state.pointee.near_low else {
    return host(Host.munmap, address, length)
  }
  while true {
    var next = UInt64.max
    for index in 0..<Int(PICO_NEAR_REGIONS) {
      let base = pico_near_regions()[index].base
      if base != 0, base &+ UInt64(PICO_NEAR_REGION) > at, base < end, base < next { next = base }
    }
    let stop = min(next, end)
    if stop > at {
      let result = host(Host.munmap, UInt(at), UInt(stop &- at))
      if result < 0 { return result }
    }
    if next >= end { return 0 }
    at = next &+ UInt64(PICO_NEAR_REGION)
    if at >= end { return 0 }
  }
}

/// Whether any page of a range is a trampoline's.
func meetsTrampolines(_ address: UInt, _ length: UInt) -> Bool {
  let state = pico_rewriting()
  let start = UInt64(address)
  let end = start &+ UInt64(length)
  guard start < state.pointee.near_high, end > state.pointee.near_low else { return false }
  for index in 0..<Int(PICO_NEAR_REGIONS) {
    let base = pico_near_regions()[index].base
    if base != 0 && base < end && base &+ UInt64(PICO_NEAR_REGION) > start { return true }
  }
  return false
}

extension Text {
  /// `willChange` for what leaves trampolines alone.
  fileprivate static func willUnmap(_ t: Thread, _ address: UInt, _ length: UInt) {
    let start = UInt64(address)
    let end = start &+ UInt64(length)
    guard end > start, meets(start, end) else { return }
    Rewriting.lock(t)
    let gone = start & ~4095..<(end &+ 4095) & ~4095
    forEachSite(in: gone) { $0.pointee.state = UInt8(PICO_SITE_SEEN.rawValue) }
    forget(gone)
    Rewriting.unlock()
  }
}
