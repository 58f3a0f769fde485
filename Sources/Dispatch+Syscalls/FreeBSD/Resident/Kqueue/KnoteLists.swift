import CPicoABI

extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  // MARK: The queue of knotes that may be ready, in the order in which they became so

  func enqueue(_ index: UInt32) {
    let knote = knote(index)
    if knote.pointee.has(FreeBSD.Knote.queued) { return }
    knote.pointee.status |= FreeBSD.Knote.queued
    knote.pointee.queueNext = 0
    knote.pointee.queuePrevious = pointee.queueTail
    if pointee.queueTail == 0 {
      pointee.queueHead = index
    } else {
      self.knote(pointee.queueTail).pointee.queueNext = index
    }
    pointee.queueTail = index
    pointee.queueCount += 1
  }

  func dequeue(_ index: UInt32) {
    let knote = knote(index)
    if !knote.pointee.has(FreeBSD.Knote.queued) { return }
    knote.pointee.status &= ~FreeBSD.Knote.queued
    let (previous, next) = (knote.pointee.queuePrevious, knote.pointee.queueNext)
    if previous == 0 { pointee.queueHead = next } else { self.knote(previous).pointee.queueNext = next }
    if next == 0 { pointee.queueTail = previous } else { self.knote(next).pointee.queuePrevious = previous }
    pointee.queueCount -= 1
  }

  /// Queues a knote unless it is disabled, and wakes who waits.
  func activate(_ kq: Int32, _ index: UInt32) {
    if knote(index).pointee.has(FreeBSD.Knote.disabled) { return }
    enqueue(index)
    kickIfWanted(kq)
  }

  /// Makes the host's epoll ready once, for whoever waits on it or polls it.
  func kickIfWanted(_ kq: Int32) {
    // A locked read: `watched` is set without the lock, by one who then looks at the queue.
    if pointee.waiters == 0 && pico_add32(&pointee.watched, 0) == 0 || pointee.kickArmed != 0 { return }
    pointee.kickArmed = 1
    _ = FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_MOD, pointee.kick,
      FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLONESHOT, FreeBSD.Kqueue.kickMark)
  }

  // MARK: Knotes that are looked through one by one: `head` is `timers`, `signals` or one of `watchers`

  func insert(_ index: UInt32, _ head: inout UInt32) {
    let knote = knote(index)
    knote.pointee.listPrevious = 0
    knote.pointee.listNext = head
    if head != 0 { self.knote(head).pointee.listPrevious = index }
    head = index
  }

  func remove(_ index: UInt32, _ head: inout UInt32) {
    let (previous, next) = (knote(index).pointee.listPrevious, knote(index).pointee.listNext)
    if previous == 0 {
      // Alone and in no list, or the first of it.
      if head == index { head = next }
    } else {
      knote(previous).pointee.listNext = next
    }
    if next != 0 { knote(next).pointee.listPrevious = previous }
    knote(index).pointee.listPrevious = 0
    knote(index).pointee.listNext = 0
  }
}
