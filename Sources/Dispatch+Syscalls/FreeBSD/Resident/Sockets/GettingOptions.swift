extension FreeBSD {
  /// `getsockopt(2)`.
  ///
  /// - Errors: `EFAULT` for the length or the value; `EINVAL` for a length past `INT_MAX`; `ENOPROTOOPT` for an option
  ///   the host has no equal of; the host's.
  /// - Source: FreeBSD 14 `sys/kern/uipc_socket.c`, `sogetopt`.
  static func getsockopt(_ t: Thread, _ s: Int32, _ level: Int32, _ name: Int32, _ val: UInt, _ avalsize: UInt) -> Int {
    var room: UInt32 = 0
    if val != 0 {
      guard let given = load(avalsize, as: UInt32.self) else { return HostError.EFAULT }
      if given > UInt32(Int32.max) { return HostError.EINVAL }
      room = given
    }
    let type = host(HostSocket.fcntl, word(s), 3)  // F_GETFL
    if type < 0 { return type }
    guard let option = HostOption.of(s, level, name) else {
      return HostSocket.option(s, HostSocket.SOL_SOCKET, HostSocket.SO_TYPE) == nil
        ? HostError.ENOTSOCK : HostError.ENOPROTOOPT
    }
    var value = OptionValue()
    let result = value.get(t, s, option, name, room)
    if result < 0 { return result }
    if val == 0 { return 0 }
    let count = min(Int(room), result)
    let copied = withUnsafeBytes(of: value.words) {
      copyOut(to: val, $0.baseAddress.unsafelyUnwrapped, count: count)
    }
    return copied && store(UInt32(count), at: avalsize) ? 0 : HostError.EFAULT
  }

  /// Room for the value of an option.
  struct OptionValue {
    var words = [34 of UInt64](repeating: 0)

    /// Asks the host for an option, or answers from what is remembered here.
    ///
    /// - Returns: the bytes of the guest's value, at `words`; or an error.
    mutating func get(_ t: Thread, _ s: Int32, _ option: HostOption, _ name: Int32, _ room: UInt32) -> Int {
      switch option.kind {
      case .bytes: return read(s, option, min(room, 256))
      case .integer:
        // A one-byte value stays one byte where the host gives one.
        return read(s, option, 4)
      case .flag:
        guard let value = HostSocket.option(s, option.level, option.name) else { return HostError.ENOTSOCK }
        return integer(value != 0 ? name : 0)
      case .bufferSize: return mapped(s, option) { $0 / 2 }
      case .error: return mapped(s, option) { guestNumber(ofHostError: $0) }
      case .domain: return mapped(s, option) { $0 == Int32(HostSocket.AF_INET6) ? Int32(AF_INET6) : $0 }
      case .dontFragment: return mapped(s, option) { $0 == 2 ? 1 : 0 }
      case .fastOpen: return mapped(s, option) { $0 != 0 ? 1 : 0 }
      case .keepInit: return mapped(s, option) { $0 < 1 ? 75 : (Int32(2) << min($0, 8)) - 1 }
      case .nothing, .portRange: return integer(0)
      case .fib, .sourceMembership, .group, .groupSource: return HostError.ENOPROTOOPT
      case .acceptFilter: return HostError.EINVAL
      case .noSigpipe: return remembered(t, s, SocketFlags.noSigpipe, SO_NOSIGPIPE)
      case .bintime: return remembered(t, s, SocketFlags.bintime, SO_BINTIME)
      case .destination: return remembered(t, s, SocketFlags.destination, 1)
      case .interface: return remembered(t, s, SocketFlags.interface, 1)
      case .credentialsOnce: return remembered(t, s, SocketFlags.credentialsOnce, 1)
      case .credentials: return remembered(t, s, SocketFlags.credentials, 1)
      case .listenQueue: return listenQueue(s, option.name)
      case .peerCredentials: return peerCredentials(s)
      case .connectionInformation: return connectionInformation(s)
      case .icmpFilter:
        let length = read(s, option, 32)
        for index in 0..<4 { words[index] = ~words[index] }
        return length
      case .congestion:
        let length = read(s, option, 16)
        if words[0] == FreeBSD.reno { words[0] = FreeBSD.newreno }
        return length
      }
    }

    /// The host's value as it is; its length.
    mutating func read(_ s: Int32, _ option: HostOption, _ length: UInt32) -> Int {
      read(s, option.level, option.name, length)
    }

    mutating func read(_ s: Int32, _ level: Int32, _ name: Int32, _ room: UInt32) -> Int {
      var length = min(room, 272)
      let result = withUnsafeMutablePointer(to: &words) { words in
        withUnsafeMutablePointer(to: &length) { length in
          host(
            HostSocket.getsockopt, word(s), word(level), word(name), UInt(bitPattern: words), UInt(bitPattern: length))
        }
      }
      return result < 0 ? result : Int(min(length, 272))
    }

    private mutating func integer(_ value: Int32) -> Int {
      words[0] = UInt64(UInt32(bitPattern: value))
      return 4
    }

    private mutating func mapped(_ s: Int32, _ option: HostOption, _ body: (Int32) -> Int32) -> Int {
      let result = read(s, option, 4)
      return result < 0 ? result : integer(body(Int32(truncatingIfNeeded: words[0])))
    }

    private mutating func remembered(_ t: Thread, _ s: Int32, _ bit: UInt8, _ on: Int32) -> Int {
      if HostSocket.option(s, HostSocket.SOL_SOCKET, HostSocket.SO_TYPE) == nil { return HostError.ENOTSOCK }
      return integer(SocketFlags.get(t, s) & bit != 0 ? on : 0)
    }
  }
}
