extension FreeBSD {
  /// `recvfrom(2)`.
  ///
  /// - Errors: `EFAULT` for the length; the host's; `EFAULT` for the address, after which the data are gone.
  /// - Source: FreeBSD 14 `sys/kern/uipc_syscalls.c`, `kern_recvit`.
  static func recvfrom(
    _ t: Thread, _ s: Int32, _ buf: UInt, _ len: UInt, _ flags: Int32, _ from: UInt, _ fromlenaddr: UInt
  ) -> Int {
    let hostFlags = word(MessageFlags.receiving(flags, s))
    var room: UInt32 = 0
    if fromlenaddr != 0 {
      guard let given = load(fromlenaddr, as: UInt32.self) else { return HostError.EFAULT }
      room = given
    }
    if from == 0 { return received(t.blocking(HostSocket.recvfrom, word(s), buf, len, hostFlags, 0, 0)) }
    var address = HostAddress()
    var length = HostAddress.room
    let result = withUnsafeMutablePointer(to: &length) { length in
      withUnsafeMutablePointer(to: &address.words) {
        t.blocking(
          HostSocket.recvfrom, word(s), buf, len, hostFlags, UInt(bitPattern: $0), UInt(bitPattern: length))
      }
    }
    if result < 0 { return received(result) }
    address.length = length
    sender(s, &address)
    guard let given = address.give(to: from, room: room) else { return HostError.EFAULT }
    if fromlenaddr != 0 && !store(given, at: fromlenaddr) { return HostError.EFAULT }
    return result
  }

  /// `recvmsg(2)`.
  ///
  /// - Errors: `EFAULT` for the header; the host's; `EFAULT` for address, control messages or header: descriptors
  ///   that came with the message are closed then.
  static func recvmsg(_ t: Thread, _ s: Int32, _ msg: UInt, _ flags: Int32) -> Int {
    guard var message = load(msg, as: msghdr.self) else { return HostError.EFAULT }
    let hostFlags = word(MessageFlags.receiving(flags, s))
    var address = HostAddress()
    var control = ControlMessages()
    let controlRoom = message.msg_control == 0 ? 0 : min(Int(message.msg_controllen), ControlMessages.room)
    var header = HostMessage()
    let result = withUnsafeMutablePointer(to: &address.words) { words -> Int in
      withUnsafeMutablePointer(to: &control.words) { controlWords -> Int in
        if message.msg_name != 0 {
          header.name = UInt(bitPattern: words)
          header.nameLength = UInt(HostAddress.room)
        }
        header.vector = UInt(message.msg_iov)
        header.vectorCount = UInt(truncatingIfNeeded: UInt32(bitPattern: message.msg_iovlen))
        if controlRoom > 0 {
          header.control = UInt(bitPattern: controlWords)
          // What the host adds around credentials and addresses is larger than what the guest gets of it.
          header.controlLength = UInt(bitPattern: ControlMessages.hostRoom(t, s, controlRoom))
        }
        return withUnsafeMutablePointer(to: &header) {
          t.blocking(HostSocket.recvmsg, word(s), UInt(bitPattern: $0), hostFlags)
        }
      }
    }
    if result < 0 { return received(result) }
    var guestFlags = MessageFlags.received(Int32(truncatingIfNeeded: header.flags))
    let controlAt = UInt(message.msg_control)
    let given = control.give(
      t, s, Int(bitPattern: header.controlLength), to: controlAt, room: controlRoom, &guestFlags)
    if given < 0 { return given }
    if message.msg_name != 0 {
      address.length = UInt32(truncatingIfNeeded: header.nameLength)
      sender(s, &address)
      guard let length = address.give(to: UInt(message.msg_name), room: message.msg_namelen) else {
        control.closeDescriptors()
        return HostError.EFAULT
      }
      message.msg_namelen = length
    } else {
      message.msg_namelen = 0
    }
    message.msg_controllen = UInt32(truncatingIfNeeded: given)
    message.msg_flags = guestFlags
    if store(message, at: msg) { return result }
    control.closeDescriptors()
    return HostError.EFAULT
  }

  /// The guest's form of a sender's address. The host says nothing of a Unix sender without a name, the guest's
  /// kernel gives its datagrams the unnamed address.
  private static func sender(_ s: Int32, _ address: inout HostAddress) {
    if address.length == 0 {
      if HostSocket.isUnixDatagram(s) { address.setUnnamed() }
    } else {
      address.toGuest()
    }
  }

  private static func received(_ result: Int) -> Int {
    result == HostError.EINTR ? Restart.ifActionSaysSo : result
  }
}
