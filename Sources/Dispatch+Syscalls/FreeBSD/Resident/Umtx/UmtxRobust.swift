import CPicoABI

/// Robust mutexes: those that survive the end of the thread that owns them.
extension FreeBSD {
  private static let mostRobustMutexes = 1000

  private static func robustLists(_ t: Thread) -> UnsafeMutablePointer<UInt64> { threadWord(t, UmtxWord.robustLists) }

  /// `UMTX_OP_ROBUST_LISTS`: says where the caller keeps its lists of robust mutexes.
  ///
  /// - Errors: `EINVAL` for a size beyond the structure's, `EFAULT`.
  static func setRobustLists(_ t: Thread, _ address: UInt, _ size: UInt) -> Int {
    var lists = umtx_robust_lists_params()
    guard size <= UInt(MemoryLayout<umtx_robust_lists_params>.size) else { return Host.EINVAL }
    guard withUnsafeMutablePointer(to: &lists, { copyIn($0, from: address, count: Int(size)) })
    else { return Host.EFAULT }
    let words = robustLists(t)
    words[0] = UInt64(lists.robust_list_offset)
    words[1] = UInt64(lists.robust_priv_list_offset)
    words[2] = UInt64(lists.robust_inact_offset)
    words[3] = UInt64(t.pointee.tid)
    return 0
  }

  /// Gives the robust mutexes of an ending thread to whoever waits for them, who learns that the owner died. To be
  /// called before the thread's memory may go, and before exec.
  ///
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `umtx_thread_cleanup`.
  static func umtxThreadExit(_ t: Thread) {
    let words = robustLists(t)
    // A new thread, or the only one after a fork, begins with a copy of its creator's words: not its own.
    guard words[3] == UInt64(t.pointee.tid) else { return }
    words[3] = 0
    var inactive: UInt = 0
    if words[2] != 0 { inactive = load(UInt(words[2]), as: UInt.self) ?? UInt(words[2]) }
    freeRobustMutexes(t, UInt(words[0]), &inactive)
    freeRobustMutexes(t, UInt(words[1]), &inactive)
    if inactive != 0 { _ = freeRobustMutex(t, inactive, isInactive: true) }
  }

  private static func freeRobustMutexes(_ t: Thread, _ list: UInt, _ inactive: inout UInt) {
    guard list != 0, var mutex = load(list, as: UInt.self) else { return }
    var count = 0
    while mutex != 0 && count < mostRobustMutexes {
      let isInactive = mutex == inactive
      if isInactive { inactive = 0 }
      guard let next = freeRobustMutex(t, mutex, isInactive: isInactive) else { return }
      mutex = next
      count += 1
    }
  }

  /// Frees one mutex. Returns the next of its list; nil when the list cannot be trusted further.
  private static func freeRobustMutex(_ t: Thread, _ mutex: UInt, isInactive: Bool) -> UInt? {
    guard let owner = GuestWord(mutex &+ UmutexOffset.owner).load(),
      let flags = GuestWord(mutex &+ UmutexOffset.flags).load(),
      let next = load(mutex &+ UmutexOffset.robustLink, as: UInt.self), flags & UMUTEX_ROBUST != 0
    else { return nil }
    if owner & ~UMUTEX_CONTESTED != t.pointee.tid { return isInactive ? next : nil }
    return unlockUmutex(t, mutex, ownerDied: true) == 0 ? next : nil
  }
}
