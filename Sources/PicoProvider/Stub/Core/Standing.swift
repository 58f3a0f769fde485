import CPicoEntry

/// A thread stands still when the supervisor wants it to: `SuspendThread` and what follows from it.
///
/// It is asked by a signal. In guest code it stands in the signal handler at once. In the stub it notes the wish, as it
/// does a guest's signal, and stands on its way out, with the registers the guest would go on with; a call that it was
/// blocked in is made again afterwards, so that no guest ever sees an `EINTR` of ours.
///
/// Whatever the words in the page say, they are the supervisor's wishes or the guest's own doing.
extension UnsafeMutablePointer where Pointee == pico_thread {
  var control: UnsafeMutablePointer<pico_control> { pico_control_of(pointee.transfer) }

  /// Whether the signal that waits for the way out is the supervisor's wish.
  var pendingIsStop: Bool {
    pointee.pending != 0 && pointee.pending_signal == UInt32(Host.everyThread)
      && pico_pending_info(self).assumingMemoryBound(to: pico_siginfo.self).pointee.code == Int32(PICO_STOP_CODE)
  }

  /// A thread that is born standing: stands on its way out to its first instruction.
  func standFirst() {
    blockHostSignals()
    blockHostSignal(Host.everyThread)
    let info = pico_pending_info(self).assumingMemoryBound(to: pico_siginfo.self)
    info.pointee.code = Int32(PICO_STOP_CODE)
    pointee.pending_signal = UInt32(Host.everyThread)
    pointee.pending = 1
  }

  /// Tells the supervisor that its wish was seen: from here on no guest code runs.
  func noteStop() {
    pico_store32(&control.pointee.noted, pico_load32(&control.pointee.wanted))
    answer()
  }

  private func answer() {
    _ = pico_add32(&control.pointee.answered, 1)
    withUnsafePointer(to: &control.pointee.answered) {
      _ = host(Host.futex, UInt(bitPattern: $0), 1, 0x7fff_ffff)  // FUTEX_WAKE, shared
    }
  }

  /// In the signal handler, with the guest's next registers in `context`: stands as long as that is wanted.
  func stand(_ context: UnsafeMutablePointer<pico_host_context>) {
    if pointee.saved_mask_valid != 0 {
      // The call that waited with another mask is made again, and takes it anew.
      pointee.saved_mask_valid = 0
      pointee.mask = pointee.saved_mask
    }
    context.pointee.mask = pointee.mask & ~neverBlocked
    var wanted = pico_load32(&control.pointee.wanted)
    while wanted != 0 {
      if wanted == UInt32(PICO_WANTED_END) { exitThread(self, status: 0) }
      publish(context)
      pico_store32(&control.pointee.parked, wanted)
      answer()
      while true {
        let bell = pico_load32(&control.pointee.bell)
        let now = pico_load32(&control.pointee.wanted)
        if now != wanted { break }
        let order = pico_load32(&control.pointee.order)
        if order != 0, order != pico_load32(&control.pointee.order_done) {
          let page = pointee.transfer
          carryOutOrder(order)
          // A forked child comes back here too, with a page of its own to tell its registers in.
          if pointee.transfer != page { break }
          continue
        }
        withUnsafePointer(to: &control.pointee.bell) {
          _ = host(Host.futex, UInt(bitPattern: $0), 0, UInt(bell), 0)  // FUTEX_WAIT, shared
        }
      }
      takeChanges(context)
      wanted = pico_load32(&control.pointee.wanted)
    }
    pico_store32(&control.pointee.parked, 0)
    pico_store32(&control.pointee.noted, 0)
  }

  private func publish(_ context: UnsafeMutablePointer<pico_host_context>) {
    pointee.transfer.pointee.frame = pico_frame(context)
    tellBases()
    let size = vectorSize(context)
    if size > 0 {
      t_copy(payload, UnsafeRawPointer(bitPattern: UInt(context.pointee.fpstate)), size)
    }
    control.pointee.vector_length = UInt32(size)
  }

  /// FS and GS of the guest, for the supervisor.
  func tellBases() {
    control.pointee.fs_base = pico_read_fs_base()
    control.pointee.gs_base = pointee.flags & UInt32(PICO_THREAD_OWNS_GS) != 0 ? pointee.guest_gs : 0
  }

  /// Bytes of the vector state in a host signal frame, as its own words say; 0 when the payload cannot hold it.
  private func vectorSize(_ context: UnsafeMutablePointer<pico_host_context>) -> Int {
    guard let state = UnsafeRawPointer(bitPattern: UInt(context.pointee.fpstate)) else { return 0 }
    // fpx_sw_bytes at 464: FP_XSTATE_MAGIC1, extended size, components, size without the second magic word.
    guard state.load(fromByteOffset: 464, as: UInt32.self) == 0x4650_5853 else { return 512 }
    let size = Int(state.load(fromByteOffset: 480, as: UInt32.self))
    return size <= Self.payloadCapacity ? size : 0
  }

  private func takeChanges(_ context: UnsafeMutablePointer<pico_host_context>) {
    let changed = pico_exchange32(&control.pointee.changed, 0)
    if changed & UInt32(PICO_CHANGED_REGISTERS) != 0 {
      let flags = context.pointee.rflags
      pointee.transfer.pointee.frame.store(to: context)
      // What user code cannot change stays: interrupts, privilege, virtual modes.
      let own: UInt64 = 0x24_0dd5
      context.pointee.rflags = flags & ~own | context.pointee.rflags & own
    }
    takeBases(changed)
    if changed & UInt32(PICO_CHANGED_VECTOR) != 0 {
      let size = vectorSize(context)
      if size > 0, let state = UnsafeMutableRawPointer(bitPattern: UInt(context.pointee.fpstate)) {
        // The kernel's own words at 464 say what the frame holds and stay.
        t_copy(state, payload, 464)
        if size > 512 { t_copy(state + 512, payload + 512, size - 512) }
      }
    }
  }

  /// Takes the segment bases that the supervisor has changed.
  func takeBases(_ changed: UInt32) {
    if changed & UInt32(PICO_CHANGED_FS) != 0 { host(Host.arch_prctl, 0x1002, UInt(control.pointee.fs_base)) }
    if changed & UInt32(PICO_CHANGED_GS) != 0 {
      let base = control.pointee.gs_base
      if base != 0 || pointee.flags & UInt32(PICO_THREAD_OWNS_GS) != 0 {
        pointee.guest_gs = base
        pointee.flags |= UInt32(PICO_THREAD_OWNS_GS)
        selectLeanTable()
      }
    }
  }

  private func t_copy(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer?, _ count: Int) {
    if let from { to.copyMemory(from: from, byteCount: count) }
  }

  /// Makes what the supervisor cannot make: a thread or process of this one's kind. It begins standing.
  private func carryOutOrder(_ order: UInt32) {
    let flags = control.pointee.order_flags
    let parent = control
    var result = Host.EAGAIN
    if let slot = Silo.takeSlot(tgid: pointee.process.pointee.tgid, tid: pointee.tid) {
      let child = pico_control_of(Silo.transfer(slot))
      pico_store32(&child.pointee.wanted, 1)
      result =
        order & 0xff == UInt32(PICO_ORDER_THREAD)
        ? makeThread(slot) : order & 0xff == UInt32(PICO_ORDER_PROCESS) ? makeProcess(slot, flags) : Host.EINVAL
      if result < 0 { Silo.release(slot) }
      if result == 0 { return }
      if result > 0 {
        // The child may not have run yet.
        let page = Silo.transfer(slot)
        page.pointee.tgid =
          order & 0xff == UInt32(PICO_ORDER_THREAD)
          ? pointee.process.pointee.tgid : UInt32(truncatingIfNeeded: result)
        Silo.own(page, tid: UInt32(truncatingIfNeeded: result))
        parent.pointee.order_flags = UInt64(slot)
      }
    }
    parent.pointee.order_result = Int64(result)
    pico_store32(&parent.pointee.order_done, order)
    answer()
  }

  private func makeThread(_ slot: UInt32) -> Int {
    var arguments = pico_clone_args()
    // CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS
    arguments.flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000 | 0x8_0000
    arguments.tls = control.pointee.fs_base
    let start = pointee.transfer.pointee.frame
    let base = control.pointee.gs_base
    let (ownGS, ownFlags) = (pointee.guest_gs, pointee.flags)
    pointee.guest_gs = base
    if base != 0 { pointee.flags |= UInt32(PICO_THREAD_OWNS_GS) }
    let result = createSharing(&arguments, slot, false, false) { frame in
      frame = start
      frame.rflags = start.rflags & 0x24_0dd5 | 0x202
    }
    pointee.guest_gs = ownGS
    pointee.flags = ownFlags
    return result
  }

  private func makeProcess(_ slot: UInt32, _ flags: UInt64) -> Int {
    var arguments = pico_clone_args()
    arguments.exit_signal = 17  // SIGCHLD
    let result = createCopying(&arguments, slot) { _ in }
    if result != 0 { return result }
    if flags & UInt64(PICO_ORDER_NO_DESCRIPTORS) != 0 { host(436, 0, 0xffff_ffff, 0) }  // close_range
    if flags & UInt64(PICO_ORDER_EMPTY) != 0 {
      Text.willChange(self, 0, UInt(PICO_STUB_BASE), .replaced)
      host(Host.munmap, 0, UInt(PICO_STUB_BASE))
      host(Host.munmap, UInt(PICO_RESERVED_END), 0x7fff_ffff_f000 - UInt(PICO_RESERVED_END))
    }
    return 0
  }
}

extension pico_frame {
  /// The guest's registers out of a host signal context.
  init(_ context: UnsafeMutablePointer<pico_host_context>) {
    self.init(
      rax: context.pointee.rax, rbx: context.pointee.rbx, rcx: context.pointee.rcx, rdx: context.pointee.rdx,
      rsi: context.pointee.rsi, rdi: context.pointee.rdi, rbp: context.pointee.rbp, rsp: context.pointee.rsp,
      r8: context.pointee.r8, r9: context.pointee.r9, r10: context.pointee.r10, r11: context.pointee.r11,
      r12: context.pointee.r12, r13: context.pointee.r13, r14: context.pointee.r14, r15: context.pointee.r15,
      rip: context.pointee.rip, rflags: context.pointee.rflags)
  }
}

/// The supervisor's signal has come.
///
/// - Returns: whether it finds the stub, and the thread has to stand on its way out.
func stopArrived(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>, inStub: Bool) -> Bool {
  if pico_load32(&t.control.pointee.wanted) == 0 { return false }  // withdrawn, or nobody's
  if inStub {
    t.noteStop()
    return true
  }
  t.stand(context)
  t.giveBackGS()
  return false
}
