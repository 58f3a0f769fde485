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
  /// 1: seized, 4: the stop of a new child is still to come, 8: asked for one step, 16: its options are its creator's as
  /// far as could be seen, since the creator's event is still to come.
  var flags: UInt32
  var pad: UInt32 = 0
  /// What FreeBSD's ptrace(2) keeps of a tracee besides.
  var freeBSD = FreeBSD.TraceeState()

  static let seized: UInt32 = 1
  static let newborn: UInt32 = 4
  static let stepping: UInt32 = 8
  static let unannounced: UInt32 = 16

  enum Place {
    static let running: UInt32 = 0
    static let hostRegisters: UInt32 = 1
    static let frame: UInt32 = 2
    static let lean: UInt32 = 3
    static let context: UInt32 = 4
  }
}

/// `ptrace(2)` between guests: what a tracing picoprocess knows of its tracees, whichever system they are of.
enum Tracing {
  typealias TraceePointer = UnsafeMutablePointer<Tracee>

  /// The table of tracees: pages of the process's own, made when it first traces. Behind it, room for a copy of a thread
  /// area's head.
  static let traceeTableBytes = 65536
  static let traceeCopyBytes = Int(PICO_ALTSTACK_OFFSET)
  static var traceePlaces: Int { traceeTableBytes / MemoryLayout<Tracee>.stride }

  private static func word(_ t: Thread) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &t.pointee.process.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self)
    }
  }

  /// The table, if the process has one.
  static func tracees(_ t: Thread) -> TraceePointer? { TraceePointer(bitPattern: UInt(word(t).pointee)) }

  private static func makeTracees(_ t: Thread) -> TraceePointer? {
    let word = word(t)
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
    guard let table = makeTracees(t) else { return nil }
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
    guard let table = makeTracees(t) else { return nil }
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

  /// The child of a fork traces nobody.
  static func forgetTracees(_ t: Thread) {
    guard let table = tracees(t) else { return }
    word(t).pointee = 0
    freePages(UnsafeMutableRawPointer(table), bytes: traceeTableBytes + traceeCopyBytes)
  }
}
