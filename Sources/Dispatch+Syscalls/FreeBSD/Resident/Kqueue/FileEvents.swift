/// What the host's watcher of files tells, and what the guest's kernel would note.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Takes in what the host's watcher has told.
  func readFileEvents(_ t: Thread, _ kq: Int32) {
    var buffer = [128 of UInt64](repeating: 0)
    withUnsafeMutablePointer(to: &buffer) { buffer in
      let events = UnsafeRawPointer(buffer)
      // The host tells a file that it lost a name before it tells the directory; the guest's kernel the other way.
      var held: (watch: Int32, mask: UInt32)?
      while true {
        let count = host(Host.read, FreeBSD.word(pointee.notify), UInt(bitPattern: events), 1024)
        if count <= 0 { break }
        var at = 0
        while at + 16 <= count {
          let watch = events.loadUnaligned(fromByteOffset: at, as: Int32.self)
          let mask = events.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
          let nameLength = events.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self)
          at += 16 + Int(nameLength)
          if !isWatched(watch) {
            tell(t, kq, watch, mask)  // a parent of somebody: another matter
            continue
          }
          if mask & FreeBSD.Inotify.IN_DELETE != 0 { tell(t, kq, watch, mask) }
          if let before = held { tell(t, kq, before.watch, before.mask) }
          held = mask & FreeBSD.Inotify.IN_ATTRIB != 0 ? (watch, mask) : nil
          if mask & (FreeBSD.Inotify.IN_ATTRIB | FreeBSD.Inotify.IN_DELETE) == 0 { tell(t, kq, watch, mask) }
        }
      }
      if let held { tell(t, kq, held.watch, held.mask) }
    }
  }

  private func tell(_ t: Thread, _ kq: Int32, _ watch: Int32, _ mask: UInt32) {
    if watch < 0 { return }  // the host's queue was too long: some are lost
    var index = watchers(of: watch).pointee
    while index != 0 {
      let next = knote(index).pointee.listNext
      if knote(index).pointee.watch == watch { tellOne(t, kq, index, mask) }
      index = next
    }
    if mask & FreeBSD.Inotify.IN_DELETE != 0 && mask & FreeBSD.Inotify.IN_ISDIR != 0 { tellChildren(t, kq, watch) }
  }

  private func tellOne(_ t: Thread, _ kq: Int32, _ index: UInt32, _ mask: UInt32) {
    let knote = knote(index)
    // When the host ends the watch, the guest has closed the file.
    guard mask & FreeBSD.Inotify.IN_IGNORED == 0 || mask & FreeBSD.Inotify.IN_UNMOUNT != 0,
      let status = FreeBSD.HostEvent.status(knote.pointee.descriptor),
      status.inode == knote.pointee.inode, status.device == knote.pointee.device
    else { return drop(t, kq, index) }
    if knote.pointee.filter == FreeBSD.EVFILT_READ { return activate(kq, index) }
    let notes = notes(index, mask, status)
    identify(index, status)
    if mask & FreeBSD.Inotify.IN_MOVE_SELF != 0 && status.isDirectory { watchParent(index) }
    note(kq, index, notes)
  }

  /// A directory was removed from one that is watched for its children: it is who has no links any more.
  private func tellChildren(_ t: Thread, _ kq: Int32, _ watch: Int32) {
    var index = children(of: watch).pointee
    while index != 0 {
      let knote = knote(index)
      let next = knote.pointee.parentNext
      if knote.pointee.parent == watch {
        if !isSameFile(index) {
          drop(t, kq, index)
        } else if let status = FreeBSD.HostEvent.status(knote.pointee.descriptor), status.links == 0 {
          identify(index, status)
          forgetParent(index)
          note(kq, index, FreeBSD.NOTE_DELETE)
        }
      }
      index = next
    }
  }

  /// All that one change says comes to whoever asked for a part of it (`filt_vfsvnode`).
  private func note(_ kq: Int32, _ index: UInt32, _ notes: UInt32) {
    let knote = knote(index)
    if notes & knote.pointee.savedFflags != 0 { knote.pointee.fflags |= notes }
    if notes & FreeBSD.NOTE_REVOKE != 0 { knote.pointee.flags |= FreeBSD.EV_EOF }
    if knote.pointee.fflags != 0 { activate(kq, index) }
  }

  /// What the guest's kernel would note where the host says `mask`. Links, sizes and attributes are told apart by
  /// what has changed since the last look.
  private func notes(_ index: UInt32, _ mask: UInt32, _ status: FreeBSD.HostEvent.Status) -> UInt32 {
    let before = knote(index).pointee
    var notes: UInt32 = 0
    if mask & FreeBSD.Inotify.IN_MODIFY != 0 {
      let size = Int64(bitPattern: before.first)
      if status.size > size {
        notes |= FreeBSD.NOTE_WRITE | FreeBSD.NOTE_EXTEND
      } else {
        // Cutting a file off is a change of its attributes.
        notes |= status.size < size ? FreeBSD.NOTE_ATTRIB : FreeBSD.NOTE_WRITE
      }
    }
    if mask & FreeBSD.Inotify.IN_ATTRIB != 0 {
      if status.links < before.links {
        notes |= FreeBSD.NOTE_DELETE
      } else if status.links > before.links {
        notes |= FreeBSD.NOTE_LINK
      } else {
        notes |= FreeBSD.NOTE_ATTRIB
      }
    }
    if mask & FreeBSD.Inotify.IN_DELETE_SELF != 0 { notes |= FreeBSD.NOTE_DELETE }
    if mask & FreeBSD.Inotify.IN_MOVE_SELF != 0 { notes |= FreeBSD.NOTE_RENAME }
    if mask & FreeBSD.Inotify.IN_NAMES != 0 {
      notes |= FreeBSD.NOTE_WRITE
      if mask & FreeBSD.Inotify.IN_ISDIR != 0 { notes |= FreeBSD.NOTE_LINK }
      if mask & FreeBSD.Inotify.IN_MOVED != 0 { notes |= FreeBSD.NOTE_EXTEND }
    }
    if mask & FreeBSD.Inotify.IN_OPEN != 0 { notes |= FreeBSD.NOTE_OPEN }
    if mask & FreeBSD.Inotify.IN_CLOSE_WRITE != 0 { notes |= FreeBSD.NOTE_CLOSE_WRITE }
    if mask & FreeBSD.Inotify.IN_CLOSE_NOWRITE != 0 { notes |= FreeBSD.NOTE_CLOSE }
    if mask & FreeBSD.Inotify.IN_ACCESS != 0 { notes |= FreeBSD.NOTE_READ }
    if mask & FreeBSD.Inotify.IN_UNMOUNT != 0 { notes |= FreeBSD.NOTE_REVOKE }
    return notes
  }
}
