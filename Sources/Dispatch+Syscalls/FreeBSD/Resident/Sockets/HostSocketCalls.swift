/// Host system-call numbers, flags and errors of the socket calls.
extension FreeBSD {
  enum HostSocket {
    static let close = 3
    static let fcntl = 72
    static let ioctl = 16
    static let sendfile = 40
    static let socket = 41
    static let connect = 42
    static let sendto = 44
    static let recvfrom = 45
    static let sendmsg = 46
    static let recvmsg = 47
    static let shutdown = 48
    static let bind = 49
    static let listen = 50
    static let getsockname = 51
    static let getpeername = 52
    static let socketpair = 53
    static let setsockopt = 54
    static let getsockopt = 55
    static let poll = 7
    static let accept4 = 288

    static let AF_UNIX: UInt16 = 1
    static let AF_INET: UInt16 = 2
    static let AF_INET6: UInt16 = 10
    static let SOCK_NONBLOCK: Int32 = 0x800
    static let SOCK_CLOEXEC: Int32 = 0x80000

    static let SOL_SOCKET: Int32 = 1
    static let SO_TYPE: Int32 = 3
    static let SO_ACCEPTCONN: Int32 = 30
    static let SO_DOMAIN: Int32 = 39
    static let IPPROTO_TCP: Int32 = 6
    static let TCP_INFO: Int32 = 11
    static let MSG_NOSIGNAL: Int32 = 0x4000
    static let MSG_MORE: Int32 = 0x8000
    static let SIGPIPE: UInt = 13

    /// The lengths of a host `sockaddr_un` without a path, and with the longest one.
    static let pathOffset = 2

    /// An integer socket option of the host's; nil when it cannot be had.
    static func option(_ s: Int32, _ level: Int32, _ name: Int32) -> Int32? {
      var value: Int32 = 0
      var length: UInt32 = 4
      let result = withUnsafeMutablePointer(to: &value) { value in
        withUnsafeMutablePointer(to: &length) { length in
          host(getsockopt, word(s), word(level), word(name), UInt(bitPattern: value), UInt(bitPattern: length))
        }
      }
      return result < 0 ? nil : value
    }

    /// The socket's type, which is numbered alike; `EBADF`, `ENOTSOCK`.
    static func type(_ s: Int32) -> Int {
      var value: Int32 = 0
      var length: UInt32 = 4
      let result = withUnsafeMutablePointer(to: &value) { value in
        withUnsafeMutablePointer(to: &length) { length in
          host(
            getsockopt, word(s), word(SOL_SOCKET), word(SO_TYPE), UInt(bitPattern: value), UInt(bitPattern: length))
        }
      }
      return result < 0 ? result : Int(value)
    }

    /// Sets an integer socket option of the host's.
    static func set(_ s: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Int {
      withUnsafePointer(to: value) {
        host(setsockopt, word(s), word(level), word(name), UInt(bitPattern: $0), 4)
      }
    }

    /// Whether the socket is of the Unix family.
    static func isUnix(_ s: Int32) -> Bool { option(s, SOL_SOCKET, SO_DOMAIN) == Int32(AF_UNIX) }

    /// Whether the socket is a Unix datagram socket.
    static func isUnixDatagram(_ s: Int32) -> Bool {
      isUnix(s) && option(s, SOL_SOCKET, SO_TYPE) == FreeBSD.SOCK_DGRAM
    }

    /// What poll(2) says of a descriptor at this moment.
    static func pollNow(_ s: Int32, _ events: Int16) -> Int16 {
      var entry = FreeBSD.pollfd(fd: s, events: events)
      let result = withUnsafeMutablePointer(to: &entry) { host(poll, UInt(bitPattern: $0), 1, 0) }
      return result < 0 ? 0 : entry.revents
    }

    /// Whether a stream socket was never connected: the host hangs up on it (`POLLHUP`) without an end of the
    /// stream (`POLLRDHUP`).
    static func isFresh(_ s: Int32) -> Bool { pollNow(s, 0x2000) & 0x2010 == 0x10 }
  }

  /// The guest's number of a host error that came as a value: 0 is none.
  static func guestNumber(ofHostError value: Int32) -> Int32 {
    value > 0 && value < 4096 ? Int32(truncatingIfNeeded: guestErrno(-Int(value))) : 0
  }

  /// An `int` as a register of a host call.
  @inline(__always)
  static func word(_ value: Int32) -> UInt { UInt(bitPattern: Int(value)) }
}

/// Errors of sockets, as the host negates them.
extension FreeBSD.HostError {
  static let EPIPE = -32
  static let ENOTSOCK = -88
  static let EDESTADDRREQ = -89
  static let EPROTOTYPE = -91
  static let ENOPROTOOPT = -92
  static let EPROTONOSUPPORT = -93
  static let ESOCKTNOSUPPORT = -94
  static let EAFNOSUPPORT = -97
  static let ENOBUFS = -105
  static let EISCONN = -106
  static let ENOTCONN = -107
  static let ECONNREFUSED = -111
  static let ECANCELED = -125
  static let EIO = -5
}
