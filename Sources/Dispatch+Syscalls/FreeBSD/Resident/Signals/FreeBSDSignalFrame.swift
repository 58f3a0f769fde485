import CPicoEntry

extension FreeBSD {
  /// Builds `struct sigframe` for a handler and points `context` at the return code, which calls the handler.
  ///
  /// From low to high: the handler's address, the ucontext at 16, the siginfo at 896; above them, 64-byte aligned, the
  /// extended vector state. False when the guest's stack cannot take it.
  ///
  /// - Source: FreeBSD sys/amd64/amd64/exec_machdep.c `sendsig`, sys/amd64/include/sigframe.h, sigtramp.S.
  static func buildFrame(
    _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
    _ context: UnsafeMutablePointer<pico_host_context>, _ action: pico_action, _ mask: UInt64
  ) -> Bool {
    let wasOn = t.isOnAltstack(context.pointee.rsp)
    var top = t.handlerStack(action, context.pointee.rsp, redZone: 128)
    let entersAltstack = !wasOn && t.isOnAltstack(top)
    var head = MachineHead()
    var tail = MachineTail()
    fill(&head, &tail, t, context, onStack: wasOn)

    let state = context.pointee.vectorStateSize
    if state > 512, let base = UnsafeRawPointer(bitPattern: UInt(context.pointee.fpstate)) {
      // The header and what follows the legacy part; the host's end mark (4 bytes) is no part of it.
      let extended = state - 512 - 4
      top = (top &- UInt64(extended)) & ~63
      guard copyOut(to: UInt(top), base + 512, count: extended) else { return false }
      tail.mc_xfpustate = top
      tail.mc_xfpustate_len = UInt64(extended)
      head.mc_flags |= Context._MC_HASFPXSTATE
    }
    let frame = (top &- (16 + Context.size + 80)) & ~15
    if (entersAltstack || wasOn) && frame < t.pointee.altstack_base { return false }

    let contextAt = frame &+ 16
    let infoAt = contextAt &+ Context.size
    var guestInfo = signalInfo(info)
    guestInfo.reason = head.mc_trapno != 0 && guestInfo.reason == 0 ? UInt64(head.mc_trapno) : guestInfo.reason
    if signal == Host.SIGTRAP && context.pointee.trap == 3 { guestInfo.si_code = 1 }  // TRAP_BRKPT
    tail.uc_stack = SignalStack(
      ss_sp: t.pointee.altstack_base, ss_size: t.pointee.altstack_size,
      ss_flags: t.pointee.altstack_size == 0 ? SS_DISABLE : wasOn ? SS_ONSTACK : 0)
    guard store(action.handler, at: UInt(frame)), store(guestMask(mask), at: UInt(contextAt)),
      store(head, at: UInt(contextAt &+ Context.machine)), store(tail, at: UInt(contextAt &+ Context.tail)),
      storeLegacyState(context.pointee.fpstate, at: contextAt &+ Context.floatingPoint),
      store(guestInfo, at: UInt(infoAt))
    else { return false }

    context.pointee.rdi = UInt64(UInt32(bitPattern: guestInfo.si_signo))
    let wantsInfo = action.flags & Host.SA_SIGINFO != 0
    context.pointee.rsi = wantsInfo ? infoAt : UInt64(UInt32(bitPattern: guestInfo.si_code))
    context.pointee.rdx = contextAt
    context.pointee.rcx = guestInfo.si_addr
    context.pointee.rsp = frame
    context.pointee.rip = t.pointee.process.pointee.signal_code
    context.pointee.fpstate = 0
    return true
  }

  /// Stores a `ucontext_t` of `context` at a guest address, without the extended vector state, for which the guest's
  /// structure has no room. False when it cannot be written.
  static func saveContext(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>, at: UInt64) -> Bool {
    var head = MachineHead()
    var tail = MachineTail()
    fill(&head, &tail, t, context, onStack: t.isOnAltstack(context.pointee.rsp))
    head.mc_trapno = 0
    head.mc_err = 0
    head.mc_addr = 0
    return store(guestMask(t.pointee.mask), at: UInt(at)) && store(head, at: UInt(at &+ Context.machine))
      && store(tail, at: UInt(at &+ Context.tail))
      && storeLegacyState(context.pointee.fpstate, at: at &+ Context.floatingPoint)
  }

  private static func fill(
    _ head: inout MachineHead, _ tail: inout MachineTail, _ t: Thread,
    _ context: UnsafeMutablePointer<pico_host_context>, onStack: Bool
  ) {
    head.mc_onstack = onStack ? 1 : 0
    head.mc_rdi = context.pointee.rdi
    head.mc_rsi = context.pointee.rsi
    head.mc_rdx = context.pointee.rdx
    head.mc_rcx = context.pointee.rcx
    head.mc_r8 = context.pointee.r8
    head.mc_r9 = context.pointee.r9
    head.mc_rax = context.pointee.rax
    head.mc_rbx = context.pointee.rbx
    head.mc_rbp = context.pointee.rbp
    head.mc_r10 = context.pointee.r10
    head.mc_r11 = context.pointee.r11
    head.mc_r12 = context.pointee.r12
    head.mc_r13 = context.pointee.r13
    head.mc_r14 = context.pointee.r14
    head.mc_r15 = context.pointee.r15
    head.mc_rip = context.pointee.rip
    head.mc_rsp = context.pointee.rsp
    head.mc_rflags = context.pointee.rflags
    head.mc_trapno = trapNumber(context.pointee.trap)
    head.mc_err = context.pointee.error
    head.mc_addr = context.pointee.fault_address
    head.mc_flags = Context._MC_HASSEGS
    tail.mc_fsbase = pico_read_fs_base()
    tail.mc_gsbase = t.pointee.guest_gs
    tail.mc_tlsbase = tail.mc_fsbase
  }

  /// The 512 bytes of FXSAVE; the last 48 of them are the host kernel's notes, which are no business of the guest's.
  private static func storeLegacyState(_ state: UInt64, at address: UInt64) -> Bool {
    guard let base = UnsafeRawPointer(bitPattern: UInt(state)) else { return true }
    let notes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    return copyOut(to: UInt(address), base, count: 464) && store(notes, at: UInt(address &+ 464))
  }

  /// `sigreturn(2)`: takes registers, mask and vector state from the ucontext whose address is the call's argument.
  ///
  /// - Source: FreeBSD sys/amd64/amd64/exec_machdep.c `sys_sigreturn`.
  static func restoreContext(
    _ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>, at: UInt64, isSignals: Bool = true
  ) -> Bool {
    guard let mask = load(UInt(at), as: SignalSet.self),
      let head = load(UInt(at &+ Context.machine), as: MachineHead.self),
      let tail = load(UInt(at &+ Context.tail), as: MachineTail.self)
    else { return false }
    context.pointee.rdi = head.mc_rdi
    context.pointee.rsi = head.mc_rsi
    context.pointee.rdx = head.mc_rdx
    context.pointee.rcx = head.mc_rcx
    context.pointee.r8 = head.mc_r8
    context.pointee.r9 = head.mc_r9
    context.pointee.rax = head.mc_rax
    context.pointee.rbx = head.mc_rbx
    context.pointee.rbp = head.mc_rbp
    context.pointee.r10 = head.mc_r10
    context.pointee.r11 = head.mc_r11
    context.pointee.r12 = head.mc_r12
    context.pointee.r13 = head.mc_r13
    context.pointee.r14 = head.mc_r14
    context.pointee.r15 = head.mc_r15
    context.pointee.rip = head.mc_rip
    context.pointee.rsp = head.mc_rsp
    context.pointee.rflags = head.mc_rflags
    if isSignals || head.mc_flags & Context._MC_HASBASES != 0 {
      // An address that is none would fault in the instruction itself.
      if tail.mc_fsbase < 0x8000_0000_0000 { pico_write_fs_base(tail.mc_fsbase) }
      if tail.mc_gsbase < 0x8000_0000_0000 { t.pointee.guest_gs = tail.mc_gsbase }
    }
    t.pointee.mask = hostMask(mask) & ~Host.unmaskable
    return restoreState(context, head, tail, at)
  }

  /// Puts the guest's vector state into the host's frame, in the form the host wrote it.
  private static func restoreState(
    _ context: UnsafeMutablePointer<pico_host_context>, _ head: MachineHead, _ tail: MachineTail, _ at: UInt64
  ) -> Bool {
    guard let state = UnsafeMutableRawPointer(bitPattern: UInt(context.pointee.fpstate)) else { return true }
    if head.mc_ownedfp == Context._MC_FPOWNED_NONE {
      context.pointee.fpstate = 0
      return true
    }
    guard copyIn(state, from: UInt(at &+ Context.floatingPoint), count: 464) else { return false }
    // Reserved bits of MXCSR would make the host refuse the whole frame: FreeBSD masks them too.
    let mxcsr = state.load(fromByteOffset: 24, as: UInt32.self)
    state.storeBytes(of: mxcsr & 0xffff, toByteOffset: 24, as: UInt32.self)
    let size = context.pointee.vectorStateSize
    guard size > 512 else { return true }
    let features = state.load(fromByteOffset: 472, as: UInt64.self)
    if head.mc_flags & Context._MC_HASFPXSTATE != 0, tail.mc_xfpustate != 0 {
      let extended = min(Int(truncatingIfNeeded: tail.mc_xfpustate_len & 0xffff), size - 512 - 4)
      guard extended >= 64, copyIn(state + 512, from: UInt(tail.mc_xfpustate), count: extended) else { return false }
      // Only components the host has, in its layout; the rest of the header must be zero.
      let present = state.load(fromByteOffset: 512, as: UInt64.self)
      for word in 1..<8 { state.storeBytes(of: 0, toByteOffset: 512 + word * 8, as: UInt64.self) }
      state.storeBytes(of: present & features | 3, toByteOffset: 512, as: UInt64.self)
    } else {
      let present = state.load(fromByteOffset: 512, as: UInt64.self)
      state.storeBytes(of: present | 3, toByteOffset: 512, as: UInt64.self)
    }
    return true
  }
}
