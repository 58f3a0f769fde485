extension FreeBSD {
  /// One event that a kqueue watches for: what the guest registered, and how far it has come.
  ///
  /// Knotes lie in one array a kqueue and refer to each other by index; 0 is nobody.
  struct Knote {
    var ident: UInt64 = 0
    var udata: UInt64 = 0
    var ext: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// What is reported: `data` and `fflags`, and in `flags` what was registered and `EV_EOF`.
    var data: Int64 = 0
    var fflags: UInt32 = 0
    var flags: UInt16 = 0
    var filter: Int16 = 0
    /// What was asked for in `data` and `fflags`.
    var savedData: Int64 = 0
    var savedFflags: UInt32 = 0

    var status: UInt32 = 0
    /// Changes when the place is used anew: an event of the host's that comes late is known by it.
    var generation: UInt32 = 0

    var hashNext: UInt32 = 0
    var queuePrevious: UInt32 = 0
    var queueNext: UInt32 = 0
    /// Neighbours among the knotes that are looked through one by one: timers, signals, files.
    var listPrevious: UInt32 = 0
    var listNext: UInt32 = 0

    /// The descriptor that the host watches: `ident`, or one of ours.
    var descriptor: Int32 = -1
    /// Host poll bits, valid while `round` is the kqueue's.
    var fresh: UInt32 = 0
    var round: UInt32 = 0

    /// A timer's next expiry and period in nanoseconds; a signal's count when last looked at; a file's size.
    var first: UInt64 = 0
    var second: UInt64 = 0
    /// A file's identity, number of links, and its inotify watch.
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var links: UInt64 = 0
    var watch: Int32 = -1
    /// A directory's parent's watch, and the next knote whose parent's falls into the same bucket.
    var parent: Int32 = -1
    var parentNext: UInt32 = 0

    /// Bits of `status`.
    static let queued: UInt32 = 1
    static let disabled: UInt32 = 2
    /// Ready for a reason that the host is not asked about again.
    static let active: UInt32 = 4
    /// `EV_FORCEONESHOT`: reported whatever its state.
    static let forced: UInt32 = 8
    /// A regular file or a device that the host's epoll does not take: always ready.
    static let file: UInt32 = 16
    /// What the descriptor is, once it had to be found out.
    static let isSocket: UInt32 = 32
    static let isNoSocket: UInt32 = 64
    /// A process whose forks and execs are looked for.
    static let inFamily: UInt32 = 128
    /// The end of an asynchronous job has been told.
    static let told: UInt32 = 256

    @inline(__always)
    func has(_ bit: UInt32) -> Bool { status & bit != 0 }

    /// Whether the host has to be asked anew whether this is still ready.
    var needsPoll: Bool {
      (filter == EVFILT_READ || filter == EVFILT_WRITE) && status & (Knote.file | Knote.forced) == 0
    }

    /// The host's poll bits that make this ready.
    var interest: UInt32 {
      filter == EVFILT_WRITE ? HostEvent.EPOLLOUT : HostEvent.EPOLLIN | HostEvent.EPOLLRDHUP
    }
  }
}
