/// What `procctl` tells of the processes below a reaper, and does to them.
extension FreeBSD {
  private static let REAPER_STATUS_OWNED: UInt32 = 1
  private static let REAPER_STATUS_REALINIT: UInt32 = 2
  private static let REAPER_PIDINFO_VALID: UInt32 = 1
  private static let REAPER_PIDINFO_CHILD: UInt32 = 2
  private static let REAPER_KILL_CHILDREN: UInt32 = 1
  private static let REAPER_KILL_SUBTREE: UInt32 = 2

  /// Whether orphans below the calling process become its children.
  static var isReaper: Bool {
    var set: Int32 = 0
    _ = withUnsafeMutablePointer(to: &set) {
      host(HostProcess.prctl, HostProcess.PR_GET_CHILD_SUBREAPER, UInt(bitPattern: $0))
    }
    return set != 0
  }

  /// `PROC_REAP_STATUS`. Of a reaper further up, only that it is the first process is told.
  static func reaperStatus(_ own: Int32, _ at: UInt) -> Int {
    // struct procctl_reaper_status: flags, children, descendants, reaper, one child; 80 bytes
    var record = InlineArray<20, UInt32>(repeating: 0)
    let owned = isReaper
    if owned {
      guard let below = Descendants(of: own) else { return HostError.ENOMEM }
      record[0] = REAPER_STATUS_OWNED
      record[1] = UInt32(truncatingIfNeeded: below.children)
      record[2] = UInt32(truncatingIfNeeded: below.count)
      record[3] = UInt32(bitPattern: own)
      record[4] = below.children > 0 ? UInt32(bitPattern: below[0].pid) : .max
      below.free()
    } else {
      record[0] = REAPER_STATUS_REALINIT
      record[3] = 1
      record[4] = .max
    }
    return copyOut(to: at, &record, count: 80) ? 0 : HostError.EFAULT
  }

  /// `PROC_REAP_GETPIDS`: as many records as there are processes below, up to `rp_count`; the first one after them,
  /// if there is room, is marked invalid. Errors: `EFAULT`, `EINVAL` where the caller is no reaper.
  static func reaperProcesses(_ own: Int32, _ at: UInt) -> Int {
    // struct procctl_reaper_pids: the count, 60 bytes of padding, the address
    guard let room = load(at, as: UInt32.self), let target = load(at &+ 64, as: UInt.self) else {
      return HostError.EFAULT
    }
    guard isReaper else { return HostError.EINVAL }
    guard let below = Descendants(of: own) else { return HostError.ENOMEM }
    defer { below.free() }
    var index = 0
    while index < Int(room) {
      // struct procctl_reaper_pidinfo: process, subtree, flags; 72 bytes
      var record = InlineArray<18, UInt32>(repeating: 0)
      if index < below.count {
        record[0] = UInt32(bitPattern: below[index].pid)
        record[1] = UInt32(bitPattern: below[index].subtree)
        record[2] = REAPER_PIDINFO_VALID | (index < below.children ? REAPER_PIDINFO_CHILD : 0)
      }
      guard copyOut(to: target &+ UInt(index) &* 72, &record, count: 72) else { return HostError.EFAULT }
      if index >= below.count { break }
      index &+= 1
    }
    return 0
  }

  /// `PROC_REAP_KILL`: a signal for all below, for the children alone, or for one child and what descends from it.
  ///
  /// Errors: `EFAULT`; `EINVAL` for a number that is no signal or for unknown flags; `ESRCH` when there was nobody;
  /// else the first that a process gave, while some got the signal all the same.
  static func reaperKill(_ own: Int32, _ at: UInt) -> Int {
    // struct procctl_reaper_kill: signal, flags, subtree, killed, failed; 80 bytes
    var record = InlineArray<20, UInt32>(repeating: 0)
    guard copyIn(&record, from: at, count: 80) else { return HostError.EFAULT }
    let flags = record[1]
    guard let signal = hostSignal(Int32(bitPattern: record[0])),
      flags & ~(REAPER_KILL_CHILDREN | REAPER_KILL_SUBTREE) == 0,
      flags != REAPER_KILL_CHILDREN | REAPER_KILL_SUBTREE, isReaper
    else { return HostError.EINVAL }
    guard let below = Descendants(of: own) else { return HostError.ENOMEM }
    defer { below.free() }
    var killed: UInt32 = 0
    var failure = HostError.ESRCH
    record[4] = .max
    for index in 0..<(flags == REAPER_KILL_CHILDREN ? below.children : below.count) {
      let entry = below[index]
      if flags == REAPER_KILL_SUBTREE && entry.subtree != Int32(bitPattern: record[2]) { continue }
      let result = host(HostProcess.kill, argument(entry.pid), argument(signal))
      if result == 0 {
        killed &+= 1
      } else if record[4] == .max {
        record[4] = UInt32(bitPattern: entry.pid)
        failure = result
      }
    }
    record[3] = killed
    guard copyOut(to: at, &record, count: 80) else { return HostError.EFAULT }
    return killed > 0 && record[4] == .max ? 0 : failure
  }
}
