/// The host's watches of files, and who asked for them.
///
/// A knote's file has one watch of the kqueue's inotify, whoever asked first. A directory's parent has one as well: the
/// host does not tell of a directory that is removed while it is open, but tells its parent.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  func openNotify(_ kq: Int32) -> Int {
    if pointee.notify >= 0 { return 0 }
    let made = host(
      FreeBSD.HostEvent.inotify_init1, FreeBSD.HostEvent.closeOnExec | FreeBSD.HostEvent.nonBlocking)
    if made < 0 { return made }
    pointee.notify = FreeBSD.HostEvent.hide(made)
    return FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, pointee.notify, FreeBSD.HostEvent.EPOLLIN, FreeBSD.Kqueue.notifyMark)
  }

  private func addWatch(_ path: UnsafeRawPointer, _ mask: UInt32) -> Int32 {
    Int32(
      truncatingIfNeeded: host(
        FreeBSD.HostEvent.inotify_add_watch, FreeBSD.word(pointee.notify), UInt(bitPattern: path),
        UInt(mask | FreeBSD.Inotify.IN_MASK_ADD)))
  }

  // MARK: Watches of the files themselves

  /// Has the host watch a knote's file for what was asked.
  @discardableResult
  func watchFile(_ index: UInt32) -> Int {
    let knote = knote(index)
    var path = descriptorPath(Int(knote.pointee.descriptor))
    let watch = withUnsafePointer(to: &path) { addWatch($0, FreeBSD.Inotify.interest(knote.pointee)) }
    if watch < 0 { return Int(watch) }
    if watch != knote.pointee.watch {
      forgetWatch(index)
      knote.pointee.watch = watch
      insert(index, &watchers(of: watch).pointee)
    }
    return 0
  }

  func forgetWatch(_ index: UInt32) {
    let watch = knote(index).pointee.watch
    if watch < 0 { return }
    remove(index, &watchers(of: watch).pointee)
    knote(index).pointee.watch = -1
    removeIfUnused(watch)
  }

  // MARK: Watches of directories' parents

  /// Has the host tell when a directory's parent loses one.
  func watchParent(_ index: UInt32) {
    forgetParent(index)
    var path = descriptorPath(Int(knote(index).pointee.descriptor))
    withUnsafeMutableBytes(of: &path) { bytes in
      var end = 0
      while bytes[end] != 0 { end += 1 }
      (bytes[end], bytes[end + 1], bytes[end + 2]) = (0x2f, 0x2e, 0x2e)  // "/.."
    }
    // One that may not be read cannot be watched: its children's ends go unnoticed.
    let watch = withUnsafePointer(to: &path) { addWatch($0, FreeBSD.Inotify.IN_DELETE) }
    if watch < 0 { return }
    knote(index).pointee.parent = watch
    let first = children(of: watch)
    knote(index).pointee.parentNext = first.pointee
    first.pointee = index
  }

  func forgetParent(_ index: UInt32) {
    let watch = knote(index).pointee.parent
    if watch < 0 { return }
    knote(index).pointee.parent = -1
    let first = children(of: watch)
    if first.pointee == index {
      first.pointee = knote(index).pointee.parentNext
    } else {
      var before = first.pointee
      while before != 0 && knote(before).pointee.parentNext != index { before = knote(before).pointee.parentNext }
      if before != 0 { knote(before).pointee.parentNext = knote(index).pointee.parentNext }
    }
    removeIfUnused(watch)
  }

  /// Whether a watch is of a knote's own file.
  func isWatched(_ watch: Int32) -> Bool {
    var index = watchers(of: watch).pointee
    while index != 0 && knote(index).pointee.watch != watch { index = knote(index).pointee.listNext }
    return index != 0
  }

  private func removeIfUnused(_ watch: Int32) {
    if isWatched(watch) { return }
    var index = children(of: watch).pointee
    while index != 0 {
      if knote(index).pointee.parent == watch { return }
      index = knote(index).pointee.parentNext
    }
    host(FreeBSD.HostEvent.inotify_rm_watch, FreeBSD.word(pointee.notify), FreeBSD.word(watch))
  }
}
