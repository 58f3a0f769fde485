import CPicoABI

/// Read-write locks. The state word holds the number of readers, a bit for a writer and one each for waiting readers
/// and writers; both kinds sleep on it, told apart by the futex's bits, while it is as they last saw it.
extension FreeBSD {
  private static let readers: UInt = 1
  private static let writers: UInt = 2

  /// `UMTX_OP_RW_RDLOCK`: locks for reading. Waiting writers go first, unless the lock or the caller prefers readers.
  ///
  /// - Errors: `EFAULT`, `EAGAIN` with too many readers, `ETIMEDOUT`, `EINTR` for any signal.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_rw_rdlock`.
  static func lockForReading(_ t: Thread, _ rw: UInt, _ preference: UInt32, _ timeout: Timeout) -> Int {
    guard let flags = GuestWord(rw &+ UrwlockOffset.flags).load() else { return Host.EFAULT }
    let prefersReaders = (flags | preference) & URWLOCK_PREFER_READER != 0
    let obstacles = prefersReaders ? URWLOCK_WRITE_OWNER : URWLOCK_WRITE_OWNER | URWLOCK_WRITE_WAITERS
    let futex = Futex(rw &+ UrwlockOffset.state, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let blocked = GuestWord(rw &+ UrwlockOffset.blockedReaders)
    let end = timeout.fixed()
    while true {
      guard var state = futex.word.load() else { return Host.EFAULT }
      while state & obstacles == 0 {
        if state & URWLOCK_MAX_READERS == URWLOCK_MAX_READERS { return Host.EAGAIN }
        guard let found = futex.word.exchange(state, state &+ 1) else { return Host.EFAULT }
        if found == state { return 0 }
        state = found
      }
      guard blocked.update({ $0 &+ 1 }) != nil else { return Host.EFAULT }
      let failure = sleep(t, futex, obstacles, announcing: URWLOCK_READ_WAITERS, bits: readers, end) {
        $0 & obstacles != 0
      }
      guard leave(futex, blocked, URWLOCK_READ_WAITERS, bits: readers, count: Int32.max) != nil else {
        return Host.EFAULT
      }
      if failure != 0 { return failure }
    }
  }

  /// `UMTX_OP_RW_WRLOCK`: locks for writing.
  ///
  /// - Errors: `EFAULT`, `ETIMEDOUT`, `EINTR` for any signal.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_rw_wrlock`.
  static func lockForWriting(_ t: Thread, _ rw: UInt, _ timeout: Timeout) -> Int {
    guard let flags = GuestWord(rw &+ UrwlockOffset.flags).load() else { return Host.EFAULT }
    let futex = Futex(rw &+ UrwlockOffset.state, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let blocked = GuestWord(rw &+ UrwlockOffset.blockedWriters)
    let end = timeout.fixed()
    var failure = 0
    while true {
      guard var state = futex.word.load() else { return Host.EFAULT }
      while !isHeld(state) {
        guard let found = futex.word.exchange(state, state | URWLOCK_WRITE_OWNER) else { return Host.EFAULT }
        if found == state { return 0 }
        state = found
      }
      if failure != 0 {
        // Readers that waited behind this writer alone need not wait any more.
        if state & (URWLOCK_WRITE_OWNER | URWLOCK_WRITE_WAITERS) == 0 { futex.wake(Int32.max, bits: readers) }
        return failure
      }
      guard blocked.update({ $0 &+ 1 }) != nil else { return Host.EFAULT }
      failure = sleep(t, futex, 0, announcing: URWLOCK_WRITE_WAITERS, bits: writers, end, while: isHeld)
      guard leave(futex, blocked, URWLOCK_WRITE_WAITERS, bits: writers, count: 1) != nil else { return Host.EFAULT }
    }
  }

  private static func isHeld(_ state: UInt32) -> Bool { state & (URWLOCK_WRITE_OWNER | URWLOCK_MAX_READERS) != 0 }

  /// Sleeps while `isClosed` says so of the state, having set the bit that has whoever unlocks come and wake.
  @inline(__always)
  private static func sleep(
    _ t: Thread, _ futex: Futex, _ obstacles: UInt32, announcing bit: UInt32, bits: UInt, _ end: Timeout,
    while isClosed: (UInt32) -> Bool
  ) -> Int {
    while true {
      guard let state = futex.word.load() else { return Host.EFAULT }
      if !isClosed(state) { return 0 }
      if state & bit == 0 {
        guard let found = futex.word.exchange(state, state | bit) else { return Host.EFAULT }
        if found != state { continue }
      }
      let result = futex.wait(t, while: state | bit, end, bits: bits)
      if result != 0 && result != Host.EAGAIN { return result }
    }
  }

  /// Counts a waiter out. The last takes the bit back, and looks whether another came meanwhile that relied on it.
  private static func leave(_ futex: Futex, _ blocked: GuestWord, _ bit: UInt32, bits: UInt, count: Int32) -> Int? {
    guard let left = blocked.update({ $0 == 0 ? 0 : $0 &- 1 }) else { return nil }
    guard left == 0 else { return 0 }
    guard futex.word.update({ $0 & ~bit }) != nil, let now = blocked.load() else { return nil }
    if now != 0 { futex.wake(count, bits: bits) }
    return 0
  }

  /// `UMTX_OP_RW_UNLOCK`: unlocks and wakes a writer or all readers, whom the lock prefers.
  ///
  /// - Errors: `EFAULT`, `EPERM` when it is not locked.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_rw_unlock`.
  static func unlockReadWrite(_ rw: UInt) -> Int {
    guard let flags = GuestWord(rw &+ UrwlockOffset.flags).load() else { return Host.EFAULT }
    let futex = Futex(rw &+ UrwlockOffset.state, isShared: flags & USYNC_PROCESS_SHARED != 0)
    guard var state = futex.word.load() else { return Host.EFAULT }
    while true {
      let unlocked: UInt32
      if state & URWLOCK_WRITE_OWNER != 0 {
        unlocked = state & ~URWLOCK_WRITE_OWNER
      } else if state & URWLOCK_MAX_READERS != 0 {
        unlocked = state &- 1
      } else {
        return Host.EPERM
      }
      guard let found = futex.word.exchange(state, unlocked) else { return Host.EFAULT }
      if found == state { break }
      state = found
    }
    let wakesReadersFirst = flags & URWLOCK_PREFER_READER != 0
    if wakesReadersFirst && state & URWLOCK_READ_WAITERS != 0 {
      futex.wake(Int32.max, bits: readers)
    } else if state & URWLOCK_WRITE_WAITERS != 0 {
      // A writer that is just giving up sleeps no more; those behind it must not be forgotten.
      if futex.wake(1, bits: writers) == 0 && state & URWLOCK_READ_WAITERS != 0 { futex.wake(Int32.max, bits: readers) }
    } else if state & URWLOCK_READ_WAITERS != 0 {
      futex.wake(Int32.max, bits: readers)
    }
    return 0
  }
}
