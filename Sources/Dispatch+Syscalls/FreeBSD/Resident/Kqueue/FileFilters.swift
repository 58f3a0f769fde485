/// `EVFILT_VNODE`, and `EVFILT_READ` and `EVFILT_WRITE` of files that are always ready to the host.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// A file the host's epoll refuses: ready at once; one that is read is also watched for growth.
  func attachReadyFile(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    knote.pointee.status |= FreeBSD.Knote.file
    guard let status = FreeBSD.HostEvent.status(knote.pointee.descriptor) else { return FreeBSD.HostError.EBADF }
    identify(index, status)
    if knote.pointee.filter == FreeBSD.EVFILT_READ && status.isRegular && openNotify(kq) == 0 { watchFile(index) }
    activate(kq, index)
    return 0
  }

  /// - Errors: `EBADF`; `EINVAL` for what is neither file nor directory; the host's for its watcher.
  func attachFile(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    knote.pointee.descriptor = Int32(truncatingIfNeeded: knote.pointee.ident)
    guard let status = FreeBSD.HostEvent.status(knote.pointee.descriptor) else { return FreeBSD.HostError.EBADF }
    if !status.isRegular && !status.isDirectory { return FreeBSD.HostError.EINVAL }
    let opened = openNotify(kq)
    if opened < 0 { return opened }
    identify(index, status)
    let watched = watchFile(index)
    if watched < 0 { return watched }
    if status.isDirectory { watchParent(index) }
    return 0
  }

  func detachFile(_ index: UInt32) {
    forgetWatch(index)
    forgetParent(index)
  }

  /// What is remembered of a file: which one it is, and what changes are told from.
  func identify(_ index: UInt32, _ status: FreeBSD.HostEvent.Status) {
    knote(index).pointee.device = status.device
    knote(index).pointee.inode = status.inode
    knote(index).pointee.links = status.links
    knote(index).pointee.first = UInt64(bitPattern: status.size)
  }

  /// Whether the file that was registered is still open under its number.
  func isSameFile(_ index: UInt32) -> Bool {
    guard let status = FreeBSD.HostEvent.status(knote(index).pointee.descriptor) else { return false }
    return status.inode == knote(index).pointee.inode && status.device == knote(index).pointee.device
  }

  /// Looks at a file for reading: ready while its offset is not at its end, or always with `NOTE_FILE_POLL`. A device
  /// is always ready.
  ///
  /// - Source: FreeBSD 14 `sys/kern/vfs_subr.c`, `filt_vfsread`.
  func readFile(_ index: UInt32) -> FreeBSD.Readiness {
    let knote = knote(index)
    guard let status = FreeBSD.HostEvent.status(knote.pointee.descriptor), status.inode == knote.pointee.inode else {
      return .gone
    }
    knote.pointee.data = 0
    if !status.isRegular && !status.isDirectory { return .ready }
    let offset = host(FreeBSD.HostEvent.lseek, FreeBSD.word(knote.pointee.descriptor), 0, 1)  // SEEK_CUR
    knote.pointee.data = status.size &- Int64(max(offset, 0))
    return knote.pointee.data != 0 || knote.pointee.savedFflags & FreeBSD.NOTE_FILE_POLL != 0 ? .ready : .idle
  }

  func writeFile(_ index: UInt32) -> FreeBSD.Readiness {
    knote(index).pointee.data = 0
    return isSameFile(index) ? .ready : .gone
  }
}
