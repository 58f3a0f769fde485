import CPicoEntry

extension FreeBSD {
  /// A set of 1,024 processors, as large as the guest's kernel has them.
  typealias ProcessorSet = InlineArray<16, UInt64>

  /// Numbered sets of processors (cpuset(2)). They lie in the silo's memory, and each thread's slot there tells the number
  /// of its set; the processors themselves are the host's affinity.
  ///
  /// Set 0 is the machine, set 1 what everybody begins in; both are the processors that the supervisor may run on.
  enum CpuSets {
    /// What the host lets the silo run on.
    static var machine: ProcessorSet {
      affinity(Int32(bitPattern: Silo.header.pointee.supervisor_pid)) ?? affinity(0) ?? .init(repeating: 1)
    }

    /// A thread's processors, 0 for the caller; nil when there is no such thread.
    static func affinity(_ thread: Int32) -> ProcessorSet? {
      var set = ProcessorSet(repeating: 0)
      let got = withUnsafeMutablePointer(to: &set) {
        host(HostProcess.sched_getaffinity, argument(thread), 128, UInt(bitPattern: $0))
      }
      return got < 0 ? nil : set
    }

    static func setAffinity(_ thread: Int32, _ set: ProcessorSet) -> Int {
      withUnsafePointer(to: set) { host(HostProcess.sched_setaffinity, argument(thread), 128, UInt(bitPattern: $0)) }
    }

    static func isEmpty(_ set: ProcessorSet) -> Bool {
      for word in 0..<16 where set[word] != 0 { return false }
      return true
    }

    static func common(_ a: ProcessorSet, _ b: ProcessorSet) -> ProcessorSet {
      var result = a
      for word in 0..<16 { result[word] &= b[word] }
      return result
    }

    static func isSame(_ a: ProcessorSet, _ b: ProcessorSet) -> Bool {
      for word in 0..<16 where a[word] != b[word] { return false }
      return true
    }

    /// The processors of a numbered set; nil for a number that is none.
    static func mask(_ id: Int32) -> ProcessorSet? {
      if id == 0 || id == 1 { return machine }
      guard id > 1, id < Int32(PICO_CPUSETS) else { return nil }
      let set = pico_cpuset_at(Silo.header, UInt32(id))
      if pico_load32(&set.pointee.used) != 2 { return nil }
      var mask = ProcessorSet(repeating: 0)
      for word in 0..<16 { mask[word] = pico_cpuset_word(set, UInt32(word)).pointee }
      return mask
    }

    static func change(_ id: Int32, _ mask: ProcessorSet) {
      let set = pico_cpuset_at(Silo.header, UInt32(id))
      for word in 0..<16 { pico_cpuset_word(set, UInt32(word)).pointee = mask[word] }
    }

    /// A new set of all processors; nil when there are too many.
    static func make() -> Int32? {
      let all = machine
      for id in 2..<Int32(PICO_CPUSETS) {
        let set = pico_cpuset_at(Silo.header, UInt32(id))
        if pico_load32(&set.pointee.used) == 2 {
          // Sets that nobody is in are no more.
          var isUsed = false
          forEachThread { _, transfer in if transfer.pointee.cpuset == UInt32(id) { isUsed = true } }
          if isUsed || pico_cas32(&set.pointee.used, 2, 1) != 2 { continue }
        } else if pico_cas32(&set.pointee.used, 0, 1) != 0 {
          continue
        }
        change(id, all)
        pico_store32(&set.pointee.used, 2)
        return id
      }
      return nil
    }

    /// Calls `body` with every thread of the silo.
    static func forEachThread(_ body: (Int32, UnsafeMutablePointer<pico_transfer>) -> Void) {
      for word in 0..<Int(PICO_SLOT_COUNT / 64) {
        var bits = pico_load64(pico_slot_words(Silo.header) + word)
        while bits != 0 {
          let slot = UInt32(word * 64 + bits.trailingZeroBitCount)
          bits &= bits &- 1
          // Another process's may lie where nothing of the silo is mapped here yet.
          guard Silo.open(slot) else { continue }
          let transfer = Silo.transfer(slot)
          let thread = Int32(bitPattern: pico_load32(&transfer.pointee.tid))
          if thread > 0 { body(thread, transfer) }
        }
      }
    }

    /// The number of the set that a thread or process is in; nil when there is none of that number.
    static func of(_ t: Thread, _ id: Int32) -> Int32? {
      if id <= 0 { return number(t.pointee.transfer) }
      var found: Int32?
      forEachThread { thread, transfer in
        if thread == id || Int32(bitPattern: transfer.pointee.tgid) == id { found = number(transfer) }
      }
      // What is not the silo's is in everybody's set.
      return found ?? (host(HostProcess.kill, argument(id), 0) == HostError.ESRCH ? nil : 1)
    }

    private static func number(_ transfer: UnsafeMutablePointer<pico_transfer>) -> Int32 {
      let id = transfer.pointee.cpuset
      return id > 1 && id < UInt32(PICO_CPUSETS) ? Int32(id) : 1
    }

    /// Has threads run on a set's processors that ran on `before`'s: whoever was confined further stays so.
    ///
    /// - Errors: `EDEADLK` when a thread would have no processor left; the host's.
    static func apply(
      _ before: ProcessorSet, _ after: ProcessorSet, where isMeant: (UnsafeMutablePointer<pico_transfer>) -> Bool
    ) -> Int {
      var result = 0
      for pass in 0..<2 where result == 0 {
        forEachThread { thread, transfer in
          guard result == 0, isMeant(transfer), let own = affinity(thread) else { return }
          let next = isSame(own, before) ? after : common(own, after)
          if pass == 0 {
            if isEmpty(next) { result = HostError.EDEADLK }
          } else {
            let set = setAffinity(thread, next)
            if set < 0 && set != HostError.ESRCH { result = set }
          }
        }
      }
      return result
    }
  }
}
