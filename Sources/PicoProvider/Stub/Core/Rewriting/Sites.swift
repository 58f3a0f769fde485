import CPicoEntry

/// The guest's `syscall` instructions that have trapped, found by address.
enum Sites {
  typealias Site = UnsafeMutablePointer<pico_site>

  private static func slot(_ address: UInt64) -> Int {
    Int(truncatingIfNeeded: (address &* 0x9e37_79b9_7f4a_7c15) >> 52) & (Int(PICO_SITE_INDEX) - 1)
  }

  /// The site of the instruction at `address`; nil when it has not trapped before.
  static func find(_ address: UInt64) -> Site? {
    let index = pico_site_index()
    var at = slot(address)
    while index[at] != 0 {
      let site = pico_site_at(UInt32(index[at]) - 1)
      if site.pointee.address == address { return site }
      at = (at + 1) & (Int(PICO_SITE_INDEX) - 1)
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
    let index = pico_site_index()
    var at = slot(address)
    while index[at] != 0 { at = (at + 1) & (Int(PICO_SITE_INDEX) - 1) }
    index[at] = UInt16(number + 1)
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
