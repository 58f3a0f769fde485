import CPicoEntry

/// Blocks: what a rewritten site runs in the stub, copied from the templates in rewrite_x86_64.S.
enum Block {
  private enum Kind {
    static let freebsd: UInt8 = 4
    static let variable: UInt8 = 2
    static let counted: UInt8 = 1
    static let full: UInt8 = 8
  }

  /// Chooses the site's template and tells where in the block it begins.
  static func entry(_ site: Sites.Site, _ candidate: Candidate) -> UInt16 {
    let isFreeBSD =
      ThreadArea.current.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
    site.pointee.template = kind(candidate.chain.number, isFreeBSD)
    return pico_template_of(UInt32(site.pointee.template)).entry
  }

  private static func kind(_ number: UInt32?, _ isFreeBSD: Bool) -> UInt8 {
    if Silo.header.pointee.tracing != 0 { return Kind.full }
    if let number, lean(number, isFreeBSD) == nil { return Kind.full }
    return (isFreeBSD ? Kind.freebsd : 0) | (number == nil ? Kind.variable : 0)
      | (Silo.header.pointee.counting != 0 ? Kind.counted : 0)
  }

  /// Whether any process here sees files under other names. The child of a vfork that has changed its root does not, but
  /// what it rewrites is its parent's too.
  private static var isViewed: Bool { Silo.header.pointee.view_count != 0 }

  /// The host's number of a call that needs no more; nil for one that takes the full path.
  private static func lean(_ number: UInt32, _ isFreeBSD: Bool) -> UInt32? {
    guard number < UInt32(PICO_TABLE_ROWS) else { return nil }
    let table =
      isViewed
      ? (isFreeBSD ? pico_lean_viewed_freebsd_table() : pico_lean_viewed_linux_table())
      : (isFreeBSD ? pico_lean_freebsd_table() : pico_lean_linux_table())
    let word = table[Int(number)]
    return word == 0 ? nil : UInt32(word) - 1
  }

  /// Writes the site's block.
  static func make(_ site: Sites.Site, isFreeBSD: Bool) -> Bool {
    let state = pico_rewriting()
    if state.pointee.blocks_ready == 0 {
      guard Code.map(UInt64(PICO_BLOCK_BASE), UInt64(PICO_SITE_COUNT) * UInt64(PICO_BLOCK_SIZE)) else { return false }
      state.pointee.blocks_ready = 1
    }
    let template = pico_template_of(UInt32(site.pointee.template))
    let size = Int(template.size)
    guard size <= Int(PICO_BLOCK_SIZE), let code = UnsafeRawPointer(bitPattern: UInt(template.code)) else {
      return false
    }
    let back = site.pointee.address &+ 2
    var room: [32 of UInt64] = .init(repeating: 0)
    return withUnsafeMutableBytes(of: &room) { bytes -> Bool in
      guard let base = bytes.baseAddress else { return false }
      base.copyMemory(from: code, byteCount: size)
      func fillIn(_ end: UInt16) {
        if end != 0 { base.storeBytes(of: back, toByteOffset: Int(end) - 8, as: UInt64.self) }
      }
      fillIn(template.return_at)
      fillIn(template.return_error_at)
      fillIn(template.return_full_at)
      if template.pages_at != 0 {
        let pages = pico_lean_pages(isFreeBSD ? 1 : 0, isViewed ? 1 : 0)
        base.storeBytes(of: pages, toByteOffset: Int(template.pages_at) - 8, as: UInt64.self)
      }
      if template.number_at != 0 {
        guard let number = lean(site.pointee.number, isFreeBSD) else { return false }
        base.storeBytes(of: number, toByteOffset: Int(template.number_at) - 4, as: UInt32.self)
      }
      return Code.write(Sites.block(site), UnsafeRawPointer(base), count: size)
    }
  }

  /// A number of the guest's for what it had asked: the one that a lean call of the host's number stands for.
  static func guestNumber(_ site: Sites.Site, host number: UInt64) -> UInt64 {
    if site.pointee.fixed != 0 { return UInt64(site.pointee.number) }
    guard site.pointee.template & Kind.freebsd != 0 else { return number }
    for row in 0..<Int(PICO_TABLE_ROWS) where UInt64(pico_lean_freebsd_table()[row]) == number &+ 1 {
      return UInt64(row)
    }
    return number
  }
}
