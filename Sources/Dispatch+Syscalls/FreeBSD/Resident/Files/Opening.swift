/// `open(2)` and what it shares with `openat`.
extension FreeBSD {
  /// `open(2)`.
  static func open(_ t: Thread, _ path: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    openat(t, AT_FDCWD, path, flags, mode)
  }

  /// `openat(2)`.
  ///
  /// Errors, in the order checked: `EINVAL` for two access modes at once or `O_CREAT|O_EXCL|O_DIRECTORY`; those of
  /// the look-up, with `EMLINK` where `O_NOFOLLOW` met a symbolic link, `EOPNOTSUPP` for a socket and `ENOTCAPABLE`
  /// where `O_RESOLVE_BENEATH` was left; `EACCES` where `O_EXEC` may not; `EWOULDBLOCK` when a lock was asked for
  /// together with `O_NONBLOCK` and is held. An open that waited begins anew after a signal whose action says so.
  /// Source: open(2), `openflags` and `kern_openat` in `kern/vfs_syscalls.c`, `vn_open_vnode` in `kern/vfs_vnops.c`.
  static func openat(_ t: Thread, _ fd: Int32, _ path: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    var flags = flags
    if flags & O_PATH != 0 {
      flags &= ~O_ACCMODE
    } else if flags & O_EXEC != 0 {
      guard flags & O_ACCMODE == 0 else { return HostError.EINVAL }
    } else if flags & O_ACCMODE == O_ACCMODE {
      return HostError.EINVAL
    }
    if flags & (O_CREAT | O_DIRECTORY) == O_CREAT | O_DIRECTORY {
      guard flags & O_EXCL == 0 else { return HostError.EINVAL }
      flags &= ~O_CREAT  // a directory is never made by opening it
    }
    let special = O_SHLOCK | O_EXLOCK | O_ASYNC | O_EXEC | O_RESOLVE_BENEATH | O_EMPTY_PATH
    // The sticky bit is not open's to set.
    let mode = UInt(mode & 0o6777)
    guard flags & special != 0 else {
      let opened = t.blocking(HostFile.openat, argument(fd), path, hostOpenFlags(flags), mode)
      return opened >= 0 ? opened : openError(opened, fd, path, flags)
    }
    return openSpecially(t, fd, path, flags, mode)
  }

  /// An open with one of the flags that the host lacks.
  private static func openSpecially(_ t: Thread, _ fd: Int32, _ path: UInt, _ flags: Int32, _ mode: UInt) -> Int {
    let locks = flags & (O_SHLOCK | O_EXLOCK) != 0 && flags & O_PATH == 0
    var host = hostOpenFlags(flags)
    // Nobody's file is emptied before the lock is held.
    if locks { host &= ~HostFile.O_TRUNC }
    // A descriptor for execution and look-up alone: the host's O_PATH is that, once access has been checked.
    let executes = flags & (O_EXEC | O_PATH) == O_EXEC && flags & O_CREAT == 0
    if executes { host = host & ~HostFile.O_TRUNC | HostFile.O_PATH }
    let opened = openResolving(t, fd, path, flags, host, mode)
    guard opened >= 0 else { return openError(opened, fd, path, flags) }
    let descriptor = Int32(truncatingIfNeeded: opened)
    var failure = 0
    if executes { failure = checkExecutable(descriptor) }
    if failure == 0 && locks { failure = lockOpened(t, descriptor, flags) }
    if failure == 0 && flags & O_ASYNC != 0 && flags & O_PATH == 0 { failure = setAsynchronous(descriptor) }
    guard failure == 0 else {
      closeAgain(descriptor)
      return failure
    }
    return opened
  }

  private static func closeAgain(_ fd: Int32) { host(HostFile.close, argument(fd)) }

  /// The look-up of `O_RESOLVE_BENEATH` and `O_EMPTY_PATH`.
  private static func openResolving(
    _ t: Thread, _ fd: Int32, _ path: UInt, _ flags: Int32, _ host: UInt, _ mode: UInt
  ) -> Int {
    if flags & O_EMPTY_PATH != 0 {
      var first: UInt8 = 0
      guard copyIn(&first, from: path, count: 1) else { return HostError.EFAULT }
      if first == 0 {
        if fd == AT_FDCWD { return t.blocking(HostFile.openat, HostFile.AT_FDCWD, address("."), host) }
        let flags = host & ~(HostFile.O_NOFOLLOW | HostFile.O_CREAT | HostFile.O_EXCL)
        return ShortPath(descriptor: fd).withAddress { t.blocking(HostFile.openat, HostFile.AT_FDCWD, $0, flags) }
      }
    }
    if flags & O_RESOLVE_BENEATH != 0 {
      return openBeneath(fd, path, host, mode: host & HostFile.O_CREAT != 0 ? UInt64(mode) : 0)
    }
    return t.blocking(HostFile.openat, argument(fd), path, host, mode)
  }

  /// The guest's error where the two systems differ.
  private static func openError(_ error: Int, _ fd: Int32, _ path: UInt, _ flags: Int32) -> Int {
    switch error {
    case HostError.ELOOP where flags & O_NOFOLLOW != 0, HostError.ENOTDIR where flags & O_NOFOLLOW != 0:
      let kind = fileKind(fd, path, flags: HostFile.AT_SYMLINK_NOFOLLOW)
      return kind == S_IFLNK ? guestError(Int(Errno.EMLINK)) : error
    case HostError.EINTR:
      // Only pipes and devices make an open wait. For others the signal came just before the call: after its handler
      // the call is made anew, so that nobody sees an error that FreeBSD never gives.
      let kind = fileKind(fd, path)
      return kind == S_IFIFO || kind == S_IFCHR ? Restart.ifActionSaysSo : Restart.always
    case HostError.ENXIO:
      return fileKind(fd, path) == S_IFSOCK ? HostError.EOPNOTSUPP : error
    default:
      return error
    }
  }

  /// Whether the caller may execute, or search, what `fd` stands for: 0 or the error.
  private static func checkExecutable(_ fd: Int32) -> Int {
    if fileKind(fd, 0) == S_IFLNK { return guestError(Int(Errno.EMLINK)) }
    return ShortPath(descriptor: fd).withAddress {
      host(HostFile.faccessat2, HostFile.AT_FDCWD, $0, 1, 0x200)  // X_OK, AT_EACCESS
    }
  }

  /// Takes the lock that the open asked for, then empties the file if that was asked for too.
  private static func lockOpened(_ t: Thread, _ fd: Int32, _ flags: Int32) -> Int {
    let operation = (flags & O_EXLOCK != 0 ? LOCK_EX : LOCK_SH) | (flags & O_NONBLOCK != 0 ? LOCK_NB : 0)
    let result = t.blocking(HostFile.flock, argument(fd), argument(operation))
    guard result == 0 else { return result == HostError.EINTR ? Restart.ifActionSaysSo : result }
    return flags & O_TRUNC != 0 ? host(HostFile.ftruncate, argument(fd), 0) : 0
  }

  private static func setAsynchronous(_ fd: Int32) -> Int {
    let now = host(HostFile.fcntl, argument(fd), HostFile.F_GETFL)
    guard now >= 0 else { return now }
    return host(HostFile.fcntl, argument(fd), HostFile.F_SETFL, UInt(bitPattern: now) | HostFile.FASYNC)
  }

  /// `posix_openpt(2)`: the master of a new pseudo-terminal, whose slave may be opened at once.
  ///
  /// Errors: `EINVAL` for flags other than `O_RDWR`, `O_NOCTTY` and `O_CLOEXEC` (`kern/tty_pts.c`).
  static func posix_openpt(_ t: Thread, _ flags: Int32) -> Int {
    guard flags & ~(O_RDWR | O_NOCTTY | O_CLOEXEC) == 0 else { return HostError.EINVAL }
    let cloexec = flags & O_CLOEXEC != 0 ? HostFile.O_CLOEXEC : 0
    let master = host(
      HostFile.openat, HostFile.AT_FDCWD, address("/dev/ptmx"), HostFile.O_RDWR | HostFile.O_NOCTTY | cloexec)
    guard master >= 0 else { return master }
    var unlocked: Int32 = 0
    // TIOCSPTLCK: the guest has no unlockpt of its own to make.
    let result = withUnsafePointer(to: &unlocked) {
      host(HostFile.ioctl, UInt(bitPattern: master), 0x4004_5431, UInt(bitPattern: $0))
    }
    guard result == 0 else {
      host(HostFile.close, UInt(bitPattern: master))
      return result
    }
    return master
  }
}
