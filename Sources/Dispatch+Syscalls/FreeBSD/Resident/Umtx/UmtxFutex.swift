import CPicoABI

/// Waiting on and waking guest words through the host's futexes.
extension FreeBSD {
  /// When a wait is to end.
  enum Timeout {
    case never
    /// After a time.
    case relative(timespec)
    /// When a host clock reaches a time: `CLOCK_REALTIME` 0, `CLOCK_MONOTONIC` 1.
    case absolute(timespec, clock: UInt)

    var isNever: Bool {
      if case .never = self { return true }
      return false
    }

    /// The same end as a point in time, for waits that may take several sleeps.
    func fixed() -> Timeout {
      guard case .relative(let time) = self else { return self }
      guard let now = FreeBSD.read(clock: CLOCK_MONOTONIC) else { return self }
      return .absolute(now + time, clock: 1)
    }
  }

  /// What is waited on: a word, and whether other processes may wait on it too.
  struct Futex {
    let word: GuestWord
    let isShared: Bool

    init(_ address: UInt, isShared: Bool) {
      word = GuestWord(address)
      self.isShared = isShared
    }

    private static let WAIT: UInt = 0
    private static let REQUEUE: UInt = 3
    private static let WAIT_BITSET: UInt = 9
    private static let WAKE_BITSET: UInt = 10
    private static let PRIVATE_FLAG: UInt = 128
    private static let CLOCK_REALTIME: UInt = 256
    static let everyone = UInt(UInt32.max)

    private var flag: UInt { isShared ? 0 : Self.PRIVATE_FLAG }

    /// Sleeps while the word holds `value`, until it is woken under one of `bits`.
    ///
    /// - Returns: 0 when woken; `-EAGAIN` when the word holds something else, `-ETIMEDOUT`, `-EINTR`, `-EFAULT`.
    func wait(_ t: Thread, while value: UInt32, _ timeout: Timeout, bits: UInt = everyone) -> Int {
      switch timeout {
      case .never:
        return t.blocking(Host.futex, word.address, Self.WAIT_BITSET | flag, UInt(value), 0, 0, bits)
      case .relative(let time):
        if bits != Self.everyone { return wait(t, while: value, timeout.fixed(), bits: bits) }
        return withUnsafePointer(to: time) {
          t.blocking(Host.futex, word.address, Self.WAIT | flag, UInt(value), UInt(bitPattern: $0))
        }
      case .absolute(let time, let clock):
        let operation = Self.WAIT_BITSET | flag | (clock == 0 ? Self.CLOCK_REALTIME : 0)
        return withUnsafePointer(to: time) {
          t.blocking(Host.futex, word.address, operation, UInt(value), UInt(bitPattern: $0), 0, bits)
        }
      }
    }

    /// Wakes up to `count` sleepers, those that have slept longest first. Returns how many; a negated host errno.
    @discardableResult
    func wake(_ count: Int32, bits: UInt = everyone) -> Int {
      host(Host.futex, word.address, Self.WAKE_BITSET | flag, UInt(count), 0, 0, bits)
    }

    /// How many sleep: moving all of them to the place where they are tells their number and wakes nobody.
    var sleepers: Int {
      max(0, host(Host.futex, word.address, Self.REQUEUE | flag, 0, UInt(Int32.max), word.address))
    }
  }

  static let ETIMEDOUT = -110

  /// Reads the `struct timespec` of a wait.
  ///
  /// - Returns: nil and sets `error` to `EFAULT` or `EINVAL`.
  static func copyInTimeout(_ address: UInt, _ error: inout Int) -> timespec? {
    guard let time = load(address, as: timespec.self) else {
      error = Host.EFAULT
      return nil
    }
    guard time.isNormal && time.tv_sec >= 0 else {
      error = Host.EINVAL
      return nil
    }
    return time
  }

  /// Reads the optional time of an operation: a `struct timespec`, or with a size beyond that a `struct _umtx_time`.
  ///
  /// - Source: FreeBSD 14 `sys/kern/kern_umtx.c`, `umtx_copyin_umtx_time`.
  static func copyInUmtxTime(_ address: UInt, size: UInt, _ error: inout Int) -> Timeout {
    if address == 0 { return .never }
    var time = _umtx_time()
    let bytes = size <= UInt(MemoryLayout<timespec>.size) ? MemoryLayout<timespec>.size : MemoryLayout<_umtx_time>.size
    guard withUnsafeMutablePointer(to: &time, { copyIn($0, from: address, count: bytes) }) else {
      error = Host.EFAULT
      return .never
    }
    guard time._timeout.isNormal && time._timeout.tv_sec >= 0 else {
      error = Host.EINVAL
      return .never
    }
    if time._flags & UMTX_ABSTIME == 0 { return .relative(time._timeout) }
    return absolute(time._timeout, Int32(truncatingIfNeeded: time._clockid), &error)
  }

  /// The end of a wait at `time` on a guest clock. For clocks of CPU time it is what is left until then.
  static func absolute(_ time: timespec, _ clock: Int32, _ error: inout Int) -> Timeout {
    switch clock {
    case CLOCK_REALTIME, CLOCK_REALTIME_PRECISE, CLOCK_REALTIME_FAST, CLOCK_SECOND: return .absolute(time, clock: 0)
    case CLOCK_MONOTONIC, CLOCK_MONOTONIC_PRECISE, CLOCK_MONOTONIC_FAST: return .absolute(time, clock: 1)
    case CLOCK_UPTIME, CLOCK_UPTIME_PRECISE, CLOCK_UPTIME_FAST: return .absolute(time, clock: 1)
    default:
      guard let now = read(clock: clock) else {
        error = Host.EINVAL
        return .never
      }
      return .relative(time - now)
    }
  }
}
