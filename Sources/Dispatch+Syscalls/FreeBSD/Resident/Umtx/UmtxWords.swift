import CPicoABI

extension FreeBSD {
  /// A 32-bit word of the guest's that other threads work on too. Every access may meet a page that is not there.
  struct GuestWord {
    let address: UInt

    init(_ address: UInt) { self.address = address }

    private var pointer: UnsafeMutablePointer<UInt32> {
      // Nothing is ever mapped at 8: the null pointer's stand-in.
      (UnsafeMutablePointer(bitPattern: address) ?? UnsafeMutablePointer(bitPattern: 8)).unsafelyUnwrapped
    }

    /// The value; nil when it cannot be read.
    func load() -> UInt32? {
      var fault: Int32 = 0
      let value = pico_guest_load32(pointer, &fault)
      return fault == 0 ? value : nil
    }

    /// Stores a value; false when it cannot be written.
    func store(_ value: UInt32) -> Bool {
      var fault: Int32 = 0
      pico_guest_store32(pointer, value, &fault)
      return fault == 0
    }

    /// Replaces `expected` by `desired`. Returns what stood there, `expected` when it worked; nil when the word cannot
    /// be written.
    func exchange(_ expected: UInt32, _ desired: UInt32) -> UInt32? {
      var fault: Int32 = 0
      let found = pico_guest_cas32(pointer, expected, desired, &fault)
      return fault == 0 ? found : nil
    }

    /// Replaces the value by what `change` makes of it. Returns the new value; nil when the word cannot be written.
    @inline(__always)
    @discardableResult
    func update(_ change: (UInt32) -> UInt32) -> UInt32? {
      guard var before = load() else { return nil }
      while true {
        let after = change(before)
        guard let found = exchange(before, after) else { return nil }
        if found == before { return after }
        before = found
      }
    }
  }

  /// One of the process's words for this personality.
  @inline(__always)
  static func processWord(_ t: Thread, _ index: Int) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &t.pointee.process.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + index
    }
  }

  /// One of the thread's words for this personality.
  @inline(__always)
  static func threadWord(_ t: Thread, _ index: Int) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &t.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + index
    }
  }
}
