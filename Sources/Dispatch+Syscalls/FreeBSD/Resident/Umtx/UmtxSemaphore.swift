import CPicoABI

/// Semaphores: the count, with a bit that says whether anybody sleeps, is the word that is slept on.
extension FreeBSD {
  /// `UMTX_OP_SEM2_WAIT`: sleeps until the count is not zero. Taking from it is left to the guest.
  ///
  /// - Errors: `EFAULT`, `ETIMEDOUT`; `EINTR` with a relative time, what is left of which is stored after the
  ///   `struct _umtx_time` if the size leaves room for it. Otherwise a signal has it made again as its action says.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_sem2_wait`.
  static func waitSemaphore(_ t: Thread, _ sem: UInt, _ timeout: Timeout, timeAt address: UInt, size: UInt) -> Int {
    guard let flags = GuestWord(sem &+ Usem2Offset.flags).load() else { return Host.EFAULT }
    let futex = Futex(sem &+ Usem2Offset.count, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let end = timeout.fixed()
    while true {
      guard let count = futex.word.load() else { return Host.EFAULT }
      if count & USEM_MAX_COUNT != 0 { return 0 }
      if count == 0 {
        guard let found = futex.word.exchange(0, USEM_HAS_WAITERS) else { return Host.EFAULT }
        if found != 0 { continue }
      }
      let result = futex.wait(t, while: USEM_HAS_WAITERS, end)
      if result == Host.EAGAIN { continue }
      guard result == Host.EINTR else { return result }
      guard case .relative = timeout, case .absolute(let time, _) = end else { return Restart.ifActionSaysSo }
      let start = UInt(MemoryLayout<_umtx_time>.size)
      if size >= start + UInt(MemoryLayout<timespec>.size), let now = read(clock: CLOCK_MONOTONIC) {
        guard store(time - now, at: address &+ start) else { return Host.EFAULT }
      }
      return result
    }
  }

  /// `UMTX_OP_SEM2_WAKE`: wakes a sleeper, if there is one; for the last the bit is taken back.
  ///
  /// - Errors: `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_sem2_wake`.
  static func wakeSemaphore(_ sem: UInt) -> Int {
    guard let flags = GuestWord(sem &+ Usem2Offset.flags).load() else { return Host.EFAULT }
    let futex = Futex(sem &+ Usem2Offset.count, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let sleepers = futex.sleepers
    if sleepers == 0 { return 0 }
    if sleepers == 1 {
      guard futex.word.update({ $0 & ~USEM_HAS_WAITERS }) != nil else { return Host.EFAULT }
    }
    futex.wake(1)
    if sleepers == 1 && futex.sleepers > 0 {
      // Another fell asleep just before the bit was taken, relying on it.
      guard let count = futex.word.update({ $0 | USEM_HAS_WAITERS }) else { return Host.EFAULT }
      if count & USEM_MAX_COUNT != 0 { futex.wake(1) }
    }
    return 0
  }

  /// `UMTX_OP_SEM_WAIT`, the form of FreeBSD 9: a flag and the count are words of their own. The flag is never taken
  /// back, so that no post can overlook a waiter that has not fallen asleep yet.
  ///
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_sem_wait`.
  static func waitSemaphore1(_ t: Thread, _ sem: UInt, _ timeout: Timeout) -> Int {
    guard let flags = GuestWord(sem &+ UsemOffset.flags).load() else { return Host.EFAULT }
    guard GuestWord(sem &+ UsemOffset.hasWaiters).exchange(0, 1) != nil else { return Host.EFAULT }
    let result = Futex(sem &+ UsemOffset.count, isShared: flags & USYNC_PROCESS_SHARED != 0).wait(t, while: 0, timeout)
    if result == Host.EAGAIN { return 0 }
    if case .relative = timeout { return result }
    return result == Host.EINTR ? Restart.ifActionSaysSo : result
  }

  /// `UMTX_OP_SEM_WAKE`: wakes a sleeper of the form of FreeBSD 9.
  ///
  /// - Errors: `EFAULT`.
  static func wakeSemaphore1(_ sem: UInt) -> Int {
    guard let flags = GuestWord(sem &+ UsemOffset.flags).load() else { return Host.EFAULT }
    return min(0, Futex(sem &+ UsemOffset.count, isShared: flags & USYNC_PROCESS_SHARED != 0).wake(1))
  }
}
