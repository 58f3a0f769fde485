/// Access checks, modes, owners and file flags.
extension FreeBSD {
  /// `faccessat(2)`. Errors: `EINVAL` for an unknown flag or mode, those of the look-up, `EACCES`, `EROFS`.
  static func faccessat(_ t: Thread, _ fd: Int32, _ path: UInt, _ amode: Int32, _ flag: Int32) -> Int {
    let known = AT_EACCESS | AT_RESOLVE_BENEATH | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW
    guard flag & ~known == 0 else { return HostError.EINVAL }
    guard amode & ~7 == 0 else { return HostError.EINVAL }
    let effective: UInt = flag & AT_EACCESS != 0 ? 0x200 : 0
    if flag & AT_RESOLVE_BENEATH != 0 {
      return withPinned(fd, path, flag) {
        host(HostFile.faccessat2, argument($0), address(""), argument(amode), effective | HostFile.AT_EMPTY_PATH)
      }
    }
    return host(HostFile.faccessat2, argument(fd), path, argument(amode), hostLookupFlags(flag) | effective)
  }

  /// `chmod(2)`. Errors: those of the look-up, `EFTYPE` when anybody but root makes a file sticky that is no directory.
  static func chmod(_ t: Thread, _ path: UInt, _ mode: UInt32) -> Int {
    if refusesSticky(mode, AT_FDCWD, path) { return guestError(Int(Errno.EFTYPE)) }
    return host(HostFile.chmod, path, UInt(mode & 0o7777))
  }

  /// `fchmod(2)`. Errors: `EBADF`, `EINVAL` where the descriptor is no file, `EFTYPE` as `chmod`.
  static func fchmod(_ t: Thread, _ fd: Int32, _ mode: UInt32) -> Int {
    guard fd >= 0 else { return HostError.EBADF }
    if refusesSticky(mode, fd, 0) { return guestError(Int(Errno.EFTYPE)) }
    let result = host(HostFile.fchmod, argument(fd), UInt(mode & 0o7777))
    // A descriptor for execution or look-up alone is O_PATH to the host, whose fchmod wants more.
    guard result == HostError.EBADF else { return result }
    return changeMode(pinned: fd, mode)
  }

  /// `lchmod(2)`: a symbolic link keeps its mode here, as no file system of the host gives it one (`EOPNOTSUPP`).
  static func lchmod(_ t: Thread, _ path: UInt, _ mode: UInt32) -> Int {
    fchmodat(t, AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW)
  }

  /// `fchmodat(2)`. Errors: `EINVAL` for an unknown flag, those of the look-up, `EFTYPE` as `chmod`.
  static func fchmodat(_ t: Thread, _ fd: Int32, _ path: UInt, _ mode: UInt32, _ flag: Int32) -> Int {
    guard flag & ~(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 else { return HostError.EINVAL }
    if flag == 0 {
      if refusesSticky(mode, fd, path) { return guestError(Int(Errno.EFTYPE)) }
      return host(HostFile.fchmodat, argument(fd), path, UInt(mode & 0o7777))
    }
    return withPinned(fd, path, flag) { changeMode(pinned: $0, mode) }
  }

  private static func changeMode(pinned fd: Int32, _ mode: UInt32) -> Int {
    var file = HostStatx()
    let known = statx(fd, 0, into: &file)
    guard known == 0 else { return known }
    if file.stx_mode & S_IFMT == S_IFLNK { return HostError.EOPNOTSUPP }
    if refusesSticky(mode, fd, 0) { return guestError(Int(Errno.EFTYPE)) }
    return ShortPath(descriptor: fd).withAddress { host(HostFile.chmod, $0, UInt(mode & 0o7777)) }
  }

  /// Whether the mode asks for the sticky bit where only root may set it.
  private static func refusesSticky(_ mode: UInt32, _ fd: Int32, _ path: UInt) -> Bool {
    guard mode & UInt32(S_ISTXT) != 0, host(107) != 0 else { return false }  // geteuid
    let kind = fileKind(fd, path)
    return kind != 0 && kind != S_IFDIR
  }

  /// `fchownat(2)`. Errors: `EINVAL` for an unknown flag, those of the look-up, `EPERM`.
  static func fchownat(_ t: Thread, _ fd: Int32, _ path: UInt, _ uid: UInt32, _ gid: UInt32, _ flag: Int32) -> Int {
    guard flag & ~(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 else { return HostError.EINVAL }
    if flag & AT_RESOLVE_BENEATH != 0 {
      return withPinned(fd, path, flag) {
        host(HostFile.fchownat, argument($0), address(""), UInt(uid), UInt(gid), HostFile.AT_EMPTY_PATH)
      }
    }
    return host(HostFile.fchownat, argument(fd), path, UInt(uid), UInt(gid), hostLookupFlags(flag))
  }

  /// `chflags(2)`.
  static func chflags(_ t: Thread, _ path: UInt, _ flags: UInt64) -> Int { chflagsat(t, AT_FDCWD, path, flags, 0) }

  /// `lchflags(2)`.
  static func lchflags(_ t: Thread, _ path: UInt, _ flags: UInt64) -> Int {
    chflagsat(t, AT_FDCWD, path, flags, AT_SYMLINK_NOFOLLOW)
  }

  /// `fchflags(2)`.
  static func fchflags(_ t: Thread, _ fd: Int32, _ flags: UInt64) -> Int {
    fd < 0 ? HostError.EBADF : setFileFlags(fd, flags)
  }

  /// `chflagsat(2)`. Errors: `EINVAL` for an unknown flag of the look-up, those of the look-up, `EOPNOTSUPP` for
  /// flags that the host's file system does not keep, `EPERM`.
  static func chflagsat(_ t: Thread, _ fd: Int32, _ path: UInt, _ flags: UInt64, _ atflag: Int32) -> Int {
    guard atflag & ~(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 else { return HostError.EINVAL }
    return withPinned(fd, path, atflag) { setFileFlags($0, flags) }
  }

  /// Gives a file the flags that both systems have: `SF_IMMUTABLE`, `SF_APPEND` and `UF_NODUMP`. Flags that are so
  /// already are no change and always succeed.
  private static func setFileFlags(_ fd: Int32, _ flags: UInt64) -> Int {
    var file = HostStatx()
    let known = statx(fd, 0, into: &file)
    guard known == 0 else { return known }
    if UInt64(fileFlags(attributes: file.stx_attributes)) == flags { return 0 }
    guard flags & ~UInt64(SF_IMMUTABLE | SF_APPEND | UF_NODUMP) == 0 else { return HostError.EOPNOTSUPP }
    let kind = file.stx_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFDIR else { return HostError.EOPNOTSUPP }
    let opened = ShortPath(descriptor: fd).withAddress {
      host(HostFile.openat, HostFile.AT_FDCWD, $0, HostFile.O_CLOEXEC | HostFile.O_NONBLOCK | HostFile.O_NOCTTY)
    }
    guard opened >= 0 else { return opened }
    let result = exchangeFlags(UInt(bitPattern: opened), flags)
    host(HostFile.close, UInt(bitPattern: opened))
    return result
  }

  private static func exchangeFlags(_ fd: UInt, _ flags: UInt64) -> Int {
    var word: UInt64 = 0
    return withUnsafeMutablePointer(to: &word) {
      let address = UInt(bitPattern: $0)
      // FS_IOC_GETFLAGS, FS_IOC_SETFLAGS: FS_IMMUTABLE_FL 0x10, FS_APPEND_FL 0x20, FS_NODUMP_FL 0x40
      var result = host(HostFile.ioctl, fd, 0x8008_6601, address)
      if result == 0 {
        $0.pointee &= ~0x70
        if flags & UInt64(SF_IMMUTABLE) != 0 { $0.pointee |= 0x10 }
        if flags & UInt64(SF_APPEND) != 0 { $0.pointee |= 0x20 }
        if flags & UInt64(UF_NODUMP) != 0 { $0.pointee |= 0x40 }
        result = host(HostFile.ioctl, fd, 0x4008_6602, address)
      }
      return result == HostError.ENOTTY ? HostError.EOPNOTSUPP : result
    }
  }
}
