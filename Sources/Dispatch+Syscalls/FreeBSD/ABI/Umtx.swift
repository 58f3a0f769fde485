/// User-space synchronisation objects, from FreeBSD 14's `sys/umtx.h` and `sys/_umtx.h`.
extension FreeBSD {
  package static let UMTX_OP_WAIT: Int32 = 2
  package static let UMTX_OP_WAKE: Int32 = 3
  package static let UMTX_OP_MUTEX_TRYLOCK: Int32 = 4
  package static let UMTX_OP_MUTEX_LOCK: Int32 = 5
  package static let UMTX_OP_MUTEX_UNLOCK: Int32 = 6
  package static let UMTX_OP_SET_CEILING: Int32 = 7
  package static let UMTX_OP_CV_WAIT: Int32 = 8
  package static let UMTX_OP_CV_SIGNAL: Int32 = 9
  package static let UMTX_OP_CV_BROADCAST: Int32 = 10
  package static let UMTX_OP_WAIT_UINT: Int32 = 11
  package static let UMTX_OP_RW_RDLOCK: Int32 = 12
  package static let UMTX_OP_RW_WRLOCK: Int32 = 13
  package static let UMTX_OP_RW_UNLOCK: Int32 = 14
  package static let UMTX_OP_WAIT_UINT_PRIVATE: Int32 = 15
  package static let UMTX_OP_WAKE_PRIVATE: Int32 = 16
  package static let UMTX_OP_MUTEX_WAIT: Int32 = 17
  package static let UMTX_OP_MUTEX_WAKE: Int32 = 18
  package static let UMTX_OP_SEM_WAIT: Int32 = 19
  package static let UMTX_OP_SEM_WAKE: Int32 = 20
  package static let UMTX_OP_NWAKE_PRIVATE: Int32 = 21
  package static let UMTX_OP_MUTEX_WAKE2: Int32 = 22
  package static let UMTX_OP_SEM2_WAIT: Int32 = 23
  package static let UMTX_OP_SEM2_WAKE: Int32 = 24
  package static let UMTX_OP_SHM: Int32 = 25
  package static let UMTX_OP_ROBUST_LISTS: Int32 = 26
  package static let UMTX_OP_GET_MIN_TIMEOUT: Int32 = 27
  package static let UMTX_OP_SET_MIN_TIMEOUT: Int32 = 28
  /// Operations on the objects of 32-bit programs.
  package static let UMTX_OP__I386: Int32 = 0x4000_0000
  package static let UMTX_OP__32BIT = Int32(bitPattern: 0x8000_0000)

  package static let UMTX_ABSTIME: UInt32 = 1
  package static let CVWAIT_ABSTIME: UInt = 2
  package static let CVWAIT_CLOCKID: UInt = 4

  package static let USYNC_PROCESS_SHARED: UInt32 = 0x1
  package static let UMUTEX_PRIO_INHERIT: UInt32 = 0x4
  package static let UMUTEX_PRIO_PROTECT: UInt32 = 0x8
  package static let UMUTEX_ROBUST: UInt32 = 0x10
  package static let UMUTEX_NONCONSISTENT: UInt32 = 0x20

  /// States of a mutex's owner word besides the owner's thread id.
  package static let UMUTEX_UNOWNED: UInt32 = 0
  package static let UMUTEX_CONTESTED: UInt32 = 0x8000_0000
  package static let UMUTEX_RB_OWNERDEAD: UInt32 = UMUTEX_CONTESTED | 0x10
  package static let UMUTEX_RB_NOTRECOV: UInt32 = UMUTEX_CONTESTED | 0x11

  package static let URWLOCK_PREFER_READER: UInt32 = 0x2
  package static let URWLOCK_WRITE_OWNER: UInt32 = 0x8000_0000
  package static let URWLOCK_WRITE_WAITERS: UInt32 = 0x4000_0000
  package static let URWLOCK_READ_WAITERS: UInt32 = 0x2000_0000
  package static let URWLOCK_MAX_READERS: UInt32 = 0x1fff_ffff

  package static let USEM_HAS_WAITERS: UInt32 = 0x8000_0000
  package static let USEM_MAX_COUNT: UInt32 = 0x7fff_ffff

  /// The highest real-time priority, which ceilings are counted from.
  package static let RTP_PRIO_MAX: UInt32 = 31

  /// Where the words of an object lie, in bytes from its start.
  package enum UmutexOffset {
    package static let owner: UInt = 0
    package static let flags: UInt = 4
    package static let ceiling: UInt = 8
    package static let formerCeiling: UInt = 12
    package static let robustLink: UInt = 16
    package static let size = 32
  }
  package enum UcondOffset {
    package static let hasWaiters: UInt = 0
    package static let flags: UInt = 4
    package static let clock: UInt = 8
    package static let spare: UInt = 12
  }
  package enum UrwlockOffset {
    package static let state: UInt = 0
    package static let flags: UInt = 4
    package static let blockedReaders: UInt = 8
    package static let blockedWriters: UInt = 12
  }
  package enum UsemOffset {
    package static let hasWaiters: UInt = 0
    package static let count: UInt = 4
    package static let flags: UInt = 8
  }
  package enum Usem2Offset {
    package static let count: UInt = 0
    package static let flags: UInt = 4
  }

  /// `struct _umtx_time`: 24 bytes.
  package struct _umtx_time: BitwiseCopyable {
    package var _timeout = timespec()
    package var _flags: UInt32 = 0
    package var _clockid: UInt32 = 0
  }

  /// `struct umtx_robust_lists_params`: 24 bytes.
  package struct umtx_robust_lists_params: BitwiseCopyable {
    package var robust_list_offset: UInt = 0
    package var robust_priv_list_offset: UInt = 0
    package var robust_inact_offset: UInt = 0
  }

  /// Which of the personality's words the umtx calls keep their state in.
  package enum UmtxWord {
    /// Of the process: what kinds of wait it has made.
    package static let waitKinds = 48
    /// Of the process: the page with the queues of condition variables.
    package static let queues = 49
    /// Of the process: the shortest time a wait lasts, in nanoseconds.
    package static let minimumTimeout = 50
    /// Of the thread: its three robust list addresses, and the id of the thread that gave them.
    package static let robustLists = 48
    /// Of the thread: its place in a condition variable's queue.
    package static let queueNode = 52
  }
}
