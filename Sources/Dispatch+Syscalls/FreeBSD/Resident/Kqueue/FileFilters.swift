/// `EVFILT_VNODE`, and `EVFILT_READ` and `EVFILT_WRITE` of files that are always ready to the host.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  private static var IN_ACCESS: UInt32 { 0x1 }
  private static var IN_MODIFY: UInt32 { 0x2 }
  private static var IN_ATTRIB: UInt32 { 0x4 }
  private static var IN_CLOSE_WRITE: UInt32 { 0x8 }
  private static var IN_CLOSE_NOWRITE: UInt32 { 0x10 }
  private static var IN_OPEN: UInt32 { 0x20 }
  private static var IN_NAMES: UInt32 { 0x3c0 }  // moved from, moved to, created, deleted
  private static var IN_MOVED: UInt32 { 0xc0 }
  private static var IN_DELETE_SELF: UInt32 { 0x400 }
  private static var IN_MOVE_SELF: UInt32 { 0x800 }
  private static var IN_UNMOUNT: UInt32 { 0x2000 }
  private static var IN_IGNORED: UInt32 { 0x8000 }
  private static var IN_MASK_ADD: UInt32 { 0x2000_0000 }
  private static var IN_ISDIR: UInt32 { 0x4000_0000 }

  /// A file the host's epoll refuses: ready at once; one that is read is also watched for growth.
  func attachReadyFile(_ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    knote.pointee.status |= FreeBSD.Knote.file
    guard let status = FreeBSD.HostEvent.status(knote.pointee.descriptor) else { return FreeBSD.HostError.EBADF }
    identify(index, status)
    insert(index, &pointee.files)
    if knote.pointee.filter == FreeBSD.EVFILT_READ && status.isRegular {
      _ = openNotify(kq)
      watchFile(index)
    }
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
    insert(index, &pointee.files)
    let watched = watchFile(index)
    if watched < 0 {
      remove(index, &pointee.files)
      return watched
    }
    return 0
  }

  func detachFile(_ index: UInt32) {
    remove(index, &pointee.files)
    let watch = knote(index).pointee.watch
    if watch < 0 { return }
    var other = pointee.files
    while other != 0 {
      if knote(other).pointee.watch == watch { return }
      other = knote(other).pointee.listNext
    }
    host(FreeBSD.HostEvent.inotify_rm_watch, FreeBSD.word(pointee.notify), FreeBSD.word(watch))
  }

  private func identify(_ index: UInt32, _ status: FreeBSD.HostEvent.Status) {
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

  private func openNotify(_ kq: Int32) -> Int {
    if pointee.notify >= 0 { return 0 }
    let made = host(
      FreeBSD.HostEvent.inotify_init1, FreeBSD.HostEvent.closeOnExec | FreeBSD.HostEvent.nonBlocking)
    if made < 0 { return made }
    pointee.notify = FreeBSD.HostEvent.hide(made)
    return FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, pointee.notify, FreeBSD.HostEvent.EPOLLIN, FreeBSD.Kqueue.notifyMark)
  }

  /// Has the host watch a knote's file for what was asked. The same file has one watch, whoever asked first.
  @discardableResult
  func watchFile(_ index: UInt32) -> Int {
    let knote = knote(index)
    var mask = Self.IN_MODIFY
    if knote.pointee.filter == FreeBSD.EVFILT_VNODE {
      let asked = knote.pointee.savedFflags
      mask |= Self.IN_ATTRIB | Self.IN_MOVE_SELF | Self.IN_NAMES
      if asked & FreeBSD.NOTE_OPEN != 0 { mask |= Self.IN_OPEN }
      if asked & FreeBSD.NOTE_CLOSE != 0 { mask |= Self.IN_CLOSE_NOWRITE }
      if asked & FreeBSD.NOTE_CLOSE_WRITE != 0 { mask |= Self.IN_CLOSE_WRITE }
      if asked & FreeBSD.NOTE_READ != 0 { mask |= Self.IN_ACCESS }
    }
    var path = descriptorPath(Int(knote.pointee.descriptor))
    let watch = withUnsafePointer(to: &path) {
      host(
        FreeBSD.HostEvent.inotify_add_watch, FreeBSD.word(pointee.notify), UInt(bitPattern: $0),
        UInt(mask | Self.IN_MASK_ADD))
    }
    if watch >= 0 { knote.pointee.watch = Int32(truncatingIfNeeded: watch) }
    return watch
  }

  /// Takes in what the host's watcher has told.
  func readFileEvents(_ t: Thread, _ kq: Int32) {
    var buffer = [128 of UInt64](repeating: 0)
    withUnsafeMutablePointer(to: &buffer) { buffer in
      let events = UnsafeRawPointer(buffer)
      while true {
        let count = host(Host.read, FreeBSD.word(pointee.notify), UInt(bitPattern: events), 1024)
        if count <= 0 { return }
        var at = 0
        while at + 16 <= count {
          let watch = events.loadUnaligned(fromByteOffset: at, as: Int32.self)
          let mask = events.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
          let nameLength = events.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self)
          tell(t, kq, watch, mask)
          at += 16 + Int(nameLength)
        }
      }
    }
  }

  private func tell(_ t: Thread, _ kq: Int32, _ watch: Int32, _ mask: UInt32) {
    var index = pointee.files
    while index != 0 {
      let next = knote(index).pointee.listNext
      if knote(index).pointee.watch == watch { tellOne(t, kq, index, mask) }
      index = next
    }
  }

  private func tellOne(_ t: Thread, _ kq: Int32, _ index: UInt32, _ mask: UInt32) {
    let knote = knote(index)
    guard let status = FreeBSD.HostEvent.status(knote.pointee.descriptor),
      status.inode == knote.pointee.inode, status.device == knote.pointee.device
    else { return drop(t, kq, index) }
    if mask & Self.IN_IGNORED != 0 { knote.pointee.watch = -1 }
    if knote.pointee.filter == FreeBSD.EVFILT_READ { return activate(kq, index) }
    let notes = notes(index, mask, status)
    identify(index, status)
    // All that one change says comes to whoever asked for a part of it (`filt_vfsvnode`).
    if notes & knote.pointee.savedFflags != 0 { knote.pointee.fflags |= notes }
    if notes & FreeBSD.NOTE_REVOKE != 0 { knote.pointee.flags |= FreeBSD.EV_EOF }
    if knote.pointee.fflags != 0 { activate(kq, index) }
  }

  /// What the guest's kernel would note where the host says `mask`. Links, sizes and attributes are told apart by
  /// what has changed since the last look.
  private func notes(_ index: UInt32, _ mask: UInt32, _ status: FreeBSD.HostEvent.Status) -> UInt32 {
    let before = knote(index).pointee
    var notes: UInt32 = 0
    if mask & Self.IN_MODIFY != 0 {
      let size = Int64(bitPattern: before.first)
      if status.size > size {
        notes |= FreeBSD.NOTE_WRITE | FreeBSD.NOTE_EXTEND
      } else {
        // Cutting a file off is a change of its attributes.
        notes |= status.size < size ? FreeBSD.NOTE_ATTRIB : FreeBSD.NOTE_WRITE
      }
    }
    if mask & Self.IN_ATTRIB != 0 {
      if status.links < before.links {
        notes |= FreeBSD.NOTE_DELETE
      } else if status.links > before.links {
        notes |= FreeBSD.NOTE_LINK
      } else {
        notes |= FreeBSD.NOTE_ATTRIB
      }
    }
    if mask & Self.IN_DELETE_SELF != 0 { notes |= FreeBSD.NOTE_DELETE }
    if mask & Self.IN_MOVE_SELF != 0 { notes |= FreeBSD.NOTE_RENAME }
    if mask & Self.IN_NAMES != 0 {
      notes |= FreeBSD.NOTE_WRITE
      if mask & Self.IN_ISDIR != 0 { notes |= FreeBSD.NOTE_LINK }
      if mask & Self.IN_MOVED != 0 { notes |= FreeBSD.NOTE_EXTEND }
    }
    if mask & Self.IN_OPEN != 0 { notes |= FreeBSD.NOTE_OPEN }
    if mask & Self.IN_CLOSE_WRITE != 0 { notes |= FreeBSD.NOTE_CLOSE_WRITE }
    if mask & Self.IN_CLOSE_NOWRITE != 0 { notes |= FreeBSD.NOTE_CLOSE }
    if mask & Self.IN_ACCESS != 0 { notes |= FreeBSD.NOTE_READ }
    if mask & Self.IN_UNMOUNT != 0 { notes |= FreeBSD.NOTE_REVOKE }
    return notes
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
