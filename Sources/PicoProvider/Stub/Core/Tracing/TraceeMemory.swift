import CPicoEntry

/// A tracee's memory: its thread area above all, which says where its stub has stopped it.
extension Tracing {
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

  /// Writes a part of the copy back, where it lies in the tracee's area.
  static func writeBack<Part>(_ tracee: TraceePointer, _ copy: Thread, _ part: UnsafeMutablePointer<Part>) {
    writeArea(tracee, copy, part, MemoryLayout<Part>.size)
  }

  /// Writes `count` bytes of the copy back.
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

  /// The process id that a tracee's stub knows, from the copy of its area; 0 when it cannot be read.
  static func processOf(_ tracee: TraceePointer, _ copy: Thread) -> UInt32 {
    var tgid: UInt32 = 0
    let main = pico_main_process_address()
    let offset = withUnsafeMutablePointer(to: &main.pointee.tgid) { UInt(bitPattern: $0) } - UInt(bitPattern: main)
    let remote = UInt64(UInt(bitPattern: copy.pointee.process)) &+ UInt64(offset)
    return withUnsafeMutablePointer(to: &tgid) { transfer(tracee.pointee.tid, $0, remote, 4, writes: false) } ? tgid : 0
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
