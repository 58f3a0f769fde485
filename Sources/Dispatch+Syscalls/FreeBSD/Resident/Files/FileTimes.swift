/// Setting access and modification times.
extension FreeBSD {
  private static let UTIME_NOW: Int64 = -1
  private static let UTIME_OMIT: Int64 = -2

  /// `utimes(2)`. Errors: `EINVAL` for microseconds out of range, `EFAULT`, those of the look-up.
  static func utimes(_ t: Thread, _ path: UInt, _ tptr: UInt) -> Int { host(HostFile.utimes, path, tptr) }

  /// `futimes(2)`.
  static func futimes(_ t: Thread, _ fd: Int32, _ tptr: UInt) -> Int {
    guard fd >= 0 else { return HostError.EBADF }
    return host(HostFile.futimesat, argument(fd), 0, tptr)
  }

  /// `futimesat(2)`, which takes no null path.
  static func futimesat(_ t: Thread, _ fd: Int32, _ path: UInt, _ times: UInt) -> Int {
    path == 0 ? HostError.EFAULT : host(HostFile.futimesat, argument(fd), path, times)
  }

  /// `lutimes(2)`: a symbolic link's own times.
  static func lutimes(_ t: Thread, _ path: UInt, _ tptr: UInt) -> Int {
    guard path != 0 else { return HostError.EFAULT }
    guard tptr != 0 else { return setTimes(AT_FDCWD, path, nil, HostFile.AT_SYMLINK_NOFOLLOW) }
    guard let given = load(tptr, as: (Timespec, Timespec).self) else { return HostError.EFAULT }
    // struct timeval: microseconds stand where struct timespec has nanoseconds.
    let valid: ClosedRange<Int64> = 0...999_999
    guard valid.contains(given.0.tv_nsec), valid.contains(given.1.tv_nsec) else { return HostError.EINVAL }
    let times = (
      Timespec(given.0.tv_sec, given.0.tv_nsec &* 1000), Timespec(given.1.tv_sec, given.1.tv_nsec &* 1000)
    )
    return setTimes(AT_FDCWD, path, times, HostFile.AT_SYMLINK_NOFOLLOW)
  }

  /// `futimens(2)`. Errors: `EFAULT`, `EINVAL` for nanoseconds out of range, `EBADF`.
  static func futimens(_ t: Thread, _ fd: Int32, _ times: UInt) -> Int {
    guard fd >= 0 else { return HostError.EBADF }
    guard times != 0 else { return setTimes(fd, 0, nil, 0) }
    guard let given = load(times, as: (Timespec, Timespec).self) else { return HostError.EFAULT }
    return setTimes(fd, 0, hostTimes(given), 0)
  }

  /// `utimensat(2)`. Errors: `EINVAL` for an unknown flag, then as `futimens`, those of the look-up.
  static func utimensat(_ t: Thread, _ fd: Int32, _ path: UInt, _ times: UInt, _ flag: Int32) -> Int {
    guard flag & ~(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH) == 0 else { return HostError.EINVAL }
    guard path != 0 else { return HostError.EFAULT }
    var set: (Timespec, Timespec)?
    if times != 0 {
      guard let given = load(times, as: (Timespec, Timespec).self) else { return HostError.EFAULT }
      set = hostTimes(given)
    }
    if flag & AT_RESOLVE_BENEATH != 0 {
      return withPinned(fd, path, flag) { setTimes($0, address(""), set, HostFile.AT_EMPTY_PATH) }
    }
    return setTimes(fd, path, set, hostLookupFlags(flag))
  }

  /// The host spells "now" otherwise, "leave alone" the same.
  static func hostTimes(_ guest: (Timespec, Timespec)) -> (Timespec, Timespec) {
    (hostTime(guest.0), hostTime(guest.1))
  }

  private static func hostTime(_ guest: Timespec) -> Timespec {
    switch guest.tv_nsec {
    case UTIME_NOW: Timespec(0, 0x3fff_ffff)
    case UTIME_OMIT: Timespec(0, 0x3fff_fffe)
    case 0...999_999_999: guest
    default: Timespec(0, -1)  // the host refuses it
    }
  }

  private static func setTimes(_ fd: Int32, _ path: UInt, _ times: (Timespec, Timespec)?, _ flags: UInt) -> Int {
    guard var times else { return host(HostFile.utimensat, argument(fd), path, 0, flags) }
    return withUnsafePointer(to: &times) {
      host(HostFile.utimensat, argument(fd), path, UInt(bitPattern: $0), flags)
    }
  }
}
