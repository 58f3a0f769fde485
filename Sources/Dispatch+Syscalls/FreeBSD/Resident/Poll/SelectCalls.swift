extension FreeBSD {
  /// `select(2)`. The time is not written back.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for a negative count or a time out of range; `EBADF` for a set bit whose descriptor is
  ///   not open; `EINTR`, never made again.
  /// - Source: FreeBSD 14 `sys/kern/sys_generic.c`, `kern_select`.
  static func select(_ t: Thread, _ nd: Int32, _ in: UInt, _ ou: UInt, _ ex: UInt, _ tv: UInt) -> Int {
    var time: Timespec?
    if tv != 0 {
      guard let given = load(tv, as: Timespec.self) else { return HostError.EFAULT }  // microseconds
      guard given.tv_sec >= 0, given.tv_nsec >= 0, given.tv_nsec < 1_000_000 else { return HostError.EINVAL }
      time = Timespec(given.tv_sec, given.tv_nsec * 1000)
    }
    return select(t, nd, `in`, ou, ex, time, nil)
  }

  /// `pselect(2)`.
  ///
  /// - Errors: `EFAULT` for time or set; as `select`.
  static func pselect(_ t: Thread, _ nd: Int32, _ in: UInt, _ ou: UInt, _ ex: UInt, _ ts: UInt, _ sm: UInt) -> Int {
    var time: Timespec?
    if ts != 0 {
      guard let given = load(ts, as: Timespec.self) else { return HostError.EFAULT }
      guard isWaitingTime(given) else { return HostError.EINVAL }
      time = given
    }
    var mask: UInt64?
    if sm != 0 {
      guard let given = load(sm, as: SignalSet.self) else { return HostError.EFAULT }
      mask = hostMask(given)
    }
    return select(t, nd, `in`, ou, ex, time, mask)
  }

  private static func select(
    _ t: Thread, _ nd: Int32, _ in: UInt, _ ou: UInt, _ ex: UInt, _ time: Timespec?, _ mask: UInt64?
  ) -> Int {
    if nd < 0 { return HostError.EINVAL }
    if Kqueues.haveAny(t) { Kqueues.watch(t, set: `in`, below: nd) }
    return wait(t, time, mask) { time, mask in
      // The sixth argument is a pair of the mask's address and size.
      var pair: (UInt, UInt) = (mask, 8)
      return withUnsafePointer(to: &pair) {
        t.blocking(HostPoll.pselect6, word(nd), `in`, ou, ex, time, UInt(bitPattern: $0))
      }
    }
  }
}
