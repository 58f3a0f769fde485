extension FreeBSD {
  /// Host system calls and flags that kqueues are built from.
  enum HostEvent {
    static let fstat = 5
    static let lseek = 8
    static let rt_sigpending = 127
    static let clock_gettime = 228
    static let epoll_wait = 232
    static let epoll_ctl = 233
    static let waitid = 247
    static let inotify_add_watch = 254
    static let inotify_rm_watch = 255
    static let timerfd_create = 283
    static let timerfd_settime = 286
    static let signalfd4 = 289
    static let eventfd2 = 290
    static let epoll_create1 = 291
    static let inotify_init1 = 294
    static let pidfd_send_signal = 424
    static let pidfd_open = 434
    static let epoll_pwait2 = 441

    static let EPOLL_CTL_ADD: UInt = 1
    static let EPOLL_CTL_DEL: UInt = 2
    static let EPOLL_CTL_MOD: UInt = 3
    static let EPOLLIN: UInt32 = 0x1
    static let EPOLLOUT: UInt32 = 0x4
    static let EPOLLERR: UInt32 = 0x8
    static let EPOLLHUP: UInt32 = 0x10
    static let EPOLLRDHUP: UInt32 = 0x2000
    static let EPOLLONESHOT: UInt32 = 1 << 30
    static let EPOLLET: UInt32 = 1 << 31
    static let POLLNVAL: UInt32 = 0x20

    /// `O_CLOEXEC` and `O_NONBLOCK`, which every one of the calls that make a descriptor takes.
    static let closeOnExec: UInt = 0x80000
    static let nonBlocking: UInt = 0x800

    /// `struct epoll_event`: twelve bytes, packed.
    static let eventSize = 12

    /// Adds, changes or removes what an epoll waits for.
    static func control(_ epoll: Int32, _ operation: UInt, _ descriptor: Int32, _ events: UInt32, _ data: UInt64) -> Int
    {
      var event: (UInt32, UInt32, UInt32) = (
        events, UInt32(truncatingIfNeeded: data), UInt32(truncatingIfNeeded: data >> 32)
      )
      return withUnsafePointer(to: &event) {
        host(epoll_ctl, word(epoll), operation, word(descriptor), UInt(bitPattern: $0))
      }
    }

    /// Whether `descriptor` is among what `epoll` waits for. Leaves the epoll as it was.
    static func contains(_ epoll: Int32, _ descriptor: Int32) -> Bool {
      if epoll < 0 || descriptor < 0 { return false }
      let result = control(epoll, EPOLL_CTL_ADD, descriptor, 0, 0)
      if result == 0 { _ = control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0) }
      return result == HostError.EEXIST
    }

    /// Nanoseconds of a host clock.
    static func now(_ clock: UInt) -> UInt64 {
      var time: (UInt64, UInt64) = (0, 0)
      _ = withUnsafeMutablePointer(to: &time) { host(clock_gettime, clock, UInt(bitPattern: $0)) }
      return time.0 &* 1_000_000_000 &+ time.1
    }
    static let CLOCK_REALTIME: UInt = 0
    static let CLOCK_MONOTONIC: UInt = 1

    /// The members of the host's `struct stat` that events are made of.
    struct Status {
      var device: UInt64
      var inode: UInt64
      var links: UInt64
      var mode: UInt32
      var size: Int64

      var isRegular: Bool { mode & 0xf000 == 0x8000 }
      var isDirectory: Bool { mode & 0xf000 == 0x4000 }
    }

    /// The status of an open file; nil when the descriptor is not open.
    static func status(_ descriptor: Int32) -> Status? {
      var room = [18 of UInt64](repeating: 0)
      let result = withUnsafeMutablePointer(to: &room) { host(fstat, word(descriptor), UInt(bitPattern: $0)) }
      if result < 0 { return nil }
      return Status(
        device: room[0], inode: room[1], links: room[2], mode: UInt32(truncatingIfNeeded: room[3]),
        size: Int64(bitPattern: room[6]))
    }

    /// Where descriptors that the guest did not ask for are kept: above what programs reach by counting.
    private static let hiddenFrom: UInt = 960

    /// Moves a fresh descriptor out of the guest's way. It stays where it is when there is no room above.
    static func hide(_ descriptor: Int) -> Int32 {
      if descriptor < 0 { return -1 }
      let moved = host(HostSocket.fcntl, UInt(bitPattern: descriptor), 1030, hiddenFrom)  // F_DUPFD_CLOEXEC
      if moved < 0 { return Int32(truncatingIfNeeded: descriptor) }
      host(HostSocket.close, UInt(bitPattern: descriptor))
      return Int32(truncatingIfNeeded: moved)
    }

    /// Closes a hidden descriptor, unless the guest has closed it itself and has a file of its own at that number.
    static func closeHidden(_ descriptor: Int32) {
      guard descriptor >= 0, let status = status(descriptor), status.mode & 0xf000 == 0 else { return }
      host(HostSocket.close, word(descriptor))
    }
  }
}
