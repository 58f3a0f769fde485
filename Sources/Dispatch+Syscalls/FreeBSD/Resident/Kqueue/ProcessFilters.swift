import CPicoABI

/// `EVFILT_PROC` and `EVFILT_PROCDESC`: the end of a process, by the host's descriptor for it.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Starts watching a process: its end by the host's descriptor for it, its forks and execs as `Families` tells them.
  ///
  /// - Errors: `ESRCH` for no such process; the host's.
  /// - Differs: forks and execs of processes that are not the silo's are not told. They are looked for, some fifty times a
  ///   second while somebody waits.
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `filt_procattach`, `filt_proc`, `knote_fork`.
  func attachProcess(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    guard knote.pointee.ident <= UInt64(Int32.max) else { return FreeBSD.HostError.ESRCH }
    let opened = host(FreeBSD.HostEvent.pidfd_open, UInt(knote.pointee.ident), 0)
    if opened == FreeBSD.HostError.EINVAL { return FreeBSD.HostError.ESRCH }
    if opened < 0 { return opened }
    knote.pointee.descriptor = FreeBSD.HostEvent.hide(opened)
    knote.pointee.flags |= FreeBSD.EV_CLEAR
    let result = watchEnd(kq, index)
    if result < 0 {
      closeProcess(index)
      return result
    }
    followFamily(index)
    return 0
  }

  /// Has forks and execs of a knote's process looked for, from now on, if it asks for them.
  private func followFamily(_ index: UInt32) {
    let asked = FreeBSD.NOTE_FORK | FreeBSD.NOTE_EXEC | FreeBSD.NOTE_TRACK
    let knote = knote(index)
    if knote.pointee.savedFflags & asked == 0 || knote.pointee.has(FreeBSD.Knote.inFamily) { return }
    FreeBSD.Families.watch()
    if pointee.executions == 0 { pointee.familySeen = FreeBSD.Families.count }
    knote.pointee.second = FreeBSD.Families.count
    knote.pointee.status |= FreeBSD.Knote.inFamily
    insert(index, &pointee.executions)
  }

  func detachProcess(_ index: UInt32) {
    if knote(index).pointee.has(FreeBSD.Knote.inFamily) {
      FreeBSD.Families.unwatch()
      remove(index, &pointee.executions)
    }
    closeProcess(index)
  }

  /// A knote's wishes have changed.
  func touchProcess(_ index: UInt32) { followFamily(index) }

  /// Queues the knotes of processes that have forked or executed another program since the last look.
  func lookAtFamilies(_ kq: Int32) {
    if pointee.executions == 0 { return }
    let now = FreeBSD.Families.count
    var at = max(pointee.familySeen + 1, FreeBSD.Families.oldest(now))
    while at <= now {
      if let event = FreeBSD.Families.event(at) { apply(kq, event) }
      at += 1
    }
    pointee.familySeen = now
  }

  private func apply(_ kq: Int32, _ event: pico_family_event_t) {
    var index = pointee.executions
    while index != 0 {
      let next = knote(index).pointee.listNext
      if knote(index).pointee.ident == UInt64(event.process) && knote(index).pointee.second < event.sequence {
        let asked = knote(index).pointee.savedFflags
        var told: UInt32 = 0
        switch event.kind {
        case FreeBSD.Families.forked:
          told = asked & FreeBSD.NOTE_FORK
          if asked & FreeBSD.NOTE_TRACK != 0 && !track(kq, index, event) { told |= FreeBSD.NOTE_TRACKERR }
        case FreeBSD.Families.executed: told = asked & FreeBSD.NOTE_EXEC
        default:
          // Too short-lived for a descriptor of the host's: its end is known from here.
          if knote(index).pointee.descriptor < 0 {
            knote(index).pointee.status |= FreeBSD.Knote.active
            knote(index).pointee.first = UInt64(UInt32(bitPattern: (event.status & 0xff) << 8))
            if !knote(index).pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
          }
        }
        if told != 0 {
          knote(index).pointee.fflags |= told
          if !knote(index).pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
        }
      }
      index = next
    }
  }

  /// Watches a child as its parent is watched, and has its birth told.
  private func track(_ kq: Int32, _ parent: UInt32, _ event: pico_family_event_t) -> Bool {
    var index = find(UInt64(event.child), FreeBSD.EVFILT_PROC)
    if index == 0 {
      index = take()
      if index == 0 { return false }
      let (from, knote) = (self.knote(parent), self.knote(index))
      knote.pointee.ident = UInt64(event.child)
      knote.pointee.filter = FreeBSD.EVFILT_PROC
      knote.pointee.udata = from.pointee.udata
      knote.pointee.ext = from.pointee.ext
      knote.pointee.flags = from.pointee.flags & ~FreeBSD.EV_EOF | FreeBSD.EV_CLEAR
      knote.pointee.savedFflags = from.pointee.savedFflags
      let opened = host(FreeBSD.HostEvent.pidfd_open, UInt(event.child), 0)
      if opened >= 0 {
        knote.pointee.descriptor = FreeBSD.HostEvent.hide(opened)
        _ = watchEnd(kq, index)
      }
      link(index)
      followFamily(index)
      knote.pointee.second = event.sequence
    }
    let knote = knote(index)
    knote.pointee.fflags |= FreeBSD.NOTE_CHILD
    knote.pointee.device = UInt64(event.process)
    if !knote.pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
    return true
  }

  /// - Errors: `EBADF`; `EINVAL` for what is no process descriptor.
  func attachProcessDescriptor(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    knote.pointee.descriptor = Int32(truncatingIfNeeded: knote.pointee.ident)
    if !isProcess(knote.pointee.descriptor) {
      let open = host(FreeBSD.HostSocket.fcntl, FreeBSD.word(knote.pointee.descriptor), 1)  // F_GETFD
      return open < 0 ? FreeBSD.HostError.EBADF : FreeBSD.HostError.EINVAL
    }
    return watchEnd(kq, index)
  }

  private func watchEnd(_ kq: Int32, _ index: UInt32) -> Int {
    FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, knote(index).pointee.descriptor,
      FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLET, mark(index))
  }

  /// Whether a descriptor is a process's: signal 0 goes to no other.
  func isProcess(_ descriptor: Int32) -> Bool {
    let result = host(FreeBSD.HostEvent.pidfd_send_signal, FreeBSD.word(descriptor), 0, 0, 0)
    return result == 0 || result == FreeBSD.HostError.ESRCH || result == FreeBSD.HostError.EPERM
  }

  /// Closes the descriptor an `EVFILT_PROC` knote was given; its place in the epoll goes with it.
  func closeProcess(_ index: UInt32) {
    let descriptor = knote(index).pointee.descriptor
    if descriptor >= 0 && isProcess(descriptor) { host(FreeBSD.HostSocket.close, FreeBSD.word(descriptor)) }
    knote(index).pointee.descriptor = -1
  }

  /// Looks what has become of a process. With its end, `data` is its status as wait(2) gives it, and the knote goes
  /// with the report.
  func stateOfProcess(_ index: UInt32) -> FreeBSD.Readiness {
    let knote = knote(index)
    if knote.pointee.fflags & FreeBSD.NOTE_CHILD != 0 {
      // Alone, with its parent as the data; what else there is comes after it.
      knote.pointee.links |= UInt64(knote.pointee.fflags & ~FreeBSD.NOTE_CHILD)
      if knote.pointee.has(FreeBSD.Knote.active) { knote.pointee.inode = 1 }
      knote.pointee.fflags = FreeBSD.NOTE_CHILD
      knote.pointee.data = Int64(knote.pointee.device)
      return .ready
    }
    if !knote.pointee.has(FreeBSD.Knote.active) { return knote.pointee.fflags != 0 ? .ready : .idle }
    knote.pointee.flags |= FreeBSD.EV_EOF | FreeBSD.EV_ONESHOT
    if knote.pointee.savedFflags & FreeBSD.NOTE_EXIT != 0 {
      knote.pointee.fflags |= FreeBSD.NOTE_EXIT
      knote.pointee.data =
        knote.pointee.descriptor >= 0 ? Int64(status(knote.pointee.descriptor)) : Int64(knote.pointee.first)
    }
    // An end that nobody asked for ends the knote without a word.
    return knote.pointee.fflags != 0 ? .ready : .gone
  }

  /// After a child's birth was told: what else is known of it.
  func settleBirth(_ index: UInt32) {
    let knote = knote(index)
    if knote.pointee.filter != FreeBSD.EVFILT_PROC || knote.pointee.links == 0 && knote.pointee.inode == 0 { return }
    knote.pointee.fflags = UInt32(truncatingIfNeeded: knote.pointee.links)
    if knote.pointee.inode != 0 { knote.pointee.status |= FreeBSD.Knote.active }
    knote.pointee.links = 0
    knote.pointee.inode = 0
    if !knote.pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
  }

  /// The status of an ended process: from its parent's view if it is a child that nobody has waited for, else as far
  /// as the host keeps it; 0 when nothing is known.
  private func status(_ descriptor: Int32) -> Int32 {
    var information = [16 of UInt64](repeating: 0)
    // P_PIDFD; WNOHANG | WEXITED | WNOWAIT | __WALL
    let found = withUnsafeMutablePointer(to: &information) {
      host(FreeBSD.HostEvent.waitid, 3, FreeBSD.word(descriptor), UInt(bitPattern: $0), 0x4100_0005, 0)
    }
    if found == 0 && information[0] & 0xffff_ffff != 0 {
      let code = Int32(truncatingIfNeeded: information[1])
      return FreeBSD.waitStatus(code: code, status: Int32(truncatingIfNeeded: information[3]))
    }
    // PIDFD_GET_INFO, asking for the exit status (Linux 6.14).
    var details = [8 of UInt64](repeating: 0)
    details[0] = 8
    let told = withUnsafeMutablePointer(to: &details) {
      host(FreeBSD.HostSocket.ioctl, FreeBSD.word(descriptor), 0xc040_ff0b, UInt(bitPattern: $0))
    }
    guard told == 0, details[0] & 8 != 0 else { return 0 }
    return FreeBSD.waitStatus(Int32(truncatingIfNeeded: details[7] >> 32))
  }
}
