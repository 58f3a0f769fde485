import CPicoEntry

/// POSIX message queues, which are the host's: their names are one name space for both systems.
///
/// Source: FreeBSD 14 sys/kern/uipc_mqueue.c; mq_open(2) and those beside it.
extension FreeBSD {
  /// `struct mq_attr`: 64 bytes on both systems; only `O_NONBLOCK` among the flags differs.
  private struct MessageQueueAttributes: BitwiseCopyable {
    var mq_flags: Int64 = 0
    var mq_maxmsg: Int64 = 0
    var mq_msgsize: Int64 = 0
    var mq_curmsgs: Int64 = 0
    var reserved: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
  }

  private static let O_NONBLOCK_host: Int64 = 0x800
  private static let MQFS_NAMELEN = 255

  /// `mq_open(3)`. Errors: `EINVAL` for flags other than the access mode, `O_CREAT`, `O_EXCL`, `O_NONBLOCK` and
  /// `O_CLOEXEC`, for a name without its leading slash or with another one, and for attributes that are none;
  /// `ENAMETOOLONG`; `EFAULT`; the host's.
  static func kmq_open(_ t: Thread, _ path: UInt, _ flags: Int32, _ mode: UInt32, _ attr: UInt) -> Int {
    guard flags & ~(O_ACCMODE | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC) == 0, flags & O_ACCMODE != O_ACCMODE else {
      return HostError.EINVAL
    }
    var wanted = MessageQueueAttributes()
    if attr != 0 && flags & O_CREAT != 0 {
      guard let given = load(attr, as: MessageQueueAttributes.self) else { return HostError.EFAULT }
      wanted = given
      guard wanted.mq_maxmsg > 0, wanted.mq_msgsize > 0 else { return HostError.EINVAL }
    }
    let isGiven = attr != 0 && flags & O_CREAT != 0
    return withQueueName(path) { name in
      withUnsafePointer(to: &wanted) {
        // The guest's mq descriptors close on exec.
        host(240, name, hostOpenFlags(flags | O_CLOEXEC), UInt(mode & 0o777), isGiven ? UInt(bitPattern: $0) : 0)
      }
    }
  }

  /// `mq_unlink(3)`. Errors: of the name; `ENOENT`, `EACCES`.
  static func kmq_unlink(_ t: Thread, _ path: UInt) -> Int { withQueueName(path) { host(241, $0) } }

  /// The host's call takes the name without its slash.
  private static func withQueueName(_ path: UInt, _ body: (UInt) -> Int) -> Int {
    var name: [64 of UInt64] = .init(repeating: 0)
    return withUnsafeMutablePointer(to: &name) { name in
      let text = UnsafeMutableRawPointer(name)
      let length = copyString(text, from: path, limit: 512)
      if length < 0 { return length }
      if length > MQFS_NAMELEN { return HostError.ENAMETOOLONG }
      guard length > 1, text.load(as: UInt8.self) == 0x2f else { return HostError.EINVAL }
      for at in 1..<length where text.load(fromByteOffset: at, as: UInt8.self) == 0x2f { return HostError.EINVAL }
      return body(UInt(bitPattern: text) + 1)
    }
  }

  /// `mq_setattr(2)` and `mq_getattr(2)`: only `O_NONBLOCK` can be set. Errors: `EFAULT`; `EINVAL` for another flag;
  /// `EBADF`.
  static func kmq_setattr(_ t: Thread, _ mqd: Int32, _ attr: UInt, _ oattr: UInt) -> Int {
    var wanted = MessageQueueAttributes()
    var old = MessageQueueAttributes()
    if attr != 0 {
      guard let given = load(attr, as: MessageQueueAttributes.self) else { return HostError.EFAULT }
      if given.mq_flags & ~Int64(O_NONBLOCK) != 0 { return HostError.EINVAL }
      wanted.mq_flags = given.mq_flags != 0 ? O_NONBLOCK_host : 0
    }
    let result = withUnsafePointer(to: &wanted) { wanted in
      withUnsafeMutablePointer(to: &old) {
        host(245, word(mqd), attr != 0 ? UInt(bitPattern: wanted) : 0, UInt(bitPattern: $0))
      }
    }
    if result < 0 || oattr == 0 { return result }
    old.mq_flags = old.mq_flags & O_NONBLOCK_host != 0 ? Int64(O_NONBLOCK) : 0
    return store(old, at: oattr) ? 0 : HostError.EFAULT
  }

  /// `mq_timedreceive(2)`: the message's length. Errors: the host's; `EINTR`, or begun anew as the signal's action says.
  static func kmq_timedreceive(
    _ t: Thread, _ mqd: Int32, _ msg_ptr: UInt, _ msg_len: UInt, _ msg_prio: UInt, _ abs_timeout: UInt
  ) -> Int {
    let result = t.blocking(243, word(mqd), msg_ptr, msg_len, msg_prio, abs_timeout)
    return result == HostError.EINTR ? Restart.ifActionSaysSo : result
  }

  /// `mq_timedsend(2)`. Errors: the host's; `EINTR`, or begun anew as the signal's action says.
  static func kmq_timedsend(
    _ t: Thread, _ mqd: Int32, _ msg_ptr: UInt, _ msg_len: UInt, _ msg_prio: UInt32, _ abs_timeout: UInt
  ) -> Int {
    let result = t.blocking(242, word(mqd), msg_ptr, msg_len, UInt(msg_prio), abs_timeout)
    return result == HostError.EINTR ? Restart.ifActionSaysSo : result
  }

  /// `mq_notify(2)`: by signal, or not at all. A queue that is not empty tells at once, other than on the host.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for another way or no signal; `EBADF`; `EBUSY`.
  /// - Differs: also where somebody is waiting for a message, who will get it.
  /// - Source: FreeBSD 14 `sys/kern/uipc_mqueue.c`, `kern_kmq_notify`.
  static func kmq_notify(_ t: Thread, _ mqd: Int32, _ sigev: UInt) -> Int {
    if sigev == 0 { return host(244, word(mqd), 0) }
    guard let event = load(sigev, as: SigEvent.self) else { return HostError.EFAULT }
    // struct sigevent of the host: value, signal, SIGEV_SIGNAL 0 or SIGEV_NONE 1.
    var hostEvent: (UInt64, Int32, Int32, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
      event.sigev_value, 0, 1, 0, 0, 0, 0, 0, 0
    )
    switch event.sigev_notify {
    case SIGEV_NONE: break
    case SIGEV_SIGNAL:
      guard let signal = hostSignal(event.sigev_signo) else { return HostError.EINVAL }
      hostEvent.1 = signal
      hostEvent.2 = 0
    default: return HostError.EINVAL
    }
    let result = withUnsafePointer(to: &hostEvent) { host(244, word(mqd), UInt(bitPattern: $0)) }
    var state = MessageQueueAttributes()
    guard result == 0,
      withUnsafeMutablePointer(to: &state, { host(245, word(mqd), 0, UInt(bitPattern: $0)) }) == 0,
      state.mq_curmsgs > 0
    else { return result }
    host(244, word(mqd), 0)
    if event.sigev_notify == SIGEV_SIGNAL { tellOfMessage(t, hostEvent.1, event.sigev_value) }
    return 0
  }

  /// Sends the process the signal that tells of a message.
  private static func tellOfMessage(_ t: Thread, _ signal: Int32, _ value: UInt64) {
    let process = t.pointee.process.pointee.tgid
    var info = pico_siginfo()
    info.signal = signal
    info.code = -3  // SI_MESGQ
    info.u.sent.pid = Int32(bitPattern: process)
    info.u.sent.uid = UInt32(truncatingIfNeeded: host(HostProcess.getuid))
    info.u.sent.value = value
    _ = withUnsafePointer(to: info) {
      host(HostProcess.rt_sigqueueinfo, UInt(process), word(signal), UInt(bitPattern: $0))
    }
  }
}
