/// `EVFILT_TIMER`: all timers of a kqueue share one timer of the host's, set to the earliest.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// - Errors: `EINVAL` for a negative time or unknown flags; the host's for its timer.
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `filt_timervalidate`, `filt_timerattach`.
  func attachTimer(_ kq: Int32, _ index: UInt32) -> Int {
    if pointee.timer < 0 {
      let made = host(
        FreeBSD.HostEvent.timerfd_create, FreeBSD.HostEvent.CLOCK_MONOTONIC,
        FreeBSD.HostEvent.closeOnExec | FreeBSD.HostEvent.nonBlocking)
      if made < 0 { return made }
      pointee.timer = FreeBSD.HostEvent.hide(made)
      let result = FreeBSD.HostEvent.control(
        kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, pointee.timer, FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLET,
        FreeBSD.Kqueue.timerMark)
      if result < 0 { return result }
    }
    let started = start(index)
    if started < 0 { return started }
    if knote(index).pointee.savedFflags & FreeBSD.NOTE_ABSTIME == 0 { knote(index).pointee.flags |= FreeBSD.EV_CLEAR }
    insert(index, &pointee.timers)
    arm()
    return 0
  }

  func detachTimer(_ kq: Int32, _ index: UInt32) {
    remove(index, &pointee.timers)
    arm()
  }

  /// A timer that is added again starts anew; what it has counted is forgotten.
  func touchTimer(_ kq: Int32, _ index: UInt32, _ change: FreeBSD.kevent_t) -> Int {
    dequeue(index)
    let knote = knote(index)
    knote.pointee.data = 0
    knote.pointee.savedData = change.data
    knote.pointee.savedFflags = change.fflags
    knote.pointee.first = 0
    let started = start(index)
    arm()
    return started
  }

  /// Works a timer's next expiry and period out.
  private func start(_ index: UInt32) -> Int {
    let knote = knote(index)
    let units =
      FreeBSD.NOTE_SECONDS | FreeBSD.NOTE_MSECONDS | FreeBSD.NOTE_USECONDS | FreeBSD.NOTE_NSECONDS
    guard knote.pointee.savedData >= 0, knote.pointee.savedFflags & ~(units | FreeBSD.NOTE_ABSTIME) == 0 else {
      return FreeBSD.HostError.EINVAL
    }
    if knote.pointee.savedData == 0 && knote.pointee.flags & FreeBSD.EV_ONESHOT == 0 { knote.pointee.savedData = 1 }
    let unit: UInt64
    switch knote.pointee.savedFflags & units {
    case FreeBSD.NOTE_SECONDS: unit = 1_000_000_000
    case 0, FreeBSD.NOTE_MSECONDS: unit = 1_000_000
    case FreeBSD.NOTE_USECONDS: unit = 1000
    case FreeBSD.NOTE_NSECONDS: unit = 1
    default: return FreeBSD.HostError.EINVAL
    }
    let product = UInt64(knote.pointee.savedData).multipliedReportingOverflow(by: unit)
    // About 146 years: never.
    let length = product.overflow ? UInt64.max >> 2 : min(product.partialValue, UInt64.max >> 2)
    // The real time first: what passes between the two makes the timer late, never early.
    let isAbsolute = knote.pointee.savedFflags & FreeBSD.NOTE_ABSTIME != 0
    let real = isAbsolute ? FreeBSD.HostEvent.now(FreeBSD.HostEvent.CLOCK_REALTIME) : 0
    let now = FreeBSD.HostEvent.now(FreeBSD.HostEvent.CLOCK_MONOTONIC)
    if isAbsolute {
      // Turned once into the clock that is not set, as the guest's kernel does.
      knote.pointee.first = length > real ? now &+ (length - real) : now
      knote.pointee.second = 0
    } else {
      knote.pointee.first = now &+ length
      knote.pointee.second = length
    }
    return 0
  }

  /// Sets the host's timer to the earliest expiry.
  private func arm() {
    var earliest: UInt64 = 0
    var index = pointee.timers
    while index != 0 {
      let first = knote(index).pointee.first
      if first != 0 && (earliest == 0 || first < earliest) { earliest = first }
      index = knote(index).pointee.listNext
    }
    if earliest == pointee.armedFor { return }
    pointee.armedFor = earliest
    var setting: (UInt64, UInt64, UInt64, UInt64) = (0, 0, earliest / 1_000_000_000, earliest % 1_000_000_000)
    _ = withUnsafePointer(to: &setting) {
      host(FreeBSD.HostEvent.timerfd_settime, FreeBSD.word(pointee.timer), 1, UInt(bitPattern: $0), 0)  // absolute
    }
  }

  /// Counts the expiries that are due.
  func expireTimers(_ kq: Int32) {
    pointee.armedFor = 0
    let now = FreeBSD.HostEvent.now(FreeBSD.HostEvent.CLOCK_MONOTONIC)
    var index = pointee.timers
    while index != 0 {
      let knote = knote(index)
      if knote.pointee.first != 0 && knote.pointee.first <= now {
        let period = knote.pointee.second
        if period == 0 || knote.pointee.flags & FreeBSD.EV_ONESHOT != 0 {
          knote.pointee.data = 1
          knote.pointee.first = 0
        } else {
          let expiries = 1 + (now - knote.pointee.first) / period
          knote.pointee.data &+= Int64(truncatingIfNeeded: expiries)
          knote.pointee.first &+= expiries &* period
        }
        activate(kq, index)
      }
      index = knote.pointee.listNext
    }
    arm()
  }
}
