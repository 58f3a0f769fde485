import CPicoABI

/// Jobs of sockets: each direction of a socket is served in the order of submission, when poll(2) says it can be.
extension FreeBSD.Aio {
  /// Waits until a socket is ready or a message comes, and serves what is ready.
  static func serveSockets(_ head: HeadReference, _ socket: Int32) {
    var entries = [324 of FreeBSD.pollfd](repeating: FreeBSD.pollfd(fd: -1, events: 0))
    var jobs = [324 of Int16](repeating: -1)
    entries[0] = FreeBSD.pollfd(fd: socket, events: 1)  // POLLIN
    var count = 1
    head.pointee.lock.acquire()
    for place in 0..<places where isFirst(head, place) {
      let job = job(head, place)
      let reads = job.pointee.opcode & FreeBSD.LIO_READ != 0
      entries[count] = FreeBSD.pollfd(fd: job.pointee.held, events: reads ? 1 : 4)
      jobs[count] = Int16(place)
      count += 1
    }
    head.pointee.lock.release()
    let ready = withUnsafeMutablePointer(to: &entries) {
      host(FreeBSD.HostSocket.poll, UInt(bitPattern: $0), UInt(count), UInt.max)
    }
    if ready <= 0 { return }
    for index in 1..<max(count, 1) where entries[index].revents != 0 { serve(head, Int(jobs[index])) }
  }

  /// Whether a job is the next one of its socket and direction.
  private static func isFirst(_ head: HeadReference, _ place: Int) -> Bool {
    let own = job(head, place).pointee
    guard own.stage == .queued, own.hasArrived, own.isSocket else { return false }
    for other in 0..<places where other != place {
      let job = job(head, other)
      if job.pointee.stage == .queued && job.pointee.hasArrived && job.pointee.descriptor == own.descriptor
        && job.pointee.isSocket && job.pointee.order < own.order
        && (job.pointee.opcode ^ own.opcode) & FreeBSD.LIO_READ == 0
      {
        return false
      }
    }
    return true
  }

  /// Makes a job's call, which does not wait. A stream takes all of it or goes on later, unless it was made not to wait.
  private static func serve(_ head: HeadReference, _ place: Int) {
    head.pointee.lock.acquire()
    let job = job(head, place)
    guard job.pointee.stage == .queued else {
      // Cancelled meanwhile.
      head.pointee.lock.release()
      return
    }
    job.pointee.stage = .running
    head.pointee.lock.release()

    let reads = job.pointee.opcode & FreeBSD.LIO_READ != 0
    let result = transfer(job, reads)
    head.pointee.lock.acquire()
    defer { head.pointee.lock.release() }
    if result >= 0 { job.pointee.done += result }
    let isWhole = reads || job.pointee.done >= total(job)
    if result == FreeBSD.HostError.EAGAIN || result == Host.EINTR || result > 0 && !isWhole && waits(job) {
      job.pointee.stage = .queued
      return
    }
    if result == FreeBSD.HostError.EPIPE,
      let owner = UnsafeMutablePointer<pico_process>(
        bitPattern: UInt(head.pointee.owner)), !job.pointee.isQuiet
    {
      host(Host.kill, UInt(owner.pointee.tgid), FreeBSD.HostSocket.SIGPIPE)
    }
    finish(head, place, job.pointee.done > 0 ? job.pointee.done : result)
  }

  /// Whether the guest's descriptor is to wait until everything is written.
  private static func waits(_ job: UnsafeMutablePointer<Job>) -> Bool {
    host(FreeBSD.HostSocket.fcntl, FreeBSD.word(job.pointee.held), 3) & 0x800 == 0  // F_GETFL, O_NONBLOCK
  }

  /// All the bytes of a job.
  private static func total(_ job: UnsafeMutablePointer<Job>) -> Int {
    guard job.pointee.isVectored else { return Int(job.pointee.length) }
    guard let vectors = UnsafePointer<UInt>(bitPattern: job.pointee.buffer) else { return 0 }
    var sum = 0
    for index in 0..<Int(job.pointee.length) { sum &+= Int(bitPattern: vectors[index * 2 + 1]) }
    return sum
  }

  private static func transfer(_ job: UnsafeMutablePointer<Job>, _ reads: Bool) -> Int {
    var message = FreeBSD.HostMessage()
    var vector = (job.pointee.buffer &+ UInt(job.pointee.done), job.pointee.length &- UInt(job.pointee.done))
    var cut: (at: Int, base: UInt, length: UInt) = (-1, 0, 0)
    if job.pointee.isVectored {
      message.vector = job.pointee.buffer
      message.vectorCount = job.pointee.length
      if job.pointee.done > 0 { cut = skip(job, &message) }
    }
    let flags: UInt = reads ? 0x40 : 0x4040  // MSG_DONTWAIT, MSG_NOSIGNAL
    let result = withUnsafeMutablePointer(to: &vector) { single in
      if !job.pointee.isVectored {
        message.vector = UInt(bitPattern: single)
        message.vectorCount = 1
      }
      return withUnsafeMutablePointer(to: &message) {
        host(
          reads ? FreeBSD.HostSocket.recvmsg : FreeBSD.HostSocket.sendmsg, FreeBSD.word(job.pointee.held),
          UInt(bitPattern: $0), flags)
      }
    }
    if cut.at >= 0, let vectors = UnsafeMutablePointer<UInt>(bitPattern: job.pointee.buffer) {
      vectors[cut.at * 2] = cut.base
      vectors[cut.at * 2 + 1] = cut.length
    }
    return result
  }

  /// Has a message begin behind the bytes that are done.
  ///
  /// - Returns: the vector that was cut for it, and what stood there.
  private static func skip(
    _ job: UnsafeMutablePointer<Job>, _ message: inout FreeBSD.HostMessage
  ) -> (at: Int, base: UInt, length: UInt) {
    guard let vectors = UnsafeMutablePointer<UInt>(bitPattern: job.pointee.buffer) else { return (-1, 0, 0) }
    var left = UInt(job.pointee.done)
    var index = 0
    while index < Int(job.pointee.length) && left >= vectors[index * 2 + 1] {
      left -= vectors[index * 2 + 1]
      index += 1
    }
    message.vector = job.pointee.buffer &+ UInt(index * 16)
    message.vectorCount = job.pointee.length &- UInt(index)
    guard index < Int(job.pointee.length), left > 0 else { return (-1, 0, 0) }
    let found = (index, vectors[index * 2], vectors[index * 2 + 1])
    vectors[index * 2] = found.1 &+ left
    vectors[index * 2 + 1] = found.2 &- left
    return found
  }
}
