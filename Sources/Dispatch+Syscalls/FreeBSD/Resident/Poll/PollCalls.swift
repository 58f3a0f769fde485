import CPicoEntry

extension FreeBSD {
  /// `poll(2)`; `timeout` in milliseconds, -1 (`INFTIM`) for ever.
  ///
  /// - Errors: `EINVAL` for another negative time; `EFAULT`; `EINVAL` for more entries than there can be descriptors;
  ///   `EINTR`, never made again.
  /// - Differs: a stream socket that was never connected is hung up and writable at once, as the host has it.
  /// - Source: FreeBSD 14 `sys/kern/sys_generic.c`, `kern_poll`.
  static func poll(_ t: Thread, _ fds: UInt, _ nfds: UInt32, _ timeout: Int32) -> Int {
    if timeout < -1 { return HostError.EINVAL }
    var time: Timespec?
    if timeout >= 0 { time = Timespec(Int64(timeout / 1000), Int64(timeout % 1000) * 1_000_000) }
    return poll(t, fds, nfds, time, nil)
  }

  /// `ppoll(2)`.
  ///
  /// - Errors: `EFAULT` for time or set; `EINVAL` for a time out of range; as `poll`.
  static func ppoll(_ t: Thread, _ fds: UInt, _ nfds: UInt32, _ ts: UInt, _ set: UInt) -> Int {
    var time: Timespec?
    if ts != 0 {
      guard let given = load(ts, as: Timespec.self) else { return HostError.EFAULT }
      guard isWaitingTime(given) else { return HostError.EINVAL }
      time = given
    }
    var mask: UInt64?
    if set != 0 {
      guard let given = load(set, as: SignalSet.self) else { return HostError.EFAULT }
      mask = hostMask(given)
    }
    return poll(t, fds, nfds, time, mask)
  }

  /// Whether a time to wait is one at all.
  static func isWaitingTime(_ time: Timespec) -> Bool {
    time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1_000_000_000
  }

  /// Entries that are kept on the stack.
  private static let fewEntries = 64

  private static func poll(_ t: Thread, _ fds: UInt, _ nfds: UInt32, _ time: Timespec?, _ mask: UInt64?) -> Int {
    let count = Int(nfds)
    if count > 1 << 20 { return HostError.EINVAL }
    if count > fewEntries {
      let bytes = (count * 8 + 4095) & ~4095
      guard let pages = allocatePages(bytes: bytes) else { return HostError.ENOMEM }
      defer { freePages(pages, bytes: bytes) }
      return poll(t, fds, count, pages.assumingMemoryBound(to: pollfd.self), time, mask)
    }
    var few = [64 of UInt64](repeating: 0)
    return withUnsafeMutablePointer(to: &few) {
      poll(t, fds, count, UnsafeMutableRawPointer($0).assumingMemoryBound(to: pollfd.self), time, mask)
    }
  }

  private static func poll(
    _ t: Thread, _ fds: UInt, _ count: Int, _ entries: UnsafeMutablePointer<pollfd>, _ time: Timespec?, _ mask: UInt64?
  ) -> Int {
    guard copyIn(entries, from: fds, count: count * 8) else { return HostError.EFAULT }
    let haveKqueues = Kqueues.haveAny(t)
    for index in 0..<count {
      if haveKqueues && entries[index].fd >= 0 { Kqueues.watch(t, entries[index].fd) }
      entries[index].events = hostPollEvents(entries[index].events)
      entries[index].revents = 0
    }
    let result = wait(t, time, mask) { time, mask in
      t.blocking(HostPoll.ppoll, UInt(bitPattern: entries), UInt(bitPattern: count), time, mask, 8)
    }
    if result < 0 { return result }
    for index in 0..<count {
      // Only the answers: the guest may be changing its questions already.
      let answer = guestPollEvents(entries[index].revents)
      guard store(answer, at: fds &+ UInt(bitPattern: index * 8 + 6)) else { return HostError.EFAULT }
    }
    return result
  }

  /// Makes a host call that takes a time and a mask, 0 for none. The host writes the time that is left over the first:
  /// the guest never sees that.
  static func wait(_ t: Thread, _ time: Timespec?, _ mask: UInt64?, _ body: (UInt, UInt) -> Int) -> Int {
    var left = time ?? Timespec()
    var waited = mask.map { t.waitWithMask($0) } ?? 0
    return withUnsafeMutablePointer(to: &left) { left in
      withUnsafeMutablePointer(to: &waited) { waited in
        while true {
          let result = body(time == nil ? 0 : UInt(bitPattern: left), mask == nil ? 0 : UInt(bitPattern: waited))
          // Interrupted without a signal for the guest: stopped and continued.
          if result != HostError.EINTR || t.pointee.pending != 0 { return result }
        }
      }
    }
  }

  /// Host system calls of poll and select.
  enum HostPoll {
    static let pselect6 = 270
    static let ppoll = 271
  }
}
