/// Calls that make, remove and rename directory entries.
extension FreeBSD {
  /// `unlink(2)`.
  static func unlink(_ t: Thread, _ path: UInt) -> Int { unlinkat(t, AT_FDCWD, path, 0) }

  /// `unlinkat(2)`. Errors: `EINVAL` for an unknown flag, those of the look-up, `EPERM` for a directory without
  /// `AT_REMOVEDIR`, `ENOTDIR` for another file with it, `ENOTEMPTY`.
  static func unlinkat(_ t: Thread, _ fd: Int32, _ path: UInt, _ flag: Int32) -> Int {
    guard flag & ~(AT_REMOVEDIR | AT_RESOLVE_BENEATH) == 0 else { return HostError.EINVAL }
    if flag & AT_RESOLVE_BENEATH != 0 {
      return withParentBeneath(fd, path) { remove($0, $1, flag) }
    }
    return remove(fd, path, flag)
  }

  private static func remove(_ fd: Int32, _ path: UInt, _ flag: Int32) -> Int {
    let hostFlag: UInt = flag & AT_REMOVEDIR != 0 ? 0x200 : 0
    var result = host(HostFile.unlinkat, argument(fd), path, hostFlag)
    if result == HostError.ENOTDIR {
      result = withFollowedName(fd, path, otherwise: result) { host(HostFile.unlinkat, argument($0), $1, hostFlag) }
    }
    return result == HostError.EISDIR ? HostError.EPERM : result
  }

  /// `funlinkat(2)`: removes the name only while it still names the file open as `fd`.
  ///
  /// Errors: `EDEADLK` when it names another, `EBADF`, those of `unlinkat`.
  static func funlinkat(_ t: Thread, _ dfd: Int32, _ path: UInt, _ fd: Int32, _ flag: Int32) -> Int {
    guard flag & ~(AT_REMOVEDIR | AT_RESOLVE_BENEATH) == 0 else { return HostError.EINVAL }
    if fd != FD_NONE {
      guard fd >= 0 else { return HostError.EBADF }
      var opened = HostStatx()
      let known = statx(fd, 0, into: &opened)
      guard known == 0 else { return known }
      var named = HostStatx()
      let found = statx(dfd, path, flags: HostFile.AT_SYMLINK_NOFOLLOW, into: &named)
      guard found == 0 else { return found }
      guard opened.stx_ino == named.stx_ino, opened.stx_dev_major == named.stx_dev_major,
        opened.stx_dev_minor == named.stx_dev_minor
      else { return HostError.EDEADLK }
    }
    return unlinkat(t, dfd, path, flag)
  }

  /// `undelete(2)`: no file system of the host has whiteouts, so what can be named is no whiteout (`EEXIST`).
  static func undelete(_ t: Thread, _ path: UInt) -> Int {
    var file = HostStatx()
    let result = statx(AT_FDCWD, path == 0 ? 1 : path, flags: HostFile.AT_SYMLINK_NOFOLLOW, into: &file)
    return result == 0 || result == HostError.ENOENT ? HostError.EEXIST : result
  }

  /// `link(2)`: a symbolic link is followed.
  static func link(_ t: Thread, _ path: UInt, _ to: UInt) -> Int {
    host(HostFile.linkat, HostFile.AT_FDCWD, path, HostFile.AT_FDCWD, to, HostFile.AT_SYMLINK_FOLLOW)
  }

  /// `linkat(2)`. Errors: `EINVAL` for an unknown flag, those of the look-ups.
  static func linkat(
    _ t: Thread, _ fd1: Int32, _ path1: UInt, _ fd2: Int32, _ path2: UInt, _ flag: Int32
  ) -> Int {
    guard flag & ~(AT_SYMLINK_FOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 else { return HostError.EINVAL }
    let follow = flag & AT_SYMLINK_FOLLOW != 0
    if flag & (AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 {
      return host(
        HostFile.linkat, argument(fd1), path1, argument(fd2), path2, follow ? HostFile.AT_SYMLINK_FOLLOW : 0)
    }
    // The host wants privilege for linking a descriptor; its name in /proc does as well.
    return withPinned(fd1, path1, flag | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) {
      ShortPath(descriptor: $0).withAddress {
        host(HostFile.linkat, HostFile.AT_FDCWD, $0, argument(fd2), path2, HostFile.AT_SYMLINK_FOLLOW)
      }
    }
  }

  /// `rename(2)`.
  static func rename(_ t: Thread, _ from: UInt, _ to: UInt) -> Int { renameat(t, AT_FDCWD, from, AT_FDCWD, to) }

  /// `renameat(2)`. Errors: those of the look-ups, `EINVAL` where the host calls `.` or `..` busy.
  static func renameat(_ t: Thread, _ oldfd: Int32, _ old: UInt, _ newfd: Int32, _ new: UInt) -> Int {
    let result = move(oldfd, old, newfd, new)
    switch result {
    case HostError.EBUSY: return endsInDots(old) || endsInDots(new) ? HostError.EINVAL : result
    case HostError.ENOTDIR: break
    default: return result
    }
    let noLink = Int.max
    let moved = withFollowedName(oldfd, old, otherwise: noLink) { moveFollowing($0, $1, newfd, new) }
    return moved == noLink ? moveFollowing(oldfd, old, newfd, new) : moved
  }

  private static func move(_ oldfd: Int32, _ old: UInt, _ newfd: Int32, _ new: UInt) -> Int {
    host(HostFile.renameat2, argument(oldfd), old, argument(newfd), new, 0)
  }

  /// The same, to where a link leads that the new name ends in.
  private static func moveFollowing(_ oldfd: Int32, _ old: UInt, _ newfd: Int32, _ new: UInt) -> Int {
    let result = move(oldfd, old, newfd, new)
    guard result == HostError.ENOTDIR else { return result }
    return withFollowedName(newfd, new, otherwise: result) { move(oldfd, old, $0, $1) }
  }

  /// Whether a path's last component is `.` or `..`.
  private static func endsInDots(_ path: UInt) -> Bool {
    var bytes = InlineArray<1024, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
      var length = copyString(buffer.baseAddress.unsafelyUnwrapped, from: path, limit: buffer.count)
      while length > 0, buffer[length &- 1] == 0x2f { length &-= 1 }
      guard length > 0, buffer[length &- 1] == 0x2e else { return false }
      let rest = length > 1 && buffer[length &- 2] == 0x2e ? length &- 2 : length &- 1
      return rest == 0 || buffer[rest &- 1] == 0x2f
    }
  }

  /// `mkdir(2)`: of the mode only the access bits count.
  static func mkdir(_ t: Thread, _ path: UInt, _ mode: UInt32) -> Int { mkdirat(t, AT_FDCWD, path, mode) }

  /// `mkdirat(2)`.
  static func mkdirat(_ t: Thread, _ fd: Int32, _ path: UInt, _ mode: UInt32) -> Int {
    let result = host(HostFile.mkdirat, argument(fd), path, UInt(mode & 0o777))
    guard result == HostError.EEXIST else { return result }
    return withFollowedName(fd, path, otherwise: result) {
      host(HostFile.mkdirat, argument($0), $1, UInt(mode & 0o777))
    }
  }

  /// `mkfifo(2)`.
  static func mkfifo(_ t: Thread, _ path: UInt, _ mode: UInt32) -> Int { mkfifoat(t, AT_FDCWD, path, mode) }

  /// `mkfifoat(2)`.
  static func mkfifoat(_ t: Thread, _ fd: Int32, _ path: UInt, _ mode: UInt32) -> Int {
    make(fd, path, UInt(UInt32(S_IFIFO) | mode & 0o7777), 0)
  }

  /// `mknodat(2)`. Errors: `EPERM` for a device without privilege, `EINVAL` for other kinds than devices and
  /// nameless pipes, those of the look-up. Source: `kern_mknodat`.
  static func mknodat(_ t: Thread, _ fd: Int32, _ path: UInt, _ mode: UInt32, _ dev: UInt64) -> Int {
    let kind = UInt16(truncatingIfNeeded: mode) & S_IFMT
    var device: UInt = 0
    switch kind {
    case S_IFCHR, S_IFBLK:
      guard dev != NODEV else { return HostError.EINVAL }
      let number = (major(dev), minor(dev))
      // The host has 12 bits of major and 20 of minor number.
      guard number.0 < 1 << 12, number.1 < 1 << 20 else { return HostError.EINVAL }
      device = UInt(number.1 & 0xff | number.0 << 8 | (number.1 & ~0xff) << 12)
    case S_IFIFO:
      guard dev == 0 else { return HostError.EINVAL }
    default:
      return HostError.EINVAL
    }
    return make(fd, path, UInt(mode & 0o177777), device)
  }

  private static func make(_ fd: Int32, _ path: UInt, _ mode: UInt, _ device: UInt) -> Int {
    let result = host(HostFile.mknodat, argument(fd), path, mode, device)
    guard result == HostError.EEXIST else { return result }
    return withFollowedName(fd, path, otherwise: result) { host(HostFile.mknodat, argument($0), $1, mode, device) }
  }

  /// `mknodat` of FreeBSD 11.
  static func freebsd11_mknodat(_ t: Thread, _ fd: Int32, _ path: UInt, _ mode: UInt32, _ dev: UInt32) -> Int {
    mknodat(t, fd, path, mode, UInt64(dev))
  }

  /// `mknod` of FreeBSD 11.
  static func freebsd11_mknod(_ t: Thread, _ path: UInt, _ mode: UInt32, _ dev: UInt32) -> Int {
    mknodat(t, AT_FDCWD, path, mode, UInt64(dev))
  }
}
