import CPicoEntry

extension Linux {
  /// Builds `struct rt_sigframe` for a handler and points `context` at it.
  ///
  /// From low to high: the return address, the ucontext, the siginfo; above them, 64-byte aligned, the vector state as the
  /// host saved it. False when the guest's stack cannot take it.
  ///
  /// - Source: Linux arch/x86/kernel/signal_64.c `x64_setup_rt_frame`, signal.c `get_sigframe`.
  static func buildFrame(
    _ t: Thread, _ signal: Int32, _ info: UnsafeMutablePointer<pico_siginfo>,
    _ context: UnsafeMutablePointer<pico_host_context>, _ action: pico_action, _ mask: UInt64
  ) -> Bool {
    let wasOn = t.isOnAltstack(context.pointee.rsp)
    let disarms = t.pointee.altstack_flags & SS_AUTODISARM != 0
    var top = t.handlerStack(action, context.pointee.rsp, redZone: 128)
    let entersAltstack = !t.isOnAltstack(context.pointee.rsp) && t.isOnAltstack(top)
    let state = context.pointee.vectorStateSize
    var guestState: UInt64 = 0
    if state > 0 {
      top = (top &- UInt64(state)) & ~63
      guestState = top
      guard
        copyOut(
          to: UInt(guestState), UnsafeRawPointer(bitPattern: UInt(context.pointee.fpstate)).unsafelyUnwrapped,
          count: state)
      else {
        return false
      }
    }
    let size = UInt64(8 + MemoryLayout<pico_host_context>.size + 128)
    // The ABI's alignment at a function's entry: RSP + 8 is a multiple of 16.
    let frame = ((top &- size) & ~15) &- 8
    // An overflow of the alternate stack is fatal, as in the kernel.
    if (entersAltstack || wasOn) && !disarms && frame < t.pointee.altstack_base { return false }

    var guest = context.pointee
    guest.link = 0
    guest.flags = context.pointee.flags
    // In 64-bit code the return is to take SS as it stands, whatever an earlier return said.
    if context.pointee.cs == USER_CS { guest.flags |= UC_STRICT_RESTORE_SS }
    guest.stack_base = t.pointee.altstack_base
    guest.stack_flags =
      t.pointee.altstack_size == 0 ? SS_DISABLE : (wasOn ? SS_ONSTACK : 0) | (t.pointee.altstack_flags & SS_AUTODISARM)
    guest.stack_size = t.pointee.altstack_size
    guest.fpstate = guestState
    guest.mask = mask
    guest.old_mask = mask
    let contextAt = frame &+ 8
    let infoAt = contextAt &+ UInt64(MemoryLayout<pico_host_context>.size)
    guard store(action.restorer, at: UInt(frame)), store(guest, at: UInt(contextAt)),
      copyOut(to: UInt(infoAt), info, count: 128)
    else { return false }
    if disarms && t.pointee.altstack_size != 0 { t.disarmAltstack() }

    // Handlers are 64-bit code, whatever they interrupt. SS stays if such code can run with it: the host's return sees to
    // that where the flag is not set.
    context.pointee.cs = USER_CS
    context.pointee.flags &= ~UC_STRICT_RESTORE_SS
    context.pointee.rip = action.handler
    context.pointee.rsp = frame
    context.pointee.rdi = UInt64(UInt32(bitPattern: signal))
    context.pointee.rsi = infoAt
    context.pointee.rdx = contextAt
    context.pointee.rax = 0
    // A handler starts with the vector unit as a fresh program finds it.
    context.pointee.fpstate = 0
    return true
  }

  /// `rt_sigreturn(2)`: takes registers, mask, alternate stack and vector state from the frame at the guest's RSP.
  ///
  /// - Source: Linux arch/x86/kernel/signal_64.c `rt_sigreturn`.
  static func restoreContext(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>) -> Bool {
    // The handler's return popped the restorer's address: RSP stands on the ucontext.
    guard let guest = load(UInt(context.pointee.rsp), as: pico_host_context.self) else { return false }
    let host = context.pointee
    context.pointee = guest
    context.pointee.flags = host.flags & ~UC_STRICT_RESTORE_SS | guest.flags & UC_STRICT_RESTORE_SS
    context.pointee.link = host.link
    context.pointee.stack_base = host.stack_base
    context.pointee.stack_flags = host.stack_flags
    context.pointee.stack_size = host.stack_size
    // CS and SS are the guest's: it may return to compatibility mode, or to segments of its own table. The host makes
    // them unprivileged, and faults the guest for what is no segment.
    // The kernel reads the state where the guest has it, and refuses what is not one.
    context.pointee.fpstate = guest.fpstate
    t.pointee.mask = guest.mask & ~Host.unmaskable
    let flags = guest.stack_flags & ~SS_ONSTACK
    if flags & SS_DISABLE != 0 {
      t.disarmAltstack()
    } else if guest.stack_size >= MINSIGSTKSZ {
      t.pointee.altstack_base = guest.stack_base
      t.pointee.altstack_size = guest.stack_size
      t.pointee.altstack_flags = flags & SS_AUTODISARM
    }
    return true
  }
}

/// `__USER_CS`: the host's 64-bit code segment.
private let USER_CS: UInt16 = 0x33
/// `UC_STRICT_RESTORE_SS`, asm/ucontext.h.
private let UC_STRICT_RESTORE_SS: UInt64 = 4

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// No alternate stack from here on.
  func disarmAltstack() {
    pointee.altstack_base = 0
    pointee.altstack_size = 0
    pointee.altstack_flags = 0
  }
}
