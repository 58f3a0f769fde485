import CPicoABI

/// How kqueues come and go.
extension FreeBSD.Kqueues {
  /// Makes a kqueue: its descriptor, or an error.
  static func make(_ t: Thread) -> Int {
    guard let registry = registryMaking(t) else { return FreeBSD.HostError.ENOMEM }
    registry.pointee.lock.acquire()
    defer { registry.pointee.lock.release() }
    clearAway(t)
    guard let q = freePlace(t, registry) else { return FreeBSD.HostError.ENOMEM }
    let epoll = host(FreeBSD.HostEvent.epoll_create1, FreeBSD.HostEvent.closeOnExec)
    if epoll < 0 { return epoll }
    let descriptor = Int32(truncatingIfNeeded: epoll)
    let kick = host(FreeBSD.HostEvent.eventfd2, 1, FreeBSD.HostEvent.closeOnExec | FreeBSD.HostEvent.nonBlocking)
    if kick < 0 {
      host(FreeBSD.HostSocket.close, UInt(bitPattern: epoll))
      return kick
    }
    forgetNumber(t, descriptor)
    q.pointee.lock.acquire()
    q.clear()
    q.pointee.kick = FreeBSD.HostEvent.hide(kick)
    _ = FreeBSD.HostEvent.control(
      descriptor, FreeBSD.HostEvent.EPOLL_CTL_ADD, q.pointee.kick, FreeBSD.HostEvent.EPOLLONESHOT,
      FreeBSD.Kqueue.kickMark)
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
  private static func settleNumber(_ q: FreeBSD.KqueueReference, _ descriptor: Int32) {
    if descriptor < 0 { return retire(q) }
    q.pointee.descriptor = descriptor
    q.pointee.alias = -1
  }

  private static func freePlace(_ t: Thread, _ registry: ChunkReference) -> FreeBSD.KqueueReference? {
    var at = registry
    while true {
      let places = places(at)
      for index in 0..<Int(at.pointee.used) where places[index].descriptor < 0 && places[index].waiters == 0 {
        return places + index
      }
      if at.pointee.used < perChunk {
        let place = places + Int(at.pointee.used)
        place.initialize(to: FreeBSD.Kqueue())
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
      if FreeBSD.HostEvent.contains(q.pointee.descriptor, q.pointee.kick) { return false }
      settleNumber(q, FreeBSD.HostEvent.contains(q.pointee.alias, q.pointee.kick) ? q.pointee.alias : search(q))
      return false
    }
  }

  /// Looks for a number under which a kqueue lives on; -1 when there is none below 1024.
  private static func search(_ q: FreeBSD.KqueueReference) -> Int32 {
    var entries = [64 of FreeBSD.pollfd](repeating: FreeBSD.pollfd(fd: 0, events: 0))
    var base: Int32 = 0
    while base < 1024 {
      for index in 0..<64 { entries[index] = FreeBSD.pollfd(fd: base + Int32(index), events: 0) }
      _ = withUnsafeMutablePointer(to: &entries) { host(FreeBSD.HostSocket.poll, UInt(bitPattern: $0), 64, 0) }
      for index in 0..<64 where entries[index].revents & FreeBSD.POLLNVAL == 0 {
        if FreeBSD.HostEvent.contains(base + Int32(index), q.pointee.kick) { return base + Int32(index) }
      }
      base += 64
    }
    return -1
  }

  /// Gives up everything a kqueue has, but for the descriptor the guest had.
  private static func retire(_ q: FreeBSD.KqueueReference) {
    q.pointee.lock.acquire()
    q.pointee.descriptor = -1
    q.pointee.alias = -1
    q.pointee.serial &+= 1
    q.pointee.observed = 0
    closeHidden(q)
    q.freeMemory()
    q.pointee.lock.release()
  }

  /// The lowest descriptor from `low` to `high` that a kqueue keeps to itself, of those kqueues that are not closed
  /// together with `closing`. -1 when there is none.
  static func nextHidden(_ t: Thread, _ low: UInt32, _ high: UInt32, closing: ClosedRange<UInt32>) -> Int32 {
    var best: Int32 = -1
    func consider(_ descriptor: Int32, isProcess: Bool = false) {
      guard descriptor >= 0, UInt32(bitPattern: descriptor) >= low, UInt32(bitPattern: descriptor) <= high,
        best < 0 || descriptor < best, let status = FreeBSD.HostEvent.status(descriptor),
        // The guest may have closed it, and have a file of its own at that number. Descriptors of processes are
        // regular files to newer hosts.
        status.mode & 0xf000 == 0 || isProcess
      else { return }
      best = descriptor
    }
    FreeBSD.Leashes.hidden(t) { consider($0, isProcess: true) }
    if let aio = FreeBSD.Aio.state(t) {
      consider(aio.pointee.event)
      if FreeBSD.Aio.isOwnSocket(aio) { consider(aio.pointee.socket, isProcess: true) }
    }
    _ = first(t) { q in
      q.pointee.lock.acquire()
      defer { q.pointee.lock.release() }
      if q.pointee.descriptor < 0 || closing.contains(UInt32(bitPattern: q.pointee.descriptor)) { return false }
      consider(q.pointee.kick)
      consider(q.pointee.side)
      consider(q.pointee.timer)
      consider(q.pointee.notify)
      consider(q.pointee.pending)
      guard q.pointee.knotes != nil else { return false }
      for index in 1..<max(q.pointee.untouched, 1) where q.knote(index).pointee.filter == FreeBSD.EVFILT_PROC {
        consider(q.knote(index).pointee.descriptor, isProcess: true)
      }
      return false
    }
    return best
  }

  private static func closeHidden(_ q: FreeBSD.KqueueReference) {
    FreeBSD.HostEvent.closeHidden(q.pointee.kick)
    FreeBSD.HostEvent.closeHidden(q.pointee.side)
    FreeBSD.HostEvent.closeHidden(q.pointee.timer)
    FreeBSD.HostEvent.closeHidden(q.pointee.notify)
    FreeBSD.HostEvent.closeHidden(q.pointee.pending)
    guard q.pointee.knotes != nil else { return }
    for index in 1..<max(q.pointee.untouched, 1) where q.knote(index).pointee.filter == FreeBSD.EVFILT_PROC {
      q.closeProcess(index)
    }
  }

  /// In the child of a fork: kqueues are not inherited. Their descriptors are closed, the parent's epolls stay as
  /// they are.
  static func forkChild(_ t: Thread) {
    let word = FreeBSD.processWord(t, registryWord)
    guard let head = registry(t) else {
      pico_store64(word, 0)
      return
    }
    _ = first(t) { q in
      if FreeBSD.HostEvent.contains(q.pointee.alias, q.pointee.kick) {
        host(FreeBSD.HostSocket.close, FreeBSD.word(q.pointee.alias))
      }
      if FreeBSD.HostEvent.contains(q.pointee.descriptor, q.pointee.kick) {
        host(FreeBSD.HostSocket.close, FreeBSD.word(q.pointee.descriptor))
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
}

extension FreeBSD {
  /// What a child of fork(2) has to do about its parent's kqueues.
  static func kqueueForkChild(_ t: Thread) { Kqueues.forkChild(t) }
}
