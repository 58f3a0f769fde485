import CPicoEntry

/// The calls that read and set a thread's whole context: like `sigreturn` they are done in a host signal handler, which
/// has the vector state at hand.
extension FreeBSD {
  /// `getcontext(2)`: the context as it will be after the call. Errors: `EINVAL` for no address; `EFAULT`.
  static func getcontext(_ t: Thread, _ ucp: UInt) -> Int {
    if ucp == 0 { return Host.EINVAL }
    return carryOutContext(t, save: ucp, restore: 0)
  }

  /// `setcontext(2)`. Errors: `EINVAL` for no address; `EFAULT`.
  static func setcontext(_ t: Thread, _ ucp: UInt) -> Int {
    if ucp == 0 { return Host.EINVAL }
    return carryOutContext(t, save: 0, restore: ucp)
  }

  /// `swapcontext(2)`. Errors: `EINVAL` for no address; `EFAULT`.
  static func swapcontext(_ t: Thread, _ oucp: UInt, _ ucp: UInt) -> Int {
    if oucp == 0 || ucp == 0 { return Host.EINVAL }
    return carryOutContext(t, save: oucp, restore: ucp)
  }

  private static func carryOutContext(_ t: Thread, save: UInt, restore: UInt) -> Int {
    t.pointee.context_save = UInt64(save)
    t.pointee.context_restore = UInt64(restore)
    t.pointee.dispatching = UInt32(PICO_REDIRECT_CONTEXT)
    t.raiseRedirect()
    return frameIsSet
  }

  /// The part done in the handler: `context` holds the frame of the call.
  static func exchangeContext(_ t: Thread, _ context: UnsafeMutablePointer<pico_host_context>) {
    context.pointee.rax = 0
    context.pointee.rflags &= ~1
    let save = t.pointee.context_save
    let restore = t.pointee.context_restore
    var failed = save != 0 && !saveContext(t, context, at: save)
    if !failed && restore != 0 { failed = !restoreContext(t, context, at: restore, isSignals: false) }
    if failed {
      context.pointee.rax = UInt64(guestErrno(Host.EFAULT))
      context.pointee.rflags |= 1
    }
  }
}
