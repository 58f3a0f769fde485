import CPicoEntry

/// The thread that makes the host calls of asynchronous jobs.
extension FreeBSD.Aio {
  /// Starts the worker unless it runs.
  ///
  /// - Returns: 0; `EAGAIN` when the host has no room for it; `Restart.always` when a signal came first.
  static func startWorker(_ t: Thread, _ head: HeadReference) -> Int {
    if pico_load32(&head.pointee.works) == 1 && isOwnSocket(head) { return 0 }
    head.pointee.lock.acquire()
    defer { head.pointee.lock.release() }
    if pico_load32(&head.pointee.works) == 1 && isOwnSocket(head) { return 0 }
    if !open(head) { return FreeBSD.HostError.EAGAIN }
    pico_store32(&head.pointee.works, 0)
    let made = t.createHelper(UInt64(UInt(bitPattern: head)))
    if made >= 0 {
      // From then on no descriptor of the guest's is open in the worker.
      while pico_load32(&head.pointee.works) == 0 {
        withUnsafePointer(to: &head.pointee.works) {
          _ = host(Host.futex, UInt(bitPattern: $0), 128, 0, 0)  // FUTEX_WAIT_PRIVATE
        }
      }
    }
    host(Host.close, FreeBSD.word(head.pointee.far))
    head.pointee.far = -1
    if made >= 0 { return 0 }
    host(Host.close, FreeBSD.word(head.pointee.socket))
    HostEvent.closeHidden(head.pointee.event)
    head.pointee.socket = -1
    head.pointee.event = -1
    return made == Restart.always ? made : FreeBSD.HostError.EAGAIN
  }

  private typealias HostEvent = FreeBSD.HostEvent

  /// The socket and the eventfd. A worker whose socket the guest has closed ends by that.
  private static func open(_ head: HeadReference) -> Bool {
    var ends: (Int32, Int32) = (-1, -1)
    let made = withUnsafeMutablePointer(to: &ends) {
      // AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC
      host(FreeBSD.HostSocket.socketpair, 1, 5 | HostEvent.closeOnExec, 0, UInt(bitPattern: $0))
    }
    if made < 0 { return false }
    let event = host(HostEvent.eventfd2, 0, HostEvent.closeOnExec | HostEvent.nonBlocking)
    head.pointee.socket = HostEvent.hide(Int(ends.0))
    head.pointee.far = HostEvent.hide(Int(ends.1))
    guard event >= 0, let status = HostEvent.status(head.pointee.socket) else {
      host(Host.close, FreeBSD.word(head.pointee.socket))
      host(Host.close, FreeBSD.word(head.pointee.far))
      return false
    }
    head.pointee.inode = status.inode
    head.pointee.event = HostEvent.hide(event)
    return true
  }

  /// The worker's whole life.
  static func work(_ t: Thread, _ head: HeadReference) -> Never {
    let (socket, event) = (head.pointee.far, head.pointee.event)
    closeAllBut(UInt32(bitPattern: min(socket, event)), UInt32(bitPattern: max(socket, event)))
    pico_store32(&head.pointee.works, 1)
    withUnsafePointer(to: &head.pointee.works) { _ = host(Host.futex, UInt(bitPattern: $0), 129, 0x7fff_ffff) }
    while true {
      while true {
        let received = receive(head, socket)
        if received == 0 { end(t, head) }
        if received < 0 { break }
      }
      sweep(head)
      if let place = nextFile(head) {
        work(on: place, head)
      } else {
        serveSockets(head, socket)
      }
    }
  }

  private static func closeAllBut(_ low: UInt32, _ high: UInt32) {
    let close_range = 436
    if low > 0 { host(close_range, 0, UInt(low - 1), 0) }
    if high > low + 1 { host(close_range, UInt(low + 1), UInt(high - 1), 0) }
    host(close_range, UInt(high + 1), UInt(UInt32.max), 0)
  }

  /// The guest has closed the socket: what is left cannot be done any more.
  private static func end(_ t: Thread, _ head: HeadReference) -> Never {
    head.pointee.lock.acquire()
    for place in 0..<places {
      let job = job(head, place)
      if job.pointee.hasArrived && job.pointee.stage == .queued { finish(head, place, FreeBSD.HostError.ECANCELED) }
      job.pointee.held = -1
    }
    head.pointee.lock.release()
    exitHelper(t)
  }

  /// Takes one message: a job and its file.
  ///
  /// - Returns: what recvmsg(2) gave.
  private static func receive(_ head: HeadReference, _ socket: Int32) -> Int {
    var text: (UInt32, UInt32) = (0, 0)
    var control: (UInt64, Int32, Int32, Int32, Int32) = (0, 0, 0, -1, 0)
    let received = withUnsafeMutablePointer(to: &text) { text in
      var vector = (UInt(bitPattern: text), UInt(8))
      return withUnsafeMutablePointer(to: &vector) { vector in
        withUnsafeMutablePointer(to: &control) { control in
          var message = FreeBSD.HostMessage()
          message.vector = UInt(bitPattern: vector)
          message.vectorCount = 1
          message.control = UInt(bitPattern: control)
          message.controlLength = 24
          return withUnsafeMutablePointer(to: &message) {
            // MSG_DONTWAIT | MSG_CMSG_CLOEXEC
            host(FreeBSD.HostSocket.recvmsg, FreeBSD.word(socket), UInt(bitPattern: $0), 0x4000_0040)
          }
        }
      }
    }
    if received <= 0 { return received }
    let descriptor = control.0 == 20 ? control.3 : -1
    head.pointee.lock.acquire()
    var isKept = false
    if Int(text.0) < places {
      let job = job(head, Int(text.0))
      if job.pointee.generation == text.1 && job.pointee.stage == .queued {
        job.pointee.hasArrived = true
        job.pointee.held = descriptor
        isKept = true
      }
    }
    head.pointee.lock.release()
    if !isKept && descriptor >= 0 { host(Host.close, FreeBSD.word(descriptor)) }
    return received
  }

  /// Closes the files of jobs that have ended.
  private static func sweep(_ head: HeadReference) {
    head.pointee.lock.acquire()
    for place in 0..<places {
      let job = job(head, place)
      if job.pointee.held >= 0, job.pointee.stage == .finished || job.pointee.stage == .free {
        host(Host.close, FreeBSD.word(job.pointee.held))
        job.pointee.held = -1
      }
    }
    head.pointee.lock.release()
  }

  /// The job of a file that was queued first, now running.
  private static func nextFile(_ head: HeadReference) -> Int? {
    head.pointee.lock.acquire()
    defer { head.pointee.lock.release() }
    var first = -1
    for place in 0..<places {
      let job = job(head, place)
      guard job.pointee.stage == .queued, job.pointee.hasArrived, !job.pointee.isSocket else { continue }
      if first < 0 || job.pointee.order < Self.job(head, first).pointee.order { first = place }
    }
    if first < 0 { return nil }
    job(head, first).pointee.stage = .running
    return first
  }

  /// Makes the host call of a file's job.
  private static func work(on place: Int, _ head: HeadReference) {
    let job = job(head, place)
    let file = FreeBSD.word(job.pointee.held)
    let (buffer, length) = (job.pointee.buffer, job.pointee.length)
    let offset = UInt(bitPattern: Int(job.pointee.offset))
    var result = Host.EINTR
    while result == Host.EINTR {
      switch job.pointee.opcode {
      case FreeBSD.LIO_READ: result = host(Host.pread64, file, buffer, length, offset)
      case FreeBSD.LIO_WRITE: result = host(18, file, buffer, length, offset)  // pwrite64
      case FreeBSD.LIO_READV: result = host(295, file, buffer, length, offset, 0)  // preadv
      case FreeBSD.LIO_WRITEV: result = host(296, file, buffer, length, offset, 0)  // pwritev
      case FreeBSD.LIO_SYNC: result = host(74, file)  // fsync
      case FreeBSD.LIO_DSYNC: result = host(75, file)  // fdatasync
      default: result = host(149, buffer, length)  // mlock
      }
    }
    head.pointee.lock.acquire()
    finish(head, place, result)
    head.pointee.lock.release()
  }
}
