/// `fcntl.h`: open flags, descriptor commands, record locks, and the `*at` flags.
extension FreeBSD {
  package static let O_WRONLY: Int32 = 0x1
  package static let O_RDWR: Int32 = 0x2
  package static let O_ACCMODE: Int32 = 0x3
  package static let O_NONBLOCK: Int32 = 0x4
  package static let O_APPEND: Int32 = 0x8
  package static let O_SHLOCK: Int32 = 0x10
  package static let O_EXLOCK: Int32 = 0x20
  package static let O_ASYNC: Int32 = 0x40
  package static let O_SYNC: Int32 = 0x80
  package static let O_NOFOLLOW: Int32 = 0x100
  package static let O_CREAT: Int32 = 0x200
  package static let O_TRUNC: Int32 = 0x400
  package static let O_EXCL: Int32 = 0x800
  package static let O_NOCTTY: Int32 = 0x8000
  package static let O_DIRECT: Int32 = 0x10000
  package static let O_DIRECTORY: Int32 = 0x20000
  package static let O_EXEC: Int32 = 0x40000
  package static let O_TTY_INIT: Int32 = 0x80000
  package static let O_CLOEXEC: Int32 = 0x100000
  package static let O_VERIFY: Int32 = 0x200000
  package static let O_PATH: Int32 = 0x400000
  package static let O_RESOLVE_BENEATH: Int32 = 0x800000
  package static let O_DSYNC: Int32 = 0x1000000
  package static let O_EMPTY_PATH: Int32 = 0x2000000

  package static let AT_FDCWD: Int32 = -100
  package static let FD_NONE: Int32 = -200
  package static let AT_EACCESS: Int32 = 0x100
  package static let AT_SYMLINK_NOFOLLOW: Int32 = 0x200
  package static let AT_SYMLINK_FOLLOW: Int32 = 0x400
  package static let AT_REMOVEDIR: Int32 = 0x800
  package static let AT_RESOLVE_BENEATH: Int32 = 0x2000
  package static let AT_EMPTY_PATH: Int32 = 0x4000

  package static let F_DUPFD: Int32 = 0
  package static let F_GETFD: Int32 = 1
  package static let F_SETFD: Int32 = 2
  package static let F_GETFL: Int32 = 3
  package static let F_SETFL: Int32 = 4
  package static let F_GETOWN: Int32 = 5
  package static let F_SETOWN: Int32 = 6
  package static let F_OGETLK: Int32 = 7
  package static let F_OSETLK: Int32 = 8
  package static let F_OSETLKW: Int32 = 9
  package static let F_DUP2FD: Int32 = 10
  package static let F_GETLK: Int32 = 11
  package static let F_SETLK: Int32 = 12
  package static let F_SETLKW: Int32 = 13
  package static let F_SETLK_REMOTE: Int32 = 14
  package static let F_READAHEAD: Int32 = 15
  package static let F_RDAHEAD: Int32 = 16
  package static let F_DUPFD_CLOEXEC: Int32 = 17
  package static let F_DUP2FD_CLOEXEC: Int32 = 18
  package static let F_ADD_SEALS: Int32 = 19
  package static let F_GET_SEALS: Int32 = 20
  package static let F_ISUNIONSTACK: Int32 = 21
  package static let F_KINFO: Int32 = 22

  package static let F_RDLCK: Int16 = 1
  package static let F_UNLCK: Int16 = 2
  package static let F_WRLCK: Int16 = 3

  package static let LOCK_SH: Int32 = 1
  package static let LOCK_EX: Int32 = 2
  package static let LOCK_NB: Int32 = 4
  package static let LOCK_UN: Int32 = 8

  /// The host's flags for the status and creation flags of an open. The access mode stands as it is; locks,
  /// `O_ASYNC`, `O_EXEC` and the name-resolution flags are the caller's business.
  package static func hostOpenFlags(_ guest: Int32) -> UInt {
    // FreeBSD makes no terminal the controlling one by opening it.
    var host = UInt(guest & O_ACCMODE) | 0x100  // O_NOCTTY
    if guest & O_NONBLOCK != 0 { host |= 0x800 }
    if guest & O_APPEND != 0 { host |= 0x400 }
    if guest & O_SYNC != 0 { host |= 0x101000 }
    if guest & O_NOFOLLOW != 0 { host |= 0x20000 }
    if guest & O_CREAT != 0 { host |= 0x40 }
    if guest & O_TRUNC != 0 { host |= 0x200 }
    if guest & O_EXCL != 0 { host |= 0x80 }
    if guest & O_DIRECT != 0 { host |= 0x4000 }
    if guest & O_DIRECTORY != 0 { host |= 0x10000 }
    if guest & O_CLOEXEC != 0 { host |= 0x80000 }
    if guest & O_PATH != 0 { host |= 0x200000 }
    if guest & O_DSYNC != 0 { host |= 0x1000 }
    return host
  }

  /// What `F_GETFL` shows of the host's status flags.
  package static func guestStatusFlags(_ host: Int) -> Int32 {
    if host & 0x200000 != 0 { return O_PATH }
    var guest = Int32(truncatingIfNeeded: host & 3)
    if host & 0x800 != 0 { guest |= O_NONBLOCK }
    if host & 0x400 != 0 { guest |= O_APPEND }
    if host & 0x2000 != 0 { guest |= O_ASYNC }
    if host & 0x4000 != 0 { guest |= O_DIRECT }
    // The host's O_SYNC is O_DSYNC and one bit more.
    if host & 0x101000 == 0x101000 { guest |= O_SYNC } else if host & 0x1000 != 0 { guest |= O_DSYNC }
    return guest
  }

  /// `struct flock`, 32 bytes. `F_OGETLK` and its like know the first 24 only.
  package struct Flock: BitwiseCopyable {
    package var l_start: Int64 = 0
    package var l_len: Int64 = 0
    package var l_pid: Int32 = 0
    package var l_type: Int16 = 0
    package var l_whence: Int16 = 0
    package var l_sysid: Int32 = 0
    package var padding: Int32 = 0
    package init() {}

    /// The guest's view of a lock the host reported.
    package init(_ host: HostFlock) {
      l_start = host.l_start
      l_len = host.l_len
      l_pid = host.l_pid
      l_type = host.l_type == HostFlock.F_RDLCK ? F_RDLCK : host.l_type == HostFlock.F_WRLCK ? F_WRLCK : F_UNLCK
      l_whence = host.l_whence
    }

    /// The host's lock; nil for a type that neither has.
    package var host: HostFlock? {
      var result = HostFlock()
      switch l_type {
      case F_RDLCK: result.l_type = HostFlock.F_RDLCK
      case F_UNLCK: result.l_type = HostFlock.F_UNLCK
      case F_WRLCK: result.l_type = HostFlock.F_WRLCK
      default: return nil
      }
      result.l_start = l_start
      result.l_len = l_len
      result.l_pid = l_pid
      result.l_whence = l_whence
      return result
    }
  }

  /// The host's `struct flock`, 32 bytes.
  package struct HostFlock: BitwiseCopyable {
    package static let F_RDLCK: Int16 = 0
    package static let F_WRLCK: Int16 = 1
    package static let F_UNLCK: Int16 = 2
    package var l_type: Int16 = 0
    package var l_whence: Int16 = 0
    package var padding: Int32 = 0
    package var l_start: Int64 = 0
    package var l_len: Int64 = 0
    package var l_pid: Int32 = 0
    package var padding1: Int32 = 0
    package init() {}
  }
}
