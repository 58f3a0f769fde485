import CPicoABI

extension FreeBSD {
  /// Capsicum (capsicum(4)): what the descriptors of a process may be used for, and whether the process is in capability
  /// mode.
  ///
  /// The host knows nothing of it. Limits are kept by descriptor number in private memory, which fork copies; exec
  /// carries them over as strings. As all of the stub that is compatibility, not a boundary. A descriptor that travels by
  /// `SCM_RIGHTS` arrives with all rights.
  enum Capsicum {
    /// Which of the process's words holds the table's address.
    private static let tableWord = 47
    /// Descriptors that can be limited: more than the guest's limit allows.
    static let count = 1 << 16

    struct Entry {
      /// 0: not limited, and the rest means nothing.
      var isLimited: UInt32 = 0
      var fcntls = Cap.FCNTL_ALL
      var rights = CapRights.all
      /// Number of `ioctls`; -1 is all.
      var ioctlCount: Int32 = -1
      var pad: UInt32 = 0
      /// A page of ours with the commands allowed, 0 for none.
      var ioctls: UInt = 0
    }

    struct Head {
      var owner: UInt64
      var lock = Lock()
      var inCapabilityMode: UInt32 = 0
      /// The highest descriptor that was ever limited, and 1.
      var end: Int32 = 0
    }

    typealias HeadReference = UnsafeMutablePointer<Head>

    private static var bytes: Int { 4096 + count * MemoryLayout<Entry>.stride }

    private static func entries(_ head: HeadReference) -> UnsafeMutablePointer<Entry> {
      (UnsafeMutableRawPointer(head) + 4096).assumingMemoryBound(to: Entry.self)
    }

    /// The table of the calling process; nil when nothing is limited. A child of vfork takes a copy of its own.
    static func table(_ t: Thread) -> HeadReference? {
      let word = processWord(t, tableWord)
      guard let head = HeadReference(bitPattern: UInt(truncatingIfNeeded: pico_load64(word))) else { return nil }
      let own = UInt64(UInt(bitPattern: t.pointee.process))
      if head.pointee.owner == own { return head }
      guard let pages = allocatePages(bytes: bytes) else { return head }
      let copy = pages.assumingMemoryBound(to: Head.self)
      copy.initialize(
        to: Head(owner: own, inCapabilityMode: head.pointee.inCapabilityMode, end: head.pointee.end))
      for index in 0..<Int(head.pointee.end) { entries(copy)[index] = duplicate(entries(head)[index]) }
      pico_store64(word, UInt64(UInt(bitPattern: copy)))
      return copy
    }

    /// The same, made when there is none; from then on calls are looked at. Nil when memory is short.
    static func tableMaking(_ t: Thread) -> HeadReference? {
      if let head = table(t) { return head }
      let word = processWord(t, tableWord)
      guard let pages = allocatePages(bytes: bytes) else { return nil }
      let head = pages.assumingMemoryBound(to: Head.self)
      head.initialize(to: Head(owner: UInt64(UInt(bitPattern: t.pointee.process))))
      if pico_cas64(word, 0, UInt64(UInt(bitPattern: head))) != 0 {
        freePages(pages, bytes: bytes)
      } else {
        watch(t, Watched.capabilities)
      }
      return table(t)
    }

    /// What a descriptor is limited to.
    static func entry(_ t: Thread, _ descriptor: Int32) -> Entry {
      guard let head = table(t), descriptor >= 0, descriptor < head.pointee.end else { return Entry() }
      let entry = entries(head)[Int(descriptor)]
      return entry.isLimited != 0 ? entry : Entry()
    }

    /// Limits a descriptor. False when there is no room for its number.
    static func set(_ head: HeadReference, _ descriptor: Int32, _ entry: Entry) -> Bool {
      guard descriptor >= 0, Int(descriptor) < count else { return false }
      head.pointee.lock.acquire()
      free(head, descriptor)
      entries(head)[Int(descriptor)] = entry
      entries(head)[Int(descriptor)].isLimited = 1
      head.pointee.end = max(head.pointee.end, descriptor + 1)
      head.pointee.lock.release()
      return true
    }

    /// A copy with a list of its own.
    static func duplicate(_ entry: Entry) -> Entry {
      var copy = entry
      copy.ioctls = 0
      if let from = UnsafeRawPointer(bitPattern: entry.ioctls), let page = allocatePages(bytes: 4096) {
        page.copyMemory(from: from, byteCount: 4096)
        copy.ioctls = UInt(bitPattern: page)
      } else if entry.ioctls != 0 {
        copy.ioctlCount = 0
      }
      return copy
    }

    private static func free(_ head: HeadReference, _ descriptor: Int32) {
      let entry = entries(head) + Int(descriptor)
      if let page = UnsafeMutableRawPointer(bitPattern: entry.pointee.ioctls) { freePages(page, bytes: 4096) }
      entry.pointee = Entry()
    }

    /// Descriptors of a range are closed.
    static func forget(_ t: Thread, _ low: UInt32, _ high: UInt32) {
      guard let head = table(t), low < UInt32(head.pointee.end) else { return }
      head.pointee.lock.acquire()
      for descriptor in Int32(low)..<Int32(min(high, UInt32(head.pointee.end - 1)) + 1)
      where entries(head)[Int(descriptor)].isLimited != 0 {
        free(head, descriptor)
      }
      head.pointee.lock.release()
    }

    /// `to` is a duplicate of `from`, or was made by it.
    static func inherit(_ t: Thread, _ from: Int32, _ to: Int32) {
      guard from != to, let head = table(t), to >= 0 else { return }
      let entry = entry(t, from)
      if entry.isLimited == 0 { return forget(t, UInt32(to), UInt32(to)) }
      _ = set(head, to, duplicate(entry))
    }

    static func isInCapabilityMode(_ t: Thread) -> Bool {
      guard let head = table(t) else { return false }
      return head.pointee.inCapabilityMode != 0
    }

    /// Whether a descriptor has rights: 0, or the guest's `ENOTCAPABLE`.
    static func check(_ t: Thread, _ descriptor: Int32, _ right: UInt64) -> Int {
      entry(t, descriptor).rights.contains(right) ? 0 : ENOTCAPABLE
    }

    static var ENOTCAPABLE: Int { guestError(Int(Errno.ENOTCAPABLE)) }
    static var ECAPMODE: Int { guestError(Int(Errno.ECAPMODE)) }
  }
}
