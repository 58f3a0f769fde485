import CPicoABI

/// aio(4)'s calls. Source: FreeBSD 14 sys/kern/vfs_aio.c.
extension FreeBSD {
  /// `aio_read(2)`. Errors of all that begin a job: `Aio.submit`.
  static func aio_read(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_READ) }
  /// `aio_readv(2)`: `aio_iov` and `aio_iovcnt`.
  static func aio_readv(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_READV) }
  /// `aio_write(2)`.
  static func aio_write(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_WRITE) }
  /// `aio_writev(2)`.
  static func aio_writev(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_WRITEV) }
  /// `aio_mlock(2)`: of `aio_nbytes` at `aio_buf`.
  static func aio_mlock(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_MLOCK) }

  /// `aio_fsync(2)`: after the jobs queued before it. Errors: `EINVAL` for another `op` than `O_SYNC` and `O_DSYNC`.
  static func aio_fsync(_ t: Thread, _ op: Int32, _ aiocbp: UInt) -> Int {
    switch op {
    case 0x80: Aio.submit(t, aiocbp, LIO_SYNC)  // O_SYNC
    case 0x100_0000: Aio.submit(t, aiocbp, LIO_DSYNC)  // O_DSYNC
    default: HostError.EINVAL
    }
  }

  /// The calls of FreeBSD 6, whose notification has another layout.
  static func freebsd6_aio_read(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_READ, isOld: true) }
  static func freebsd6_aio_write(_ t: Thread, _ aiocbp: UInt) -> Int { Aio.submit(t, aiocbp, LIO_WRITE, isOld: true) }

  /// `aio_error(2)`: the job's error, `EINPROGRESS` before its end, as an ordinary result. `EINVAL` is one too, for a
  /// block that names no job and was not refused.
  static func aio_error(_ t: Thread, _ aiocbp: UInt) -> Int {
    if let head = Aio.state(t) {
      head.pointee.lock.acquire()
      defer { head.pointee.lock.release() }
      if let place = Aio.find(head, aiocbp) {
        let job = Aio.job(head, place)
        return Int(job.pointee.stage == .finished ? job.pointee.error : Errno.EINPROGRESS)
      }
      if load(aiocbp &+ AiocbOffset.status, as: Int64.self) == -1 {
        return Int(Int32(truncatingIfNeeded: load(aiocbp &+ AiocbOffset.error, as: Int64.self) ?? -1))
      }
    }
    return Int(Errno.EINVAL)
  }

  /// `aio_return(2)`: the job's result, once. Errors: the job's own; `EINVAL` for a block that names no job that has
  /// ended.
  static func aio_return(_ t: Thread, _ aiocbp: UInt) -> Int {
    guard let head = Aio.state(t) else { return HostError.EINVAL }
    head.pointee.lock.acquire()
    guard let place = Aio.find(head, aiocbp), Aio.job(head, place).pointee.stage == .finished else {
      head.pointee.lock.release()
      return HostError.EINVAL
    }
    return reap(t, head, place)
  }

  /// Gives an ended job up, whose lock is held, and hands its result out.
  private static func reap(_ t: Thread, _ head: Aio.HeadReference, _ place: Int) -> Int {
    let (status, error) = (Aio.job(head, place).pointee.status, Aio.job(head, place).pointee.error)
    let control = Aio.job(head, place).pointee.control
    let remains = Aio.release(head, place)
    head.pointee.lock.release()
    remains.forget(t)
    _ = store(Int64(error), at: control &+ AiocbOffset.error)
    _ = store(status, at: control &+ AiocbOffset.status)
    return error != 0 ? guestError(Int(error)) : Int(status)
  }

  /// `aio_suspend(2)`: waits until one of the jobs named has ended.
  ///
  /// - Errors: `EINVAL` for a count or a time; `EFAULT`; `EAGAIN` when the time is over, or when there never was a job;
  ///   `EINTR`.
  static func aio_suspend(_ t: Thread, _ aiocbp: UInt, _ nent: Int32, _ timeout: UInt) -> Int {
    if nent < 0 || nent > Int32(Aio.limit) { return HostError.EINVAL }
    var deadline: UInt64 = 0
    if timeout != 0 {
      guard let time = load(timeout, as: (Int64, Int64).self) else { return HostError.EFAULT }
      guard let until = aioDeadline(time) else { return HostError.EINVAL }
      deadline = until
    }
    return withScratchPage { page -> Int in
      guard let base = page.baseAddress else { return HostError.EFAULT }
      if nent > 0 && !copyIn(base, from: aiocbp, count: Int(nent) * 8) { return HostError.EFAULT }
      let wanted = base.assumingMemoryBound(to: UInt.self)
      guard let head = Aio.state(t) else { return HostError.EAGAIN }
      if nent == 0 { return 0 }
      while true {
        let seen = pico_load32(&head.pointee.ends)
        var found = false
        var ended = false
        head.pointee.lock.acquire()
        for index in 0..<Int(nent) where wanted[index] != 0 {
          guard let place = Aio.find(head, wanted[index]) else { continue }
          found = true
          if Aio.job(head, place).pointee.stage == .finished { ended = true }
        }
        head.pointee.lock.release()
        if ended || !found { return 0 }
        let result = Aio.awaitEnd(t, head, seen, deadline)
        if result != 0 { return result }
      }
    }
  }

  /// When a wait that begins now is over; nil for a time that is none.
  private static func aioDeadline(_ time: (Int64, Int64)) -> UInt64? {
    guard time.0 >= 0, time.1 >= 0, time.1 < 1_000_000_000 else { return nil }
    let now = HostEvent.now(HostEvent.CLOCK_MONOTONIC)
    return now &+ UInt64(min(time.0, 100_000_000)) &* 1_000_000_000 &+ UInt64(time.1)
  }

  /// `aio_waitcomplete(2)`: waits for the job that has ended first, and does for it what aio_return(2) does.
  ///
  /// - Errors: `EINVAL` for a time; `EAGAIN` when it is over; `EINTR` with a time, else begun anew as the signal's action
  ///   says; the job's own.
  static func aio_waitcomplete(_ t: Thread, _ aiocbp: UInt, _ timeout: UInt) -> Int {
    var deadline: UInt64 = 0
    var waits = true
    if timeout != 0 {
      guard let time = load(timeout, as: (Int64, Int64).self) else { return HostError.EFAULT }
      guard let until = aioDeadline(time) else { return HostError.EINVAL }
      deadline = until
      waits = time != (0, 0)
    }
    _ = store(UInt(0), at: aiocbp)
    guard let head = Aio.stateMaking(t) else { return HostError.EAGAIN }
    while true {
      let seen = pico_load32(&head.pointee.ends)
      head.pointee.lock.acquire()
      var first = -1
      for place in 0..<Aio.places where Aio.job(head, place).pointee.stage == .finished {
        if first < 0 || Aio.job(head, place).pointee.order < Aio.job(head, first).pointee.order { first = place }
      }
      if first >= 0 {
        _ = store(Aio.job(head, first).pointee.control, at: aiocbp)
        return reap(t, head, first)
      }
      head.pointee.lock.release()
      if !waits { return HostError.EAGAIN }
      let result = Aio.awaitEnd(t, head, seen, deadline)
      if result == Host.EINTR && timeout == 0 { return Restart.ifActionSaysSo }
      if result != 0 { return result }
    }
  }

  /// `aio_cancel(2)`: the jobs of a descriptor that have not begun, or one of them.
  ///
  /// - Returns: `AIO_CANCELED`, `AIO_NOTCANCELED` when one has begun, `AIO_ALLDONE` when there were none.
  /// - Errors: `EBADF`.
  static func aio_cancel(_ t: Thread, _ fd: Int32, _ aiocbp: UInt) -> Int {
    if host(HostSocket.fcntl, word(fd), 1) < 0 { return HostError.EBADF }  // F_GETFD
    guard let head = Aio.state(t) else { return AIO_ALLDONE }
    var (cancelled, running) = (false, false)
    head.pointee.lock.acquire()
    for place in 0..<Aio.places {
      let job = Aio.job(head, place)
      guard job.pointee.descriptor == fd, aiocbp == 0 || job.pointee.control == aiocbp else { continue }
      switch job.pointee.stage {
      case .queued:
        // What a socket has taken is taken.
        Aio.finish(head, place, job.pointee.done > 0 ? job.pointee.done : HostError.ECANCELED)
        cancelled = true
      case .running: running = true
      case .free, .finished: break
      }
    }
    head.pointee.lock.release()
    // The worker closes their files.
    if cancelled { _ = Aio.send(head, Aio.places, 0, -1) }
    return running ? AIO_NOTCANCELED : cancelled ? AIO_CANCELED : AIO_ALLDONE
  }
}
