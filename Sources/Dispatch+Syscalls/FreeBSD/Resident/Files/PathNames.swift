/// Names of directories and files, and what may be asked about the names a file system takes.
extension FreeBSD {
  private static let MAXPATHLEN: UInt = 1024

  /// `__getcwd`: the working directory with its terminator. The result is 0.
  ///
  /// Errors: `EINVAL` below two bytes, `ENOENT` when the directory was removed, `ENOMEM` when the buffer, or 1,024
  /// bytes, cannot hold it, `EFAULT` (`kern/vfs_cache.c`).
  static func __getcwd(_ t: Thread, _ buf: UInt, _ buflen: UInt) -> Int {
    guard buflen >= 2 else { return HostError.EINVAL }
    var text = InlineArray<128, UInt64>(repeating: 0)
    return withUnsafeMutableBytes(of: &text) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      let room = min(buflen, MAXPATHLEN)
      var size = host(HostFile.getcwd, UInt(bitPattern: start), t.hasView ? MAXPATHLEN : room)
      guard size > 0 else { return size == HostError.ERANGE ? HostError.ENOMEM : size }
      // A directory outside the root is "(unreachable)/..." to the host.
      guard start.load(as: UInt8.self) == 0x2f else { return HostError.ENOENT }
      size = FileView.toGuest(t, start, size &- 1, room: Int(room)) &+ 1
      guard size > 0 else { return HostError.ENOMEM }
      return copyOut(to: buf, start, count: size) ? 0 : HostError.EFAULT
    }
  }

  /// `__realpathat`: the absolute path of a file without links in it. The result is 0.
  ///
  /// Errors: `EINVAL` for flags, those of the look-up, `ENOMEM` when the buffer, or 1,024 bytes, cannot hold it.
  static func __realpathat(
    _ t: Thread, _ fd: Int32, _ path: UInt, _ buf: UInt, _ size: UInt, _ flags: UInt32
  ) -> Int {
    guard flags == 0 else { return HostError.EINVAL }
    return withPinned(fd, path, 0) { pinned in
      var text = InlineArray<128, UInt64>(repeating: 0)
      return withUnsafeMutableBytes(of: &text) { bytes in
        let start = bytes.baseAddress.unsafelyUnwrapped
        var length = ShortPath(descriptor: pinned).withAddress {
          host(HostFile.readlink, $0, UInt(bitPattern: start), MAXPATHLEN - 1)
        }
        guard length >= 0 else { return length }
        length = FileView.toGuest(t, start, length, room: Int(MAXPATHLEN))
        guard length >= 0 else { return HostError.ENOMEM }
        guard UInt(length) < min(size, MAXPATHLEN) else { return HostError.ENOMEM }
        guard start.load(as: UInt8.self) == 0x2f else { return HostError.ENOENT }
        return copyOut(to: buf, start, count: length &+ 1) ? 0 : HostError.EFAULT
      }
    }
  }

  /// `chroot(2)`: from then on the new root is the host's own, and no view is left. Errors: those of the look-up,
  /// `EPERM` for anybody but root.
  static func chroot(_ t: Thread, _ path: UInt) -> Int {
    let result = host(HostFile.chroot, path)
    if result == 0 { t.leaveView() }
    return result
  }

  /// `pathconf(2)`.
  static func pathconf(_ t: Thread, _ path: UInt, _ name: Int32) -> Int { configuration(AT_FDCWD, path, name, 0) }

  /// `lpathconf(2)`.
  static func lpathconf(_ t: Thread, _ path: UInt, _ name: Int32) -> Int {
    configuration(AT_FDCWD, path, name, HostFile.AT_SYMLINK_NOFOLLOW)
  }

  /// `fpathconf(2)`.
  static func fpathconf(_ t: Thread, _ fd: Int32, _ name: Int32) -> Int {
    fd < 0 ? HostError.EBADF : configuration(fd, 0, name, 0)
  }

  /// Errors: those of the look-up, `EINVAL` for an unknown name or one that this kind of file has not
  /// (`vop_stdpathconf` in `kern/vfs_default.c`).
  private static func configuration(_ fd: Int32, _ path: UInt, _ name: Int32, _ flags: UInt) -> Int {
    var file = HostStatx()
    guard path != 0 || fd >= 0 else { return HostError.EFAULT }
    let known = statx(fd, path, flags: flags, into: &file)
    guard known == 0 else { return known }
    let kind = file.stx_mode & S_IFMT
    switch name {
    case 1: return 32767  // _PC_LINK_MAX
    case 2, 3: return kind == S_IFCHR ? 255 : HostError.EINVAL  // _PC_MAX_CANON, _PC_MAX_INPUT
    case 4: return 255  // _PC_NAME_MAX
    case 5: return Int(MAXPATHLEN)  // _PC_PATH_MAX
    case 6: return kind == S_IFIFO || kind == S_IFDIR || kind == S_IFSOCK ? 512 : HostError.EINVAL  // _PC_PIPE_BUF
    case 7, 8: return 1  // _PC_CHOWN_RESTRICTED, _PC_NO_TRUNC
    case 9: return kind == S_IFCHR ? 0xff : HostError.EINVAL  // _PC_VDISABLE
    case 10, 14, 16, 17: return Int(max(file.stx_blksize, 512))  // _PC_ALLOC_SIZE_MIN, _PC_REC_*
    case 12: return 64  // _PC_FILESIZEBITS
    case 15: return 131072  // _PC_REC_MAX_XFER_SIZE
    case 18: return Int(MAXPATHLEN)  // _PC_SYMLINK_MAX
    case 21: return kind == S_IFREG ? Int(max(file.stx_blksize, 512)) : HostError.EINVAL  // _PC_MIN_HOLE_SIZE
    case 53: return HostError.EINVAL  // _PC_ASYNC_IO: no aio
    case 54: return 0  // _PC_PRIO_IO
    case 55: return 200112  // _PC_SYNC_IO
    case 59...65: return 0  // access control lists, capabilities, information and MAC labels, deallocation
    default: return HostError.EINVAL
    }
  }
}
