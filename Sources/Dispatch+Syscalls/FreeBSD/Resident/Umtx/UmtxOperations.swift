import CPicoABI

extension FreeBSD {
  /// `_umtx_op(2)`: what the thread library and Go's scheduler wait and wake with.
  ///
  /// `uaddr2` points to a time that ends the wait, of `uaddr1` bytes.
  ///
  /// - Errors: `EINVAL` for an unknown operation or a time that is none, `EFAULT`, `EOPNOTSUPP` for the retired
  ///   operations 0 and 1 and for objects of 32-bit programs; then the operation's own.
  /// - Differs: mutexes do not change anybody's priority; `UMTX_OP_SET_MIN_TIMEOUT` is kept and has no effect.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`.
  static func _umtx_op(_ t: Thread, _ obj: UInt, _ op: Int32, _ value: UInt64, _ uaddr1: UInt, _ uaddr2: UInt) -> Int {
    let val = UInt(value)
    var error = 0
    switch op {
    case UMTX_OP_WAIT_UINT_PRIVATE, UMTX_OP_WAIT_UINT, UMTX_OP_WAIT:
      let timeout = copyInUmtxTime(uaddr2, size: uaddr1, &error)
      if error != 0 { return error }
      if op == UMTX_OP_WAIT { return waitLong(t, obj, val, timeout) }
      return waitUInt(t, obj, val, timeout, isPrivate: op == UMTX_OP_WAIT_UINT_PRIVATE)
    case UMTX_OP_WAKE_PRIVATE, UMTX_OP_WAKE:
      return wake(t, obj, Int32(truncatingIfNeeded: val), isPrivate: op == UMTX_OP_WAKE_PRIVATE)
    case UMTX_OP_NWAKE_PRIVATE: return wakeAllOf(t, obj, Int32(truncatingIfNeeded: val))
    case UMTX_OP_MUTEX_TRYLOCK: return lockUmutex(t, obj, .never, .attempt)
    case UMTX_OP_MUTEX_LOCK, UMTX_OP_MUTEX_WAIT:
      let timeout = copyInUmtxTime(uaddr2, size: uaddr1, &error)
      if error != 0 { return error }
      return lockUmutex(t, obj, timeout, op == UMTX_OP_MUTEX_WAIT ? .wait : .lock)
    case UMTX_OP_MUTEX_UNLOCK: return unlockUmutex(t, obj, ownerDied: false)
    case UMTX_OP_MUTEX_WAKE: return wakeUmutex(t, obj)
    case UMTX_OP_MUTEX_WAKE2: return wakeUmutex(obj, flags: UInt32(truncatingIfNeeded: val))
    case UMTX_OP_SET_CEILING: return setCeiling(t, obj, UInt32(truncatingIfNeeded: val), formerAt: uaddr1)
    case UMTX_OP_CV_WAIT: return waitCondition(t, obj, mutex: uaddr1, timeoutAt: uaddr2, flags: val)
    case UMTX_OP_CV_SIGNAL: return signalCondition(t, obj, everyone: false)
    case UMTX_OP_CV_BROADCAST: return signalCondition(t, obj, everyone: true)
    case UMTX_OP_RW_RDLOCK, UMTX_OP_RW_WRLOCK:
      let timeout = copyInUmtxTime(uaddr2, size: uaddr1, &error)
      if error != 0 { return error }
      return op == UMTX_OP_RW_RDLOCK
        ? lockForReading(t, obj, UInt32(truncatingIfNeeded: val), timeout) : lockForWriting(t, obj, timeout)
    case UMTX_OP_RW_UNLOCK: return unlockReadWrite(obj)
    case UMTX_OP_SEM_WAIT, UMTX_OP_SEM2_WAIT:
      let timeout = copyInUmtxTime(uaddr2, size: uaddr1, &error)
      if error != 0 { return error }
      if op == UMTX_OP_SEM_WAIT { return waitSemaphore1(t, obj, timeout) }
      return waitSemaphore(t, obj, timeout, timeAt: uaddr2, size: uaddr1)
    case UMTX_OP_SEM_WAKE: return wakeSemaphore1(obj)
    case UMTX_OP_SEM2_WAKE: return wakeSemaphore(obj)
    case UMTX_OP_ROBUST_LISTS: return setRobustLists(t, uaddr1, val)
    case UMTX_OP_GET_MIN_TIMEOUT:
      return store(processWord(t, UmtxWord.minimumTimeout).pointee, at: uaddr1) ? 0 : Host.EFAULT
    case UMTX_OP_SET_MIN_TIMEOUT:
      guard val <= UInt(Int.max) else { return Host.EINVAL }
      processWord(t, UmtxWord.minimumTimeout).pointee = UInt64(val)
      return 0
    case UMTX_OP_SHM: return sharedPage(t, uaddr1, val)
    case 0, 1: return guestError(45)  // EOPNOTSUPP
    default: return op & (UMTX_OP__I386 | UMTX_OP__32BIT) != 0 ? guestError(45) : Host.EINVAL
    }
  }
}
