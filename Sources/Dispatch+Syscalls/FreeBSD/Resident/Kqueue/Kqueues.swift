import CPicoABI

extension FreeBSD {
  /// The kqueues of a picoprocess.
  ///
  /// The host cannot say that a descriptor was closed, so a kqueue is proved when it matters: its epoll holds its
  /// own eventfd. Those that are gone are cleared away when the next one is made. Places are never given back, so
  /// that they may be looked through without a lock.
  enum Kqueues {
    /// Which of the process's words holds the first registry page's address.
    private static let registryWord = 41
    /// Which holds `observed`.
    private static let observedWord = 42
    private static let chunkBytes = 16384

    /// The head of a block of places.
    private struct Chunk {
      /// The process these belong to: one that was made by vfork has only a copy of the pointer.
      var owner: UInt64
      var next: UnsafeMutableRawPointer?
      var used: UInt32 = 0
      var lock = Lock()
      /// How often each host signal has come since the first kqueue was made.
      var signalCounts = [65 of UInt64](repeating: 0)
    }

    private typealias ChunkReference = UnsafeMutablePointer<Chunk>

    private static var headerBytes: Int { (MemoryLayout<Chunk>.stride + 63) & ~63 }
    private static var perChunk: UInt32 { UInt32((chunkBytes - headerBytes) / MemoryLayout<Kqueue>.stride) }

    private static func places(_ chunk: ChunkReference) -> KqueueReference {
      (UnsafeMutableRawPointer(chunk) + headerBytes).assumingMemoryBound(to: Kqueue.self)
    }

    private static func registry(_ t: Thread) -> ChunkReference? {
      let address = UInt(truncatingIfNeeded: pico_load64(processWord(t, registryWord)))
      guard let chunk = ChunkReference(bitPattern: address) else { return nil }
      return chunk.pointee.owner == UInt64(UInt(bitPattern: t.pointee.process)) ? chunk : nil
    }

    private static func makeChunk(_ t: Thread) -> ChunkReference? {
      guard let pages = allocatePages(bytes: chunkBytes) else { return nil }
      let chunk = pages.assumingMemoryBound(to: Chunk.self)
      chunk.initialize(to: Chunk(owner: UInt64(UInt(bitPattern: t.pointee.process)), next: nil))
      return chunk
    }

    private static func registryMaking(_ t: Thread) -> ChunkReference? {
      if let chunk = registry(t) { return chunk }
      let before = pico_load64(processWord(t, registryWord))
      guard let chunk = makeChunk(t) else { return nil }
      let found = pico_cas64(processWord(t, registryWord), before, UInt64(UInt(bitPattern: chunk)))
      if found != before { freePages(UnsafeMutableRawPointer(chunk), bytes: chunkBytes) }
      return registry(t)
    }

    /// Calls `body` for every place in use until it says true; that place.
    private static func first(_ t: Thread, where body: (KqueueReference) -> Bool) -> KqueueReference? {
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

    // MARK: Making and clearing away

    /// Makes a kqueue: its descriptor, or an error.
    static func make(_ t: Thread) -> Int {
      guard let registry = registryMaking(t) else { return HostError.ENOMEM }
      registry.pointee.lock.acquire()
      defer { registry.pointee.lock.release() }
      clearAway(t)
      guard let q = freePlace(t, registry) else { return HostError.ENOMEM }
      let epoll = host(HostEvent.epoll_create1, HostEvent.closeOnExec)
      if epoll < 0 { return epoll }
      let descriptor = Int32(truncatingIfNeeded: epoll)
      let kick = host(HostEvent.eventfd2, 1, HostEvent.closeOnExec | HostEvent.nonBlocking)
      if kick < 0 {
        host(HostSocket.close, UInt(bitPattern: epoll))
        return kick
      }
      forgetNumber(t, descriptor)
      q.pointee.lock.acquire()
      q.clear()
      q.pointee.kick = HostEvent.hide(kick)
      _ = HostEvent.control(
        descriptor, HostEvent.EPOLL_CTL_ADD, q.pointee.kick, HostEvent.EPOLLONESHOT, Kqueue.kickMark)
      q.pointee.descriptor = descriptor
      q.pointee.lock.release()
      return epoll
    }

    /// A number the host has just handed out stands for no other kqueue any more.
    private static func forgetNumber(_ t: Thread, _ descriptor: Int32) {
      _ = first(t) { q in
        if q.pointee.alias == descriptor { q.pointee.alias = -1 }
        if q.pointee.descriptor == descriptor { settleNumber(q, search(q)) }
        return false
      }
    }

    /// Goes on under another number, or not at all.
    private static func settleNumber(_ q: KqueueReference, _ descriptor: Int32) {
      if descriptor < 0 { return retire(q) }
      q.pointee.descriptor = descriptor
      q.pointee.alias = -1
    }

    private static func freePlace(_ t: Thread, _ registry: ChunkReference) -> KqueueReference? {
      var at = registry
      while true {
        let places = places(at)
        for index in 0..<Int(at.pointee.used) where places[index].descriptor < 0 && places[index].waiters == 0 {
          return places + index
        }
        if at.pointee.used < perChunk {
          let place = places + Int(at.pointee.used)
          place.initialize(to: Kqueue())
          at.pointee.used += 1
          return place
        }
        if let next = at.pointee.next {
          at = next.assumingMemoryBound(to: Chunk.self)
        } else {
          guard let chunk = makeChunk(t) else { return nil }
          at.pointee.next = UnsafeMutableRawPointer(chunk)
          at = chunk
        }
      }
    }

    /// Retires the kqueues whose descriptors the guest has closed.
    private static func clearAway(_ t: Thread) {
      _ = first(t) { q in
        if HostEvent.contains(q.pointee.descriptor, q.pointee.kick) { return false }
        settleNumber(q, HostEvent.contains(q.pointee.alias, q.pointee.kick) ? q.pointee.alias : search(q))
        return false
      }
    }

    /// Looks for a number under which a kqueue lives on; -1 when there is none below 1024.
    private static func search(_ q: KqueueReference) -> Int32 {
      var entries = [64 of pollfd](repeating: pollfd(fd: 0, events: 0))
      var base: Int32 = 0
      while base < 1024 {
        for index in 0..<64 { entries[index] = pollfd(fd: base + Int32(index), events: 0) }
        _ = withUnsafeMutablePointer(to: &entries) { host(HostSocket.poll, UInt(bitPattern: $0), 64, 0) }
        for index in 0..<64 where entries[index].revents & POLLNVAL == 0 {
          if HostEvent.contains(base + Int32(index), q.pointee.kick) { return base + Int32(index) }
        }
        base += 64
      }
      return -1
    }

    /// Gives up everything a kqueue has, but for the descriptor the guest had.
    private static func retire(_ q: KqueueReference) {
      q.pointee.lock.acquire()
      q.pointee.descriptor = -1
      q.pointee.alias = -1
      q.pointee.serial &+= 1
      q.pointee.observed = 0
      closeHidden(q)
      q.freeMemory()
      q.pointee.lock.release()
    }

    private static func closeHidden(_ q: KqueueReference) {
      HostEvent.closeHidden(q.pointee.kick)
      HostEvent.closeHidden(q.pointee.side)
      HostEvent.closeHidden(q.pointee.timer)
      HostEvent.closeHidden(q.pointee.notify)
      HostEvent.closeHidden(q.pointee.pending)
      guard q.pointee.knotes != nil else { return }
      for index in 1..<max(q.pointee.untouched, 1) where q.knote(index).pointee.filter == EVFILT_PROC {
        q.closeProcess(index)
      }
    }

    /// In the child of a fork: kqueues are not inherited. Their descriptors are closed, the parent's epolls stay as
    /// they are.
    static func forkChild(_ t: Thread) {
      let word = processWord(t, registryWord)
      guard let head = registry(t) else {
        pico_store64(word, 0)
        return
      }
      _ = first(t) { q in
        if HostEvent.contains(q.pointee.alias, q.pointee.kick) { host(HostSocket.close, FreeBSD.word(q.pointee.alias)) }
        if HostEvent.contains(q.pointee.descriptor, q.pointee.kick) {
          host(HostSocket.close, FreeBSD.word(q.pointee.descriptor))
        }
        closeHidden(q)
        // Held by a thread that is not here, its memory may be in disorder: then it stays.
        if UnsafeRawPointer(q).load(as: UInt32.self) == 0 { q.freeMemory() }
        return false
      }
      pico_store64(word, 0)
      var chunk: ChunkReference? = head
      while let at = chunk {
        chunk = at.pointee.next?.assumingMemoryBound(to: Chunk.self)
        freePages(UnsafeMutableRawPointer(at), bytes: chunkBytes)
      }
    }

    // MARK: Signals

    /// How often a host signal has come.
    static func signalCount(_ t: Thread, _ signal: Int32) -> UInt64 {
      guard let chunk = registry(t), signal > 0, signal < 65 else { return 0 }
      return pico_load64(counter(chunk, signal))
    }

    private static func counter(_ chunk: ChunkReference, _ signal: Int32) -> UnsafeMutablePointer<UInt64> {
      withUnsafeMutablePointer(to: &chunk.pointee.signalCounts) {
        UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + Int(signal)
      }
    }

    /// Host signals that a kqueue has asked for: they must reach the stub even when the guest ignores them.
    static func observed(_ t: Thread) -> UInt64 { pico_load64(processWord(t, observedWord)) }

    /// Works `observed` out anew after a kqueue's part of it has changed.
    static func updateObserved(_ t: Thread) {
      var all: UInt64 = 0
      _ = first(t) { q in
        all |= q.pointee.observed
        return false
      }
      pico_store64(processWord(t, observedWord), all)
    }

    /// A host signal has come: counted, and told to those who wait for it. May be called by a signal handler: takes
    /// no lock.
    static func signalArrived(_ t: Thread, _ signal: Int32) {
      guard let chunk = registry(t), signal > 0, signal < 65 else { return }
      var counted = false
      _ = first(t) { q in
        if q.pointee.observed >> UInt64(signal - 1) & 1 == 0 { return false }
        if !counted { _ = pico_add64(counter(chunk, signal), 1) }
        counted = true
        _ = HostEvent.control(
          q.pointee.descriptor, HostEvent.EPOLL_CTL_MOD, q.pointee.kick,
          HostEvent.EPOLLIN | HostEvent.EPOLLONESHOT, Kqueue.kickMark)
        return false
      }
    }
  }

  /// What a child of fork(2) has to do about its parent's kqueues.
  static func kqueueForkChild(_ t: Thread) { Kqueues.forkChild(t) }
}
