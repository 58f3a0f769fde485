import CPicoABI

extension FreeBSD {
  /// `sendto(2)`.
  ///
  /// - Errors: of the address, then the host's, but `ENOTCONN` for a stream that was never connected (the host says
  ///   `EPIPE`) and `ENOBUFS` for a Unix datagram socket whose receiver is full (`EAGAIN`).
  /// - Source: FreeBSD 14 `sys/kern/uipc_syscalls.c`, `kern_sendit`.
  static func sendto(
    _ t: Thread, _ s: Int32, _ buf: UInt, _ len: UInt, _ flags: Int32, _ to: UInt, _ tolen: UInt32
  ) -> Int {
    // EPIPE's signal is raised by us: whether it is wanted only we know.
    let hostFlags = word(MessageFlags.sending(flags) | HostSocket.MSG_NOSIGNAL)
    if to == 0 { return sent(t, s, t.blocking(HostSocket.sendto, word(s), buf, len, hostFlags, 0, 0), flags) }
    var address = HostAddress()
    let taken = address.take(t, to, tolen)
    if taken < 0 { return taken }
    let length = address.length
    let result = withUnsafeMutablePointer(to: &address.words) {
      t.blocking(HostSocket.sendto, word(s), buf, len, hostFlags, UInt(bitPattern: $0), UInt(length))
    }
    return sent(t, s, result, flags)
  }

  /// `sendmsg(2)`.
  ///
  /// - Errors: `EFAULT` for the header; of the address; of the control messages (`ControlMessages.take`); as `sendto`.
  static func sendmsg(_ t: Thread, _ s: Int32, _ msg: UInt, _ flags: Int32) -> Int {
    guard let message = load(msg, as: msghdr.self) else { return HostError.EFAULT }
    var address = HostAddress()
    if message.msg_name != 0 {
      let taken = address.take(t, UInt(message.msg_name), message.msg_namelen)
      if taken < 0 { return taken }
    }
    if message.msg_control == 0 { return send(t, s, message, &address, 0, 0, flags) }
    var control = ControlMessages()
    let taken = control.take(t, UInt(message.msg_control), message.msg_controllen)
    if taken < 0 { return taken }
    return withUnsafeMutablePointer(to: &control.words) {
      send(t, s, message, &address, UInt(bitPattern: $0), UInt(bitPattern: taken), flags)
    }
  }

  private static func send(
    _ t: Thread, _ s: Int32, _ message: msghdr, _ address: inout HostAddress, _ control: UInt, _ controlLength: UInt,
    _ flags: Int32
  ) -> Int {
    let length = address.length
    let hostFlags = word(MessageFlags.sending(flags) | HostSocket.MSG_NOSIGNAL)
    let result = withUnsafeMutablePointer(to: &address.words) { words -> Int in
      var header = HostMessage()
      if message.msg_name != 0 {
        header.name = UInt(bitPattern: words)
        header.nameLength = UInt(length)
      }
      header.vector = UInt(message.msg_iov)
      header.vectorCount = UInt(truncatingIfNeeded: UInt32(bitPattern: message.msg_iovlen))
      header.control = controlLength == 0 ? 0 : control
      header.controlLength = controlLength
      return withUnsafePointer(to: &header) {
        t.blocking(HostSocket.sendmsg, word(s), UInt(bitPattern: $0), hostFlags)
      }
    }
    return sent(t, s, result, flags)
  }

  /// The host's `struct msghdr`.
  struct HostMessage {
    var name: UInt = 0
    var nameLength: UInt = 0
    var vector: UInt = 0
    var vectorCount: UInt = 0
    var control: UInt = 0
    var controlLength: UInt = 0
    var flags: UInt = 0
  }

  /// What the guest is told of a sending call that the host answered with `result`.
  private static func sent(_ t: Thread, _ s: Int32, _ result: Int, _ flags: Int32) -> Int {
    if result >= 0 {
      if flags & MSG_EOF != 0 { host(HostSocket.shutdown, word(s), 1) }
      return result
    }
    switch result {
    case HostError.EINTR:
      return Restart.ifActionSaysSo
    case HostError.EPIPE:
      if HostSocket.isFresh(s) { return HostError.ENOTCONN }
      if flags & MSG_NOSIGNAL == 0 && SocketFlags.get(t, s) & SocketFlags.noSigpipe == 0 {
        raiseSigpipe(t)
      }
      return result
    case HostError.EAGAIN:
      // The guest's kernel never waits for room in a Unix datagram's receiver.
      return HostSocket.isUnixDatagram(s) ? HostError.ENOBUFS : result
    default:
      return result
    }
  }

  /// Sends the calling thread the signal of a broken pipe; it is delivered on the way out of this call.
  static func raiseSigpipe(_ t: Thread) {
    host(Host.tgkill, UInt(t.pointee.process.pointee.tgid), UInt(t.pointee.tid), HostSocket.SIGPIPE)
  }
}
