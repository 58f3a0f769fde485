import CPicoEntry

extension pico_frame {
  /// Puts the guest's registers into a host signal context.
  func store(to context: UnsafeMutablePointer<pico_host_context>) {
    context.pointee.rax = rax
    context.pointee.rbx = rbx
    context.pointee.rcx = rcx
    context.pointee.rdx = rdx
    context.pointee.rsi = rsi
    context.pointee.rdi = rdi
    context.pointee.rbp = rbp
    context.pointee.rsp = rsp
    context.pointee.r8 = r8
    context.pointee.r9 = r9
    context.pointee.r10 = r10
    context.pointee.r11 = r11
    context.pointee.r12 = r12
    context.pointee.r13 = r13
    context.pointee.r14 = r14
    context.pointee.r15 = r15
    context.pointee.rip = rip
    context.pointee.rflags = rflags
  }
}

extension pico_host_context {
  /// Bytes of the vector state in a host frame: the kernel says so in the part reserved for software.
  var vectorStateSize: Int {
    guard fpstate != 0, let state = UnsafeRawPointer(bitPattern: UInt(fpstate)) else { return 0 }
    let magic = state.loadUnaligned(fromByteOffset: 464, as: UInt32.self)
    return magic == 0x4650_5853 ? Int(state.loadUnaligned(fromByteOffset: 468, as: UInt32.self)) : 512
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Before guest code runs again from a signal handler: the guest's GS base, when it has one.
  func giveBackGS() {
    if pointee.flags & UInt32(PICO_THREAD_OWNS_GS) != 0 { pico_write_gs_base(pointee.guest_gs) }
  }

  /// The stack a handler starts on: the guest's alternate stack when the action asks for it and it is not in use yet.
  ///
  /// - Returns: the address the frame is built below.
  func handlerStack(_ action: pico_action, _ stackPointer: UInt64, redZone: UInt64) -> UInt64 {
    if action.flags & Host.SA_ONSTACK != 0, pointee.altstack_size != 0, pointee.altstack_flags & 2 == 0 {
      if !isOnAltstack(stackPointer) { return pointee.altstack_base &+ pointee.altstack_size }
    }
    return stackPointer &- redZone
  }

  /// Whether a stack pointer lies on the guest's alternate stack.
  func isOnAltstack(_ stackPointer: UInt64) -> Bool {
    pointee.altstack_size != 0 && stackPointer > pointee.altstack_base
      && stackPointer &- pointee.altstack_base <= pointee.altstack_size
  }
}

/// Delivers a host signal whose interrupted guest registers are in `context`: enters the guest's handler, or does what
/// the guest's action says.
func deliver(
  _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
  _ context: UnsafeMutablePointer<pico_host_context>
) {
  let process = t.pointee.process
  let action = Actions.get(process, signal)
  let fromKernel = Host.synchronous & Host.bit(signal) != 0 && info.pointee.code > 0
  // What the frame remembers is the mask the guest had, not the one a sigsuspend waits with.
  let before = t.pointee.saved_mask_valid != 0 ? t.pointee.saved_mask : t.pointee.mask
  t.pointee.saved_mask_valid = 0
  context.pointee.mask = t.pointee.mask & ~t.neverBlocked

  if !fromKernel && t.pointee.mask & Host.bit(signal) & Host.synchronous != 0 {
    // The host never blocks these, so the guest's mask is kept here.
    t.holdBack(info)
    t.pointee.mask = before
    context.pointee.mask = before & ~t.neverBlocked
    return t.giveBackGS()
  }
  if process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) { FreeBSD.beginTracing(t) }
  if t.isTraced {
    let chosen = t.tellTracer(signal, info, context)
    if chosen == 0 {
      t.pointee.mask = before
      context.pointee.mask = before & ~t.neverBlocked
      return t.giveBackGS()
    }
    if chosen != signal {
      t.pointee.told_signal = UInt32(bitPattern: chosen)
      return deliver(t, chosen, info, context)
    }
  }
  if fromKernel && (action.handler == Host.SIG_IGN || t.pointee.mask & Host.bit(signal) != 0) {
    return crash(t, signal, info, context)
  }
  if action.handler == Host.SIG_DFL {
    if Host.synchronous & Host.bit(signal) != 0 { return crash(t, signal, info, context) }
    // The action changed after the host had chosen: let the host take the default.
    t.pointee.mask = before
    context.pointee.mask = before & ~t.neverBlocked
    Actions.setDefault(process, signal, onHost: true)
    requeue(t, signal, info)
    return t.giveBackGS()
  }
  if action.handler == Host.SIG_IGN {
    t.pointee.mask = before
    context.pointee.mask = before & ~t.neverBlocked
    return t.giveBackGS()
  }
  let built =
    process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
    ? FreeBSD.buildFrame(t, signal, info, context, action, before)
    : Linux.buildFrame(t, signal, info, context, action, before)
  if !built {
    // No room for the frame: the guest's stack is gone. What is left is SIGSEGV, to its handler if it is another's.
    if signal == Host.SIGSEGV { Actions.setDefault(process, signal, onHost: false) }
    info.pointee.signal = Host.SIGSEGV
    info.pointee.code = 0x80  // SI_KERNEL
    t.pointee.mask = before
    return signal == Host.SIGSEGV ? crash(t, signal, info, context) : deliver(t, Host.SIGSEGV, info, context)
  }
  var mask = t.pointee.mask | action.mask
  if action.flags & Host.SA_NODEFER == 0 { mask |= Host.bit(signal) }
  t.pointee.mask = mask & ~Host.unmaskable
  context.pointee.mask = t.pointee.mask & ~t.neverBlocked
  context.pointee.rflags &= ~0x0001_0500  // direction, trap and resume flags, as the kernel clears them
  if action.flags & Host.SA_RESETHAND != 0 { Actions.resetHandler(process, signal, action) }
  t.giveBackGS()
}

/// Sends a signal to the calling thread once more, with all it carried.
func requeue(_ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>) {
  t.pointee.told_signal = UInt32(bitPattern: signal)
  host(
    Host.rt_tgsigqueueinfo, UInt(t.pointee.process.pointee.tgid), UInt(t.pointee.tid), UInt(signal),
    UInt(bitPattern: info))
}

/// An exception that no guest handler takes: the supervisor is asked, and may have the thread go on with other
/// registers; else the host's default action gives the exit status (and core) that a native program would leave.
func crash(
  _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
  _ context: UnsafeMutablePointer<pico_host_context>
) {
  do {
    let transfer = t.pointee.transfer
    pico_write_gs_base(UInt64(UInt(bitPattern: t)))
    transfer.pointee.args.0 = UInt64(UInt32(bitPattern: signal))
    transfer.pointee.args.1 = UInt64(bitPattern: Int64(info.pointee.code))
    transfer.pointee.args.2 = info.pointee.u.fault.address
    transfer.pointee.args.3 = context.pointee.error
    transfer.pointee.frame = pico_frame(context)
    t.tellBases()
    let stack = Int(Thread.payloadCapacity)
    transfer.pointee.payload_length = 0
    // As much of the stack as can be had, for the walk.
    var room = stack
    while room >= 256 {
      if copyIn(t.payload, from: UInt(context.pointee.rsp), count: room) {
        transfer.pointee.payload_length = UInt32(room)
        break
      }
      room /= 2
    }
    // For the walk, where tracing is restricted: PR_SET_PTRACER.
    if Silo.header.pointee.yama != 0 { host(Host.prctl, 0x5961_6d61, UInt.max) }
    let isTaken = t.ring(PICO_EXCEPTION) == 1
    t.takeBases(pico_exchange32(&t.control.pointee.changed, 0))
    if isTaken && !HostSignals.isStub(context.pointee.rip) {
      transfer.pointee.frame.store(to: context)
      return t.giveBackGS()
    }
    ThreadArea.forEach { $0.flushCounters() }
    Rewriting.flush()
  }
  Actions.setDefault(t.pointee.process, signal, onHost: true)
  context.pointee.mask &= ~Host.bit(signal)
  t.pointee.told_signal = UInt32(bitPattern: signal)
  host(Host.tgkill, UInt(host(Host.getpid)), UInt(t.pointee.tid), UInt(signal))
}
