import CPicoEntry

/// What a guest reads of `/proc/PID`: the host's text without the stub's memory, and with the guest's own signals and
/// seccomp state.
///
/// The descriptor stays the host's. From the first such one on, a process's reads take the full path, and those of the
/// descriptors named here are served from a copy that is made where a reader begins. Duplicates with another number show
/// the host's text.
extension Linux {
  private static let PROC_SUPER_MAGIC: UInt64 = 0x9fa0

  private struct View {
    var descriptor: Int32
    var entry: ProcEntry
    var device: UInt64
    var inode: UInt64
    var text: ProcText?
  }

  private static let viewCount = 32
  private static let tableBytes = 8192

  private static func viewWord(_ t: Thread) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &t.pointee.process.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + 1
    }
  }

  /// Whether the process has opened anything that has to be looked at when it is read.
  @inline(__always)
  static func readsProc(_ t: Thread) -> Bool { viewWord(t).pointee != 0 }

  private static func views(_ t: Thread) -> UnsafeMutablePointer<View>? {
    UnsafeMutableRawPointer(bitPattern: UInt(viewWord(t).pointee))?.assumingMemoryBound(to: View.self)
  }

  /// The table, behind its lock. Nil without memory.
  private static func makeViews(_ t: Thread) -> UnsafeMutablePointer<View>? {
    if let table = views(t) { return table }
    guard let pages = allocatePages(bytes: tableBytes) else { return nil }
    let table = pages.assumingMemoryBound(to: View.self)
    for place in 0..<viewCount {
      (table + place).initialize(to: View(descriptor: -1, entry: .none, device: 0, inode: 0, text: nil))
    }
    // Reads are no longer lean. Other threads see it at their next call.
    let lean = pico_lean_linux_proc_table()
    let plain = t.hasView ? pico_lean_viewed_linux_table() : pico_lean_linux_table()
    UnsafeMutableRawPointer(lean).copyMemory(from: plain, byteCount: Int(PICO_TABLE_ROWS) * 2)
    lean[0] = 0
    lean[17] = 0
    if pico_cas64(viewWord(t), 0, UInt64(UInt(bitPattern: pages))) != 0 { freePages(pages, bytes: tableBytes) }
    Rewriting.see(t, .reads)
    ThreadArea.forEach { if $0.pointee.process == t.pointee.process { $0.selectLeanTable() } }
    return views(t)
  }

  private static func lock(_ t: Thread) {
    while pico_cas32(&t.pointee.process.pointee.view_lock, 0, 1) != 0 { pico_pause() }
  }
  private static func unlock(_ t: Thread) { pico_store32(&t.pointee.process.pointee.view_lock, 0) }

  /// Notes a descriptor that was opened by one of the names of `ProcEntry`, if it is one of `/proc`.
  static func noteProcText(_ t: Thread, _ entry: ProcEntry, _ opened: Int) {
    var system: [16 of UInt64] = .init(repeating: 0)
    // fstatfs
    let found = withUnsafeMutablePointer(to: &system) { host(138, UInt(bitPattern: opened), UInt(bitPattern: $0)) }
    guard found == 0, system[0] == PROC_SUPER_MAGIC, let file = identity(opened), let table = makeViews(t) else {
      return
    }
    lock(t)
    defer { unlock(t) }
    var place = 0
    while place < viewCount - 1, table[place].descriptor >= 0, table[place].descriptor != Int32(opened) { place += 1 }
    table[place].text?.free()
    table[place] = View(
      descriptor: Int32(truncatingIfNeeded: opened), entry: entry, device: file.0, inode: file.1, text: nil)
  }

  private static func identity(_ descriptor: Int) -> (UInt64, UInt64)? {
    var status: [18 of UInt64] = .init(repeating: 0)
    let found = withUnsafeMutablePointer(to: &status) { host(5, UInt(bitPattern: descriptor), UInt(bitPattern: $0)) }
    return found < 0 ? nil : (status[0], status[1])
  }

  /// Serves `read` (0) or `pread64` (17) of a noted descriptor. Nil when it is none.
  static func readProcText(_ t: Thread, _ number: UInt) -> Int? {
    let descriptor = Int32(truncatingIfNeeded: t.pointee.frame.rdi)
    guard descriptor >= 0, let table = views(t) else { return nil }
    lock(t)
    defer { unlock(t) }
    var place = 0
    while place < viewCount, table[place].descriptor != descriptor { place += 1 }
    guard place < viewCount else { return nil }
    guard let file = identity(Int(descriptor)), file == (table[place].device, table[place].inode) else {
      table[place].text?.free()
      table[place] = View(descriptor: -1, entry: .none, device: 0, inode: 0, text: nil)
      return nil
    }
    let position = number == 17 ? Int(truncatingIfNeeded: t.pointee.frame.r10) : host(8, UInt(descriptor), 0, 1)
    if position < 0 { return Host.EINVAL }
    if position == 0 || table[place].text == nil {
      table[place].text?.free()
      table[place].text = copyText(t, table[place].entry, Int(descriptor))
    }
    guard let text = table[place].text, let address = text.address else { return nil }
    let count = min(max(text.length - position, 0), Int(min(t.pointee.frame.rdx, 0x7fff_f000)))
    if count == 0 { return 0 }
    guard copyOut(to: UInt(t.pointee.frame.rsi), address + position, count: count) else { return Host.EFAULT }
    if number == 0 { host(8, UInt(descriptor), UInt(position + count), 0) }
    return count
  }

  /// The text as it is now, for a reader at its start: from a descriptor of its own, so that the guest's keeps its place.
  private static func copyText(_ t: Thread, _ entry: ProcEntry, _ descriptor: Int) -> ProcText? {
    var path = descriptorPath(descriptor)
    let opened = withUnsafePointer(to: &path) {
      host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: $0), 0x8_0000)
    }
    guard opened >= 0 else { return nil }
    defer { host(Host.close, UInt(bitPattern: opened)) }
    if entry == .status {
      var status = ProcStatus(t)
      return ProcText.copy(from: UInt(bitPattern: opened)) { status.copyLine(&$0, $1, $2) }
    }
    if entry == .smaps_rollup || entry == .statm {
      guard let sums = mappingSums(descriptor) else { return nil }
      return ProcText.copy(from: UInt(bitPattern: opened)) { text, line, length in
        if entry == .statm { sums.copyCounts(&text, line, length) } else { sums.copyLine(&text, line, length) }
      }
    }
    var hides = false
    return ProcText.copy(from: UInt(bitPattern: opened)) { text, line, length in
      if let start = mappingStart(line, length) { hides = reservedOverlap(UInt(start), 1) }
      if !hides { text.append(line, length) }
    }
  }

  /// Adds up what the `smaps` beside an open entry say of the mappings that are the guest's. Nil where they cannot be read.
  private static func mappingSums(_ descriptor: Int) -> ProcSums? {
    var path = descriptorPath(descriptor)
    let opened = withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { room -> Int in
      guard let text = room.baseAddress else { return -1 }
      let length = withUnsafePointer(to: &path) {
        host(89, UInt(bitPattern: $0), UInt(bitPattern: text), 240)  // readlink
      }
      var end = max(length, 0)
      while end > 0, text.load(fromByteOffset: end - 1, as: UInt8.self) != 0x2f { end -= 1 }
      if end == 0 || length >= 240 { return -1 }
      let name: StaticString = "smaps"
      (text + end).copyMemory(from: name.utf8Start, byteCount: 5)
      text.storeBytes(of: 0, toByteOffset: end + 5, as: UInt8.self)
      return host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: text), 0x8_0000)
    }
    if opened < 0 { return nil }
    defer { host(Host.close, UInt(bitPattern: opened)) }
    var sums = ProcSums()
    guard var rest = ProcText.copy(from: UInt(bitPattern: opened), { _, line, length in sums.take(line, length) })
    else {
      return nil
    }
    rest.free()
    return sums
  }

  /// The address a line of `maps` and its kin begins with; nil for one that goes on about the mapping before it.
  private static func mappingStart(_ line: UnsafeMutableRawPointer, _ length: Int) -> UInt64? {
    var value: UInt64 = 0
    for at in 0..<min(length, 17) {
      let byte = line.load(fromByteOffset: at, as: UInt8.self)
      if let digit = hexadecimalDigit(byte) {
        value = value << 4 | UInt64(digit)
      } else {
        return at >= 8 && (byte == 0x2d || byte == 0x20) ? value : nil
      }
    }
    return nil
  }
}
