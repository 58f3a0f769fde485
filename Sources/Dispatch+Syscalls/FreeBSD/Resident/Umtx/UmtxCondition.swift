import CPicoABI

/// Condition variables. The guest looks at the first word only for whether it is zero: nobody to signal.
extension FreeBSD {
  /// `UMTX_OP_CV_WAIT`: gives a mutex up and sleeps until signalled, as one step. The mutex is not locked again here.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for a time or a clock that is none; what unlocking says; `ETIMEDOUT`; `EINTR` for any
  ///   signal.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_cv_wait`.
  static func waitCondition(_ t: Thread, _ cv: UInt, mutex: UInt, timeoutAt address: UInt, flags: UInt) -> Int {
    var error = 0
    var time = timespec()
    if address != 0 {
      guard let wanted = copyInTimeout(address, &error) else { return error }
      time = wanted
    }
    guard let kind = GuestWord(cv &+ UcondOffset.flags).load() else { return Host.EFAULT }
    var clock = UInt32(CLOCK_REALTIME)
    if flags & CVWAIT_CLOCKID != 0 {
      guard let wanted = GuestWord(cv &+ UcondOffset.clock).load() else { return Host.EFAULT }
      guard wanted < UInt32(CLOCK_THREAD_CPUTIME_ID) else { return Host.EINVAL }
      clock = wanted
    }
    var timeout = Timeout.never
    if address != 0 {
      timeout =
        flags & CVWAIT_ABSTIME != 0 ? absolute(time, Int32(clock), &error) : Timeout.relative(time).fixed()
      if error != 0 { return error }
    }
    if kind & USYNC_PROCESS_SHARED != 0 { return waitSharedCondition(t, cv, mutex: mutex, timeout) }

    guard let queue = ConditionQueue(t, cv) else { return Host.ENOMEM }
    let hasWaiters = GuestWord(cv &+ UcondOffset.hasWaiters)
    queue.acquire()
    queue.append(t)
    if hasWaiters.load() == 0 { _ = hasWaiters.store(1) }
    queue.release()
    var result = unlockUmutex(t, mutex, ownerDied: false)
    if result == 0 { result = ConditionQueue.sleep(t, timeout.fixed()) }
    queue.acquire()
    if ConditionQueue.isWoken(t) {
      result = 0
    } else {
      queue.remove(t)
      if queue.count == 0 { _ = hasWaiters.store(0) }
    }
    queue.release()
    return result
  }

  /// `UMTX_OP_CV_SIGNAL` and `UMTX_OP_CV_BROADCAST`: wakes whoever has waited longest, or all.
  ///
  /// - Errors: `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_cv_signal`, `do_cv_broadcast`.
  static func signalCondition(_ t: Thread, _ cv: UInt, everyone: Bool) -> Int {
    guard let kind = GuestWord(cv &+ UcondOffset.flags).load() else { return Host.EFAULT }
    if kind & USYNC_PROCESS_SHARED != 0 { return signalSharedCondition(cv, everyone: everyone) }
    guard let queue = ConditionQueue(t, cv) else { return Host.ENOMEM }
    queue.acquire()
    defer { queue.release() }
    if everyone {
      while queue.wakeFirst() {}
    } else if queue.count > 1 {
      _ = queue.wakeFirst()
      return 0
    } else {
      _ = queue.wakeFirst()
    }
    return GuestWord(cv &+ UcondOffset.hasWaiters).store(0) ? 0 : Host.EFAULT
  }

  // MARK: Between processes

  /// Waits on a condition variable that other processes know too. Its spare word counts signals, and a waiter sleeps
  /// while that is as it was before it gave the mutex up; its first word counts waiters.
  private static func waitSharedCondition(_ t: Thread, _ cv: UInt, mutex: UInt, _ timeout: Timeout) -> Int {
    let futex = Futex(cv &+ UcondOffset.spare, isShared: true)
    let waiters = GuestWord(cv &+ UcondOffset.hasWaiters)
    guard let signals = futex.word.load(), waiters.update({ $0 &+ 1 }) != nil else { return Host.EFAULT }
    var result = unlockUmutex(t, mutex, ownerDied: false)
    if result == 0 {
      result = futex.wait(t, while: signals, timeout)
      // Whoever woke it has counted it out.
      if result == 0 { return 0 }
      if result == Host.EAGAIN { result = 0 }
    }
    waiters.update { $0 == 0 ? 0 : $0 &- 1 }
    return result
  }

  private static func signalSharedCondition(_ cv: UInt, everyone: Bool) -> Int {
    let futex = Futex(cv &+ UcondOffset.spare, isShared: true)
    guard futex.word.update({ $0 &+ 1 }) != nil else { return Host.EFAULT }
    let woken = UInt32(truncatingIfNeeded: max(0, futex.wake(everyone ? Int32.max : 1)))
    if woken == 0 { return 0 }
    let waiters = GuestWord(cv &+ UcondOffset.hasWaiters)
    return waiters.update { $0 > woken ? $0 &- woken : 0 } == nil ? Host.EFAULT : 0
  }
}
