import CPicoABI

extension FreeBSD {
  /// One kqueue.
  ///
  /// In a nutshell: the descriptor the guest holds is a host epoll. The host tells *that something happened*, always
  /// edge-triggered; this structure knows *what is asked for* and holds the queue of knotes that may be ready, as
  /// FreeBSD's kernel does. A level-triggered knote stays queued after it was reported and is looked at again by
  /// poll(2) the next time; a knote with `EV_CLEAR` leaves the queue until the next edge.
  ///
  /// Reading and writing are watched by two epolls, since one takes a descriptor only once and an edge of one side must
  /// not look like one of the other. The second, `side`, lies inside the first.
  ///
  /// Whoever makes a knote ready without the host's doing (a user event, a changed flag) *kicks* when somebody waits:
  /// an eventfd that is always readable is armed for one shot.
  ///
  /// Guarded by `lock`, but for what signal handlers read (`descriptor`, `kick`, `observed`).
  struct Kqueue {
    /// The first member: the child of a fork looks whether it is held.
    var lock = Lock()
    /// Changes when the place is given up: a waiter that comes back finds its kqueue gone.
    var serial: UInt32 = 0
    /// The guest's descriptor, and another that dup(2) made of it; -1 is none.
    var descriptor: Int32 = -1
    var alias: Int32 = -1
    /// Descriptors of ours: the always readable eventfd, which also tells this epoll from others; the epoll for
    /// writing; the timer; the watcher of files; the watcher of signals that are blocked.
    var kick: Int32 = -1
    var side: Int32 = -1
    var timer: Int32 = -1
    var notify: Int32 = -1
    var pending: Int32 = -1

    /// The eventfd is armed and nobody has met it yet.
    var kickArmed: UInt32 = 0
    /// Something else than kevent(2) looks at the descriptor: another kqueue, poll(2), select(2).
    var watched: UInt32 = 0
    /// Threads that are waiting, or on their way back.
    var waiters: UInt32 = 0
    /// Numbers the looks at the queue: host poll bits of an earlier one are stale.
    var round: UInt32 = 0

    var knotes: UnsafeMutablePointer<Knote>?
    var capacity: UInt32 = 0
    /// Places never used begin here; freed ones hang together by `hashNext`.
    var untouched: UInt32 = 1
    var freed: UInt32 = 0
    /// The first knotes by identifier and filter, by watch, and by the parent's watch: `capacity` of each.
    var buckets: UnsafeMutablePointer<UInt32>?

    var queueHead: UInt32 = 0
    var queueTail: UInt32 = 0
    var queueCount: UInt32 = 0
    var timers: UInt32 = 0
    var signals: UInt32 = 0
    /// Processes whose forks and execs are asked for, and the last event that was looked at.
    var executions: UInt32 = 0
    var familySeen: UInt64 = 0
    var aios: UInt32 = 0

    /// When the host timer is to fire; 0 is never.
    var armedFor: UInt64 = 0
    /// Host signals that have a knote.
    var observed: UInt64 = 0

    /// What the host hands back with an event that is not a knote's.
    static let kickMark: UInt64 = 0xffff_fff0
    static let sideMark: UInt64 = 0xffff_fff1
    static let timerMark: UInt64 = 0xffff_fff2
    static let notifyMark: UInt64 = 0xffff_fff3
    static let pendingMark: UInt64 = 0xffff_fff4
    static let aioMark: UInt64 = 0xffff_fff5
    /// Knotes a kqueue can have.
    static let limit: UInt32 = 1 << 22
  }

  typealias KqueueReference = UnsafeMutablePointer<Kqueue>
}

extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  /// The knote at an index that is in use.
  @inline(__always)
  func knote(_ index: UInt32) -> UnsafeMutablePointer<FreeBSD.Knote> {
    pointee.knotes.unsafelyUnwrapped + Int(index)
  }

  /// What the host is to hand back for a knote.
  func mark(_ index: UInt32) -> UInt64 { UInt64(knote(index).pointee.generation) << 32 | UInt64(index) }

  /// Makes a place that was given up like new, all but its lock, its serial number and those who are still in it.
  func clear() {
    pointee.alias = -1
    pointee.side = -1
    pointee.timer = -1
    pointee.notify = -1
    pointee.pending = -1
    pointee.kickArmed = 0
    pointee.watched = 0
    pointee.untouched = 1
    pointee.freed = 0
    pointee.queueHead = 0
    pointee.queueTail = 0
    pointee.queueCount = 0
    pointee.timers = 0
    pointee.signals = 0
    pointee.executions = 0
    pointee.aios = 0
    pointee.armedFor = 0
    pointee.observed = 0
  }

  /// Whether this is (still) the kqueue of a descriptor.
  func belongs(to descriptor: Int32) -> Bool {
    descriptor >= 0 && (pointee.descriptor == descriptor || pointee.alias == descriptor)
  }
}
