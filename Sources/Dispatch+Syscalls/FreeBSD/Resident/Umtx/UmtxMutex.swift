import CPicoABI

/// Mutexes. The owner word is the lock: a thread id, the bit `UMUTEX_CONTESTED`, and two values of robust mutexes.
///
/// Locks and unlocks without contention are made by the guest alone. Who wants to sleep first sets the contested bit,
/// and sleeps only while the word still holds owner and bit; so whoever unlocks sees the bit and comes here to wake.
extension FreeBSD {
  enum LockMode {
    case lock, attempt, wait
  }

  static let EBUSY = -16
  private static let EDEADLK = -35
  private static let ENOTRECOVERABLE = guestError(95)
  private static let EOWNERDEAD = guestError(96)

  /// The caller's thread id, as it stands in the owner word.
  private static func owner(_ t: Thread) -> UInt32 { t.pointee.tid }

  /// `UMTX_OP_MUTEX_LOCK`, `_TRYLOCK` and `_WAIT`: locks a mutex, tries to, or waits until it might be locked.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for both priority protocols at once; `EBUSY` from an attempt; `EOWNERDEAD` when the
  ///   owner of a robust mutex has died (the mutex is locked), `ENOTRECOVERABLE`, `EDEADLK`, `ETIMEDOUT`, `EINTR`.
  ///   Without a time a signal does not end it: locking is always made again, waiting as the action says.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_lock_umutex`.
  static func lockUmutex(_ t: Thread, _ m: UInt, _ timeout: Timeout, _ mode: LockMode) -> Int {
    guard let flags = GuestWord(m &+ UmutexOffset.flags).load() else { return Host.EFAULT }
    let result: Int
    switch flags & (UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT) {
    case 0: result = lockNormal(t, m, flags, timeout.fixed(), mode)
    case UMUTEX_PRIO_INHERIT: result = lockNormal(t, m, flags, timeout.fixed(), mode == .wait ? .attempt : mode)
    case UMUTEX_PRIO_PROTECT: result = lockProtected(t, m, flags, timeout.fixed(), mode)
    default: return Host.EINVAL
    }
    guard result == Host.EINTR && timeout.isNever else { return result }
    return mode == .wait ? Restart.ifActionSaysSo : Restart.always
  }

  private static func lockNormal(_ t: Thread, _ m: UInt, _ flags: UInt32, _ timeout: Timeout, _ mode: LockMode) -> Int {
    let futex = Futex(m &+ UmutexOffset.owner, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let id = owner(t)
    // The host's thread numbers begin at 1, so threads 16 and 17 that own a contested mutex look like a dead owner and
    // a lost mutex. Only a robust one can be that.
    let isRobust = flags & UMUTEX_ROBUST != 0
    var failure = 0
    while true {
      guard let owner = futex.word.load() else { return Host.EFAULT }
      switch isRobust || owner & ~UMUTEX_CONTESTED == 0 ? owner : 1 {
      case UMUTEX_UNOWNED, UMUTEX_CONTESTED, UMUTEX_RB_OWNERDEAD:
        if mode == .wait { return 0 }
        // A dead owner may have left sleepers; so may whoever unlocked a contested mutex.
        let mine = owner == UMUTEX_UNOWNED ? id : id | UMUTEX_CONTESTED
        guard let found = futex.word.exchange(owner, mine) else { return Host.EFAULT }
        if found == owner { return owner == UMUTEX_RB_OWNERDEAD ? EOWNERDEAD : 0 }
        continue
      case UMUTEX_RB_NOTRECOV:
        return mode == .wait ? 0 : ENOTRECOVERABLE
      default:
        break
      }
      if flags & UMUTEX_PRIO_INHERIT != 0 && owner & ~UMUTEX_CONTESTED == id { return EDEADLK }
      if mode == .attempt { return EBUSY }
      if failure != 0 { return failure }
      if owner & UMUTEX_CONTESTED == 0 {
        guard let found = futex.word.exchange(owner, owner | UMUTEX_CONTESTED) else { return Host.EFAULT }
        if found != owner { continue }
      }
      failure = futex.wait(t, while: owner | UMUTEX_CONTESTED, timeout)
      if failure == Host.EAGAIN { failure = 0 }
    }
  }

  /// `UMTX_OP_MUTEX_UNLOCK`: unlocks a mutex the caller owns and wakes a sleeper.
  ///
  /// - Parameter ownerDied: whether the owner ends without having unlocked it.
  /// - Errors: `EFAULT`; `EPERM` for somebody else's mutex; `EINVAL` for both priority protocols at once, or a ceiling
  ///   that is none.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_unlock_umutex`.
  static func unlockUmutex(_ t: Thread, _ m: UInt, ownerDied: Bool) -> Int {
    guard let flags = GuestWord(m &+ UmutexOffset.flags).load() else { return Host.EFAULT }
    let unlocked =
      ownerDied ? UMUTEX_RB_OWNERDEAD : flags & UMUTEX_NONCONSISTENT != 0 ? UMUTEX_RB_NOTRECOV : UMUTEX_UNOWNED
    switch flags & (UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT) {
    case 0, UMUTEX_PRIO_INHERIT: break
    case UMUTEX_PRIO_PROTECT: return unlockProtected(t, m, flags, unlocked)
    default: return Host.EINVAL
    }
    let word = GuestWord(m &+ UmutexOffset.owner)
    let id = owner(t)
    while true {
      guard let owner = word.load() else { return Host.EFAULT }
      guard owner & ~UMUTEX_CONTESTED == id else { return Host.EPERM }
      guard let found = word.exchange(owner, unlocked) else { return Host.EFAULT }
      if found == owner { return owner & UMUTEX_CONTESTED == 0 ? 0 : wakeUmutex(m, flags: flags) }
    }
  }

  /// `UMTX_OP_MUTEX_WAKE2`: the guest has unlocked a contested mutex, which took the contested bit away. Sets the bit
  /// again if more than one sleeps, and wakes one if the mutex is free.
  ///
  /// The mutex's memory may be something else already if nobody sleeps on it: then it is not touched.
  ///
  /// - Errors: `EINVAL` for both priority protocols at once, `EFAULT`.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_wake2_umutex`.
  static func wakeUmutex(_ m: UInt, flags: UInt32) -> Int {
    let protocols = UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT
    guard flags & protocols != protocols else { return Host.EINVAL }
    let futex = Futex(m &+ UmutexOffset.owner, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let sleepers = futex.sleepers
    guard var owner = futex.word.load() else {
      futex.wake(Int32.max)
      return Host.EFAULT
    }
    while owner & UMUTEX_CONTESTED == 0 && (sleepers > 1 || (sleepers == 1 && owner != UMUTEX_UNOWNED)) {
      guard let found = futex.word.exchange(owner, owner | UMUTEX_CONTESTED) else {
        futex.wake(Int32.max)
        return Host.EFAULT
      }
      if found == owner {
        owner |= UMUTEX_CONTESTED
        break
      }
      owner = found
    }
    if sleepers == 0 { return 0 }
    switch owner {
    case UMUTEX_UNOWNED, UMUTEX_CONTESTED, UMUTEX_RB_OWNERDEAD: futex.wake(1)
    // Nobody will ever unlock it again: all that sleep must be told.
    case UMUTEX_RB_NOTRECOV: futex.wake(Int32.max)
    default: break
    }
    return 0
  }

  /// `UMTX_OP_MUTEX_WAKE`, the retired form: the guest has unlocked a mutex and left the contested bit.
  ///
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_wake_umutex`.
  static func wakeUmutex(_ t: Thread, _ m: UInt) -> Int {
    let word = GuestWord(m &+ UmutexOffset.owner)
    guard let owner = word.load() else { return Host.EFAULT }
    switch owner {
    case UMUTEX_UNOWNED, UMUTEX_CONTESTED, UMUTEX_RB_OWNERDEAD, UMUTEX_RB_NOTRECOV: break
    default: return 0
    }
    guard let flags = GuestWord(m &+ UmutexOffset.flags).load() else { return Host.EFAULT }
    if owner == UMUTEX_CONTESTED {
      guard word.exchange(UMUTEX_CONTESTED, UMUTEX_UNOWNED) != nil else { return Host.EFAULT }
    }
    return wakeUmutex(m, flags: flags & (UMUTEX_ROBUST | USYNC_PROCESS_SHARED))
  }

  // MARK: Priority ceilings

  private static func lockProtected(
    _ t: Thread, _ m: UInt, _ flags: UInt32, _ timeout: Timeout, _ mode: LockMode
  ) -> Int {
    guard let ceiling = GuestWord(m &+ UmutexOffset.ceiling).load() else { return Host.EFAULT }
    guard ceiling <= RTP_PRIO_MAX else { return Host.EINVAL }
    let futex = Futex(m &+ UmutexOffset.owner, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let mine = owner(t) | UMUTEX_CONTESTED
    let isRobust = flags & UMUTEX_ROBUST != 0
    var failure = 0
    while true {
      // Such a mutex is contested even while it is free: the guest has to come here for its priority's sake.
      guard let owner = futex.word.exchange(UMUTEX_CONTESTED, mine) else { return Host.EFAULT }
      if owner == UMUTEX_CONTESTED { return 0 }
      if owner == UMUTEX_RB_OWNERDEAD && isRobust {
        guard let found = futex.word.exchange(owner, mine) else { return Host.EFAULT }
        if found == owner { return EOWNERDEAD }
        continue
      }
      if owner == UMUTEX_RB_NOTRECOV && isRobust { return ENOTRECOVERABLE }
      if mode != .lock { return EBUSY }
      if failure != 0 { return failure }
      failure = futex.wait(t, while: owner, timeout)
      if failure == Host.EAGAIN { failure = 0 }
    }
  }

  private static func unlockProtected(_ t: Thread, _ m: UInt, _ flags: UInt32, _ unlocked: UInt32) -> Int {
    let futex = Futex(m &+ UmutexOffset.owner, isShared: flags & USYNC_PROCESS_SHARED != 0)
    guard let owner = futex.word.load() else { return Host.EFAULT }
    guard owner & ~UMUTEX_CONTESTED == self.owner(t) else { return Host.EPERM }
    guard let former = GuestWord(m &+ UmutexOffset.formerCeiling).load() else { return Host.EFAULT }
    guard former == UInt32.max || former <= RTP_PRIO_MAX else { return Host.EINVAL }
    guard futex.word.store(unlocked | UMUTEX_CONTESTED) else { return Host.EFAULT }
    futex.wake(unlocked == UMUTEX_RB_NOTRECOV ? Int32.max : 1)
    return 0
  }

  /// `UMTX_OP_SET_CEILING`: waits for a mutex with a priority ceiling and changes that.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for another kind of mutex or a priority that is none; `EOWNERDEAD`,
  ///   `ENOTRECOVERABLE`; a signal has it made again as its action says.
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `do_set_ceiling`.
  static func setCeiling(_ t: Thread, _ m: UInt, _ ceiling: UInt32, formerAt address: UInt) -> Int {
    guard let flags = GuestWord(m &+ UmutexOffset.flags).load() else { return Host.EFAULT }
    guard flags & UMUTEX_PRIO_PROTECT != 0, ceiling <= RTP_PRIO_MAX else { return Host.EINVAL }
    let futex = Futex(m &+ UmutexOffset.owner, isShared: flags & USYNC_PROCESS_SHARED != 0)
    let word = GuestWord(m &+ UmutexOffset.ceiling)
    let id = owner(t)
    var failure = 0
    while true {
      guard let former = word.load(), let owner = futex.word.exchange(UMUTEX_CONTESTED, id | UMUTEX_CONTESTED)
      else { return Host.EFAULT }
      if owner == UMUTEX_CONTESTED || owner & ~UMUTEX_CONTESTED == id {
        let isStored = word.store(ceiling)
        let isFreed = owner != UMUTEX_CONTESTED || futex.word.store(UMUTEX_CONTESTED)
        futex.wake(Int32.max)
        guard isStored, isFreed, address == 0 || GuestWord(address).store(former) else { return Host.EFAULT }
        return 0
      }
      if owner == UMUTEX_RB_OWNERDEAD && flags & UMUTEX_ROBUST != 0 { return EOWNERDEAD }
      if owner == UMUTEX_RB_NOTRECOV && flags & UMUTEX_ROBUST != 0 { return ENOTRECOVERABLE }
      if failure != 0 { return failure == Host.EINTR ? Restart.ifActionSaysSo : failure }
      failure = futex.wait(t, while: owner, .never)
      if failure == Host.EAGAIN { failure = 0 }
    }
  }
}
