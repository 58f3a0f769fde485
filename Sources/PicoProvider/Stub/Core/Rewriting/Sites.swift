import CPicoEntry

/// The guest's `syscall` instructions that have trapped, found by address.
enum Sites {
  typealias Site = UnsafeMutablePointer<pico_site>

  /// An index by address: entries are a site's number + 1, or 0.
  private struct Index {
    let entries: UnsafeMutablePointer<UInt16>
    let bits: UInt64

    static var short: Index { Index(entries: pico_site_index_short(), bits: 7) }
    static var long: Index { Index(entries: pico_site_index_long(), bits: 12) }
    static var current: Index { pico_load32(pico_index_is_long()) == 0 ? short : long }

    func first(_ address: UInt64) -> Int {
      Int(truncatingIfNeeded: (address &* 0x9e37_79b9_7f4a_7c15) >> (64 &- bits))
    }

    func next(_ at: Int) -> Int { (at + 1) & ((1 << Int(bits)) - 1) }

    func enter(_ address: UInt64, _ number: UInt32) {
      var at = first(address)
      while entries[at] != 0 { at = next(at) }
      entries[at] = UInt16(number + 1)
    }
  }

  /// The site of the instruction at `address`; nil when it has not trapped before.
  static func find(_ address: UInt64) -> Site? {
    let index = Index.current
    var at = index.first(address)
    while index.entries[at] != 0 {
      let site = pico_site_at(UInt32(index.entries[at]) - 1)
      if site.pointee.address == address { return site }
      at = index.next(at)
    }
    return nil
  }

  /// Enters a new site. Nil when there are too many. The caller holds the lock.
  static func enter(_ address: UInt64) -> Site? {
    let state = pico_rewriting()
    let number = state.pointee.sites
    guard number < UInt32(PICO_SITE_COUNT) else { return nil }
    let site = pico_site_at(number)
    site.pointee.address = address
    state.pointee.sites = number + 1
    // Half full: others may be looking, so the long one is complete before it is theirs.
    if number == UInt32(PICO_SITE_INDEX_SHORT) / 2 {
      for known in 0..<number { Index.long.enter(pico_site_at(known).pointee.address, known) }
      pico_store32(pico_index_is_long(), 1)
    }
    Index.current.enter(address, number)
    return site
  }

  /// A site's number, which is its block's.
  static func number(_ site: Site) -> UInt32 { UInt32(site - pico_site_at(0)) }

  static func forEach(_ body: (Site) -> Void) {
    for number in 0..<pico_rewriting().pointee.sites { body(pico_site_at(number)) }
  }

  /// The site whose block holds an address in the stub.
  static func withBlock(at address: UInt64) -> Site? {
    let base = UInt64(PICO_BLOCK_BASE)
    guard address >= base, address < base + UInt64(PICO_SITE_COUNT) * UInt64(PICO_BLOCK_SIZE) else { return nil }
    return pico_site_at(UInt32((address - base) / UInt64(PICO_BLOCK_SIZE)))
  }

  /// The address of a site's block.
  static func block(_ site: Site) -> UInt64 { UInt64(PICO_BLOCK_BASE) + UInt64(number(site)) * UInt64(PICO_BLOCK_SIZE) }

  /// The site that a trampoline's address belongs to.
  static func withTrampoline(at address: UInt64) -> Site? {
    let state = pico_rewriting()
    guard address >= state.pointee.near_low, address < state.pointee.near_high else { return nil }
    let trampoline = address & ~UInt64(PICO_NEAR_SIZE - 1)
    for number in 0..<state.pointee.sites where pico_site_at(number).pointee.near == trampoline {
      return pico_site_at(number)
    }
    return nil
  }
}
