import CPicoEntry

/// Thread areas: 128 KiB each, aligned to their size, mapped when first taken; fork copies them.
///
/// An area holds the thread's `pico_thread`, the stack its host signal handler runs on, room for names, and
/// the stub's stack.
enum ThreadArea {
  /// Sees that there is memory for the area with this index. Areas once mapped stay so.
  private static func open(_ index: Int) -> Bool {
    let word = pico_areas_mapped(index / 64)
    let bit = UInt64(1) << UInt64(index % 64)
    if pico_load64(word) & bit != 0 { return true }
    let address = UInt(PICO_AREA_BASE) + UInt(index) * UInt(PICO_AREA_SIZE)
    // PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE. It may be there: another thread
    // has forked while this one was here.
    guard host(Host.mmap, address, UInt(PICO_AREA_SIZE), 3, 0x4032, UInt.max, 0) == Int(bitPattern: address) else {
      return false
    }
    _ = pico_or64(word, bit)
    return true
  }

  private static func area(_ index: Int) -> Thread {
    Thread(bitPattern: UInt(PICO_AREA_BASE) + UInt(index) * UInt(PICO_AREA_SIZE)).unsafelyUnwrapped
  }

  private static func index(of thread: Thread) -> Int {
    (Int(bitPattern: thread) - Int(PICO_AREA_BASE)) / Int(PICO_AREA_SIZE)
  }

  /// The area that the calling signal handler runs in.
  static var current: Thread {
    Thread(bitPattern: UInt(pico_stack_pointer()) & ~(UInt(PICO_AREA_SIZE) - 1)).unsafelyUnwrapped
  }

  /// Takes a free area and clears its head. Nil when a picoprocess has as many threads as there are areas.
  static func take(process: UnsafeMutablePointer<pico_process>) -> Thread? {
    for word in 0..<Int(PICO_AREA_COUNT) / 64 {
      var bits = pico_load64(pico_areas_used(word))
      while bits != UInt64.max {
        let free = (~bits).trailingZeroBitCount
        let before = pico_cas64(pico_areas_used(word), bits, bits | 1 << UInt64(free))
        if before == bits {
          let thread = area(word * 64 + free)
          if !open(word * 64 + free) {
            _ = pico_and64(pico_areas_used(word), ~(1 << UInt64(free)))
            return nil
          }
          UnsafeMutableRawPointer(thread).initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<pico_thread>.size)
          thread.pointee.own = thread
          thread.pointee.stack_top = UInt64(UInt(bitPattern: thread)) + UInt64(PICO_AREA_SIZE) - 64
          thread.pointee.process = process
          return thread
        }
        bits = before
      }
    }
    return nil
  }

  /// Gives an area back that no thread runs on.
  static func release(_ thread: Thread) {
    let index = index(of: thread)
    _ = pico_and64(pico_areas_used(index / 64), ~(1 << UInt64(index % 64)))
  }

  /// After fork: the child has one thread, whatever the parent had.
  static func keepOnly(_ thread: Thread) {
    let index = index(of: thread)
    forEachWord { word in
      let kept: UInt64 = word == index / 64 ? 1 << UInt64(index % 64) : 0
      // Only what differs is written: the pages are the parent's until then.
      if pico_areas_used(word).pointee != kept { pico_areas_used(word).pointee = kept }
    }
  }

  /// Calls `body` with the index of each word of the bitmaps that has a bit set. Areas are taken from the first on, so
  /// what follows a word without any has none either.
  private static func forEachWord(_ body: (Int) -> Void) {
    for word in 0..<Int(PICO_AREA_COUNT) / 64 {
      if pico_load64(pico_areas_used(word)) | pico_load64(pico_areas_mapped(word)) == 0 { return }
      body(word)
    }
  }

  /// Whether the calling thread is the only one that runs in this memory.
  static var isOnlyOne: Bool {
    var isFound = false
    var isOther = false
    forEachWord { word in
      let bits = pico_load64(pico_areas_used(word))
      if bits == 0 { return }
      if isFound || bits & (bits &- 1) != 0 { isOther = true }
      isFound = true
    }
    return isFound && !isOther
  }

  /// Calls `body` for each area in use.
  static func forEach(_ body: (Thread) -> Void) {
    forEachWord { word in
      // One that is being taken may not be mapped yet; then no thread of it runs.
      var bits = pico_load64(pico_areas_used(word)) & pico_load64(pico_areas_mapped(word))
      while bits != 0 {
        body(area(word * 64 + bits.trailingZeroBitCount))
        bits &= bits &- 1
      }
    }
  }

  /// Ends the calling thread: its area is free for others in the same instruction sequence that leaves it.
  static func leave(_ thread: Thread, status: Int32) -> Never {
    let index = index(of: thread)
    pico_thread_gone(pico_areas_used(index / 64), ~(1 << UInt64(index % 64)), status)
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Makes the area the calling thread's: GS base, the host's alternate stack, the transfer page's owner.
  func adopt() {
    pico_write_gs_base(UInt64(UInt(bitPattern: self)))
    var stack = (
      base: UInt(bitPattern: self) + UInt(PICO_ALTSTACK_OFFSET), flags: UInt(0), size: UInt(PICO_ALTSTACK_SIZE)
    )
    withUnsafePointer(to: &stack) { _ = host(Host.sigaltstack, UInt(bitPattern: $0), 0) }
    pointee.tid = UInt32(truncatingIfNeeded: host(Host.gettid))
    let transfer = Silo.transfer(pointee.slot)
    pointee.transfer = transfer
    transfer.pointee.tgid = pointee.process.pointee.tgid
    transfer.pointee.personality = pointee.process.pointee.personality
    transfer.pointee.image_id = pointee.process.pointee.image_id
    Silo.own(transfer, tid: pointee.tid)
    selectLeanTable()
  }

  /// Picks the lean table: that of the personality, or the empty one while every call must be seen.
  func selectLeanTable() {
    let process = pointee.process.pointee
    let seesAll = Silo.header.pointee.tracing != 0 || pointee.flags & UInt32(PICO_THREAD_OWNS_GS) != 0
    if process.personality == UInt32(PICO_PERSONALITY_FREEBSD) {
      pointee.errno_map = UInt64(UInt(bitPattern: pico_errno_freebsd_table()))
      let table = process.viewed != 0 ? pico_lean_viewed_freebsd_table() : pico_lean_freebsd_table()
      pointee.lean = UInt64(UInt(bitPattern: table))
      pointee.entry = pico_windows().entry_freebsd
      if FreeBSD.watched(self) != 0 { pointee.lean = UInt64(UInt(bitPattern: pico_no_lean_table())) }
    } else {
      pointee.entry = pico_windows().entry_linux
      let table = process.viewed != 0 ? pico_lean_viewed_linux_table() : pico_lean_linux_table()
      let isPlain = !Linux.readsProc(self)
      pointee.lean = UInt64(isPlain ? UInt(bitPattern: table) : UInt(bitPattern: pico_lean_linux_proc_table()))
    }
    if seesAll || pointee.traced != 0 || process.personality == UInt32(PICO_PERSONALITY_LINUX) && Linux.isFiltered(self)
    {
      pointee.lean = UInt64(UInt(bitPattern: pico_no_lean_table()))
    }
  }

  /// Adds this thread's counters to the silo's totals.
  func flushCounters() {
    _ = pico_add64(&Silo.header.pointee.total_direct, pointee.direct_calls)
    _ = pico_add64(&Silo.header.pointee.total_resident, pointee.resident_calls)
    _ = pico_add64(&Silo.header.pointee.total_supervised, pointee.supervised_calls)
    _ = pico_add64(&Silo.header.pointee.total_traps, pointee.traps)
    pointee.direct_calls = 0
    pointee.resident_calls = 0
    pointee.supervised_calls = 0
    pointee.traps = 0
  }
}
