/// `stat(2)`: what the guest learns of a file.
extension FreeBSD {
  /// `fstat(2)`. Errors: `EBADF`, `EFAULT`.
  static func fstat(_ t: Thread, _ fd: Int32, _ sb: UInt) -> Int {
    // An empty path with AT_FDCWD would be the working directory; a negative descriptor is none here.
    guard fd >= 0 else { return HostError.EBADF }
    var file = HostStatx()
    let result = statx(fd, 0, into: &file)
    guard result == 0 else { return result }
    return store(stat(of: file), at: sb) ? 0 : HostError.EFAULT
  }

  /// `fstatat(2)`. Errors: `EINVAL` for an unknown flag, those of the look-up (`ENOTCAPABLE` when
  /// `AT_RESOLVE_BENEATH` was left), `EFAULT`.
  static func fstatat(_ t: Thread, _ fd: Int32, _ path: UInt, _ buf: UInt, _ flag: Int32) -> Int {
    var file = HostStatx()
    let result = status(fd, path, flag, into: &file)
    guard result == 0 else { return result }
    return store(stat(of: file), at: buf) ? 0 : HostError.EFAULT
  }

  /// `fstatat` of FreeBSD 11. Same errors.
  static func freebsd11_fstatat(_ t: Thread, _ fd: Int32, _ path: UInt, _ buf: UInt, _ flag: Int32) -> Int {
    var file = HostStatx()
    let result = status(fd, path, flag, into: &file)
    guard result == 0 else { return result }
    return store(Stat11(stat(of: file)), at: buf) ? 0 : HostError.EFAULT
  }

  /// `stat` of FreeBSD 11.
  static func freebsd11_stat(_ t: Thread, _ path: UInt, _ ub: UInt) -> Int {
    freebsd11_fstatat(t, AT_FDCWD, path, ub, 0)
  }

  /// `lstat` of FreeBSD 11.
  static func freebsd11_lstat(_ t: Thread, _ path: UInt, _ ub: UInt) -> Int {
    freebsd11_fstatat(t, AT_FDCWD, path, ub, AT_SYMLINK_NOFOLLOW)
  }

  /// `fstat` of FreeBSD 11.
  static func freebsd11_fstat(_ t: Thread, _ fd: Int32, _ sb: UInt) -> Int {
    guard fd >= 0 else { return HostError.EBADF }
    var file = HostStatx()
    let result = statx(fd, 0, into: &file)
    guard result == 0 else { return result }
    return store(Stat11(stat(of: file)), at: sb) ? 0 : HostError.EFAULT
  }

  /// The look-up that the `fstatat` calls share.
  private static func status(_ fd: Int32, _ path: UInt, _ flag: Int32, into file: inout HostStatx) -> Int {
    guard flag & ~(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 else { return HostError.EINVAL }
    // Page zero is nobody's: the host must not take a null path for "the descriptor itself".
    guard path != 0 else { return HostError.EFAULT }
    if flag & AT_RESOLVE_BENEATH != 0 {
      return withPinned(fd, path, flag) { statx($0, 0, into: &file) }
    }
    return statx(fd, path, flags: hostLookupFlags(flag), into: &file)
  }
}
