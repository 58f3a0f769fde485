import CPicoEntry

extension FreeBSD {
  /// What picoprocesses tell each other of their forks, execs and ends, for `NOTE_FORK`, `NOTE_TRACK` and `NOTE_EXEC`:
  /// a ring in the silo's memory, written only while some kqueue wants to know.
  ///
  /// A child tells of its own birth before it runs guest code, so that no grandchild is told of before its parent.
  enum Families {
    static let forked: UInt32 = 1
    static let executed: UInt32 = 2
    static let ended: UInt32 = 3

    private static let room = UInt64(PICO_FAMILY_EVENTS)

    static var isWatched: Bool { pico_load32(pico_family_watchers(Silo.header)) != 0 }

    /// Events written so far.
    static var count: UInt64 { pico_load64(pico_family_sequence(Silo.header)) }

    static func watch() { _ = pico_add32(pico_family_watchers(Silo.header), 1) }
    static func unwatch() { _ = pico_add32(pico_family_watchers(Silo.header), UInt32.max) }

    private static func tell(_ kind: UInt32, _ process: UInt32, _ child: UInt32, _ status: Int32) {
      let sequence = pico_add64(pico_family_sequence(Silo.header), 1)
      let event = pico_family_event(Silo.header, sequence % room)
      pico_store64(&event.pointee.sequence, 0)
      event.pointee.kind = kind
      event.pointee.process = process
      event.pointee.child = child
      event.pointee.status = status
      pico_store64(&event.pointee.sequence, sequence)
    }

    /// In a fresh child of fork or vfork.
    static func wasForked() {
      guard isWatched else { return }
      tell(forked, UInt32(truncatingIfNeeded: host(110)), UInt32(truncatingIfNeeded: host(Host.getpid)), 0)  // getppid
    }

    /// In the parent, once its fork is back: the child has told of itself, or will not any more.
    static func awaitBirth(_ child: Int) {
      guard isWatched else { return }
      for _ in 0..<2000 {
        let now = count
        var at = now
        while at > 0 && at + 64 > now {
          if let event = event(at), event.kind == forked, Int(event.child) == child { return }
          at -= 1
        }
        if host(Host.kill, UInt(bitPattern: child), 0) < 0 { return }
        host(Host.sched_yield)
      }
    }

    /// A fresh image has been entered.
    static func hasExecuted() {
      if isWatched { tell(executed, UInt32(truncatingIfNeeded: host(Host.getpid)), 0, 0) }
    }

    /// The process ends by itself.
    static func ends(_ status: Int32) {
      if isWatched { tell(ended, UInt32(truncatingIfNeeded: host(Host.getpid)), 0, status) }
    }

    /// An event that was written and is not overwritten yet.
    static func event(_ sequence: UInt64) -> pico_family_event_t? {
      let event = pico_family_event(Silo.header, sequence % room)
      if pico_load64(&event.pointee.sequence) != sequence { return nil }
      let copy = event.pointee
      return pico_load64(&event.pointee.sequence) == sequence ? copy : nil
    }

    /// The first event that may still be there.
    static func oldest(_ now: UInt64) -> UInt64 { now > room ? now - room + 1 : 1 }
  }
}
