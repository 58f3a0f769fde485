import CPicoEntry

/// Memory that holds code: never writable without being executable, since others run there meanwhile.
enum Code {
  /// Maps empty memory for code of ours at an address where nothing is. It stays writable: to open and close it
  /// would cost each site more than its trap costs ten times.
  static func map(_ address: UInt64, _ length: UInt64) -> Bool {
    // PROT_READ | PROT_WRITE | PROT_EXEC; MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE
    let result = host(Host.mmap, UInt(address), UInt(length), 7, 0x10_4022, UInt.max, 0)
    if result == Int(bitPattern: UInt(address)) { return true }
    // A host that does not know the flag takes the address for a hint.
    if result > 0 { host(Host.munmap, UInt(bitPattern: result), UInt(length)) }
    return false
  }

  /// Runs `body` while the pages of a range of the guest's code can be written.
  static func open(_ address: UInt64, _ length: Int, _ body: () -> Bool) -> Bool {
    let start = address & ~4095
    let size = UInt((address &+ UInt64(length) &+ 4095) & ~4095 &- start)
    guard host(Host.mprotect, UInt(start), size, 7) == 0 else { return false }
    let done = body()
    return host(Host.mprotect, UInt(start), size, 5) == 0 && done
  }

  /// Writes code of ours that nobody runs yet.
  static func write(_ address: UInt64, _ from: UnsafeRawPointer, count: Int) -> Bool {
    copyOut(to: UInt(address), from, count: count)
  }
}

/// Writing jumps into the guest's code, and taking them out again, while other threads run there.
enum Patch {
  private static let opcode: UInt64 = 0xe9
  private static let shortOpcode: UInt64 = 0xeb

  /// What the jump's bytes are, from the lowest on.
  private static func jump(_ site: Sites.Site) -> UInt64 {
    let at = site.pointee.patch_at
    if site.pointee.patch_length == 2 {
      return shortOpcode | (site.pointee.pad_at &- at &- 2) << 8 & 0xff00
    }
    return opcode | ((site.pointee.near &- at &- 5) & 0xffff_ffff) << 8
  }

  private static func mask(_ length: UInt8) -> UInt64 { (1 << (8 * UInt64(length))) - 1 }

  private static func read(_ address: UInt64, _ length: UInt8) -> UInt64? {
    var value: UInt64 = 0
    let done = withUnsafeMutablePointer(to: &value) { copyIn($0, from: UInt(address), count: Int(length)) }
    return done ? value : nil
  }

  /// Whether the site's jump is still in the guest's code, which may have been replaced.
  static func stands(_ site: Sites.Site) -> Bool {
    Text.range(with: site.pointee.patch_at) != nil
      && read(site.pointee.patch_at, site.pointee.patch_length) == jump(site)
  }

  /// Puts the jump in. False when the host refuses, or the guest's code is gone.
  static func write(_ site: Sites.Site, isAlone: Bool) -> Bool {
    let at = site.pointee.patch_at
    let distance = Int64(bitPattern: site.pointee.near &- (site.pointee.pad_at == 0 ? at : site.pointee.pad_at) &- 5)
    guard Int32(exactly: distance) != nil, let original = read(at, site.pointee.patch_length) else { return false }
    site.pointee.original = original
    let low = site.pointee.pad_at == 0 ? at : min(at, site.pointee.pad_at)
    let high = max(at, site.pointee.pad_at) &+ 5
    site.pointee.state = UInt8(PICO_SITE_WRITING.rawValue)
    let done = Code.open(low, Int(high &- low)) {
      if site.pointee.pad_at != 0 {
        // No instruction leads there yet.
        var bytes = opcode | (site.pointee.near &- site.pointee.pad_at &- 5) << 8
        guard withUnsafePointer(to: &bytes, { copyOut(to: UInt(site.pointee.pad_at), $0, count: 5) }) else {
          return false
        }
      }
      return replace(at, site.pointee.patch_length, jump(site), isAlone)
    }
    site.pointee.state = UInt8((done ? PICO_SITE_PATCHED : PICO_SITE_SEEN).rawValue)
    return done
  }

  /// Puts the guest's own bytes back. The trampoline stays: somebody may be in it.
  static func restore(_ site: Sites.Site) {
    guard UInt32(site.pointee.state) == PICO_SITE_PATCHED.rawValue else { return }
    if stands(site) {
      _ = Code.open(site.pointee.patch_at, 5) {
        replace(site.pointee.patch_at, site.pointee.patch_length, site.pointee.original, ThreadArea.isOnlyOne)
      }
      pico_rewriting().pointee.restored &+= 1
    }
    site.pointee.state = UInt8(PICO_SITE_SEEN.rawValue)
  }

  /// Overwrites one instruction's bytes so that whoever executes there meets it as it was or as it is to be.
  private static func replace(_ at: UInt64, _ length: UInt8, _ value: UInt64, _ isAlone: Bool) -> Bool {
    let offset = at & 7
    if offset + UInt64(length) <= 8 {
      // AMD's manual promises that much, volume 2, 7.6.1, and Intel's processors do it.
      let word = at & ~7
      guard let before = read(word, 8) else { return false }
      let hole = mask(length) << (8 * offset)
      return pico_code_store8(pointer(word), before & ~hole | value << (8 * offset)) == 0
    }
    if isAlone {
      var value = value
      return withUnsafePointer(to: &value) { copyOut(to: UInt(at), $0, count: Int(length)) }
    }
    // In between it traps: `syscall`, whose signal no guest can block. Then every processor forgets the bytes
    // behind it before they change, and again before the first ones do.
    guard offset <= 6, synchronize(), pico_code_store2(pointer(at), 0x050f) == 0 else { return false }
    _ = synchronize()
    var tail = value >> 16
    let done = withUnsafePointer(to: &tail) { copyOut(to: UInt(at &+ 2), $0, count: Int(length) - 2) }
    _ = synchronize()
    return pico_code_store2(pointer(at), UInt16(truncatingIfNeeded: value)) == 0 && done
  }

  private static func pointer(_ address: UInt64) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }

  /// Has all processors that run this memory fetch its code anew. False when the host cannot.
  private static func synchronize() -> Bool {
    if host(Host.membarrier, 32, 0, 0) == 0 { return true }  // MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
    return host(Host.membarrier, 64, 0, 0) == 0 && host(Host.membarrier, 32, 0, 0) == 0  // …_REGISTER
  }

  /// The site whose jump stands at `address`, or is being written there.
  static func unfinished(at address: UInt64) -> Sites.Site? {
    guard Text.range(with: address) != nil else { return nil }
    for number in 0..<pico_rewriting().pointee.sites {
      let site = pico_site_at(number)
      let state = UInt32(site.pointee.state)
      if site.pointee.patch_at == address && site.pointee.patch_length == 5
        && (state == PICO_SITE_WRITING.rawValue || state == PICO_SITE_PATCHED.rawValue)
      {
        return site
      }
    }
    return nil
  }
}
