extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Makes one change.
  ///
  /// - Errors: `EINVAL` for both `EV_ENABLE` and `EV_DISABLE` and for an unknown filter; `EPERM` for the filters that
  ///   only aio(4) itself registers, `EOPNOTSUPP` for those that are not served; `EBADF` for a descriptor that is not
  ///   open; `ENOENT` when nothing is registered; of the filter's own.
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `kqueue_register`.
  func register(_ t: Thread, _ kq: Int32, _ change: FreeBSD.kevent_t) -> Int {
    let both = FreeBSD.EV_ENABLE | FreeBSD.EV_DISABLE
    if change.flags & both == both { return FreeBSD.HostError.EINVAL }
    var isDescriptor = false
    switch change.filter {
    case FreeBSD.EVFILT_READ, FreeBSD.EVFILT_WRITE, FreeBSD.EVFILT_VNODE, FreeBSD.EVFILT_PROCDESC: isDescriptor = true
    case FreeBSD.EVFILT_PROC, FreeBSD.EVFILT_SIGNAL, FreeBSD.EVFILT_TIMER, FreeBSD.EVFILT_USER: break
    case FreeBSD.EVFILT_AIO, FreeBSD.EVFILT_LIO:
      if find(change.ident, change.filter) == 0 {
        return change.flags & FreeBSD.EV_ADD != 0 ? FreeBSD.HostError.EPERM : FreeBSD.HostError.ENOENT
      }
    case FreeBSD.EVFILT_FS, FreeBSD.EVFILT_SENDFILE, FreeBSD.EVFILT_EMPTY: return FreeBSD.HostError.EOPNOTSUPP
    default: return FreeBSD.HostError.EINVAL
    }
    if isDescriptor && change.ident > UInt64(Int32.max) { return FreeBSD.HostError.EBADF }

    let index = find(change.ident, change.filter)
    if index != 0 {
      let result = change.flags & FreeBSD.EV_DELETE != 0 ? delete(t, kq, index) : modify(t, kq, index, change)
      // The descriptor was closed, and its knote should have gone with it.
      if result != FreeBSD.HostError.ENOENT || !isDescriptor { return result }
      drop(t, kq, index)
      if change.flags & FreeBSD.EV_DELETE != 0 { return absent(change) }
    }
    if change.flags & FreeBSD.EV_ADD != 0 { return add(t, kq, change) }
    return isDescriptor ? absent(change) : FreeBSD.HostError.ENOENT
  }

  /// Nothing is registered for a descriptor: is it open at all?
  private func absent(_ change: FreeBSD.kevent_t) -> Int {
    let open = host(FreeBSD.HostSocket.fcntl, UInt(change.ident), 1)  // F_GETFD
    return open < 0 ? FreeBSD.HostError.EBADF : FreeBSD.HostError.ENOENT
  }

  private func add(_ t: Thread, _ kq: Int32, _ change: FreeBSD.kevent_t) -> Int {
    let index = take()
    if index == 0 { return FreeBSD.HostError.ENOMEM }
    let knote = knote(index)
    knote.pointee.ident = change.ident
    knote.pointee.filter = change.filter
    knote.pointee.udata = change.udata
    knote.pointee.ext = change.ext
    knote.pointee.savedData = change.data
    knote.pointee.savedFflags = change.fflags
    knote.pointee.flags =
      change.flags
      & ~(FreeBSD.EV_ADD | FreeBSD.EV_DELETE | FreeBSD.EV_ENABLE | FreeBSD.EV_DISABLE | FreeBSD.EV_FORCEONESHOT)
    if change.flags & FreeBSD.EV_DISABLE != 0 { knote.pointee.status |= FreeBSD.Knote.disabled }
    let result = attach(t, kq, index)
    if result < 0 {
      knote.pointee.filter = 0
      giveBack(index)
      return result
    }
    link(index)
    return 0
  }

  private func attach(_ t: Thread, _ kq: Int32, _ index: UInt32) -> Int {
    switch knote(index).pointee.filter {
    case FreeBSD.EVFILT_READ, FreeBSD.EVFILT_WRITE: attachDescriptor(t, kq, index)
    case FreeBSD.EVFILT_VNODE: attachFile(kq, index)
    case FreeBSD.EVFILT_PROC: attachProcess(kq, index)
    case FreeBSD.EVFILT_PROCDESC: attachProcessDescriptor(kq, index)
    case FreeBSD.EVFILT_SIGNAL: attachSignal(t, kq, index)
    case FreeBSD.EVFILT_TIMER: attachTimer(kq, index)
    default: 0  // EVFILT_USER: the first registration cannot trigger it
    }
  }

  /// Changes what is registered already. Flags other than those that enable and disable stay as they were first given.
  ///
  /// - Returns: 0, an error, or `ENOENT` when the descriptor is not the one that was registered.
  private func modify(_ t: Thread, _ kq: Int32, _ index: UInt32, _ change: FreeBSD.kevent_t) -> Int {
    let knote = knote(index)
    let onlyDisables = change.flags & FreeBSD.EV_DISABLE != 0 && change.flags & FreeBSD.EV_ADD == 0
    if !onlyDisables && !isSameDescriptor(kq, index) { return FreeBSD.HostError.ENOENT }
    if change.flags & FreeBSD.EV_FORCEONESHOT != 0 {
      knote.pointee.flags |= FreeBSD.EV_ONESHOT
      knote.pointee.status |= FreeBSD.Knote.forced
    }
    if change.flags & FreeBSD.EV_ENABLE != 0 {
      knote.pointee.status &= ~FreeBSD.Knote.disabled
    } else if change.flags & FreeBSD.EV_DISABLE != 0 {
      knote.pointee.status |= FreeBSD.Knote.disabled
      dequeue(index)
    }
    if change.flags & FreeBSD.EV_KEEPUDATA == 0 { knote.pointee.udata = change.udata }
    switch knote.pointee.filter {
    case FreeBSD.EVFILT_USER: touchUser(index, change)
    case FreeBSD.EVFILT_TIMER:
      if change.flags & FreeBSD.EV_ADD != 0 {
        let result = touchTimer(kq, index, change)
        if result < 0 { return result }
      }
    default:
      knote.pointee.savedData = change.data
      knote.pointee.savedFflags = change.fflags
      if knote.pointee.filter == FreeBSD.EVFILT_VNODE {
        let before = knote.pointee.watch
        watchFile(index)
        // A new file that has the old one's inode number has a watch of its own.
        if knote.pointee.watch != before { return FreeBSD.HostError.ENOENT }
      }
      if knote.pointee.filter == FreeBSD.EVFILT_PROC { touchProcess(index) }
    }
    if !knote.pointee.has(FreeBSD.Knote.disabled) && mayBeReady(index) { activate(kq, index) }
    return 0
  }

  /// Whether a knote that the host's epoll says nothing of may be ready.
  private func mayBeReady(_ index: UInt32) -> Bool {
    let knote = knote(index)
    if knote.pointee.status & (FreeBSD.Knote.forced | FreeBSD.Knote.active | FreeBSD.Knote.file) != 0 { return true }
    return knote.pointee.filter == FreeBSD.EVFILT_TIMER && knote.pointee.data != 0
      || knote.pointee.filter == FreeBSD.EVFILT_VNODE && knote.pointee.fflags != 0
  }

  private func delete(_ t: Thread, _ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    let inEpoll =
      (knote.pointee.filter == FreeBSD.EVFILT_READ || knote.pointee.filter == FreeBSD.EVFILT_WRITE)
      && !knote.pointee.has(FreeBSD.Knote.file)
    // Taking it out of the epoll tells whether it was this descriptor's.
    let same = inEpoll ? forget(kq, index) == 0 : isSameDescriptor(kq, index)
    if !same { return FreeBSD.HostError.ENOENT }
    drop(t, kq, index, isForgotten: inEpoll)
    return 0
  }

  /// Whether a descriptor's knote still belongs to what is open under that number. Asking the host re-arms its
  /// edge, so that the knote is looked at anew. Knotes of no descriptor are always the same.
  private func isSameDescriptor(_ kq: Int32, _ index: UInt32) -> Bool {
    let knote = knote(index)
    switch knote.pointee.filter {
    case FreeBSD.EVFILT_READ, FreeBSD.EVFILT_WRITE:
      if knote.pointee.has(FreeBSD.Knote.file) { return isSameFile(index) }
      return rearm(kq, index)
    case FreeBSD.EVFILT_VNODE:
      return isSameFile(index)
    case FreeBSD.EVFILT_PROCDESC:
      return FreeBSD.HostEvent.control(
        kq, FreeBSD.HostEvent.EPOLL_CTL_MOD, knote.pointee.descriptor,
        FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLET, mark(index)) == 0
    default:
      return true
    }
  }

  /// Forgets a knote and all that was set up for it.
  func drop(_ t: Thread, _ kq: Int32, _ index: UInt32, isForgotten: Bool = false) {
    dequeue(index)
    switch knote(index).pointee.filter {
    case FreeBSD.EVFILT_READ, FreeBSD.EVFILT_WRITE:
      if knote(index).pointee.has(FreeBSD.Knote.file) {
        detachFile(index)
      } else if !isForgotten {
        _ = forget(kq, index)
      }
    case FreeBSD.EVFILT_VNODE: detachFile(index)
    case FreeBSD.EVFILT_PROC: detachProcess(index)
    case FreeBSD.EVFILT_PROCDESC:
      _ = FreeBSD.HostEvent.control(
        kq, FreeBSD.HostEvent.EPOLL_CTL_DEL, knote(index).pointee.descriptor, 0, 0)
    case FreeBSD.EVFILT_SIGNAL: detachSignal(t, index)
    case FreeBSD.EVFILT_TIMER: detachTimer(kq, index)
    case FreeBSD.EVFILT_AIO, FreeBSD.EVFILT_LIO: remove(index, &pointee.aios)
    default: break
    }
    unlink(index)
    knote(index).pointee.filter = 0
    giveBack(index)
  }
}
