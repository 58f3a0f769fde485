import CPicoEntry

/// What a tracing picoprocess remembers of a thread it traces.
struct Tracee {
  var tid: UInt32
  /// `PTRACE_O_` options as the guest set them.
  var options: UInt32
  /// `Place`, raw: where the guest's registers are in the stop under way.
  var place: UInt32
  /// `PICO_STOP_`: what the stub has announced; 0 for a stop that is the host's own.
  var kind: UInt32
  /// Address of its thread area, 0 when unknown.
  var area: UInt64
  var message: UInt64
  /// 1: seized, 2: an exec is under way, 4: the stop of a new child is still to come, 8: asked for one step.
  var flags: UInt32
  var pad: UInt32 = 0
  /// What FreeBSD's ptrace(2) keeps of a tracee besides.
  var freeBSD = FreeBSD.TraceeState()

  static let seized: UInt32 = 1
  static let newborn: UInt32 = 4
  static let stepping: UInt32 = 8

  enum Place {
    static let running: UInt32 = 0
    static let hostRegisters: UInt32 = 1
    static let frame: UInt32 = 2
    static let lean: UInt32 = 3
    static let context: UInt32 = 4
  }
}

extension Linux {
  typealias TraceePointer = UnsafeMutablePointer<Tracee>

  /// The table of tracees: pages of the process's own, made when it first traces. Behind it, room for a copy of a thread
  /// area's head.
  static let traceeTableBytes = 65536
  static let traceeCopyBytes = Int(PICO_ALTSTACK_OFFSET)
  static var traceePlaces: Int { traceeTableBytes / MemoryLayout<Tracee>.stride }

  static func tracees(_ t: Thread) -> TraceePointer? {
    let word = withUnsafeMutablePointer(to: &t.pointee.process.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self)
    }
    if word.pointee == 0 {
      guard let pages = allocatePages(bytes: traceeTableBytes + traceeCopyBytes) else { return nil }
      if pico_cas64(word, 0, UInt64(UInt(bitPattern: pages))) != 0 {
        freePages(pages, bytes: traceeTableBytes + traceeCopyBytes)
      }
    }
    return TraceePointer(bitPattern: UInt(word.pointee))
  }

  /// Room for a tracee's thread area.
  static func areaCopy(_ t: Thread) -> Thread? {
    guard let table = tracees(t) else { return nil }
    return (UnsafeMutableRawPointer(table) + traceeTableBytes).assumingMemoryBound(to: pico_thread.self)
  }

  /// The entry of a thread that is traced already.
  static func tracee(_ t: Thread, _ tid: UInt32) -> TraceePointer? {
    guard let table = tracees(t), tid != 0 else { return nil }
    for place in 0..<traceePlaces where table[place].tid == tid { return table + place }
    return nil
  }

  /// The entry of a thread, made if there is none.
  static func addTracee(_ t: Thread, _ tid: UInt32, options: UInt32, flags: UInt32) -> TraceePointer? {
    if let known = tracee(t, tid) { return known }
    guard let table = tracees(t) else { return nil }
    for place in 0..<traceePlaces where table[place].tid == 0 {
      table[place] = Tracee(
        tid: tid, options: options, place: Tracee.Place.running, kind: 0, area: 0, message: 0, flags: flags)
      return table + place
    }
    return nil
  }

  static func forgetTracee(_ t: Thread, _ tid: UInt32) {
    if let known = tracee(t, tid) { known.pointee.tid = 0 }
  }

  // MARK: - A tracee's memory

  /// Copies between own memory and a tracee's; false when not all of it could be.
  static func transfer(_ tid: UInt32, _ local: UnsafeMutableRawPointer, _ remote: UInt64, _ count: Int, writes: Bool)
    -> Bool
  {
    let own = (UInt(bitPattern: local), UInt(count))
    let other = (UInt(remote), UInt(count))
    return withUnsafePointer(to: own) { own in
      withUnsafePointer(to: other) {
        // process_vm_writev, process_vm_readv
        host(writes ? 311 : 310, UInt(tid), UInt(bitPattern: own), 1, UInt(bitPattern: $0), 1, 0) == count
      }
    }
  }

  /// Reads the head of a tracee's area into the copy. Nil when it is not to be had.
  static func readArea(_ t: Thread, _ tracee: TraceePointer) -> Thread? {
    guard tracee.pointee.area != 0, let copy = areaCopy(t) else { return nil }
    let count = MemoryLayout<pico_thread>.size
    return transfer(tracee.pointee.tid, copy, tracee.pointee.area, count, writes: false) ? copy : nil
  }

  /// Writes a part of the copy back: `part` lies in it.
  static func writeArea(_ tracee: TraceePointer, _ copy: Thread, _ part: UnsafeMutableRawPointer, _ count: Int) {
    let offset = UInt64(UInt(bitPattern: part) - UInt(bitPattern: copy))
    _ = transfer(tracee.pointee.tid, part, tracee.pointee.area + offset, count, writes: true)
  }

  /// Finds a tracee's area: by its stack pointer or GS base, else among all areas of its process.
  static func findArea(_ t: Thread, _ tracee: TraceePointer, stackPointer: UInt64, gsBase: UInt64) -> UInt64 {
    let areas = UInt64(PICO_AREA_BASE)..<UInt64(PICO_CODE_BASE)
    if areas.contains(stackPointer) { return stackPointer & ~(UInt64(PICO_AREA_SIZE) - 1) }
    if areas.contains(gsBase) { return gsBase }
    guard let copy = areaCopy(t) else { return 0 }
    for word in 0..<Int(PICO_AREA_COUNT) / 64 {
      var bits: UInt64 = 0
      let remote = UInt64(UInt(bitPattern: pico_areas_used(word)))
      guard withUnsafeMutablePointer(to: &bits, { transfer(tracee.pointee.tid, $0, remote, 8, writes: false) }) else {
        return 0
      }
      while bits != 0 {
        let index = UInt64(word * 64 + bits.trailingZeroBitCount)
        bits &= bits &- 1
        let area = UInt64(PICO_AREA_BASE) + index * UInt64(PICO_AREA_SIZE)
        if transfer(tracee.pointee.tid, copy, area, MemoryLayout<pico_thread>.size, writes: false),
          copy.pointee.tid == tracee.pointee.tid
        {
          return area
        }
      }
    }
    return 0
  }

  /// The handler a tracee's process has for a signal, from the copy of one of its areas.
  static func handler(_ tracee: TraceePointer, _ copy: Thread, _ signal: Int32) -> UInt64 {
    var action = pico_action()
    let base = UInt64(UInt(bitPattern: copy.pointee.process))
    let offset =
      UInt(bitPattern: pico_action_at(pico_main_process_address(), signal))
      - UInt(bitPattern: pico_main_process_address())
    let read = withUnsafeMutablePointer(to: &action) {
      transfer(tracee.pointee.tid, $0, base + UInt64(offset), MemoryLayout<pico_action>.size, writes: false)
    }
    return read && action.handler != Actions.unknown ? action.handler : Host.SIG_DFL
  }
}
