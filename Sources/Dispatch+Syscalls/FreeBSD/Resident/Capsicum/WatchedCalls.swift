import CPicoEntry

extension FreeBSD {
  /// Why every call of a process comes by the dispatch and is looked at here.
  enum Watched {
    /// `SO_NOSIGPIPE` was set: write(2) may be to such a socket.
    static let quietSockets: UInt64 = 1
    /// A descriptor is limited, or the process is in capability mode.
    static let capabilities: UInt64 = 2
    /// A child lives as long as a descriptor.
    static let leashes: UInt64 = 4
  }

  /// Which of the process's words holds them.
  private static let watchedWord = 46

  @inline(__always)
  static func watched(_ t: Thread) -> UInt64 { processWord(t, watchedWord).pointee }

  /// From here on the process's calls are looked at.
  static func watch(_ t: Thread, _ reason: UInt64) {
    if watched(t) & reason != 0 { return }
    _ = pico_or64(processWord(t, watchedWord), reason)
    Rewriting.see(t, .all)
    ThreadArea.forEach { if $0.pointee.process == t.pointee.process { $0.selectLeanTable() } }
  }

  /// A call of a process that is looked at.
  static func answerWatched(
    _ t: Thread, _ number: UInt, _ a0: UInt, _ a1: UInt, _ a2: UInt, _ a3: UInt, _ a4: UInt, _ a5: UInt, _ stack: UInt
  ) -> Int {
    let why = watched(t)
    let descriptor = Int32(truncatingIfNeeded: a0)
    if why & Watched.capabilities != 0 {
      let refused = Capsicum.refusal(t, number, CallArguments(a0, a1, a2, a3, a4, a5))
      if refused != 0 {
        Capsicum.raiseTrap(t)
        return refused
      }
    }
    if why & Watched.quietSockets != 0 && (number == 4 || number == 121),
      SocketFlags.get(t, descriptor) & SocketFlags.noSigpipe != 0
    {
      let result = number == 4 ? writeQuietly(t, descriptor, a1, a2) : writeQuietly(t, descriptor, vectors: a1, a2)
      // Something else has the number by now.
      if result != HostError.ENOTSOCK { return result }
    }
    if why & Watched.leashes != 0 { Leashes.beforeCall(t, number, a0, a1, a2) }
    let result = answer(t, number, a0, a1, a2, a3, a4, a5, stack)
    if result >= 0 { afterWatched(t, number, a0, a1, a2, result) }
    return result
  }

  /// What a call has made of descriptors.
  private static func afterWatched(
    _ t: Thread, _ number: UInt, _ a0: UInt, _ a1: UInt, _ a2: UInt, _ result: Int
  ) {
    let (from, made) = (Int32(truncatingIfNeeded: a0), Int32(truncatingIfNeeded: result))
    let keepsRights = watched(t) & Watched.capabilities != 0
    switch number {
    case 6:  // close
      if keepsRights { Capsicum.forget(t, UInt32(bitPattern: from), UInt32(bitPattern: from)) }
      SocketFlags.clear(t, Int(from))
    case 575:  // close_range
      if keepsRights && a2 & 4 == 0 {
        Capsicum.forget(t, UInt32(truncatingIfNeeded: a0), UInt32(truncatingIfNeeded: a1))
      }
    case 509:  // freebsd12_closefrom
      if keepsRights { Capsicum.forget(t, UInt32(bitPattern: max(from, 0)), .max) }
    case 41, 90, 92:  // dup, dup2, fcntl
      // F_DUPFD, F_DUP2FD, F_DUPFD_CLOEXEC, F_DUP2FD_CLOEXEC
      if number == 92 && a1 != 0 && a1 != 10 && a1 != 17 && a1 != 18 { return }
      if keepsRights { Capsicum.inherit(t, from, made) }
      if watched(t) & Watched.leashes != 0 { Leashes.duplicate(t, from, made) }
      if from != made {
        SocketFlags.clear(t, result)
        _ = SocketFlags.set(t, made, SocketFlags.get(t, from), true)
      }
    case 30, 541, 499:  // accept, accept4, openat: what is made has the rights of what it was made by
      if keepsRights { Capsicum.inherit(t, from, made) }
    default: break
    }
  }

  /// write(2) to a socket that wants no SIGPIPE.
  private static func writeQuietly(_ t: Thread, _ s: Int32, _ buffer: UInt, _ length: UInt) -> Int {
    quiet(
      t.blocking(
        HostSocket.sendto, word(s), buffer, length, word(HostSocket.MSG_NOSIGNAL), 0, 0), s)
  }

  /// writev(2) likewise.
  private static func writeQuietly(_ t: Thread, _ s: Int32, vectors: UInt, _ count: UInt) -> Int {
    var header = HostMessage()
    header.vector = vectors
    header.vectorCount = UInt(UInt32(truncatingIfNeeded: count))
    let result = withUnsafePointer(to: &header) {
      t.blocking(HostSocket.sendmsg, word(s), UInt(bitPattern: $0), word(HostSocket.MSG_NOSIGNAL))
    }
    // sendmsg(2) has an error of its own for too many.
    return result == -90 ? HostError.EINVAL : quiet(result, s)  // EMSGSIZE
  }

  private static func quiet(_ result: Int, _ s: Int32) -> Int {
    switch result {
    case HostError.EINTR: Restart.ifActionSaysSo
    case HostError.EPIPE where HostSocket.isFresh(s): HostError.ENOTCONN
    default: result
    }
  }
}

/// A call's first six arguments, by their place.
struct CallArguments {
  private let words: (UInt, UInt, UInt, UInt, UInt, UInt)

  init(_ a0: UInt, _ a1: UInt, _ a2: UInt, _ a3: UInt, _ a4: UInt, _ a5: UInt) { words = (a0, a1, a2, a3, a4, a5) }

  subscript(_ place: Int) -> UInt {
    switch place {
    case 0: words.0
    case 1: words.1
    case 2: words.2
    case 3: words.3
    case 4: words.4
    default: words.5
    }
  }

  func descriptor(_ place: Int) -> Int32 { Int32(truncatingIfNeeded: self[place]) }
}
