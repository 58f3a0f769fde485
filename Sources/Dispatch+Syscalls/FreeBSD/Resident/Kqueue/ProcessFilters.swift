/// `EVFILT_PROC` and `EVFILT_PROCDESC`: the end of a process, by the host's descriptor for it.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Starts watching a process.
  ///
  /// The host tells an exec to nobody. It is found by looking, some fifty times a second while somebody waits for it,
  /// and only the first one after the fork. Forks are not told at all.
  ///
  /// - Errors: `ESRCH` for no such process; `EOPNOTSUPP` when only forks are asked for, or `NOTE_TRACK`.
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `filt_procattach`, `filt_proc`.
  func attachProcess(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    guard knote.pointee.ident <= UInt64(Int32.max) else { return FreeBSD.HostError.ESRCH }
    let asked = knote.pointee.savedFflags
    if asked & (FreeBSD.NOTE_EXIT | FreeBSD.NOTE_EXEC) == 0 || asked & FreeBSD.NOTE_TRACK != 0 {
      return FreeBSD.HostError.EOPNOTSUPP
    }
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
    if asked & FreeBSD.NOTE_EXEC != 0 && FreeBSD.HostEvent.hasExecuted(knote.pointee.ident) == false {
      knote.pointee.status |= FreeBSD.Knote.awaitsExec
      insert(index, &pointee.executions)
    }
    return 0
  }

  func detachProcess(_ index: UInt32) {
    stopAwaitingExec(index)
    closeProcess(index)
  }

  private func stopAwaitingExec(_ index: UInt32) {
    if !knote(index).pointee.has(FreeBSD.Knote.awaitsExec) { return }
    knote(index).pointee.status &= ~FreeBSD.Knote.awaitsExec
    remove(index, &pointee.executions)
  }

  /// Queues the knotes of processes that have executed another program since the last look.
  func lookAtExecutions() {
    var index = pointee.executions
    while index != 0 {
      let next = knote(index).pointee.listNext
      if FreeBSD.HostEvent.hasExecuted(knote(index).pointee.ident) != false {
        noteExecution(index)
        if !knote(index).pointee.has(FreeBSD.Knote.disabled) { enqueue(index) }
      }
      index = next
    }
  }

  private func noteExecution(_ index: UInt32) {
    stopAwaitingExec(index)
    knote(index).pointee.fflags |= FreeBSD.NOTE_EXEC
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
    if !knote.pointee.has(FreeBSD.Knote.active) { return knote.pointee.fflags != 0 ? .ready : .idle }
    if knote.pointee.has(FreeBSD.Knote.awaitsExec), FreeBSD.HostEvent.hasExecuted(knote.pointee.ident) == true {
      noteExecution(index)
    }
    knote.pointee.flags |= FreeBSD.EV_EOF | FreeBSD.EV_ONESHOT
    if knote.pointee.savedFflags & FreeBSD.NOTE_EXIT != 0 {
      knote.pointee.fflags |= FreeBSD.NOTE_EXIT
      knote.pointee.data = Int64(status(knote.pointee.descriptor))
    }
    // An end that nobody asked for ends the knote without a word.
    return knote.pointee.fflags != 0 ? .ready : .gone
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

extension FreeBSD.HostEvent {
  /// Whether a process has called exec since it was forked, as the host's flag `PF_FORKNOEXEC` says; nil when nothing
  /// can be learned.
  static func hasExecuted(_ process: UInt64) -> Bool? {
    var path = processStatusPath(process)
    let file = withUnsafePointer(to: &path) {
      host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: $0), closeOnExec)
    }
    if file < 0 { return nil }
    defer { host(Host.close, UInt(bitPattern: file)) }
    var text = [64 of UInt64](repeating: 0)
    let length = withUnsafeMutablePointer(to: &text) {
      host(Host.read, UInt(bitPattern: file), UInt(bitPattern: $0), 512)
    }
    return withUnsafeBytes(of: text) { bytes -> Bool? in
      // The name in parentheses may hold anything, a parenthesis too.
      var at = min(length, 512) - 1
      while at >= 0 && bytes[at] != 0x29 { at -= 1 }
      if at < 0 { return nil }
      // State, parent, group, session, terminal, its group, then the flags.
      var spaces = 0
      while at < length && spaces < 7 {
        at += 1
        if at < length && bytes[at] == 0x20 { spaces += 1 }
      }
      var flags: UInt64 = 0
      at += 1
      while at < length, bytes[at] >= 0x30, bytes[at] <= 0x39 {
        flags = flags &* 10 &+ UInt64(bytes[at] - 0x30)
        at += 1
      }
      return flags & 0x40 == 0
    }
  }

  /// "/proc/N/stat" with its terminator.
  private static func processStatusPath(_ process: UInt64) -> (UInt64, UInt64, UInt64, UInt64) {
    var path: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &path) { bytes in
      var at = 0
      put("/proc/", bytes, &at)
      var divisor: UInt64 = 1
      while process / divisor >= 10 { divisor *= 10 }
      while divisor > 0 {
        bytes[at] = UInt8(truncatingIfNeeded: 0x30 + process / divisor % 10)
        divisor /= 10
        at += 1
      }
      put("/stat", bytes, &at)
    }
    return path
  }

  private static func put(_ text: StaticString, _ bytes: UnsafeMutableRawBufferPointer, _ at: inout Int) {
    for index in 0..<text.utf8CodeUnitCount {
      bytes[at] = text.utf8Start[index]
      at += 1
    }
  }
}
