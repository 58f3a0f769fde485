import CPicoEntry

/// Calls that wait with another signal mask. A mask of zero address means none; its size must be 8.
extension Linux {
  /// `ppoll(2)`.
  static func ppoll(_ t: Thread, _ fds: UInt, _ nfds: UInt, _ timeout: UInt, _ sigmask: UInt, _ sigsetsize: UInt) -> Int
  {
    withWaitMask(t, sigmask, sigsetsize) { mask in t.blocking(271, fds, nfds, timeout, mask, 8) }
  }

  /// `pselect6(2)`: the mask is reached through a pair of address and size.
  static func pselect6(
    _ t: Thread, _ nfds: Int32, _ readfds: UInt, _ writefds: UInt, _ exceptfds: UInt, _ timeout: UInt, _ sigmask: UInt
  ) -> Int {
    var pair = (mask: UInt(0), size: UInt(0))
    if sigmask != 0 {
      guard let given = load(sigmask, as: (UInt, UInt).self) else { return Host.EFAULT }
      pair = (given.0, given.1)
    }
    return withWaitMask(t, pair.mask, pair.size) { mask in
      let hostPair = (mask, UInt(8))
      return withUnsafePointer(to: hostPair) {
        t.blocking(270, UInt(bitPattern: Int(nfds)), readfds, writefds, exceptfds, timeout, UInt(bitPattern: $0))
      }
    }
  }

  /// `epoll_pwait(2)`.
  static func epoll_pwait(
    _ t: Thread, _ epfd: Int32, _ events: UInt, _ maxevents: Int32, _ timeout: Int32, _ sigmask: UInt,
    _ sigsetsize: UInt
  ) -> Int {
    withWaitMask(t, sigmask, sigsetsize) { mask in
      t.blocking(
        281, UInt(bitPattern: Int(epfd)), events, UInt(bitPattern: Int(maxevents)), UInt(bitPattern: Int(timeout)),
        mask, 8)
    }
  }

  /// `epoll_pwait2(2)`: the same with a `timespec`.
  static func epoll_pwait2(
    _ t: Thread, _ epfd: Int32, _ events: UInt, _ maxevents: Int32, _ timeout: UInt, _ sigmask: UInt, _ sigsetsize: UInt
  ) -> Int {
    withWaitMask(t, sigmask, sigsetsize) { mask in
      t.blocking(441, UInt(bitPattern: Int(epfd)), events, UInt(bitPattern: Int(maxevents)), timeout, mask, 8)
    }
  }

  /// `io_pgetevents(2)`: the mask is reached through a pair of address and size, as `pselect6`'s.
  static func io_pgetevents(
    _ t: Thread, _ ctx_id: UInt, _ min_nr: Int64, _ nr: Int64, _ events: UInt, _ timeout: UInt, _ sig: UInt
  ) -> Int {
    var pair = (mask: UInt(0), size: UInt(0))
    if sig != 0 {
      guard let given = load(sig, as: (UInt, UInt).self) else { return Host.EFAULT }
      pair = (given.0, given.1)
    }
    return withWaitMask(t, pair.mask, pair.size) { mask in
      let hostPair = (mask, UInt(8))
      return withUnsafePointer(to: hostPair) {
        t.blocking(
          333, ctx_id, UInt(bitPattern: Int(min_nr)), UInt(bitPattern: Int(nr)), events, timeout,
          UInt(bitPattern: $0))
      }
    }
  }

  /// Waits with the mask at an address, if there is one; `body` gets the address of the host's, or 0.
  static func withWaitMask(_ t: Thread, _ address: UInt, _ size: UInt, _ body: (UInt) -> Int) -> Int {
    if address == 0 { return body(0) }
    if size != 8 { return Host.EINVAL }
    guard let mask = load(address, as: UInt64.self) else { return Host.EFAULT }
    let waited = t.waitWithMask(mask)
    return withUnsafePointer(to: waited) { body(UInt(bitPattern: $0)) }
  }
}
