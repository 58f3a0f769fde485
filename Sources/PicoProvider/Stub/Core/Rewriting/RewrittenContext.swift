import CPicoEntry

/// Signals that find RIP in code of a rewritten site: the guest is shown a state that its own code could have.
enum RewrittenContext {
  /// Whether guest registers are in use at an address in the stub: in a site's block, or in what blocks share.
  static func isGuests(_ rip: UInt64) -> Bool {
    let base = UInt64(PICO_BLOCK_BASE)
    if rip >= base && rip < base + UInt64(PICO_SITE_COUNT) * UInt64(PICO_BLOCK_SIZE) { return true }
    let windows = pico_site_windows()
    return rip >= windows.begin && rip < windows.end
  }

  /// Moves `context` out of a trampoline or block to where the guest's own code would be. Before the call that is at the
  /// `syscall`, which will be made, by a trap; after it, behind the `syscall` with the result.
  ///
  /// - Parameter makesAnew: a wait that the signal has ended, and the host does not take up again, is to be made again:
  ///   the signal is none of the guest's. Where the number is a variable it is lost by then; the guest sees `EINTR`.
  static func leave(_ context: UnsafeMutablePointer<pico_host_context>, makesAnew: Bool) {
    let rip = context.pointee.rip
    if let site = Sites.withTrampoline(at: rip) { return leaveTrampoline(site, context) }
    if !HostSignals.isStub(rip) {
      if let site = Sites.withPadding(at: rip) { context.pointee.rip = site.pointee.patch_at }
      return
    }
    guard isGuests(rip) else { return }
    if let site = Sites.withBlock(at: rip) { return leaveBlock(site, context, makesAnew) }
    // In what blocks share: the return address is in R11, or on its way from there.
    context.pointee.rip = context.pointee.r11 &- 2
    context.pointee.rcx = context.pointee.r11
    context.pointee.r11 = context.pointee.rflags
  }

  private static func leaveTrampoline(_ site: Sites.Site, _ context: UnsafeMutablePointer<pico_host_context>) {
    let offset = context.pointee.rip &- site.pointee.near
    var back: UInt64 = 0
    for index in 0..<Int(site.pointee.count) where UInt64(pico_near_offsets(site)[index]) == offset {
      back = UInt64(pico_guest_offsets(site)[index])
    }
    // At the jump to the block all instructions have run.
    context.pointee.rip = site.pointee.address &- back
  }

  private static func leaveBlock(
    _ site: Sites.Site, _ context: UnsafeMutablePointer<pico_host_context>, _ makesAnew: Bool
  ) {
    let template = pico_template_of(UInt32(site.pointee.template))
    let offset = context.pointee.rip &- Sites.block(site)
    let back = site.pointee.address &+ 2
    context.pointee.rcx = back
    context.pointee.r11 = context.pointee.rflags
    if offset <= UInt64(template.call) {
      if offset >= UInt64(template.loaded) {
        context.pointee.rax = Block.guestNumber(site, host: context.pointee.rax)
      }
      context.pointee.rip = site.pointee.address
      return
    }
    if makesAnew, site.pointee.fixed != 0, offset == UInt64(template.call) + 2,
      context.pointee.rax == UInt64(bitPattern: Int64(Host.EINTR))
    {
      context.pointee.rax = UInt64(site.pointee.number)
      context.pointee.rip = site.pointee.address
      return
    }
    context.pointee.rip = back
    guard template.error != 0 else { return }
    // FreeBSD: from the host's result to the guest's.
    if offset >= UInt64(template.error) && offset < UInt64(template.value) {
      context.pointee.rflags |= 1
      return
    }
    if offset >= UInt64(template.inverted) && offset < UInt64(template.error) || offset == UInt64(template.value) {
      context.pointee.rax = ~context.pointee.rax
    }
    let result = Int64(bitPattern: context.pointee.rax)
    if result < 0 && result > -4096 {
      context.pointee.rax = UInt64(pico_errno_freebsd_table()[Int(-result)])
      context.pointee.rflags |= 1
    } else {
      context.pointee.rflags &= ~1
    }
  }
}

extension Sites {
  /// The site whose short jump leads to padding at an address.
  static func withPadding(at address: UInt64) -> Site? {
    guard Text.range(with: address) != nil else { return nil }
    for number in 0..<pico_rewriting().pointee.sites {
      let site = pico_site_at(number)
      if site.pointee.pad_at == address && site.pointee.patch_length == 2
        && UInt32(site.pointee.state) != PICO_SITE_LEFT.rawValue
      {
        return site
      }
    }
    return nil
  }
}
