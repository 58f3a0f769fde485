import CPicoABI

extension FreeBSD {
  /// `kqueue(2)`.
  ///
  /// - Errors: the host's for descriptors (two are needed besides the guest's); `ENOMEM`.
  /// - Differs: the descriptor closes on exec.
  static func kqueue(_ t: Thread) -> Int { Kqueues.make(t) }

  /// `kqueuex(2)`. `EINVAL` for a flag other than `KQUEUE_CLOEXEC`.
  static func kqueuex(_ t: Thread, _ flags: UInt32) -> Int {
    flags & ~KQUEUE_CLOEXEC == 0 ? Kqueues.make(t) : HostError.EINVAL
  }

  /// `kevent(2)`: makes the changes, then waits for events.
  static func kevent(
    _ t: Thread, _ fd: Int32, _ changelist: UInt, _ nchanges: Int32, _ eventlist: UInt, _ nevents: Int32,
    _ timeout: UInt
  ) -> Int {
    kevent(t, fd, changelist, nchanges, eventlist, nevents, timeout, size: kevent_size)
  }

  /// The call of FreeBSD 11 and before, whose events have no `ext`.
  static func freebsd11_kevent(
    _ t: Thread, _ fd: Int32, _ changelist: UInt, _ nchanges: Int32, _ eventlist: UInt, _ nevents: Int32,
    _ timeout: UInt
  ) -> Int {
    kevent(t, fd, changelist, nchanges, eventlist, nevents, timeout, size: freebsd11_kevent_size)
  }

  /// - Errors: `EFAULT` for the time; `EBADF` for what is no kqueue; of a change when there is no room to report it;
  ///   `EFAULT` for a list; `EINVAL` for the time, after the changes; `EINTR`, never made again.
  /// - Source: FreeBSD 14 `sys/kern/kern_event.c`, `kern_kevent_generic`, `kqueue_kevent`, `kqueue_scan`.
  private static func kevent(
    _ t: Thread, _ fd: Int32, _ changelist: UInt, _ nchanges: Int32, _ eventlist: UInt, _ nevents: Int32,
    _ timeout: UInt, size: Int
  ) -> Int {
    var time: (Int64, Int64)?
    if timeout != 0 {
      guard let given = load(timeout, as: (Int64, Int64).self) else { return HostError.EFAULT }
      time = given
    }
    guard let q = Kqueues.of(t, fd) else { return HostError.EBADF }
    if nevents < 0 { return HostError.EINVAL }
    if nchanges > 0 {
      let reported = change(t, q, fd, changelist, nchanges, eventlist, Int(nevents), size)
      if reported != 0 { return reported == nothingToReport ? 0 : reported }
    }
    if nevents == 0 { return 0 }
    var wait = Patience.forever
    if let time {
      if time.0 < 0 || time.1 < 0 || time.1 >= 1_000_000_000 { return HostError.EINVAL }
      if time == (0, 0) {
        wait = .no
      } else if time.0 <= Int64(Int32.max) {
        wait = .until(
          HostEvent.now(HostEvent.CLOCK_MONOTONIC) &+ UInt64(time.0) &* 1_000_000_000 &+ UInt64(time.1))
      }
    }
    return scan(t, q, fd, eventlist, Int(nevents), wait, size)
  }

  /// How long a scan waits.
  private enum Patience {
    case no, forever
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    case until(UInt64)
  }

  /// Ends the call at once with 0.
  private static let nothingToReport = -4096

  /// Makes the changes in order. An error, or every outcome where `EV_RECEIPT` asks for it, becomes an event with
  /// `EV_ERROR`; without room for one it ends the call.
  ///
  /// - Returns: the events reported; 0 when the call goes on; an error.
  private static func change(
    _ t: Thread, _ q: KqueueReference, _ fd: Int32, _ changelist: UInt, _ nchanges: Int32, _ eventlist: UInt,
    _ room: Int, _ size: Int
  ) -> Int {
    q.pointee.lock.acquire()
    defer { q.pointee.lock.release() }
    // Closed meanwhile by another thread, and cleared away.
    if !q.belongs(to: fd) { return HostError.EBADF }
    var reported = 0
    for index in 0..<UInt(nchanges) {
      var event = kevent_t()
      let copied = withUnsafeMutablePointer(to: &event) {
        copyIn($0, from: changelist &+ index &* UInt(size), count: size)
      }
      if !copied { return HostError.EFAULT }
      if event.filter == 0 { continue }
      event.flags &= ~EV_SYSFLAGS
      let result = q.register(t, fd, event)
      if result >= 0 && event.flags & EV_RECEIPT == 0 { continue }
      if reported == room { return result < 0 ? result : nothingToReport }
      event.flags = EV_ERROR
      event.data = result < 0 ? Int64(guestErrno(result)) : 0
      _ = withUnsafePointer(to: &event) { copyOut(to: eventlist &+ UInt(reported * size), $0, count: size) }
      reported += 1
    }
    return reported
  }

  /// Waits until there are events, and hands them out.
  private static func scan(
    _ t: Thread, _ q: KqueueReference, _ fd: Int32, _ eventlist: UInt, _ room: Int, _ wait: Patience, _ size: Int
  ) -> Int {
    // Twelve bytes an event of the host's.
    var buffer = [96 of UInt64](repeating: 0)
    return withUnsafeMutablePointer(to: &buffer) { buffer -> Int in
      let events = UnsafeMutableRawPointer(buffer)
      let most = min(room, 64)
      q.pointee.lock.acquire()
      let serial = q.pointee.serial
      while true {
        if !q.belongs(to: fd) || q.pointee.serial != serial {
          q.pointee.lock.release()
          return HostError.EBADF
        }
        q.lookAtSignals(t)
        q.lookAtAio(t)
        q.lookAtFamilies(fd)
        q.refresh(t, fd, room)
        var blocks = q.pointee.queueCount == 0
        if case .no = wait { blocks = false }
        let patience = q.pointee.executions == 0 ? wait : shortened(wait)
        q.pointee.waiters += 1
        q.pointee.lock.release()
        let count =
          blocks
          ? block(t, fd, events, most, patience)
          : host(HostEvent.epoll_wait, word(fd), UInt(bitPattern: events), UInt(most), 0)
        q.pointee.lock.acquire()
        q.pointee.waiters -= 1
        if q.pointee.descriptor < 0 || q.pointee.serial != serial {
          q.pointee.lock.release()
          return HostError.EBADF
        }
        // Closed under our hands, or another file's number by now.
        if count == HostError.EBADF || count == HostError.EINVAL {
          q.pointee.lock.release()
          return HostError.EBADF
        }
        if count > 0 { q.harvest(t, fd, events, count, most) }
        // A long list may have room for more than one round of the host's.
        while count == most && Int(q.pointee.queueCount) < room {
          let more = host(HostEvent.epoll_wait, word(fd), UInt(bitPattern: events), UInt(most), 0)
          if more <= 0 { break }
          q.harvest(t, fd, events, more, most)
          if more < most { break }
        }
        q.lookAtSignals(t)
        q.lookAtAio(t)
        q.lookAtFamilies(fd)
        let given = q.report(t, fd, eventlist, room, size)
        if q.pointee.queueCount > 0 { q.kickIfWanted(fd) }
        if given != 0 {
          q.pointee.lock.release()
          return given
        }
        if let result = outcome(t, count, wait) {
          q.pointee.lock.release()
          return result
        }
      }
    }
  }

  /// How long to wait before the next look at what the host does not tell.
  private static func shortened(_ wait: Patience) -> Patience {
    let soon = HostEvent.now(HostEvent.CLOCK_MONOTONIC) &+ 20_000_000
    return switch wait {
    case .no: .no
    case .forever: .until(soon)
    case .until(let deadline): .until(min(deadline, soon))
    }
  }

  /// What a wait without events to report comes to; nil when it goes on.
  private static func outcome(_ t: Thread, _ count: Int, _ wait: Patience) -> Int? {
    if count == HostError.EINTR {
      // Without a signal for the guest it was a stop and a continuation, which the guest's kernel does not tell of.
      if t.pointee.pending != 0 { return HostError.EINTR }
    } else if count < 0 {
      return count
    }
    switch wait {
    case .no: return 0
    case .forever: return nil
    case .until(let deadline): return HostEvent.now(HostEvent.CLOCK_MONOTONIC) >= deadline ? 0 : nil
    }
  }

  /// Blocks in the host's epoll.
  private static func block(
    _ t: Thread, _ fd: Int32, _ events: UnsafeMutableRawPointer, _ most: Int, _ wait: Patience
  ) -> Int {
    let buffer = UInt(bitPattern: events)
    guard case .until(let deadline) = wait else {
      return t.blocking(HostEvent.epoll_wait, word(fd), buffer, UInt(most), UInt.max)
    }
    let now = HostEvent.now(HostEvent.CLOCK_MONOTONIC)
    let left = deadline > now ? deadline - now : 0
    var time = (left / 1_000_000_000, left % 1_000_000_000)
    let result = withUnsafeMutablePointer(to: &time) {
      t.blocking(HostEvent.epoll_pwait2, word(fd), buffer, UInt(most), UInt(bitPattern: $0), 0, 8)
    }
    if result != HostError.ENOSYS { return result }
    let milliseconds = min((left + 999_999) / 1_000_000, UInt64(Int32.max))
    return t.blocking(HostEvent.epoll_wait, word(fd), buffer, UInt(most), UInt(milliseconds))
  }
}
