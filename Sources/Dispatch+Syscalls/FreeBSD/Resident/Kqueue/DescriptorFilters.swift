/// `EVFILT_READ` and `EVFILT_WRITE` of sockets, pipes, terminals and other kqueues.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// Starts watching a descriptor. What the host's epoll refuses is a file or a device that is always ready.
  ///
  /// - Errors: `EBADF`; `EINVAL` for a kqueue's own descriptor and for writing to a kqueue; the host's.
  func attachDescriptor(_ t: Thread, _ kq: Int32, _ index: UInt32) -> Int {
    let knote = knote(index)
    let descriptor = Int32(truncatingIfNeeded: knote.pointee.ident)
    knote.pointee.descriptor = descriptor
    let epoll = epoll(kq, index, making: true)
    if epoll < 0 { return Int(epoll) }
    var result = FreeBSD.HostEvent.control(
      epoll, FreeBSD.HostEvent.EPOLL_CTL_ADD, descriptor, knote.pointee.interest | FreeBSD.HostEvent.EPOLLET,
      mark(index))
    if result == FreeBSD.HostError.EEXIST { result = rearm(kq, index) ? 0 : FreeBSD.HostError.EBADF }
    if result == FreeBSD.HostError.EPERM { return attachReadyFile(kq, index) }
    if result < 0 { return result }
    if FreeBSD.Kqueues.isKqueue(t, descriptor) {
      if knote.pointee.filter == FreeBSD.EVFILT_WRITE {
        _ = forget(kq, index)
        return FreeBSD.HostError.EINVAL
      }
      FreeBSD.Kqueues.watch(t, descriptor)
    }
    return 0
  }

  /// The epoll that a knote is watched by: reading by the guest's descriptor itself, writing by the one inside.
  private func epoll(_ kq: Int32, _ index: UInt32, making: Bool) -> Int32 {
    if knote(index).pointee.filter == FreeBSD.EVFILT_READ { return kq }
    if pointee.side >= 0 || !making { return pointee.side }
    let side = host(FreeBSD.HostEvent.epoll_create1, FreeBSD.HostEvent.closeOnExec)
    if side < 0 { return Int32(truncatingIfNeeded: side) }
    pointee.side = FreeBSD.HostEvent.hide(side)
    let result = FreeBSD.HostEvent.control(
      kq, FreeBSD.HostEvent.EPOLL_CTL_ADD, pointee.side, FreeBSD.HostEvent.EPOLLIN, FreeBSD.Kqueue.sideMark)
    if result < 0 {
      host(FreeBSD.HostSocket.close, FreeBSD.word(pointee.side))
      pointee.side = -1
      return Int32(truncatingIfNeeded: result)
    }
    return pointee.side
  }

  /// Has the host look anew at a knote's descriptor. False when it does not know it: another file has its number.
  @discardableResult
  func rearm(_ kq: Int32, _ index: UInt32) -> Bool {
    if index == 0 || knote(index).pointee.has(FreeBSD.Knote.file) { return false }
    return FreeBSD.HostEvent.control(
      epoll(kq, index, making: false), FreeBSD.HostEvent.EPOLL_CTL_MOD, knote(index).pointee.descriptor,
      knote(index).pointee.interest | FreeBSD.HostEvent.EPOLLET, mark(index)) == 0
  }

  /// Stops watching; an error when it was not this descriptor's.
  func forget(_ kq: Int32, _ index: UInt32) -> Int {
    FreeBSD.HostEvent.control(
      epoll(kq, index, making: false), FreeBSD.HostEvent.EPOLL_CTL_DEL, knote(index).pointee.descriptor, 0, 0)
  }

  /// The host's poll bits of a queued knote, asked for if what is known is stale.
  private func bits(_ index: UInt32) -> UInt32 {
    let knote = knote(index)
    if knote.pointee.round == pointee.round { return knote.pointee.fresh }
    let interest = Int16(truncatingIfNeeded: knote.pointee.interest)
    return UInt32(UInt16(bitPattern: FreeBSD.HostSocket.pollNow(knote.pointee.descriptor, interest)))
  }

  /// Whether the descriptor is a socket; asked once.
  private func isSocket(_ index: UInt32) -> Bool {
    let knote = knote(index)
    if knote.pointee.status & (FreeBSD.Knote.isSocket | FreeBSD.Knote.isNoSocket) == 0 {
      let type = FreeBSD.HostSocket.option(
        knote.pointee.descriptor, FreeBSD.HostSocket.SOL_SOCKET, FreeBSD.HostSocket.SO_TYPE)
      knote.pointee.status |= type == nil ? FreeBSD.Knote.isNoSocket : FreeBSD.Knote.isSocket
    }
    return knote.pointee.has(FreeBSD.Knote.isSocket)
  }

  private func setEnd(_ index: UInt32, _ ended: Bool, _ broken: Bool) {
    let knote = knote(index)
    if ended {
      knote.pointee.flags |= FreeBSD.EV_EOF
      knote.pointee.fflags = broken && isSocket(index) ? pendingError(knote.pointee.descriptor) : 0
    } else {
      knote.pointee.flags &= ~FreeBSD.EV_EOF
      knote.pointee.fflags = 0
    }
  }

  /// Looks at a descriptor for reading: `data` is the bytes there, or the connections that wait to be accepted.
  ///
  /// - Source: FreeBSD 14 `sys/kern/uipc_socket.c`, `filt_soread`; `sys/kern/sys_pipe.c`, `filt_piperead`.
  func readDescriptor(_ index: UInt32) -> FreeBSD.Readiness {
    let bits = bits(index)
    if bits & FreeBSD.HostEvent.POLLNVAL != 0 { return .gone }
    let knote = knote(index)
    let descriptor = knote.pointee.descriptor
    var available: Int32 = 0
    let asked = withUnsafeMutablePointer(to: &available) {
      host(FreeBSD.HostSocket.ioctl, FreeBSD.word(descriptor), 0x541b, UInt(bitPattern: $0))  // FIONREAD
    }
    if asked == FreeBSD.HostError.EBADF { return .gone }
    var data = Int64(available)
    if asked < 0 {
      // A listener counts no bytes; what cannot count is ready with one, if at all.
      data = bits & FreeBSD.HostEvent.EPOLLIN == 0 ? 0 : max(waitingConnections(descriptor), 1)
    }
    knote.pointee.data = data
    var ended = bits & (FreeBSD.HostEvent.EPOLLRDHUP | FreeBSD.HostEvent.EPOLLHUP) != 0
    // The host hangs up on a stream that was never connected; the guest's kernel only waits.
    if ended && bits & FreeBSD.HostEvent.EPOLLRDHUP == 0 && isSocket(index) { ended = false }
    setEnd(index, ended, bits & FreeBSD.HostEvent.EPOLLERR != 0)
    if ended || bits & FreeBSD.HostEvent.EPOLLERR != 0 { return .ready }
    if bits & FreeBSD.HostEvent.EPOLLIN == 0 { return .idle }
    if knote.pointee.savedFflags & FreeBSD.NOTE_LOWAT != 0 { return data >= knote.pointee.savedData ? .ready : .idle }
    return .ready
  }

  /// Looks at a descriptor for writing: `data` is the room there.
  ///
  /// - Source: FreeBSD 14 `sys/kern/uipc_socket.c`, `filt_sowrite`; `sys/kern/sys_pipe.c`, `filt_pipewrite`.
  func writeDescriptor(_ index: UInt32) -> FreeBSD.Readiness {
    let bits = bits(index)
    if bits & FreeBSD.HostEvent.POLLNVAL != 0 { return .gone }
    let knote = knote(index)
    let broken = bits & FreeBSD.HostEvent.EPOLLERR != 0
    let room = roomToWrite(index)
    guard room >= 0 else { return .gone }
    knote.pointee.data = room
    var ended = bits & FreeBSD.HostEvent.EPOLLHUP != 0
    if isKnownAsSocket(index) {
      if ended && !broken && FreeBSD.HostSocket.isFresh(knote.pointee.descriptor) {
        setEnd(index, false, false)
        return .idle
      }
    } else if broken {
      ended = true  // a pipe without readers
    }
    setEnd(index, ended, broken)
    if ended || broken { return .ready }
    if bits & FreeBSD.HostEvent.EPOLLOUT == 0 { return .idle }
    if knote.pointee.savedFflags & FreeBSD.NOTE_LOWAT != 0 { return room >= knote.pointee.savedData ? .ready : .idle }
    return .ready
  }

  private func isKnownAsSocket(_ index: UInt32) -> Bool { knote(index).pointee.has(FreeBSD.Knote.isSocket) }

  /// Bytes that can be written; -1 when the descriptor is closed. Finds out on the way whether it is a socket.
  private func roomToWrite(_ index: UInt32) -> Int64 {
    let knote = knote(index)
    let descriptor = knote.pointee.descriptor
    if !knote.pointee.has(FreeBSD.Knote.isNoSocket) {
      // SO_MEMINFO: bytes in use at 2, the limit at 3, what a stream has queued at 5.
      var memory = [10 of UInt32](repeating: 0)
      var length: UInt32 = 36
      let asked = withUnsafeMutablePointer(to: &memory) { memory in
        withUnsafeMutablePointer(to: &length) {
          host(
            FreeBSD.HostSocket.getsockopt, FreeBSD.word(descriptor), 1, 55, UInt(bitPattern: memory),
            UInt(bitPattern: $0))
        }
      }
      if asked == FreeBSD.HostError.EBADF { return -1 }
      if asked == 0 {
        knote.pointee.status |= FreeBSD.Knote.isSocket
        return max(0, Int64(memory[3]) - Int64(max(memory[2], memory[5])))
      }
      if asked == FreeBSD.HostError.ENOTSOCK { knote.pointee.status |= FreeBSD.Knote.isNoSocket }
    }
    let size = host(FreeBSD.HostSocket.fcntl, FreeBSD.word(descriptor), 1032)  // F_GETPIPE_SZ
    if size == FreeBSD.HostError.EBADF && host(FreeBSD.HostSocket.fcntl, FreeBSD.word(descriptor), 1) < 0 { return -1 }
    if size < 0 { return 4096 }
    var used: Int32 = 0
    _ = withUnsafeMutablePointer(to: &used) {
      host(FreeBSD.HostSocket.ioctl, FreeBSD.word(descriptor), 0x541b, UInt(bitPattern: $0))
    }
    return max(0, Int64(size) - Int64(used))
  }

  /// Connections that wait at a TCP listener; 0 for what does not say.
  private func waitingConnections(_ descriptor: Int32) -> Int64 {
    guard let information = tcpInformation(descriptor), information[0] & 0xff == 10 else { return 0 }  // TCP_LISTEN
    return Int64(information[3] & 0xffff_ffff)
  }

  private func tcpInformation(_ descriptor: Int32) -> [30 of UInt64]? {
    var information = [30 of UInt64](repeating: 0)
    var length: UInt32 = 240
    let asked = withUnsafeMutablePointer(to: &information) { information in
      withUnsafeMutablePointer(to: &length) {
        host(
          FreeBSD.HostSocket.getsockopt, FreeBSD.word(descriptor), FreeBSD.word(FreeBSD.HostSocket.IPPROTO_TCP),
          FreeBSD.word(FreeBSD.HostSocket.TCP_INFO), UInt(bitPattern: information), UInt(bitPattern: $0))
      }
    }
    return asked < 0 ? nil : information
  }

  /// The guest's number of the error a broken socket holds, left in place: asking the host for it would take it away
  /// from the program. A TCP connection that never transported anything was refused, or nobody answered; any other
  /// stream was reset.
  private func pendingError(_ descriptor: Int32) -> UInt32 {
    let (reset, timedOut, refused) = (-104, -110, -111)  // the host's ECONNRESET, ETIMEDOUT, ECONNREFUSED
    var error = reset
    if let information = tcpInformation(descriptor),
      information[15] | information[16] | information[24] & 0xffff_ffff == 0
    {
      // No byte, no acknowledgement: it never came to be. Was there an answer at all?
      error = information[17] >> 32 != 0 ? refused : timedOut
    }
    return UInt32(truncatingIfNeeded: FreeBSD.guestErrno(error))
  }
}
