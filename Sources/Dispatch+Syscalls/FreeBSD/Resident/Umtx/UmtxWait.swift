import CPicoABI

/// Plain waiting and waking by address.
///
/// The private operations are private futexes. The others go by whether memory is shared, which a futex that is not
/// private finds out by itself; but such a one does not meet a private one at the same address. So the process
/// notes which kinds of wait it has made, and a wake looks after both kinds once both have been seen.
extension FreeBSD {
  private static let privateWaits: UInt64 = 1
  private static let otherWaits: UInt64 = 2
  private static let hostFutexWaitv = 449

  /// Notes a kind of wait, before the wait looks at the word.
  private static func note(_ t: Thread, _ kind: UInt64) {
    let kinds = processWord(t, UmtxWord.waitKinds)
    if pico_load64(kinds) & kind == 0 { _ = pico_or64(kinds, kind) }
  }

  /// `UMTX_OP_WAIT_UINT` and its private form: sleeps while a 32-bit word holds `value`.
  ///
  /// - Returns: 0, also when the word holds something else.
  /// - Errors: `EFAULT`, `ETIMEDOUT`, `EINTR` for any signal.
  static func waitUInt(_ t: Thread, _ address: UInt, _ value: UInt, _ timeout: Timeout, isPrivate: Bool) -> Int {
    let futex = Futex(address, isShared: !isPrivate)
    guard value <= UInt(UInt32.max) else { return futex.word.load() == nil ? Host.EFAULT : 0 }
    note(t, isPrivate ? privateWaits : otherWaits)
    let result = futex.wait(t, while: UInt32(value), timeout)
    return result == Host.EAGAIN ? 0 : result
  }

  /// One word of a wait on several.
  private struct WaitWord: BitwiseCopyable {
    var value: UInt64
    var address: UInt64
    var flags: UInt32 = 2  // FUTEX2_SIZE_U32
    var reserved: UInt32 = 0
  }

  /// `UMTX_OP_WAIT`: sleeps while a 64-bit word holds `value`. The host looks at both halves before it sleeps, so a
  /// change of either is seen.
  ///
  /// - Errors: as for `waitUInt`.
  static func waitLong(_ t: Thread, _ address: UInt, _ value: UInt, _ timeout: Timeout) -> Int {
    guard let now = load(address, as: UInt.self) else { return Host.EFAULT }
    if now != value { return 0 }
    note(t, otherWaits)
    let end = timeout.fixed()
    var words: (WaitWord, WaitWord) = (
      WaitWord(value: UInt64(UInt32(truncatingIfNeeded: value)), address: UInt64(address)),
      WaitWord(value: UInt64(value >> 32), address: UInt64(address &+ 4))
    )
    let result = withUnsafeMutablePointer(to: &words) { words in
      guard case .absolute(let time, let clock) = end else {
        return t.blocking(hostFutexWaitv, UInt(bitPattern: words), 2, 0, 0, 1)
      }
      return withUnsafePointer(to: time) {
        t.blocking(hostFutexWaitv, UInt(bitPattern: words), 2, 0, UInt(bitPattern: $0), clock)
      }
    }
    if result == Host.ENOSYS { return waitLongInSlices(t, address, value, end) }
    return result == Host.EAGAIN || result > 0 ? 0 : result
  }

  /// The same on a host without futex_waitv (before Linux 5.16): a change of the upper half alone is seen a hundredth
  /// of a second late.
  private static func waitLongInSlices(_ t: Thread, _ address: UInt, _ value: UInt, _ end: Timeout) -> Int {
    let futex = Futex(address, isShared: true)
    while true {
      guard let now = load(address, as: UInt.self) else { return Host.EFAULT }
      if now != value { return 0 }
      var slice = timespec(tv_nsec: 10_000_000)
      var isLast = false
      if case .absolute(let time, let clock) = end, let now = read(clock: clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC)
      {
        let left = time - now
        if left.tv_sec == 0 && left.tv_nsec <= slice.tv_nsec {
          slice = left
          isLast = true
        }
      }
      let result = futex.wait(t, while: UInt32(truncatingIfNeeded: value), .relative(slice))
      if result == ETIMEDOUT && !isLast { continue }
      return result == Host.EAGAIN ? 0 : result
    }
  }

  /// `UMTX_OP_WAKE` and its private form: wakes up to `count` sleepers on a word, at least one.
  ///
  /// - Errors: `EFAULT` for shared memory that is not there.
  static func wake(_ t: Thread, _ address: UInt, _ count: Int32, isPrivate: Bool) -> Int {
    let count = max(1, count)
    // The addition is a barrier: the guest's change of the word comes before the look at the kinds.
    let kinds = pico_or64(processWord(t, UmtxWord.waitKinds), 0)
    let woken = Futex(address, isShared: !isPrivate).wake(count)
    if woken < 0 && !isPrivate && woken != Host.EFAULT { return woken }
    let sofar = Int32(truncatingIfNeeded: max(0, woken))
    if sofar < count && kinds & (isPrivate ? otherWaits : privateWaits) != 0 {
      Futex(address, isShared: isPrivate).wake(count &- sofar)
    }
    return woken < 0 ? woken : 0
  }

  /// `UMTX_OP_NWAKE_PRIVATE`: wakes all sleepers on each of `count` words, whose addresses stand at `addresses`.
  ///
  /// - Errors: `EFAULT` for the list; words before it have been woken.
  static func wakeAllOf(_ t: Thread, _ addresses: UInt, _ count: Int32) -> Int {
    var batch: [64 of UInt] = .init(repeating: 0)
    var done: UInt = 0
    var left = Int(max(0, count))
    while left > 0 {
      let size = min(left, 64)
      guard withUnsafeMutablePointer(to: &batch, { copyIn($0, from: addresses &+ done &* 8, count: size * 8) })
      else { return Host.EFAULT }
      for index in 0..<size { _ = wake(t, batch[index], Int32.max, isPrivate: true) }
      left -= size
      done &+= UInt(size)
    }
    return 0
  }
}
