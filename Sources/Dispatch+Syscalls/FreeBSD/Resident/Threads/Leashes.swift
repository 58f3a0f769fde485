import CPicoEntry

extension FreeBSD {
  /// Children of pdfork(2) that end with their descriptor.
  ///
  /// While the parent lives, its calls that close descriptors are looked at: before the last one of a child goes, the
  /// child is killed and waited for. When the parent itself is gone, the host does it: the child holds the reading end
  /// of a pipe that has the host send SIGKILL as soon as nobody holds the other.
  enum Leashes {
    /// Which of the process's words holds the address of the table.
    private static let tableWord = 45
    /// Which holds the pipe's end that this process itself hangs on, and 1.
    private static let ownWord = 52
    private static let count = 256

    struct Entry {
      /// The guest's descriptor and 1; 0 is a free place.
      var descriptor: Int32 = 0
      /// The writing end of the pipe; duplicates of a descriptor share it.
      var writer: Int32 = -1
    }

    private static func table(_ t: Thread) -> UnsafeMutablePointer<Entry>? {
      UnsafeMutablePointer(bitPattern: UInt(truncatingIfNeeded: processWord(t, tableWord).pointee))
    }

    /// A pipe for a child to come: both ends out of the guest's way. Nil when the host has none.
    static func makePipe() -> (reader: Int32, writer: Int32)? {
      var ends: (Int32, Int32) = (-1, -1)
      let pipe2 = 293
      let made = withUnsafeMutablePointer(to: &ends) { host(pipe2, UInt(bitPattern: $0), HostEvent.closeOnExec) }
      if made < 0 { return nil }
      return (HostEvent.hide(Int(ends.0)), HostEvent.hide(Int(ends.1)))
    }

    /// In the child: from here on the end of all writers is its own.
    static func hang(_ t: Thread, _ pipe: (reader: Int32, writer: Int32)) {
      host(Host.close, word(pipe.writer))
      processWord(t, ownWord).pointee = UInt64(UInt32(bitPattern: pipe.reader)) + 1
      let reader = word(pipe.reader)
      host(Host.fcntl, reader, 2, 0)  // F_SETFD: it outlives exec
      host(Host.fcntl, reader, 10, UInt(Host.SIGKILL))  // F_SETSIG
      host(Host.fcntl, reader, 8, UInt(t.pointee.process.pointee.tgid))  // F_SETOWN
      host(Host.fcntl, reader, 4, 0x2800)  // F_SETFL: O_ASYNC | O_NONBLOCK
      // The parent may be gone already.
      var byte: UInt8 = 0
      let read = withUnsafeMutablePointer(to: &byte) { host(Host.read, reader, UInt(bitPattern: $0), 1) }
      if read == 0 { host(Host.kill, UInt(t.pointee.process.pointee.tgid), UInt(Host.SIGKILL)) }
    }

    /// In the parent: `descriptor` holds a child.
    static func hold(_ t: Thread, _ descriptor: Int32, _ pipe: (reader: Int32, writer: Int32), closesOnExec: Bool) {
      host(Host.close, word(pipe.reader))
      if !closesOnExec { host(Host.fcntl, word(pipe.writer), 2, 0) }
      if table(t) == nil, let pages = allocatePages(bytes: count * MemoryLayout<Entry>.stride) {
        let entries = pages.assumingMemoryBound(to: Entry.self)
        entries.initialize(repeating: Entry(), count: count)
        if pico_cas64(processWord(t, tableWord), 0, UInt64(UInt(bitPattern: pages))) != 0 {
          freePages(pages, bytes: count * MemoryLayout<Entry>.stride)
        }
      }
      watch(t, Watched.leashes)
      add(t, Entry(descriptor: descriptor + 1, writer: pipe.writer))
    }

    private static func add(_ t: Thread, _ entry: Entry) {
      guard let entries = table(t) else { return }
      for index in 0..<count where entries[index].descriptor == 0 {
        entries[index] = entry
        return
      }
    }

    /// Before a call that may close descriptors: whoever hangs on one of them alone is killed.
    static func beforeCall(_ t: Thread, _ number: UInt, _ a0: UInt, _ a1: UInt, _ a2: UInt) {
      let first = UInt32(truncatingIfNeeded: a0)
      switch number {
      case 6: letGo(t, first...first)  // close
      case 575:  // close_range
        let last = UInt32(truncatingIfNeeded: a1)
        if a2 == 0 && last >= first { letGo(t, first...last) }
      case 509: letGo(t, UInt32(bitPattern: max(Int32(bitPattern: first), 0))...UInt32.max)  // closefrom
      case 90, 92:  // dup2; fcntl with F_DUP2FD or F_DUP2FD_CLOEXEC
        let target = UInt32(truncatingIfNeeded: number == 90 ? a1 : a2)
        guard number == 90 || a1 == 10 || a1 == 18, target != first, host(Host.fcntl, a0, 1) >= 0 else { return }
        letGo(t, target...target)
      default: break
      }
    }

    private static func letGo(_ t: Thread, _ range: ClosedRange<UInt32>) {
      guard let entries = table(t) else { return }
      for index in 0..<count where entries[index].descriptor > 0 {
        let (descriptor, writer) = (entries[index].descriptor - 1, entries[index].writer)
        guard range.contains(UInt32(bitPattern: descriptor)) else { continue }
        entries[index] = Entry()
        var isLast = true
        for other in 0..<count where entries[other].descriptor > 0 && entries[other].writer == writer { isLast = false }
        if !isLast { continue }
        host(HostEvent.pidfd_send_signal, word(descriptor), UInt(Host.SIGKILL), 0, 0)
        // P_PIDFD; WEXITED | __WALL: nobody else waits for it.
        host(HostEvent.waitid, 3, word(descriptor), 0, 0x4000_0004, 0)
        host(Host.close, word(writer))
      }
    }

    /// A descriptor was duplicated.
    static func duplicate(_ t: Thread, _ from: Int32, _ to: Int32) {
      guard from != to, let entries = table(t) else { return }
      for index in 0..<count where entries[index].descriptor == from + 1 {
        return add(t, Entry(descriptor: to + 1, writer: entries[index].writer))
      }
    }

    static func haveAny(_ t: Thread) -> Bool { processWord(t, ownWord).pointee != 0 || table(t) != nil }

    /// Tells `consider` of the descriptors that are not the guest's.
    static func hidden(_ t: Thread, _ consider: (Int32) -> Void) {
      let own = processWord(t, ownWord).pointee
      if own != 0 { consider(Int32(truncatingIfNeeded: own - 1)) }
      guard let entries = table(t) else { return }
      for index in 0..<count where entries[index].descriptor > 0 { consider(entries[index].writer) }
    }

    /// In the child of a fork: it hangs on nobody and holds nobody.
    static func forkChild(_ t: Thread) {
      let own = processWord(t, ownWord).pointee
      if own != 0 { host(Host.close, UInt(own - 1)) }
      processWord(t, ownWord).pointee = 0
      guard let entries = table(t) else { return }
      for index in 0..<count where entries[index].descriptor > 0 { host(Host.close, word(entries[index].writer)) }
      freePages(UnsafeMutableRawPointer(entries), bytes: count * MemoryLayout<Entry>.stride)
      processWord(t, tableWord).pointee = 0
    }
  }
}
