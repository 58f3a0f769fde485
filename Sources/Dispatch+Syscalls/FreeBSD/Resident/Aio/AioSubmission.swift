import CPicoABI

/// How a job begins.
extension FreeBSD.Aio {
  /// Queues the job of a control block.
  ///
  /// - Parameters:
  ///   - type: what the call does; `LIO_NOP` when the control block says it.
  ///   - list: the place of the list it belongs to.
  ///   - isOld: its notification is laid out as in FreeBSD 6.
  /// - Errors: `EAGAIN` for too many jobs; `EFAULT`; `EINVAL` for a size, a notification or an operation; `EBADF`;
  ///   `EINVAL` for a negative offset or for what cannot be flushed; of the kqueue; `EOPNOTSUPP` for what is neither file,
  ///   directory nor socket, as `vfs.aio.enable_unsafe` is off. Each is left in the control block too.
  /// - Source: FreeBSD 14 sys/kern/vfs_aio.c `aio_aqueue`.
  static func submit(
    _ t: Thread, _ control: UInt, _ type: Int32, list: Int? = nil, isOld: Bool = false
  ) -> Int {
    guard let head = stateMaking(t) else { return FreeBSD.HostError.EAGAIN }
    _ = store(Int64(-1), at: control &+ FreeBSD.AiocbOffset.status)
    _ = store(Int64(0), at: control &+ FreeBSD.AiocbOffset.error)
    _ = store(Int64(-1), at: control &+ FreeBSD.AiocbOffset.kernelinfo)
    let result = queue(t, head, control, type, list, isOld)
    if result < 0 && result != Restart.always {
      _ = store(Int64(FreeBSD.guestErrno(result)), at: control &+ FreeBSD.AiocbOffset.error)
    }
    return result
  }

  private static func queue(
    _ t: Thread, _ head: HeadReference, _ control: UInt, _ type: Int32, _ list: Int?, _ isOld: Bool
  ) -> Int {
    if pico_load32(&head.pointee.count) >= limit { return FreeBSD.HostError.EAGAIN }
    guard let block = load(control, as: FreeBSD.aiocb.self) else { return FreeBSD.HostError.EFAULT }
    var event = FreeBSD.SigEvent()
    let told = readNotice(control, isOld, &event)
    if told < 0 { return told }
    let opcode = type == FreeBSD.LIO_NOP ? block.aio_lio_opcode : type
    let isVectored = opcode == FreeBSD.LIO_READV || opcode == FreeBSD.LIO_WRITEV
    if isVectored ? block.aio_nbytes > 1024 : block.aio_nbytes > UInt64(Int64.max) { return FreeBSD.HostError.EINVAL }

    var job = Job()
    job.control = control
    job.opcode = opcode
    job.descriptor = block.aio_fildes
    job.offset = block.aio_offset
    let checked = check(block, &job)
    job.isQuiet = job.isSocket && FreeBSD.SocketFlags.get(t, job.descriptor) & FreeBSD.SocketFlags.noSigpipe != 0
    if checked < 0 { return checked }
    guard store(head.pointee.order &+ 1, at: control &+ FreeBSD.AiocbOffset.kernelinfo) else {
      return FreeBSD.HostError.EINVAL
    }
    if opcode == FreeBSD.LIO_NOP { return 0 }
    job.buffer = UInt(block.aio_buf)
    job.length = UInt(block.aio_nbytes)
    if event.sigev_notify == FreeBSD.SIGEV_KEVENT {
      let allowed = FreeBSD.EV_CLEAR | FreeBSD.EV_DISPATCH | FreeBSD.EV_ONESHOT
      if UInt16(truncatingIfNeeded: event.detail) & ~allowed != 0 { return FreeBSD.HostError.EINVAL }
      job.hasKnote = true
    } else {
      job.notice.kind = event.sigev_notify
      job.notice.signal = event.sigev_signo
      job.notice.value = event.sigev_value
      job.notice.thread = Int32(bitPattern: event.detail)
    }
    let started = startWorker(t, head)
    if started < 0 { return started }
    if isVectored {
      let copied = copyVectors(&job)
      if copied < 0 { return copied }
    }
    _ = store(Int64(FreeBSD.Errno.EINPROGRESS), at: control &+ FreeBSD.AiocbOffset.error)
    return insert(t, head, &job, list, event)
  }

  private static func readNotice(_ control: UInt, _ isOld: Bool, _ event: inout FreeBSD.SigEvent) -> Int {
    if isOld {
      guard let old = load(control &+ FreeBSD.AiocbOffset.oldSigevent, as: FreeBSD.OldSigEvent.self) else {
        return FreeBSD.HostError.EFAULT
      }
      event.sigev_notify = old.sigev_notify
      event.sigev_signo = old.sigev_signo
      event.sigev_value = old.sigev_value
    } else {
      guard let given = load(control &+ FreeBSD.AiocbOffset.sigevent, as: FreeBSD.SigEvent.self) else {
        return FreeBSD.HostError.EFAULT
      }
      event = given
    }
    switch event.sigev_notify {
    case FreeBSD.SIGEV_NONE, FreeBSD.SIGEV_KEVENT: return 0
    case FreeBSD.SIGEV_SIGNAL, FreeBSD.SIGEV_THREAD_ID:
      return event.sigev_signo > 0 && event.sigev_signo <= FreeBSD._SIG_MAXSIG ? 0 : FreeBSD.HostError.EINVAL
    default: return FreeBSD.HostError.EINVAL
    }
  }

  /// Looks whether the operation can be done on the file at all.
  private static func check(_ block: FreeBSD.aiocb, _ job: inout Job) -> Int {
    let needsOffset: Bool
    switch job.opcode {
    case FreeBSD.LIO_MLOCK:
      job.descriptor = -1
      return 0
    case FreeBSD.LIO_READ, FreeBSD.LIO_READV, FreeBSD.LIO_WRITE, FreeBSD.LIO_WRITEV: needsOffset = true
    case FreeBSD.LIO_SYNC, FreeBSD.LIO_DSYNC, FreeBSD.LIO_NOP: needsOffset = false
    default: return FreeBSD.HostError.EINVAL
    }
    let flags = host(FreeBSD.HostSocket.fcntl, FreeBSD.word(job.descriptor), 3)  // F_GETFL
    if flags < 0 || flags & 0x20_0000 != 0 { return FreeBSD.HostError.EBADF }  // O_PATH
    let access = flags & 3
    if needsOffset && access == (job.opcode & FreeBSD.LIO_READ != 0 ? 1 : 0) { return FreeBSD.HostError.EBADF }
    guard let status = FreeBSD.HostEvent.status(job.descriptor) else { return FreeBSD.HostError.EBADF }
    let kind = status.mode & 0xf000
    if job.opcode == FreeBSD.LIO_NOP { return 0 }
    let hasName = kind == 0x8000 || kind == 0x4000 || kind == 0x2000 || kind == 0x6000
    if job.opcode & FreeBSD.LIO_SYNC != 0 && !hasName { return FreeBSD.HostError.EINVAL }
    if needsOffset && job.offset < 0 && kind != 0x2000 { return FreeBSD.HostError.EINVAL }
    job.isSocket = kind == 0xc000
    if job.isSocket {
      var listens: (Int32, UInt32) = (0, 4)
      let result = withUnsafeMutablePointer(to: &listens) {
        // SOL_SOCKET, SO_ACCEPTCONN
        host(
          FreeBSD.HostSocket.getsockopt, FreeBSD.word(job.descriptor), 1, 30, UInt(bitPattern: $0),
          UInt(bitPattern: $0) + 4)
      }
      return result == 0 && listens.0 != 0 ? FreeBSD.HostError.EINVAL : 0
    }
    return status.isRegular || status.isDirectory ? 0 : FreeBSD.HostError.EOPNOTSUPP
  }

  /// Takes a copy of the guest's vectors, which it may change as soon as the call is back.
  ///
  /// - Errors: `EFAULT`; `EINVAL` when they come to more than a size can be; `ENOMEM`.
  private static func copyVectors(_ job: inout Job) -> Int {
    if job.length == 0 { return 0 }
    guard let pages = allocatePages(bytes: vectorBytes(job.length)) else { return FreeBSD.HostError.ENOMEM }
    var result = copyIn(pages, from: job.buffer, count: Int(job.length) * 16) ? 0 : FreeBSD.HostError.EFAULT
    var total: UInt64 = 0
    let words = pages.assumingMemoryBound(to: UInt64.self)
    for index in 0..<Int(job.length) where result == 0 {
      let sum = total.addingReportingOverflow(words[index * 2 + 1])
      total = sum.partialValue
      if sum.overflow || total > UInt64(Int64.max) { result = FreeBSD.HostError.EINVAL }
    }
    if result < 0 {
      freePages(pages, bytes: vectorBytes(job.length))
      return result
    }
    job.buffer = UInt(bitPattern: pages)
    return 0
  }

  /// Gives the job a place and hands its file to the worker.
  private static func insert(
    _ t: Thread, _ head: HeadReference, _ job: inout Job, _ list: Int?, _ event: FreeBSD.SigEvent
  ) -> Int {
    head.pointee.lock.acquire()
    var free = -1
    if head.pointee.count < limit {
      for place in 0..<places
      where Self.job(head, place).pointee.stage == .free && Self.job(head, place).pointee.held < 0 {
        free = place
        break
      }
    }
    job.stage = .queued
    if free < 0 {
      head.pointee.lock.release()
      freeVectors(&job)
      return FreeBSD.HostError.EAGAIN
    }
    head.pointee.count += 1
    head.pointee.order += 1
    job.order = head.pointee.order
    job.generation = Self.job(head, free).pointee.generation
    if let list {
      job.list = UInt32(list) + 1
      Self.list(head, list).pointee.count += 1
    }
    Self.job(head, free).pointee = job
    head.pointee.lock.release()

    var result = 0
    if job.hasKnote {
      result = FreeBSD.Kqueues.registerAio(
        t, event.sigev_signo, FreeBSD.EVFILT_AIO, ident: UInt64(job.control), udata: event.sigev_value,
        flags: UInt16(truncatingIfNeeded: event.detail), place: free, generation: job.generation,
        event: head.pointee.event)
    }
    if result == 0 { result = send(head, free, job.generation, job.descriptor) }
    if result < 0 { abandon(t, head, free) }
    return min(result, 0)
  }

  /// Takes back a job that the worker has not heard of.
  private static func abandon(_ t: Thread, _ head: HeadReference, _ place: Int) {
    head.pointee.lock.acquire()
    let job = job(head, place)
    if job.pointee.list != 0 { list(head, Int(job.pointee.list) - 1).pointee.count -= 1 }
    job.pointee.list = 0
    let ended = release(head, place)
    head.pointee.lock.release()
    ended.forget(t)
  }

  /// Tells the worker of a job, and gives it the file. A negative descriptor is none.
  static func send(_ head: HeadReference, _ place: Int, _ generation: UInt32, _ descriptor: Int32) -> Int {
    var text = (UInt32(place), generation)
    var control: (UInt64, Int32, Int32, Int32, Int32) = (20, 1, 1, descriptor, 0)  // SOL_SOCKET, SCM_RIGHTS
    return withUnsafeMutablePointer(to: &text) { text in
      var vector = (UInt(bitPattern: text), UInt(8))
      return withUnsafeMutablePointer(to: &vector) { vector in
        withUnsafeMutablePointer(to: &control) { control in
          var message = FreeBSD.HostMessage()
          message.vector = UInt(bitPattern: vector)
          message.vectorCount = 1
          message.control = descriptor < 0 ? 0 : UInt(bitPattern: control)
          message.controlLength = descriptor < 0 ? 0 : 24
          return withUnsafeMutablePointer(to: &message) {
            while true {
              let sent = host(
                FreeBSD.HostSocket.sendmsg, FreeBSD.word(head.pointee.socket), UInt(bitPattern: $0),
                FreeBSD.word(FreeBSD.HostSocket.MSG_NOSIGNAL))
              if sent == Host.EINTR { continue }
              if sent >= 0 { return 0 }
              return sent == FreeBSD.HostError.EBADF ? sent : FreeBSD.HostError.EAGAIN
            }
          }
        }
      }
    }
  }
}
