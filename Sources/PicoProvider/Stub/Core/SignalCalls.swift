import CPicoEntry

/// What every personality's signal calls come down to, in host signal numbers.
extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Sets the guest's mask, here and on the host.
  ///
  /// - Returns: 0, or `Restart.always` when a signal came first.
  func setMask(_ mask: UInt64) -> Int {
    let wanted = mask & ~Host.unmaskable
    let before = pointee.mask
    // Set first: what the host lets in at once is judged by it.
    pointee.mask = wanted
    let result = withUnsafePointer(to: wanted & ~neverBlocked) {
      blocking(Host.rt_sigprocmask, 2, UInt(bitPattern: $0), 0, 8)  // SIG_SETMASK
    }
    if result == Host.EINTR {
      pointee.mask = before
      return Restart.always
    }
    if result == 0 { releaseHeldSignals() }
    return result
  }

  /// From here to the end of the call the guest waits with another mask; the one it had comes back after it.
  ///
  /// - Returns: the host's form of `mask`, to be given to the host call that waits.
  func waitWithMask(_ mask: UInt64) -> UInt64 {
    pointee.saved_mask = pointee.mask
    pointee.saved_mask_valid = 1
    pointee.mask = mask & ~Host.unmaskable
    releaseHeldSignals()
    return pointee.mask & ~neverBlocked
  }

  /// Waits for a signal with `mask` in force.
  func suspend(_ mask: UInt64) -> Int {
    let waited = waitWithMask(mask)
    return withUnsafePointer(to: waited) { blocking(130, UInt(bitPattern: $0), 8) }  // rt_sigsuspend
  }
}
