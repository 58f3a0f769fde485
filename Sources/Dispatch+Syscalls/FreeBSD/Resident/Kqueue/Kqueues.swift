import CPicoABI

extension FreeBSD {
  /// The kqueues of a picoprocess.
  ///
  /// The host cannot say that a descriptor was closed, so a kqueue is proved when it matters: its epoll holds its
  /// own eventfd. Those that are gone are cleared away when the next one is made. Places are never given back, so
  /// that they may be looked through without a lock.
  enum Kqueues {
    /// Which of the process's words holds the first registry page's address.
    static let registryWord = 41
    static let chunkBytes = 16384

    /// The head of a block of places.
    struct Chunk {
      /// The process these belong to: one that was made by vfork has only a copy of the pointer.
      var owner: UInt64
      var next: UnsafeMutableRawPointer?
      var used: UInt32 = 0
      var lock = Lock()
      /// How often each host signal has come since the first kqueue was made.
      var signalCounts = [65 of UInt64](repeating: 0)
      /// The first 32 bytes of the descriptions of blocked signals that were taken from the host, four words each.
      var keptSignals = [128 of UInt64](repeating: 0)
    }

    typealias ChunkReference = UnsafeMutablePointer<Chunk>

    private static var headerBytes: Int { (MemoryLayout<Chunk>.stride + 63) & ~63 }
    static var perChunk: UInt32 { UInt32((chunkBytes - headerBytes) / MemoryLayout<Kqueue>.stride) }

    static func places(_ chunk: ChunkReference) -> KqueueReference {
      (UnsafeMutableRawPointer(chunk) + headerBytes).assumingMemoryBound(to: Kqueue.self)
    }

    static func registry(_ t: Thread) -> ChunkReference? {
      let address = UInt(truncatingIfNeeded: pico_load64(processWord(t, registryWord)))
      guard let chunk = ChunkReference(bitPattern: address) else { return nil }
      return chunk.pointee.owner == UInt64(UInt(bitPattern: t.pointee.process)) ? chunk : nil
    }

    static func makeChunk(_ t: Thread) -> ChunkReference? {
      guard let pages = allocatePages(bytes: chunkBytes) else { return nil }
      let chunk = pages.assumingMemoryBound(to: Chunk.self)
      chunk.initialize(to: Chunk(owner: UInt64(UInt(bitPattern: t.pointee.process)), next: nil))
      return chunk
    }

    static func registryMaking(_ t: Thread) -> ChunkReference? {
      if let chunk = registry(t) { return chunk }
      let before = pico_load64(processWord(t, registryWord))
      guard let chunk = makeChunk(t) else { return nil }
      let found = pico_cas64(processWord(t, registryWord), before, UInt64(UInt(bitPattern: chunk)))
      if found != before { freePages(UnsafeMutableRawPointer(chunk), bytes: chunkBytes) }
      return registry(t)
    }

    /// Calls `body` for every place in use until it says true; that place.
    static func first(_ t: Thread, where body: (KqueueReference) -> Bool) -> KqueueReference? {
      var chunk = registry(t)
      while let at = chunk {
        let places = places(at)
        for index in 0..<Int(at.pointee.used) where places[index].descriptor >= 0 && body(places + index) {
          return places + index
        }
        chunk = at.pointee.next?.assumingMemoryBound(to: Chunk.self)
      }
      return nil
    }

    /// The kqueue that a descriptor stands for; nil is the guest's `EBADF`.
    static func of(_ t: Thread, _ descriptor: Int32) -> KqueueReference? {
      if descriptor < 0 { return nil }
      if let found = first(t, where: { $0.pointee.descriptor == descriptor || $0.pointee.alias == descriptor }) {
        return found
      }
      // A number that dup(2) has made of a kqueue's.
      guard let found = first(t, where: { HostEvent.contains(descriptor, $0.pointee.kick) }) else { return nil }
      found.pointee.alias = descriptor
      return found
    }

    /// Whether a descriptor is, or has lately been, a kqueue's.
    static func isKqueue(_ t: Thread, _ descriptor: Int32) -> Bool {
      first(t, where: { $0.pointee.descriptor == descriptor && HostEvent.contains(descriptor, $0.pointee.kick) }) != nil
    }

    /// Somebody looks at a kqueue's descriptor without calling kevent(2): from now on it is kept readable while
    /// knotes are queued.
    static func watch(_ t: Thread, _ descriptor: Int32) {
      guard
        let q = first(t, where: { $0.pointee.descriptor == descriptor || $0.pointee.alias == descriptor }),
        q.pointee.watched == 0
      else { return }
      // Without the lock: the caller may hold another kqueue's.
      _ = pico_exchange32(&q.pointee.watched, 1)
      if q.pointee.queueCount > 0 {
        _ = HostEvent.control(
          descriptor, HostEvent.EPOLL_CTL_MOD, q.pointee.kick, HostEvent.EPOLLIN | HostEvent.EPOLLONESHOT,
          Kqueue.kickMark)
      }
    }

    /// The same for every kqueue whose bit is set in a guest's `fd_set`.
    static func watch(_ t: Thread, set: UInt, below count: Int32) {
      if set == 0 { return }
      _ = first(t) { q in
        let descriptor = q.pointee.descriptor
        if descriptor >= 0 && descriptor < count,
          let word = load(set &+ UInt(descriptor / 64 * 8), as: UInt64.self), word >> UInt64(descriptor % 64) & 1 != 0
        {
          watch(t, descriptor)
        }
        return false
      }
    }

    static func haveAny(_ t: Thread) -> Bool { registry(t) != nil }

    /// Has the host look anew at a descriptor that became ready in a way it does not tell.
    static func touch(_ t: Thread, _ descriptor: Int32) {
      _ = first(t) { q in
        q.pointee.lock.acquire()
        q.rearm(q.pointee.descriptor, q.find(UInt64(descriptor), EVFILT_READ))
        q.rearm(q.pointee.descriptor, q.find(UInt64(descriptor), EVFILT_WRITE))
        q.pointee.lock.release()
        return false
      }
    }
  }
}
