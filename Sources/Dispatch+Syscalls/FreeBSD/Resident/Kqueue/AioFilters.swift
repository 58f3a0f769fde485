import CPicoABI

/// `EVFILT_AIO` and `EVFILT_LIO`: ends of asynchronous jobs. Only aio(4) itself registers these.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Queues the knotes of jobs and lists that have ended.
  ///
  /// - Source: FreeBSD 14 sys/kern/vfs_aio.c `filt_aio`, `filt_lio`.
  func lookAtAio(_ t: Thread) {
    if pointee.aios == 0 { return }
    guard let head = FreeBSD.Aio.state(t) else { return }
    head.pointee.lock.acquire()
    var index = pointee.aios
    while index != 0 {
      let knote = knote(index)
      let place = Int(knote.pointee.first)
      let isJob = knote.pointee.filter == FreeBSD.EVFILT_AIO
      let job = FreeBSD.Aio.job(head, place)
      let list = FreeBSD.Aio.list(head, place)
      let generation = isJob ? job.pointee.generation : list.pointee.generation
      let isOver = isJob ? job.pointee.stage == .finished : list.pointee.wasTold
      if isOver && UInt64(generation) == knote.pointee.second && !knote.pointee.has(FreeBSD.Knote.told) {
        knote.pointee.status |= FreeBSD.Knote.told | FreeBSD.Knote.active
        if isJob {
          knote.pointee.flags |= FreeBSD.EV_EOF
          knote.pointee.data = Int64(job.pointee.error)
        }
        if !knote.pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
      }
      index = knote.pointee.listNext
    }
    head.pointee.lock.release()
  }
}

extension FreeBSD.Kqueues {
  /// Registers the notification of a job or list, at `place` in its table.
  ///
  /// - Parameter event: the eventfd by which the worker wakes kqueues.
  /// - Errors: `EBADF` for what is no kqueue; `ENOMEM`; the host's.
  static func registerAio(
    _ t: Thread, _ kq: Int32, _ filter: Int16, ident: UInt64, udata: UInt64, flags: UInt16, place: Int,
    generation: UInt32, event: Int32
  ) -> Int {
    guard let q = of(t, kq) else { return FreeBSD.HostError.EBADF }
    q.pointee.lock.acquire()
    defer { q.pointee.lock.release() }
    if !q.belongs(to: kq) { return FreeBSD.HostError.EBADF }
    let watched = FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, event, FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLET,
      FreeBSD.Kqueue.aioMark)
    if watched < 0 && watched != FreeBSD.HostError.EEXIST { return watched }
    let old = q.find(ident, filter)
    if old != 0 { q.drop(t, kq, old) }
    let index = q.take()
    if index == 0 { return FreeBSD.HostError.ENOMEM }
    let knote = q.knote(index)
    knote.pointee.ident = ident
    knote.pointee.filter = filter
    knote.pointee.udata = udata
    knote.pointee.flags = flags
    knote.pointee.first = UInt64(place)
    knote.pointee.second = UInt64(generation)
    q.insert(index, &q.pointee.aios)
    q.link(index)
    return 0
  }

  /// The job or list at `place` is no more, and neither is its knote.
  static func dropAio(_ t: Thread, _ filter: Int16, _ ident: UInt64, _ place: Int, _ generation: UInt32) {
    _ = first(t) { q in
      q.pointee.lock.acquire()
      defer { q.pointee.lock.release() }
      guard q.pointee.aios != 0 else { return false }
      let index = q.find(ident, filter)
      guard index != 0, q.knote(index).pointee.first == UInt64(place),
        q.knote(index).pointee.second == UInt64(generation)
      else { return false }
      q.drop(t, q.pointee.descriptor, index)
      return true
    }
  }
}
