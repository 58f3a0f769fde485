import CPicoABI

extension FreeBSD {
  /// What the guest has asked of a socket that the host's socket cannot remember, by descriptor.
  ///
  /// A byte a descriptor, in pages that appear when the first bit is set. A descriptor's byte is cleared when a
  /// socket call hands the number out again. The bits belong to the number, not to the open file: a duplicate made by
  /// dup(2) or inherited through exec does not have them.
  enum SocketFlags {
    /// `SO_NOSIGPIPE`.
    static let noSigpipe: UInt8 = 1
    /// `IP_RECVDSTADDR` and `IP_RECVIF`: both are one option of the host's.
    static let destination: UInt8 = 2
    static let interface: UInt8 = 4
    /// `LOCAL_CREDS`: credentials with the next message, then no more.
    static let credentialsOnce: UInt8 = 8
    /// `LOCAL_CREDS_PERSISTENT`.
    static let credentials: UInt8 = 16
    /// `SO_BINTIME`; without it a host time stamp in nanoseconds is not the guest's.
    static let bintime: UInt8 = 32
    /// What a socket that accept(2) makes takes over from its listener.
    static let inherited = noSigpipe | destination | interface | bintime

    /// Which of the process's words holds the pages' address.
    private static let tableWord = 40
    /// The host's `fs.nr_open`: no descriptor is larger by default.
    private static let count = 1 << 20

    private static func slot(_ t: Thread) -> UnsafeMutablePointer<UInt64> { processWord(t, tableWord) }

    private static func table(_ t: Thread) -> UnsafeMutablePointer<UInt8>? {
      UnsafeMutablePointer(bitPattern: UInt(truncatingIfNeeded: pico_load64(slot(t))))
    }

    static func get(_ t: Thread, _ s: Int32) -> UInt8 {
      guard s >= 0, Int(s) < count, let table = table(t) else { return 0 }
      return table[Int(s)]
    }

    /// Sets or clears bits; false when there is no room for them.
    static func set(_ t: Thread, _ s: Int32, _ bits: UInt8, _ on: Bool) -> Bool {
      guard s >= 0, Int(s) < count else { return !on }
      guard let table = table(t) ?? (on ? make(t) : nil) else { return !on }
      table[Int(s)] = on ? table[Int(s)] | bits : table[Int(s)] & ~bits
      return true
    }

    /// A number that a socket call has just handed out remembers nothing.
    static func clear(_ t: Thread, _ s: Int) {
      guard let table = table(t), s >= 0, s < count else { return }
      if table[s] != 0 { table[s] = 0 }
    }

    private static func make(_ t: Thread) -> UnsafeMutablePointer<UInt8>? {
      guard let pages = allocatePages(bytes: count) else { return nil }
      let before = pico_cas64(slot(t), 0, UInt64(UInt(bitPattern: pages)))
      if before != 0 { freePages(pages, bytes: count) }
      return table(t)
    }
  }
}
