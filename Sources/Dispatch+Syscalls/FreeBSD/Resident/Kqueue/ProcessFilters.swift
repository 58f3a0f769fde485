/// `EVFILT_PROC` and `EVFILT_PROCDESC`: the end of a process, by the host's descriptor for it.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// - Errors: `ESRCH` for no such process; `EOPNOTSUPP` when only what the host does not tell is asked for: `NOTE_FORK`
  ///   and `NOTE_EXEC` beside `NOTE_EXIT` are taken and never come.
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `filt_procattach`, `filt_proc`.
  func attachProcess(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    guard knote.pointee.ident <= UInt64(Int32.max) else { return FreeBSD.HostError.ESRCH }
    if knote.pointee.savedFflags & FreeBSD.NOTE_EXIT == 0 || knote.pointee.savedFflags & FreeBSD.NOTE_TRACK != 0 {
      return FreeBSD.HostError.EOPNOTSUPP
    }
    let opened = host(FreeBSD.HostEvent.pidfd_open, UInt(knote.pointee.ident), 0)
    if opened == FreeBSD.HostError.EINVAL { return FreeBSD.HostError.ESRCH }
    if opened < 0 { return opened }
    knote.pointee.descriptor = FreeBSD.HostEvent.hide(opened)
    knote.pointee.flags |= FreeBSD.EV_CLEAR
    let result = watchEnd(kq, index)
    if result < 0 { closeProcess(index) }
    return result
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
  private func isProcess(_ descriptor: Int32) -> Bool {
    let result = host(FreeBSD.HostEvent.pidfd_send_signal, FreeBSD.word(descriptor), 0, 0, 0)
    return result == 0 || result == FreeBSD.HostError.ESRCH || result == FreeBSD.HostError.EPERM
  }

  /// Closes the descriptor an `EVFILT_PROC` knote was given; its place in the epoll goes with it.
  func closeProcess(_ index: UInt32) {
    let descriptor = knote(index).pointee.descriptor
    if descriptor >= 0 && isProcess(descriptor) { host(FreeBSD.HostSocket.close, FreeBSD.word(descriptor)) }
    knote(index).pointee.descriptor = -1
  }

  /// Looks whether the process has ended; `data` is then its status as wait(2) gives it. The knote goes with the
  /// report.
  func endOfProcess(_ index: UInt32) -> FreeBSD.Readiness {
    let knote = knote(index)
    if !knote.pointee.has(FreeBSD.Knote.active) { return .idle }
    knote.pointee.flags |= FreeBSD.EV_EOF | FreeBSD.EV_ONESHOT
    knote.pointee.fflags = knote.pointee.savedFflags & FreeBSD.NOTE_EXIT
    knote.pointee.data = Int64(status(knote.pointee.descriptor))
    return .ready
  }

  /// The status of an ended process: from its parent's view if it is a child that nobody has waited for, else as far
  /// as the host keeps it; 0 when nothing is known.
  private func status(_ descriptor: Int32) -> Int32 {
    var information = [16 of UInt64](repeating: 0)
    // P_PIDFD; WNOHANG | WEXITED | WNOWAIT
    let found = withUnsafeMutablePointer(to: &information) {
      host(FreeBSD.HostEvent.waitid, 3, FreeBSD.word(descriptor), UInt(bitPattern: $0), 0x0100_0005, 0)
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
