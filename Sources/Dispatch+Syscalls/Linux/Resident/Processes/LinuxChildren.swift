import CPicoEntry

/// Waiting for children and tracees. Stops of a tracee that only its stub cares about are not seen.
extension Linux {
  /// `wait4(2)`. Errors: those of the host.
  static func wait4(_ t: Thread, _ upid: Int32, _ stat_addr: UInt, _ options: Int32, _ ru: UInt) -> Int {
    while true {
      var status: UInt32 = 0
      let result = withUnsafeMutablePointer(to: &status) {
        t.blocking(
          61, UInt(bitPattern: Int(upid)), UInt(bitPattern: $0), UInt(bitPattern: Int(options)), ru)
      }
      if result == Host.EINTR { return Restart.ifActionSaysSo }
      if result <= 0 { return result }
      guard let seen = Tracing.seenStatus(t, UInt32(truncatingIfNeeded: result), status) else { continue }
      return stat_addr == 0 || store(seen, at: stat_addr) ? result : Host.EFAULT
    }
  }

  /// `waitid(2)`. Errors: those of the host.
  static func waitid(_ t: Thread, _ which: Int32, _ upid: Int32, _ infop: UInt, _ options: Int32, _ ru: UInt) -> Int {
    let WNOWAIT: Int32 = 0x0100_0000
    while true {
      var info = pico_siginfo()
      let result = withUnsafeMutablePointer(to: &info) {
        t.blocking(
          247, UInt(bitPattern: Int(which)), UInt(bitPattern: Int(upid)), UInt(bitPattern: $0),
          UInt(bitPattern: Int(options)), ru)
      }
      if result == Host.EINTR { return Restart.ifActionSaysSo }
      if result < 0 { return result }
      // CLD_TRAPPED: the status is that of wait4, without its lower byte.
      if info.signal != 0, info.code == 4 {
        let tid = UInt32(bitPattern: info.u.child.pid)
        let status = UInt32(bitPattern: info.u.child.status) << 8 | 0x7f
        guard let seen = Tracing.seenStatus(t, tid, status) else {
          if options & WNOWAIT != 0 { host(61, UInt(tid), 0, 0x4000_0001, 0) }  // it runs: nothing is left to take
          continue
        }
        info.u.child.status = Int32(bitPattern: seen >> 8)
      } else if info.signal != 0, info.code <= 3, options & WNOWAIT == 0 {
        Tracing.forgetTracee(t, UInt32(bitPattern: info.u.child.pid))
      }
      if infop == 0 { return result }
      return withUnsafePointer(to: info) { storeChild($0, infop) } ? result : Host.EFAULT
    }
  }

  /// What waitid(2) stores: signal, error, code, then process, user and status. The rest stays as it was.
  private static func storeChild(_ info: UnsafePointer<pico_siginfo>, _ to: UInt) -> Bool {
    copyOut(to: to, info, count: 12) && copyOut(to: to &+ 16, UnsafeRawPointer(info) + 16, count: 12)
  }
}
