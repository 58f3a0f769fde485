import CPicoABI

extension FreeBSD {
  /// The sleepers on a process's own condition variables, in the order they came.
  ///
  /// A waiter must be in the queue before it gives its mutex up, or a signal in between is lost; a futex cannot do
  /// that, as it enters its queue only when it sleeps. So each sleeps on a word in its own thread area, and whoever
  /// signals takes it out of the queue first.
  struct ConditionQueue {
    private struct Bucket {
      var lock = Lock()
      var first: UInt = 0
    }

    /// A thread's entry: its personality words from `UmtxWord.queueNode` on.
    private enum Entry {
      static let next = UmtxWord.queueNode
      static let key = UmtxWord.queueNode + 1
      static let woken = UmtxWord.queueNode + 2
    }

    private static let bucketCount = 128
    private static let pageBytes = 4096

    private let bucket: UnsafeMutablePointer<Bucket>
    private let key: UInt64

    /// The queue of the condition variable at `address`; nil when there is no memory for the process's queues.
    init?(_ t: Thread, _ address: UInt) {
      guard let page = Self.page(t) else { return nil }
      let index = Int(truncatingIfNeeded: (address >> 4 ^ address >> 12) % UInt(Self.bucketCount))
      bucket = (page + 16).assumingMemoryBound(to: Bucket.self) + index
      key = UInt64(address)
    }

    /// The page of queues, which starts with the process's id: the child of a fork, where the parent's other threads
    /// and their entries are not, makes its own.
    private static func page(_ t: Thread) -> UnsafeMutableRawPointer? {
      let word = processWord(t, UmtxWord.queues)
      let id = t.pointee.process.pointee.tgid
      while true {
        let now = pico_load64(word)
        if let page = UnsafeMutableRawPointer(bitPattern: UInt(now)), page.load(as: UInt32.self) == id { return page }
        guard let fresh = allocatePages(bytes: pageBytes) else { return nil }
        fresh.storeBytes(of: id, as: UInt32.self)
        if pico_cas64(word, now, UInt64(UInt(bitPattern: fresh))) == now { return fresh }
        freePages(fresh, bytes: pageBytes)
      }
    }

    func acquire() { bucket.pointee.lock.acquire() }
    func release() { bucket.pointee.lock.release() }

    private static func thread(_ entry: UInt) -> Thread? { Thread(bitPattern: entry) }

    /// Puts a thread at the end of the queue. To be called, as all that follow, with the lock held.
    func append(_ t: Thread) {
      threadWord(t, Entry.next).pointee = 0
      threadWord(t, Entry.key).pointee = key
      Self.wokenWord(t).pointee = 0
      guard var last = Self.thread(bucket.pointee.first) else {
        bucket.pointee.first = UInt(bitPattern: t)
        return
      }
      while let next = Self.thread(UInt(threadWord(last, Entry.next).pointee)) { last = next }
      threadWord(last, Entry.next).pointee = UInt64(UInt(bitPattern: t))
    }

    /// How many wait on this condition variable.
    var count: Int {
      var found = 0
      var entry = Self.thread(bucket.pointee.first)
      while let t = entry {
        if threadWord(t, Entry.key).pointee == key { found += 1 }
        entry = Self.thread(UInt(threadWord(t, Entry.next).pointee))
      }
      return found
    }

    /// Takes out of the queue `wanted`, or the first that waits on this condition variable.
    private func take(_ wanted: Thread?) -> Thread? {
      var before: Thread?
      var entry = Self.thread(bucket.pointee.first)
      while let t = entry {
        let next = threadWord(t, Entry.next).pointee
        if wanted == nil ? threadWord(t, Entry.key).pointee == key : wanted == t {
          if let before { threadWord(before, Entry.next).pointee = next } else { bucket.pointee.first = UInt(next) }
          return t
        }
        before = t
        entry = Self.thread(UInt(next))
      }
      return nil
    }

    /// Takes a thread out that has not been woken.
    func remove(_ t: Thread) { _ = take(t) }

    /// Wakes whoever has waited longest. False when nobody waits.
    func wakeFirst() -> Bool {
      guard let t = take(nil) else { return false }
      let word = Self.wokenWord(t)
      pico_store32(word, 1)
      Futex(UInt(bitPattern: word), isShared: false).wake(1)
      return true
    }

    private static func wokenWord(_ t: Thread) -> UnsafeMutablePointer<UInt32> {
      UnsafeMutableRawPointer(threadWord(t, Entry.woken)).assumingMemoryBound(to: UInt32.self)
    }

    /// Whether a thread that was in the queue has been woken.
    static func isWoken(_ t: Thread) -> Bool { pico_load32(wokenWord(t)) != 0 }

    /// Sleeps until woken. The lock must not be held.
    ///
    /// - Returns: 0, `-ETIMEDOUT` or `-EINTR`.
    static func sleep(_ t: Thread, _ timeout: Timeout) -> Int {
      let futex = Futex(UInt(bitPattern: wokenWord(t)), isShared: false)
      while !isWoken(t) {
        let result = futex.wait(t, while: 0, timeout)
        if result != 0 && result != Host.EAGAIN { return result }
      }
      return 0
    }
  }
}
