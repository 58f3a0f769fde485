import CPicoABI

/// `EVFILT_USER` and `EVFILT_SIGNAL`.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Sets and triggers a user event.
  ///
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `filt_usertouch`.
  func touchUser(_ index: UInt32, _ change: FreeBSD.kevent_t) {
    let knote = knote(index)
    if change.fflags & FreeBSD.NOTE_TRIGGER != 0 { knote.pointee.status |= FreeBSD.Knote.active }
    let flags = change.fflags & FreeBSD.NOTE_FFLAGSMASK
    switch change.fflags & FreeBSD.NOTE_FFCTRLMASK {
    case FreeBSD.NOTE_FFAND: knote.pointee.savedFflags &= flags
    case FreeBSD.NOTE_FFOR: knote.pointee.savedFflags |= flags
    case FreeBSD.NOTE_FFCOPY: knote.pointee.savedFflags = flags
    default: break
    }
    knote.pointee.savedData = change.data
    if change.flags & FreeBSD.EV_CLEAR != 0 {
      knote.pointee.status &= ~FreeBSD.Knote.active
      knote.pointee.data = 0
      knote.pointee.fflags = 0
    }
  }

  /// Starts counting a signal.
  ///
  /// Signals that are delivered, or would be if the guest did not ignore them, are counted by the stub's signal
  /// handler (`Kqueues.signalArrived`). One that is blocked is seen when it becomes pending: the host tells that by a
  /// signalfd that is never read. It is then taken from the host (`Kqueues.collect`).
  ///
  /// - Differs: of blocked signals of one kind that come between two looks at the kqueue, one is counted; a thread
  ///   that waits for the same signal with sigwait(2) may have to share it.
  /// - Errors: `EINVAL` for what is no signal, or one that the host has no number for; the host's.
  /// - Source: FreeBSD 14 `sys/kern/kern_sig.c`, `filt_sigattach`.
  func attachSignal(_ t: Thread, _ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    guard knote.pointee.ident <= UInt64(FreeBSD._SIG_MAXSIG),
      let signal = FreeBSD.hostSignal(Int32(truncatingIfNeeded: knote.pointee.ident))
    else { return FreeBSD.HostError.EINVAL }
    // What is pending already came before.
    FreeBSD.Kqueues.collect(t, FreeBSD.Kqueues.observed(t), counting: true)
    FreeBSD.Kqueues.collect(t, Host.bit(signal), counting: false)
    let watched = watchPending(kq, pointee.observed | Host.bit(signal))
    if watched < 0 { return watched }
    knote.pointee.descriptor = signal
    knote.pointee.flags |= FreeBSD.EV_CLEAR
    knote.pointee.first = FreeBSD.Kqueues.signalCount(t, signal)
    knote.pointee.second = pendingSignals() & Host.bit(signal)
    insert(index, &pointee.signals)
    pointee.observed |= Host.bit(signal)
    observe(t, signal)
    return 0
  }

  func detachSignal(_ t: Thread, _ index: UInt32) {
    // One identifier has one knote, and two guest signals never share a host's.
    let signal = knote(index).pointee.descriptor
    pointee.observed &= ~Host.bit(signal)
    remove(index, &pointee.signals)
    observe(t, signal)
  }

  /// Has a signal's host action chosen anew: one that a kqueue watches comes to the stub even when it is ignored.
  private func observe(_ t: Thread, _ signal: Int32) {
    FreeBSD.Kqueues.updateObserved(t)
    Actions.set(t.pointee.process, signal, Actions.get(t.pointee.process, signal))
  }

  private func watchPending(_ kq: Int32, _ signals: UInt64) -> Int {
    var mask = signals
    let result = withUnsafePointer(to: &mask) {
      host(
        FreeBSD.HostEvent.signalfd4, FreeBSD.word(pointee.pending), UInt(bitPattern: $0), 8,
        FreeBSD.HostEvent.closeOnExec | FreeBSD.HostEvent.nonBlocking)
    }
    if result < 0 || pointee.pending >= 0 { return result }
    pointee.pending = FreeBSD.HostEvent.hide(result)
    return FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, pointee.pending, FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLET,
      FreeBSD.Kqueue.pendingMark)
  }

  private func pendingSignals() -> UInt64 {
    var signals: UInt64 = 0
    _ = withUnsafeMutablePointer(to: &signals) { host(FreeBSD.HostEvent.rt_sigpending, UInt(bitPattern: $0), 8) }
    return signals
  }

  /// Queues the knotes of signals that have come since the last look.
  func lookAtSignals(_ t: Thread) {
    if pointee.signals == 0 { return }
    FreeBSD.Kqueues.collect(t, FreeBSD.Kqueues.observed(t), counting: true)
    let pending = pendingSignals()
    var index = pointee.signals
    while index != 0 {
      let knote = knote(index)
      let signal = knote.pointee.descriptor
      let count = FreeBSD.Kqueues.signalCount(t, signal)
      var news = count &- knote.pointee.first
      let wasPending = knote.pointee.second != 0
      let isPending = pending & Host.bit(signal) != 0
      // One that was counted while it was blocked is not counted again when it is delivered.
      if wasPending && !isPending && news > 0 { news -= 1 }
      if isPending && !wasPending { news += 1 }
      knote.pointee.first = count
      knote.pointee.second = isPending ? 1 : 0
      if news != 0 {
        knote.pointee.data &+= Int64(truncatingIfNeeded: news)
        if !knote.pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
      }
      index = knote.pointee.listNext
    }
  }
}
