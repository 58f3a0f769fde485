import CPicoABI

extension FreeBSD {
  /// `lio_listio(2)`: begins a list of jobs, and with `LIO_WAIT` waits for their ends.
  ///
  /// - Errors: `EINVAL` for a mode or a count; `EFAULT`; `EINVAL` for the notification; of its kqueue; `EIO` when a job
  ///   was refused; `EAGAIN` when only for want of room; `EINTR`. The other jobs are begun all the same.
  /// - Source: FreeBSD 14 sys/kern/vfs_aio.c `kern_lio_listio`.
  static func lio_listio(_ t: Thread, _ mode: Int32, _ acb_list: UInt, _ nent: Int32, _ sig: UInt) -> Int {
    listIO(t, mode, acb_list, nent, sig, isOld: false)
  }

  /// The call of FreeBSD 6.
  static func freebsd6_lio_listio(_ t: Thread, _ mode: Int32, _ acb_list: UInt, _ nent: Int32, _ sig: UInt) -> Int {
    listIO(t, mode, acb_list, nent, sig, isOld: true)
  }

  private static func listIO(
    _ t: Thread, _ mode: Int32, _ jobs: UInt, _ count: Int32, _ sig: UInt, isOld: Bool
  ) -> Int {
    guard mode == LIO_NOWAIT || mode == LIO_WAIT, count >= 0, count <= Int32(Aio.limit) else { return HostError.EINVAL }
    var event: SigEvent?
    if sig != 0 && mode == LIO_NOWAIT {
      guard let given = readEvent(sig, isOld: isOld) else { return HostError.EFAULT }
      event = given
    }
    return withScratchPage { page -> Int in
      guard let base = page.baseAddress else { return HostError.EFAULT }
      if count > 0 && !copyIn(base, from: jobs, count: Int(count) * 8) { return HostError.EFAULT }
      guard let head = Aio.stateMaking(t) else { return HostError.EAGAIN }
      var place = -1
      let made = Aio.makeList(t, head, UInt64(jobs), event, &place)
      if made < 0 { return made }
      let blocks = base.assumingMemoryBound(to: UInt.self)
      var (refused, lacked) = (false, false)
      for index in 0..<Int(count) where blocks[index] != 0 {
        let result = Aio.submit(t, blocks[index], LIO_NOP, list: place, isOld: isOld)
        if result == HostError.EAGAIN || result == Restart.always {
          lacked = true
        } else if result < 0 {
          refused = true
        }
      }
      let waited = Aio.endList(t, head, place, waits: mode == LIO_WAIT)
      return refused ? HostError.EIO : lacked ? HostError.EAGAIN : waited
    }
  }

  private static func readEvent(_ at: UInt, isOld: Bool) -> SigEvent? {
    if !isOld { return load(at, as: SigEvent.self) }
    guard let old = load(at, as: OldSigEvent.self) else { return nil }
    var event = SigEvent()
    event.sigev_notify = old.sigev_notify
    event.sigev_signo = old.sigev_signo
    event.sigev_value = old.sigev_value
    return event
  }
}

extension FreeBSD.Aio {
  /// Makes a list. It counts as one job more until `endList`, so that nobody finds it ended before all are queued.
  static func makeList(
    _ t: Thread, _ head: HeadReference, _ ident: UInt64, _ event: FreeBSD.SigEvent?, _ place: inout Int
  ) -> Int {
    var notice = Notice()
    if let event {
      switch event.sigev_notify {
      case FreeBSD.SIGEV_NONE, FreeBSD.SIGEV_KEVENT: break
      case FreeBSD.SIGEV_SIGNAL, FreeBSD.SIGEV_THREAD_ID:
        guard event.sigev_signo > 0, event.sigev_signo <= FreeBSD._SIG_MAXSIG else { return FreeBSD.HostError.EINVAL }
        notice = Notice(
          kind: event.sigev_notify, signal: event.sigev_signo, value: event.sigev_value,
          thread: Int32(bitPattern: event.detail))
      default: return FreeBSD.HostError.EINVAL
      }
    }
    let started = startWorker(t, head)
    if started < 0 { return started }
    head.pointee.lock.acquire()
    place = -1
    for free in 0..<places where !list(head, free).pointee.isUsed {
      place = free
      break
    }
    guard place >= 0 else {
      head.pointee.lock.release()
      return FreeBSD.HostError.EAGAIN
    }
    let list = list(head, place)
    let generation = list.pointee.generation
    list.pointee = List(isUsed: true, generation: generation, count: 1, ident: ident, notice: notice)
    list.pointee.hasKnote = event?.sigev_notify == FreeBSD.SIGEV_KEVENT
    let hasKnote = list.pointee.hasKnote
    head.pointee.lock.release()
    guard hasKnote, let event else { return 0 }
    let result = FreeBSD.Kqueues.registerAio(
      t, event.sigev_signo, FreeBSD.EVFILT_LIO, ident: ident, udata: event.sigev_value, flags: 0, place: place,
      generation: generation, event: head.pointee.event)
    if result < 0 {
      head.pointee.lock.acquire()
      list.pointee.hasKnote = false
      list.pointee.count = 0
      var remains = Remains()
      releaseList(head, place, &remains)
      head.pointee.lock.release()
    }
    return result
  }

  /// All jobs of a list are queued: waits for them, or tells at once when they have ended.
  static func endList(_ t: Thread, _ head: HeadReference, _ place: Int, waits: Bool) -> Int {
    let list = list(head, place)
    var result = 0
    while waits {
      let seen = pico_load32(&head.pointee.ends)
      head.pointee.lock.acquire()
      let isOver = list.pointee.count - 1 == list.pointee.finished
      head.pointee.lock.release()
      if isOver { break }
      result = awaitEnd(t, head, seen, 0)
      if result != 0 { break }
    }
    head.pointee.lock.acquire()
    if !waits && list.pointee.count - 1 == list.pointee.finished && tellList(head, list) { wakeQueues(head) }
    list.pointee.count -= 1
    var remains = Remains()
    releaseList(head, place, &remains)
    head.pointee.lock.release()
    remains.forget(t)
    return result
  }
}
