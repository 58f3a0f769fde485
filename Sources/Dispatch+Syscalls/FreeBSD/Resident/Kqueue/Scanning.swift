extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Asks the host about the first `most` queued knotes whose readiness may have passed, and takes those off the queue
  /// that are not ready any more.
  func refresh(_ t: Thread, _ kq: Int32, _ most: Int) {
    pointee.round &+= 1
    var next = pointee.queueHead
    var left = most
    while next != 0 && left > 0 { next = refreshSome(t, kq, next, &left) }
  }

  /// The same for as many as fit one call to the host, from `start` on.
  ///
  /// - Returns: where to go on; 0 at the end.
  private func refreshSome(_ t: Thread, _ kq: Int32, _ start: UInt32, _ left: inout Int) -> UInt32 {
    var entries = [64 of FreeBSD.pollfd](repeating: FreeBSD.pollfd(fd: -1, events: 0))
    var indices = [64 of UInt32](repeating: 0)
    var count = 0
    var index = start
    while index != 0 && count < 64 && left > 0 {
      let knote = knote(index)
      if knote.pointee.needsPoll {
        entries[count] = FreeBSD.pollfd(
          fd: knote.pointee.descriptor, events: Int16(truncatingIfNeeded: knote.pointee.interest))
        indices[count] = index
        count += 1
      }
      index = knote.pointee.queueNext
      left -= 1
    }
    if count == 0 { return index }
    _ = withUnsafeMutablePointer(to: &entries) {
      host(FreeBSD.HostSocket.poll, UInt(bitPattern: $0), UInt(count), 0)
    }
    for at in 0..<count {
      let events = UInt32(UInt16(bitPattern: entries[at].revents))
      if events & FreeBSD.HostEvent.POLLNVAL != 0 {
        drop(t, kq, indices[at])
      } else if events == 0 {
        dequeue(indices[at])
      } else {
        knote(indices[at]).pointee.fresh = events
        knote(indices[at]).pointee.round = pointee.round
      }
    }
    return index
  }

  /// Takes in what the host's epoll has told: `count` events at `events`, where there is room for `most`.
  func harvest(_ t: Thread, _ kq: Int32, _ events: UnsafeMutableRawPointer, _ count: Int, _ most: Int) {
    var sideIsReady = false
    for at in 0..<count {
      let event = events + at * FreeBSD.HostEvent.eventSize
      let bits = event.loadUnaligned(as: UInt32.self)
      let mark = event.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
      switch mark {
      case FreeBSD.Kqueue.kickMark: pointee.kickArmed = 0
      case FreeBSD.Kqueue.sideMark: sideIsReady = true
      case FreeBSD.Kqueue.timerMark: expireTimers(kq)
      case FreeBSD.Kqueue.notifyMark: readFileEvents(t, kq)
      case FreeBSD.Kqueue.pendingMark, FreeBSD.Kqueue.aioMark: break  // `lookAtSignals`, `lookAtAio` come anyway
      default: take(bits, mark)
      }
    }
    if !sideIsReady { return }
    let more = host(
      FreeBSD.HostEvent.epoll_wait, FreeBSD.word(pointee.side), UInt(bitPattern: events), UInt(most), 0)
    for at in 0..<max(more, 0) {
      let event = events + at * FreeBSD.HostEvent.eventSize
      take(event.loadUnaligned(as: UInt32.self), event.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
    }
  }

  /// One event of a knote's. Late ones are of a generation that is gone.
  private func take(_ bits: UInt32, _ mark: UInt64) {
    let index = UInt32(truncatingIfNeeded: mark)
    guard index > 0, index < pointee.untouched else { return }
    let knote = knote(index)
    if knote.pointee.generation != UInt32(truncatingIfNeeded: mark >> 32) || knote.pointee.filter == 0 { return }
    if !knote.pointee.needsPoll { knote.pointee.status |= FreeBSD.Knote.active }
    if knote.pointee.has(FreeBSD.Knote.disabled) { return }
    knote.pointee.fresh = knote.pointee.round == pointee.round ? knote.pointee.fresh | bits : bits
    knote.pointee.round = pointee.round
    enqueue(index)
  }

  /// Hands queued knotes that are ready to the guest, in their order, each at most once.
  ///
  /// - Returns: how many; `EFAULT` when the guest's list cannot be written.
  func report(_ t: Thread, _ kq: Int32, _ eventlist: UInt, _ room: Int, _ size: Int) -> Int {
    var left = pointee.queueCount
    var given = 0
    while left > 0 && given < room && pointee.queueHead != 0 {
      left -= 1
      let index = pointee.queueHead
      dequeue(index)
      let knote = knote(index)
      if knote.pointee.has(FreeBSD.Knote.disabled) { continue }
      switch readiness(kq, index) {
      case .idle: continue
      case .gone:
        drop(t, kq, index)
        continue
      case .ready: break
      }
      var event = FreeBSD.kevent_t()
      event.ident = knote.pointee.ident
      event.filter = knote.pointee.filter
      event.flags = knote.pointee.flags
      event.fflags = knote.pointee.fflags
      event.data = knote.pointee.data
      event.udata = knote.pointee.udata
      event.ext = knote.pointee.ext
      if knote.pointee.filter == FreeBSD.EVFILT_USER {
        event.fflags = knote.pointee.savedFflags
        event.data = knote.pointee.savedData
      }
      let copied = withUnsafePointer(to: &event) {
        copyOut(to: eventlist &+ UInt(bitPattern: given &* size), $0, count: size)
      }
      given += 1
      settle(t, kq, index)
      if !copied { return FreeBSD.HostError.EFAULT }
    }
    return given
  }

  /// What becomes of a knote that was reported.
  private func settle(_ t: Thread, _ kq: Int32, _ index: UInt32) {
    let knote = knote(index)
    if knote.pointee.flags & FreeBSD.EV_ONESHOT != 0 { return drop(t, kq, index) }
    if knote.pointee.flags & FreeBSD.EV_CLEAR != 0 {
      knote.pointee.data = 0
      knote.pointee.fflags = 0
      knote.pointee.status &= ~FreeBSD.Knote.active
    }
    if knote.pointee.flags & FreeBSD.EV_DISPATCH != 0 {
      knote.pointee.status |= FreeBSD.Knote.disabled
    } else if knote.pointee.flags & FreeBSD.EV_CLEAR == 0 {
      enqueue(index)
    }
    settleBirth(index)
  }

  /// Whether a queued knote is ready, with its `data`, `fflags` and `EV_EOF` as they are now.
  private func readiness(_ kq: Int32, _ index: UInt32) -> FreeBSD.Readiness {
    let knote = knote(index)
    let found: FreeBSD.Readiness =
      switch knote.pointee.filter {
      case FreeBSD.EVFILT_READ: knote.pointee.has(FreeBSD.Knote.file) ? readFile(index) : readDescriptor(index)
      case FreeBSD.EVFILT_WRITE: knote.pointee.has(FreeBSD.Knote.file) ? writeFile(index) : writeDescriptor(index)
      case FreeBSD.EVFILT_VNODE: knote.pointee.fflags != 0 ? .ready : .idle
      case FreeBSD.EVFILT_PROC, FreeBSD.EVFILT_PROCDESC: stateOfProcess(index)
      case FreeBSD.EVFILT_SIGNAL, FreeBSD.EVFILT_TIMER: knote.pointee.data != 0 ? .ready : .idle
      default: knote.pointee.has(FreeBSD.Knote.active) ? .ready : .idle
      }
    return found == .idle && knote.pointee.has(FreeBSD.Knote.forced) ? .ready : found
  }
}

extension FreeBSD {
  /// What a knote is when it is looked at.
  enum Readiness {
    case ready, idle
    /// Its descriptor is closed: it should not be there any more.
    case gone
  }
}
