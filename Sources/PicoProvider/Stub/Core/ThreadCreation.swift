import CPicoEntry

/// Flags of the host's clone(2).
enum Clone {
  static let VM: UInt64 = 0x100
  static let SIGHAND: UInt64 = 0x800
  static let PIDFD: UInt64 = 0x1000
  static let PTRACE: UInt64 = 0x2000
  static let VFORK: UInt64 = 0x4000
  static let PARENT: UInt64 = 0x8000
  static let THREAD: UInt64 = 0x1_0000
  static let SETTLS: UInt64 = 0x8_0000
  static let PARENT_SETTID: UInt64 = 0x10_0000
  static let CHILD_CLEARTID: UInt64 = 0x20_0000
  static let UNTRACED: UInt64 = 0x80_0000
  static let CHILD_SETTID: UInt64 = 0x100_0000
  static let CLEAR_SIGHAND: UInt64 = 0x1_0000_0000
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Makes a thread or a process as clone3(2) does, with `arguments` the guest's but for the stack, which the child's
  /// frame names: `prepare` sets what the child's registers are to differ in.
  ///
  /// - Parameter awaitsEnd: a child of vfork that has ended can be waited for when this returns. The host returns when
  ///   the child has let go of the memory, which is earlier.
  /// - Returns: the child's id here; 0 in the child of a fork; a negated host errno.
  func create(
    _ arguments: inout pico_clone_args, awaitsEnd: Bool = false, prepare: (inout pico_frame) -> Void
  ) -> Int {
    // The host would clear the stub's handlers too: the child clears the guest's.
    let clears = arguments.flags & Clone.CLEAR_SIGHAND != 0
    if clears {
      if arguments.flags & Clone.SIGHAND != 0 { return Host.EINVAL }
      arguments.flags &= ~Clone.CLEAR_SIGHAND
    }
    guard let slot = Silo.takeSlot(tgid: pointee.process.pointee.tgid, tid: pointee.tid) else { return Host.EAGAIN }
    blockHostSignals()
    if pointee.pending != 0 {
      Silo.release(slot)
      return Restart.always
    }
    let result =
      arguments.flags & Clone.VM != 0
      ? createSharing(&arguments, slot, clears, awaitsEnd, prepare) : createCopying(&arguments, slot, prepare)
    if result < 0 { Silo.release(slot) }
    if result == 0 && clears { Actions.clearHandlers(pointee.process) }
    // In the child of a fork this is the child's own mask, which the parent's was copied to.
    setHostMask(pointee.mask)
    return result
  }

  /// fork: the kernel copies everything; the child goes on right here with a slot of its own.
  func createCopying(
    _ arguments: inout pico_clone_args, _ slot: UInt32, _ prepare: (inout pico_frame) -> Void
  ) -> Int {
    let transfer = Silo.transfer(slot)
    // The kernel itself writes the child's id into the slot, so that no child is ever unknown to the supervisor.
    let parentTid = arguments.flags & Clone.PARENT_SETTID != 0 ? UInt(arguments.parent_tid) : 0
    if parentTid == 0 || parentTid != UInt(arguments.pidfd) || arguments.flags & Clone.PIDFD == 0 {
      arguments.flags |= Clone.PARENT_SETTID
      arguments.parent_tid = UInt64(UInt(bitPattern: transfer))
    }
    arguments.stack = 0
    arguments.stack_size = 0
    // Whoever traces this thread may trace the child too, and then says so in the copy of this word.
    transfer.pointee.cpuset = pointee.transfer.pointee.cpuset
    let traced = pointee.traced
    let untouched = UInt32(PICO_TRACED_NEW) | traced & UInt32(PICO_TRACED_INSIDE)
    if traced != 0 { pointee.traced = untouched }
    let result = clone(&arguments, nil)
    if result != 0 {
      let isUntouched = pointee.traced == untouched
      pointee.traced = isUntouched ? traced : pointee.traced & ~UInt32(PICO_TRACED_NEW)
      // Only the parent's memory gets it, and as in the kernel nobody is told when it has no room.
      if result > 0 && parentTid != 0 { _ = store(UInt32(truncatingIfNeeded: result), at: parentTid) }
      return result
    }
    if pointee.traced == untouched {
      pointee.traced = 0
      selectLeanTable()
    }
    let process = pointee.process
    transfer.pointee.control.parent_tgid = process.pointee.tgid
    process.pointee.tgid = UInt32(truncatingIfNeeded: host(Host.getpid))
    process.pointee.action_lock = 0
    Rewriting.afterFork()
    HeldSignals.forget(process)
    process.pointee.view_lock = 0
    pointee.slot = slot
    pointee.tid = UInt32(truncatingIfNeeded: host(Host.gettid))
    pointee.transfer = transfer
    transfer.pointee.tgid = process.pointee.tgid
    transfer.pointee.personality = process.pointee.personality
    transfer.pointee.image_id = process.pointee.image_id
    Silo.own(transfer, tid: pointee.tid)
    ThreadArea.keepOnly(self)
    pointee.direct_calls = 0
    pointee.resident_calls = 0
    pointee.supervised_calls = 0
    pointee.traps = 0
    Tracing.forgetTracees(self)
    if process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) {
      FreeBSD.forkChild(self)
    } else {
      Linux.forgetDispatcher(self)
    }
    FreeBSD.Families.wasForked()
    prepare(&pointee.frame)
    return 0
  }

  /// A thread, or a process that shares memory with its parent: it needs an area of its own.
  func createSharing(
    _ arguments: inout pico_clone_args, _ slot: UInt32, _ clears: Bool, _ awaitsEnd: Bool,
    _ prepare: (inout pico_frame) -> Void
  ) -> Int {
    var process = pointee.process
    let copies = arguments.flags & Clone.SIGHAND == 0
    let pages = (MemoryLayout<pico_process>.size + 4095) & ~4095
    if copies {
      // Its signal actions are its own (posix_spawn and Go's forkExec change them between vfork and exec).
      guard let room = allocatePages(bytes: pages) else { return Host.ENOMEM }
      room.copyMemory(from: process, byteCount: MemoryLayout<pico_process>.size)
      process = room.assumingMemoryBound(to: pico_process.self)
      process.pointee.action_lock = 0
      HeldSignals.forget(process)
      process.pointee.vforked = 1
      process.pointee.clears_handlers = clears ? 1 : 0
    }
    guard let child = ThreadArea.take(process: process) else {
      if copies { freePages(UnsafeMutableRawPointer(process), bytes: pages) }
      return Host.EAGAIN
    }
    child.pointee.slot = slot
    Silo.transfer(slot).pointee.cpuset = pointee.transfer.pointee.cpuset
    child.pointee.frame = pointee.frame
    child.pointee.number = pointee.number
    child.pointee.mask = pointee.mask
    child.pointee.guest_gs = pointee.guest_gs
    child.pointee.flags = pointee.flags & ~UInt32(PICO_THREAD_STEPS)
    child.pointee.personality_words = pointee.personality_words
    if process.pointee.personality == UInt32(PICO_PERSONALITY_LINUX) { Linux.forgetDispatcher(child) }
    if arguments.flags & Clone.VFORK != 0 {
      child.pointee.altstack_base = pointee.altstack_base
      child.pointee.altstack_size = pointee.altstack_size
      child.pointee.altstack_flags = pointee.altstack_flags
    }
    prepare(&child.pointee.frame)
    if arguments.flags & (Clone.THREAD | Clone.PARENT_SETTID) == 0 {
      // As for a fork: whoever makes it may be killed before it runs.
      arguments.flags |= Clone.PARENT_SETTID
      arguments.parent_tid = UInt64(UInt(bitPattern: Silo.transfer(slot)))
    } else if arguments.flags & Clone.THREAD == 0 {
      // It may outlive this process, and nobody would know that it is there.
      Silo.transfer(slot).pointee.taker = 0
    }
    arguments.stack = UInt64(UInt(bitPattern: child)) + UInt64(PICO_ALTSTACK_OFFSET) + UInt64(PICO_ALTSTACK_SIZE)
    arguments.stack_size = child.pointee.stack_top - arguments.stack
    // A robust stop of the whole silo must know the child even before it has run.
    let result = clone(&arguments, child)
    let ended = result < 0 || arguments.flags & Clone.VFORK != 0
    if awaitsEnd && result > 0 && ended && process.pointee.vforked != 3 { awaitEnd(result) }
    // A child of vfork that has executed another image had no more use for this.
    if ended { ExecRoom.free(child) }
    if ended && (copies || result < 0) {
      if arguments.flags & Clone.THREAD == 0 || result < 0 { ThreadArea.release(child) }
      if copies { freePages(UnsafeMutableRawPointer(process), bytes: pages) }
    }
    return result
  }

  private func awaitEnd(_ child: Int) {
    // P_PID; WEXITED | WNOWAIT | __WALL. ECHILD: nobody is to be told of its end.
    while host(Host.waitid, 1, UInt(bitPattern: child), 0, 0x4100_0004, 0) == Host.EINTR {}
  }

  private func clone(_ arguments: inout pico_clone_args, _ child: Thread?) -> Int {
    withUnsafeMutablePointer(to: &arguments) {
      pico_clone3($0, UInt(MemoryLayout<pico_clone_args>.size), child)
    }
  }
}

/// The first code of a thread that shares memory with its creator.
@c func pico_thread_begin(_ t: Thread) -> Never {
  if t.pointee.is_helper != 0 { helperBegin(t) }
  let process = t.pointee.process
  pico_write_gs_base(UInt64(UInt(bitPattern: t)))
  if process.pointee.vforked == 1 {
    process.pointee.vforked = 2
    process.pointee.tgid = UInt32(truncatingIfNeeded: host(Host.getpid))
    if process.pointee.clears_handlers != 0 { Actions.clearHandlers(process) }
    FreeBSD.Families.wasForked()
  }
  t.adopt()
  t.setHostMask(t.pointee.mask)
  if pico_load32(&t.control.pointee.wanted) != 0 { t.standFirst() }
  pico_exit()
}

/// Ends the calling thread alone.
func exitThread(_ t: Thread, status: Int32) -> Never {
  // SIGSYS too: no handler may run in the area once it is another's, and no call from here on traps.
  t.blockAllHostSignals()
  t.flushCounters()
  Silo.release(t.pointee.slot)
  ThreadArea.leave(t, status: status)
}

/// Ends the picoprocess, all its threads with it.
func exitProcess(_ t: Thread, status: Int32) -> Never {
  t.blockHostSignals()
  Rewriting.flush()
  FreeBSD.Families.ends(status)
  if t.pointee.process.pointee.vforked != 0 {
    // The areas of this address space are the parent's threads', and so are their counters.
    t.flushCounters()
    Silo.release(t.pointee.slot)
  } else {
    ThreadArea.forEach { $0.flushCounters() }
    traceFlush(t)
    ThreadArea.forEach { Silo.release($0.pointee.slot) }
  }
  while true { host(Host.exit_group, UInt(bitPattern: Int(status))) }
}
