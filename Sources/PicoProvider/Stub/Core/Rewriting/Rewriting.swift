import CPicoEntry

/// Call sites that have trapped are rewritten, so that later calls jump to the stub (decision 0007).
///
/// One instruction before the `syscall` becomes a jump to a trampoline near by, which repeats what was overwritten and
/// what stands behind it, and goes to the site's block in the stub. The `syscall` itself stays.
enum Rewriting {
  /// A site is rewritten when it traps for this time. To rewrite costs what six traps do (a page copied, mappings split),
  /// so that what is called seldom loses nothing, and what is called for ever next to nothing.
  private static let worthwhile: UInt32 = 6
  /// How often a site is tried again whose code was replaced.
  private static let mostTries: UInt8 = 8

  static var isOn: Bool { Silo.header.pointee.rewriting != 0 }

  /// Looks at the `syscall` that has just trapped; `context` has the guest's registers.
  ///
  /// - Returns: true when it was none of the guest's but stood there for a moment while a jump was written: then
  ///   `context` goes on in the trampoline.
  static func trapped(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>) -> Bool {
    t.pointee.traps &+= 1
    guard isOn else { return false }
    let address = context.pointee.rip &- 2
    guard let site = Sites.find(address) else {
      if let site = Patch.unfinished(at: address) {
        context.pointee.rip = site.pointee.near
        return true
      }
      guard tryLock(t) else { return false }
      if Sites.find(address) == nil, let site = Sites.enter(address) {
        site.pointee.traps = 1
        pico_rewriting().pointee.seen &+= 1
      }
      unlock()
      return false
    }
    site.pointee.traps &+= 1
    let state = UInt32(site.pointee.state)
    if state == PICO_SITE_LEFT.rawValue || site.pointee.traps < worthwhile { return false }
    // Whoever jumps straight to the instruction, or has it made again, traps at a site that is rewritten already.
    if state == PICO_SITE_PATCHED.rawValue && Patch.stands(site) { return false }
    guard site.pointee.tries < mostTries, tryLock(t) else { return false }
    if UInt32(site.pointee.state) != PICO_SITE_LEFT.rawValue {
      site.pointee.tries += 1
      if let reason = rewrite(t, site, context) {
        site.pointee.state = UInt8(PICO_SITE_LEFT.rawValue)
        site.pointee.why = UInt8(reason.rawValue)
        pico_left_counts()[Int(reason.rawValue)] &+= 1
      } else {
        pico_rewriting().pointee.patched &+= 1
      }
    }
    unlock()
    return false
  }

  /// - Returns: why the site stays as it is; nil when it is rewritten.
  private static func rewrite(
    _ t: Thread, _ site: Sites.Site, _ context: UnsafeMutablePointer<pico_host_context>
  ) -> pico_site_reason? {
    let address = site.pointee.address
    let number = UInt32(truncatingIfNeeded: context.pointee.rax)
    let isFreeBSD = t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
    if number == (isFreeBSD ? 417 : 15) { return PICO_SITE_UNWINDING }  // sigreturn
    guard let range = Text.range(with: address) else { return PICO_SITE_NOT_TEXT }
    // What is read here may not be there; the guest's mask holds in this handler. The signal return puts it back.
    withUnsafePointer(to: Host.bit(Host.SIGSEGV) | Host.bit(Host.SIGBUS)) {
      _ = host(Host.rt_sigprocmask, 1, UInt(bitPattern: $0), 0, 8)  // SIG_UNBLOCK
    }
    let isAlone = ThreadArea.isOnlyOne
    var isUnaligned = false
    // The code around it: a short jump reaches 128 bytes, from up to `Chain.reach` before the instruction.
    var room: [48 of UInt64] = .init(repeating: 0)
    let first = max(range.start, address < 176 ? 0 : address &- 176)
    let end = Int(address &- first)
    let limit = Int(min(range.end, address &+ 160) &- first)
    let candidate = withUnsafeMutableBytes(of: &room) { bytes -> Candidate? in
      guard let base = bytes.baseAddress, copyIn(base, from: UInt(first), count: limit) else { return nil }
      let code = UnsafePointer(base.assumingMemoryBound(to: UInt8.self))
      guard code[end] == 0x0f, code[end + 1] == 0x05 else { return nil }
      let long = Candidate.long(code, begin: 0, end: end, context, address) { chain in
        let at = address &- UInt64(chain.length)
        let fits = isAlone || at & 7 <= 3 || at & 7 <= 6 && !chain.mentionsScratch
        if !fits { isUnaligned = true }
        return fits
      }
      guard let found = long ?? Candidate.short(code, begin: 0, end: end, limit: limit, context, address) else {
        return nil
      }
      guard Trampoline.make(site, found, code, end) else { return nil }
      return found
    }
    guard let candidate else {
      return isUnaligned ? PICO_SITE_UNALIGNED : site.pointee.near == 1 ? PICO_SITE_NO_MEMORY : PICO_SITE_NO_ROOM
    }
    let fixed = candidate.chain.number
    if let fixed, fixed != number { return PICO_SITE_NO_ROOM }
    if sees(fixed) { return PICO_SITE_SEEN_CALL }
    site.pointee.fixed = fixed == nil ? 0 : 1
    site.pointee.number = fixed ?? 0
    guard Block.make(site, isFreeBSD: isFreeBSD) else { return PICO_SITE_NO_MEMORY }
    site.pointee.patch_length = UInt8(candidate.size)
    site.pointee.patch_at = address &- UInt64(candidate.distance)
    site.pointee.pad_at = candidate.pad < 0 ? 0 : first &+ UInt64(candidate.pad)
    return Patch.write(site, isAlone: isAlone) ? nil : PICO_SITE_NO_MEMORY
  }

  // ---- The lock: between those who rewrite, and those who change mappings they may be writing to ---------------

  /// For the trap handler, which must not wait.
  private static func tryLock(_ t: Thread) -> Bool {
    pico_cas32(pico_rewriting_lock(), 0, t.pointee.tid) == 0
  }

  /// A holder that was killed (in the child of a vfork, whose memory this is too) does not come back.
  static func lock(_ t: Thread) {
    let word = pico_rewriting_lock()
    var rounds = 0
    while true {
      let holder = pico_cas32(word, 0, t.pointee.tid)
      if holder == 0 { return }
      rounds += 1
      if rounds & 63 != 0 { continue }
      if host(Host.kill, UInt(holder), 0) == Host.ESRCH, pico_cas32(word, holder, t.pointee.tid) == holder { return }
      host(Host.sched_yield)
    }
  }

  static func unlock() { pico_store32(pico_rewriting_lock(), 0) }

  /// In the child of a fork: nobody else is there, whoever held the lock.
  static func afterFork() {
    let state = pico_rewriting()
    state.pointee.lock = 0
    state.pointee.seen = 0
    state.pointee.patched = 0
    state.pointee.restored = 0
    for reason in 0..<Int(PICO_SITE_REASONS.rawValue) { pico_left_counts()[reason] = 0 }
  }

  /// Adds what was counted to the silo's totals.
  static func flush() {
    let state = pico_rewriting()
    let header = Silo.header
    _ = pico_add64(&header.pointee.sites_seen, UInt64(pico_exchange32(&state.pointee.seen, 0)))
    _ = pico_add64(&header.pointee.sites_patched, UInt64(pico_exchange32(&state.pointee.patched, 0)))
    _ = pico_add64(&header.pointee.sites_restored, UInt64(pico_exchange32(&state.pointee.restored, 0)))
    for reason in 0..<Int(PICO_SITE_REASONS.rawValue) {
      _ = pico_add64(pico_sites_left(header) + reason, UInt64(pico_exchange32(pico_left_counts() + reason, 0)))
    }
  }
}
