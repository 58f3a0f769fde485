import CPicoABI

extension FreeBSD {
  /// Asynchronous input and output (aio(4)).
  ///
  /// A thread of the stub's own, the *worker*, makes the host calls. It has a descriptor table of its own and gets each
  /// job's file by a socket, as `SCM_RIGHTS`: the job holds the file as FreeBSD's does, whatever becomes of the guest's
  /// number, and closing it takes no record lock of the guest's away. Files are worked off in the order of their
  /// submission; sockets when poll(2) says that they are ready.
  ///
  /// All that is known of the jobs lies in pages that the worker and the guest's threads share, behind one lock.
  enum Aio {
    /// Which of the process's words holds the pages' address.
    private static let stateWord = 44
    /// `vfs.aio.max_aio_queue_per_proc`.
    static let limit: UInt32 = 256
    /// More than the limit: a place is used again when the worker has closed its file.
    static let places = 320

    enum Stage: UInt32 {
      case free, queued, running, finished
    }

    /// How an end is told.
    struct Notice {
      var kind = SIGEV_NONE
      /// The guest's signal.
      var signal: Int32 = 0
      var value: UInt64 = 0
      var thread: Int32 = 0
    }

    struct Job {
      var stage = Stage.free
      /// Changes when the place is given up.
      var generation: UInt32 = 0
      /// The guest's control block, by which it names the job.
      var control: UInt = 0
      var opcode: Int32 = 0
      /// The guest's number of the file, and the worker's own, -1 for none.
      var descriptor: Int32 = -1
      var held: Int32 = -1
      var hasArrived = false
      var isSocket = false
      var hasKnote = false
      /// `SO_NOSIGPIPE`.
      var isQuiet = false
      /// The number of its list's place and 1; 0 is no list.
      var list: UInt32 = 0
      var offset: Int64 = 0
      /// A buffer's address and size, or those of vectors in pages of ours.
      var buffer: UInt = 0
      var length: UInt = 0
      /// Bytes that a socket has taken so far.
      var done = 0
      var status: Int64 = 0
      /// The guest's number.
      var error: Int32 = 0
      var notice = Notice()
      /// Its place in the order of submission, then in that of ends.
      var order: UInt64 = 0

      var isVectored: Bool { opcode & LIO_VECTORED != 0 && opcode & LIO_SYNC == 0 }
    }

    /// The jobs of one lio_listio(2).
    struct List {
      var isUsed = false
      var wasTold = false
      var hasKnote = false
      var generation: UInt32 = 0
      var count = 0
      var finished = 0
      var ident: UInt64 = 0
      var notice = Notice()
    }

    struct Head {
      /// The process it belongs to: one that was made by vfork has only a copy of the pointer.
      var owner: UInt64
      var lock = Lock()
      /// A futex that moves with every end.
      var ends: UInt32 = 0
      /// 1: the worker runs.
      var works: UInt32 = 0
      var count: UInt32 = 0
      var order: UInt64 = 0
      /// The guest's end of the socket, its inode, and the worker's end.
      var socket: Int32 = -1
      var inode: UInt64 = 0
      var far: Int32 = -1
      /// An eventfd that wakes kqueues; the worker's has the same number.
      var event: Int32 = -1
    }

    typealias HeadReference = UnsafeMutablePointer<Head>

    private static var headBytes: Int { (MemoryLayout<Head>.stride + 63) & ~63 }
    private static var jobBytes: Int { (places * MemoryLayout<Job>.stride + 63) & ~63 }
    private static var bytes: Int { (headBytes + jobBytes + places * MemoryLayout<List>.stride + 4095) & ~4095 }

    static func job(_ head: HeadReference, _ place: Int) -> UnsafeMutablePointer<Job> {
      (UnsafeMutableRawPointer(head) + headBytes).assumingMemoryBound(to: Job.self) + place
    }

    static func list(_ head: HeadReference, _ place: Int) -> UnsafeMutablePointer<List> {
      (UnsafeMutableRawPointer(head) + headBytes + jobBytes).assumingMemoryBound(to: List.self) + place
    }

    /// The jobs of the calling process; nil when it has never had one.
    static func state(_ t: Thread) -> HeadReference? {
      guard let head = HeadReference(bitPattern: UInt(truncatingIfNeeded: pico_load64(processWord(t, stateWord))))
      else { return nil }
      return head.pointee.owner == UInt64(UInt(bitPattern: t.pointee.process)) ? head : nil
    }

    /// The same, made when there is none. Nil when memory is short.
    static func stateMaking(_ t: Thread) -> HeadReference? {
      if let head = state(t) { return head }
      let before = pico_load64(processWord(t, stateWord))
      guard let pages = allocatePages(bytes: bytes) else { return nil }
      let head = pages.assumingMemoryBound(to: Head.self)
      head.initialize(to: Head(owner: UInt64(UInt(bitPattern: t.pointee.process))))
      for place in 0..<places {
        job(head, place).initialize(to: Job())
        list(head, place).initialize(to: List())
      }
      if pico_cas64(processWord(t, stateWord), before, UInt64(UInt(bitPattern: head))) != before {
        freePages(pages, bytes: bytes)
      }
      return state(t)
    }

    /// In the child of a fork: jobs are not inherited, and neither is the worker.
    static func forkChild(_ t: Thread) {
      let head = state(t)
      pico_store64(processWord(t, stateWord), 0)
      guard let head else { return }
      if isOwnSocket(head) { host(HostSocket.close, word(head.pointee.socket)) }
      HostEvent.closeHidden(head.pointee.event)
      for place in 0..<places { freeVectors(job(head, place)) }
      freePages(UnsafeMutableRawPointer(head), bytes: bytes)
    }

    /// Whether the guest has left our end of the socket alone.
    static func isOwnSocket(_ head: HeadReference) -> Bool {
      guard head.pointee.socket >= 0, let status = HostEvent.status(head.pointee.socket) else { return false }
      return status.mode & 0xf000 == 0xc000 && status.inode == head.pointee.inode
    }

    /// The bytes that a job's vectors take in pages of ours.
    static func vectorBytes(_ count: UInt) -> Int { (Int(count) * 16 + 4095) & ~4095 }

    static func freeVectors(_ job: UnsafeMutablePointer<Job>) {
      guard job.pointee.stage != .free, job.pointee.isVectored, job.pointee.length > 0,
        let pages = UnsafeMutableRawPointer(bitPattern: job.pointee.buffer)
      else { return }
      freePages(pages, bytes: vectorBytes(job.pointee.length))
      job.pointee.buffer = 0
    }

    /// The place of the unfinished or finished job that a control block names; nil when there is none.
    static func find(_ head: HeadReference, _ control: UInt) -> Int? {
      for place in 0..<places where job(head, place).pointee.stage != .free {
        if job(head, place).pointee.control == control { return place }
      }
      return nil
    }
  }
}
