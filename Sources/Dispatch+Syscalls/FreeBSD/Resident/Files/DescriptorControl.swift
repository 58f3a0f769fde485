import CPicoABI

/// `fcntl(2)` and the calls that make or end descriptors.
extension FreeBSD {
  /// `fcntl(2)`. Errors: `EINVAL` for an unknown command, else as each command has them (`kern/kern_descrip.c`).
  static func fcntl(_ t: Thread, _ fd: Int32, _ cmd: Int32, _ arg: UInt64) -> Int {
    let word = UInt(truncatingIfNeeded: arg)
    let number = Int32(truncatingIfNeeded: arg)
    switch cmd {
    case F_DUPFD: return onHost(fd, 0, argument(number))
    case F_DUPFD_CLOEXEC: return onHost(fd, 1030, argument(number))
    case F_DUP2FD: return host(HostFile.dup2, argument(fd), argument(number))
    case F_DUP2FD_CLOEXEC: return duplicateClosing(fd, number)
    case F_GETFD: return onHost(fd, 1, 0)
    case F_SETFD: return onHost(fd, HostFile.F_SETFD, word & 1)
    case F_GETFL:
      let flags = onHost(fd, HostFile.F_GETFL, 0)
      return flags < 0 ? flags : Int(guestStatusFlags(flags))
    case F_SETFL: return onHost(fd, HostFile.F_SETFL, hostOpenFlags(number & ~O_ACCMODE) & ~HostFile.O_NOCTTY)
    case F_GETOWN: return owner(t, fd)
    case F_SETOWN: return onHost(fd, 8, argument(number))
    case F_OGETLK, F_GETLK: return recordLock(t, fd, 5, word, cmd)
    case F_OSETLK, F_SETLK: return recordLock(t, fd, 6, word, cmd)
    case F_OSETLKW, F_SETLKW: return recordLock(t, fd, 7, word, cmd)
    case F_SETLK_REMOTE: return HostError.EPERM  // for the NFS lock daemon alone
    case F_READAHEAD: return readAhead(fd, number > 0 ? 2 : number < 0 ? 1 : 0)
    case F_RDAHEAD: return readAhead(fd, number != 0 ? 2 : 1)
    case F_ADD_SEALS:
      guard number & ~0xf == 0 else { return HostError.EINVAL }
      return onHost(fd, 1033, argument(number))
    case F_GET_SEALS:
      let seals = onHost(fd, 1034, 0)
      return seals < 0 ? seals : seals & 0xf
    case F_ISUNIONSTACK:
      let flags = onHost(fd, HostFile.F_GETFL, 0)
      return flags < 0 ? flags : 0
    case F_KINFO: return describe(t, fd, word)
    default:
      let flags = onHost(fd, HostFile.F_GETFL, 0)
      return flags < 0 ? flags : HostError.EINVAL
    }
  }

  @inline(__always)
  private static func onHost(_ fd: Int32, _ command: UInt, _ value: UInt) -> Int {
    host(HostFile.fcntl, argument(fd), command, value)
  }

  /// `F_DUP2FD_CLOEXEC`: unlike the host's `dup3`, onto itself too.
  private static func duplicateClosing(_ fd: Int32, _ to: Int32) -> Int {
    if fd != to { return host(HostFile.dup3, argument(fd), argument(to), HostFile.O_CLOEXEC) }
    let result = onHost(fd, HostFile.F_SETFD, 1)
    return result < 0 ? result : Int(to)
  }

  /// Who gets `SIGIO`: a process, or a process group as a negative number.
  private static func owner(_ t: Thread, _ fd: Int32) -> Int {
    // struct f_owner_ex: kind, number
    var found: (Int32, Int32) = (0, 0)
    let result = withUnsafeMutablePointer(to: &found) { onHost(fd, 16, UInt(bitPattern: $0)) }
    guard result >= 0 else { return result }
    return t.succeed(found.0 == 2 ? 0 &- Int(found.1) : Int(found.1))
  }

  /// A hint for reading ahead, in the host's advice numbers; regular files only.
  private static func readAhead(_ fd: Int32, _ advice: UInt) -> Int {
    let result = host(HostFile.fadvise64, argument(fd), 0, 0, advice)
    return result == HostError.ESPIPE ? HostError.EBADF : result
  }

  /// The record-lock commands. `F_SETLKW` begins anew after a signal whose action says so.
  private static func recordLock(_ t: Thread, _ fd: Int32, _ hostCommand: UInt, _ at: UInt, _ cmd: Int32) -> Int {
    let size = cmd <= F_OSETLKW ? 24 : MemoryLayout<Flock>.size
    var guest = Flock()
    guard copyIn(&guest, from: at, count: size) else { return HostError.EFAULT }
    // F_UNLCK asks nothing.
    guard var lock = guest.host, hostCommand != 5 || guest.l_type != F_UNLCK else { return HostError.EINVAL }
    let result = withUnsafeMutablePointer(to: &lock) {
      hostCommand == 7
        ? t.blocking(HostFile.fcntl, argument(fd), hostCommand, UInt(bitPattern: $0))
        : onHost(fd, hostCommand, UInt(bitPattern: $0))
    }
    if result == HostError.EINTR { return Restart.ifActionSaysSo }
    guard result >= 0, hostCommand == 5 else { return result == HostError.EACCES ? HostError.EAGAIN : result }
    // A lock that would be granted changes nothing but the type.
    if lock.l_type == HostFlock.F_UNLCK { guest.l_type = F_UNLCK } else { guest = Flock(lock) }
    return copyOut(to: at, &guest, count: size) ? 0 : HostError.EFAULT
  }

  /// `flock(2)`. Errors: `EBADF`, also for an unknown operation, `EWOULDBLOCK`. What FreeBSD refuses with
  /// `EOPNOTSUPP`, a lock on a pipe or socket, the host grants.
  static func flock(_ t: Thread, _ fd: Int32, _ how: Int32) -> Int {
    let operation = how & LOCK_UN != 0 ? LOCK_UN : how & LOCK_EX != 0 ? LOCK_EX : how & LOCK_SH
    guard operation != 0 else { return HostError.EBADF }
    let word = argument(operation | how & LOCK_NB)
    if operation == LOCK_UN || how & LOCK_NB != 0 { return host(HostFile.flock, argument(fd), word) }
    let result = t.blocking(HostFile.flock, argument(fd), word)
    return result == HostError.EINTR ? Restart.ifActionSaysSo : result
  }

  /// `close_range(2)`. Errors: `EINVAL` for unknown flags or `highfd` below `lowfd`.
  static func close_range(_ t: Thread, _ lowfd: UInt32, _ highfd: UInt32, _ flags: Int32) -> Int {
    guard flags & ~4 == 0, lowfd <= highfd else { return HostError.EINVAL }
    // Whoever closes the rest of its descriptors does not know of those that a kqueue is made of.
    var lowfd = lowfd
    if flags == 0 && (Kqueues.haveAny(t) || Aio.state(t) != nil || Leashes.haveAny(t)) {
      let closing = lowfd...highfd
      while true {
        let hidden = Kqueues.nextHidden(t, lowfd, highfd, closing: closing)
        guard hidden >= 0 else { break }
        let kept = UInt32(bitPattern: hidden)
        if kept > lowfd { host(HostFile.close_range, UInt(lowfd), UInt(kept &- 1), 0) }
        guard kept < highfd else { return 0 }
        lowfd = kept &+ 1
      }
    }
    // CLOSE_RANGE_CLOEXEC is the host's bit too.
    return host(HostFile.close_range, UInt(lowfd), UInt(highfd), argument(flags))
  }

  /// `closefrom(2)` as libraries before FreeBSD 13 call it: never fails, and begins at 0 for a negative number.
  static func freebsd12_closefrom(_ t: Thread, _ lowfd: Int32) -> Int {
    close_range(t, UInt32(bitPattern: max(lowfd, 0)), .max, 0)
  }

  /// `pipe` of FreeBSD 10: both descriptors come back in registers.
  static func freebsd10_pipe(_ t: Thread) -> Int {
    var ends: (Int32, Int32) = (0, 0)
    let result = withUnsafeMutablePointer(to: &ends) { host(HostFile.pipe2, UInt(bitPattern: $0), 0) }
    guard result == 0 else { return result }
    t.pointee.second_result = UInt64(UInt32(bitPattern: ends.1))
    t.pointee.second_result_valid = 1
    return Int(ends.0)
  }

  /// `getdtablesize(2)`: the soft limit on descriptors.
  static func getdtablesize(_ t: Thread) -> Int {
    var limit = Rlimit()
    let result = withUnsafeMutablePointer(to: &limit) { host(302, 0, 7, 0, UInt(bitPattern: $0)) }  // prlimit64
    return result < 0 ? result : Int(min(limit.rlim_cur, UInt64(Int32.max)))
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Ends the call under way with a value that may be negative, which a handler cannot return: it would read as an
  /// error. Carry clear is the guest's "no error".
  func succeed(_ value: Int) -> Int {
    guard value < 0 else { return value }
    pointee.frame.rax = UInt64(bitPattern: Int64(value))
    pointee.frame.rflags &= ~1
    return frameIsSet
  }
}
