import CPicoEntry

/// The guest's signal actions, by host signal number, and the host actions behind them.
///
/// The host's disposition follows the guest's: default and ignore are the kernel's own business, a handler is entered
/// through `pico_signal`. `SA_RESTART`, `SA_NOCLDSTOP` and `SA_NOCLDWAIT` go to the host as they are, so that the
/// kernel decides restarts and child notices by the guest's wish.
enum Actions {
  /// Not asked yet: a fresh image knows which signals it ignores only from the host.
  static let unknown = UInt64.max

  private static func slot(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) -> UnsafeMutablePointer<
    pico_action
  > {
    pico_action_at(process, signal >= 1 && signal <= 64 ? signal : 0)
  }

  private static func lock(_ process: UnsafeMutablePointer<pico_process>) {
    while pico_cas32(&process.pointee.action_lock, 0, 1) != 0 { pico_pause() }
  }

  private static func unlock(_ process: UnsafeMutablePointer<pico_process>) {
    pico_store32(&process.pointee.action_lock, 0)
  }

  /// A fresh image: nothing is known but what exec kept.
  static func reset(_ process: UnsafeMutablePointer<pico_process>) {
    for signal in Int32(1)...64 {
      slot(process, signal).pointee = pico_action(handler: unknown, flags: 0, mask: 0, restorer: 0)
    }
  }

  /// What the guest has asked for `signal`.
  static func get(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) -> pico_action {
    lock(process)
    let action = known(process, signal)
    unlock(process)
    return action
  }

  /// Sets what `signal` does. The numbers in `action` are the host's, its handler and restorer guest addresses.
  static func set(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32, _ action: pico_action) {
    lock(process)
    slot(process, signal).pointee = action
    apply(process, signal, action)
    unlock(process)
  }

  /// Puts the default back, as `SA_RESETHAND` and a fatal signal want it.
  static func setDefault(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32, onHost: Bool) {
    lock(process)
    slot(process, signal).pointee = pico_action(handler: Host.SIG_DFL, flags: 0, mask: 0, restorer: 0)
    if onHost {
      setHost(signal, pico_host_action(handler: 0, flags: 0, restorer: 0, mask: 0))
    } else {
      apply(process, signal, pico_action())
    }
    unlock(process)
  }

  /// Puts the default back for every signal that has a handler: `CLONE_CLEAR_SIGHAND`.
  static func clearHandlers(_ process: UnsafeMutablePointer<pico_process>) {
    for signal in Int32(1)...64 {
      let action = get(process, signal)
      if action.handler != Host.SIG_DFL && action.handler != Host.SIG_IGN {
        set(process, signal, pico_action(handler: Host.SIG_DFL, flags: 0, mask: 0, restorer: 0))
      }
    }
  }

  /// What `SA_RESETHAND` does as the handler is entered. Linux keeps flags and mask, and `sigaction(2)` shows them.
  static func resetHandler(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32, _ action: pico_action) {
    if process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) {
      return setDefault(process, signal, onHost: false)
    }
    var left = action
    left.handler = Host.SIG_DFL
    set(process, signal, left)
  }

  private static func known(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) -> pico_action {
    let entry = slot(process, signal)
    if entry.pointee.handler == unknown {
      var old = pico_host_action()
      withUnsafeMutablePointer(to: &old) {
        _ = host(Host.rt_sigaction, UInt(signal), 0, UInt(bitPattern: $0), 8)
      }
      learn(process, signal, old)
    }
    return entry.pointee
  }

  /// Notes what exec left of a signal's action.
  private static func learn(
    _ process: UnsafeMutablePointer<pico_process>, _ signal: Int32, _ old: pico_host_action
  ) {
    let ignored = old.handler == Host.SIG_IGN && !ignoredByDefault(process, signal)
    let handler = ignored ? Host.SIG_IGN : Host.SIG_DFL
    slot(process, signal).pointee = pico_action(handler: handler, flags: 0, mask: 0, restorer: 0)
  }

  /// `known` and `install` in one call of the host's.
  private static func takeOver(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) {
    var old = pico_host_action()
    withUnsafeMutablePointer(to: &old) { install(signal, restarts: Host.SA_RESTART, old: UInt(bitPattern: $0)) }
    learn(process, signal, old)
  }

  /// Signals that the guest system ignores by default and the host does not: FreeBSD's SIGINFO, which is SIGPWR here.
  private static func ignoredByDefault(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) -> Bool {
    signal == 30 && process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD)
  }

  /// A fresh image: what the guest's defaults need of the host beyond its own.
  static func takeDefaults(_ process: UnsafeMutablePointer<pico_process>) {
    takeOver(process, Host.everyThread)
    if ignoredByDefault(process, 30) { setDefault(process, 30, onHost: false) }
  }

  /// Makes the host do what the guest wants. A fault's signals stay ours: they may be the stub's own copies.
  private static func apply(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32, _ action: pico_action) {
    if Host.synchronous & Host.bit(signal) != 0 { return install(signal, restarts: action.flags & Host.SA_RESTART) }
    // Stays ours too, whatever a guest makes of it; what it ignores is dropped on delivery.
    if signal == Host.everyThread { return install(signal, restarts: Host.SA_RESTART) }
    if FreeBSD.Kqueues.staysHandled(process, signal, action.handler) {
      // Ignored children leave no zombies, whoever counts their signals.
      let reaped = signal == 17 && action.handler == Host.SIG_IGN ? Host.SA_NOCLDWAIT : 0
      let kept = action.flags & (Host.SA_NOCLDSTOP | Host.SA_NOCLDWAIT)
      return install(signal, restarts: kept | reaped | Host.SA_RESTART)
    }
    if action.handler == Host.SIG_DFL, ignoredByDefault(process, signal) {
      return setHost(signal, pico_host_action(handler: Host.SIG_IGN, flags: 0, restorer: 0, mask: 0))
    }
    if action.handler == Host.SIG_DFL || action.handler == Host.SIG_IGN {
      let kept = action.flags & (Host.SA_NOCLDSTOP | Host.SA_NOCLDWAIT | Host.SA_RESTART)
      return setHost(
        signal,
        pico_host_action(
          handler: action.handler, flags: kept | Host.SA_RESTORER, restorer: pico_windows().host_sigreturn, mask: 0))
    }
    install(signal, restarts: action.flags & (Host.SA_RESTART | Host.SA_NOCLDSTOP | Host.SA_NOCLDWAIT))
  }

  /// Has the host enter `pico_signal` for `signal`.
  ///
  /// - Parameter old: where the host's action before it is put; 0 for nowhere.
  static func install(_ signal: Int32, restarts flags: UInt64, old: UInt = 0) {
    // A fault while a fault is handled (a copy to a guest stack that is gone) must come through too.
    let nested = Host.synchronous & Host.bit(signal) != 0 ? Host.SA_NODEFER : 0
    setHost(
      signal,
      pico_host_action(
        handler: HostSignals.handlerAddress,
        flags: flags | nested | Host.SA_SIGINFO | Host.SA_ONSTACK | Host.SA_RESTORER,
        restorer: pico_windows().host_sigreturn, mask: ~Host.synchronous), old: old)
  }

  private static func setHost(_ signal: Int32, _ action: pico_host_action, old: UInt = 0) {
    withUnsafePointer(to: action) { _ = host(Host.rt_sigaction, UInt(signal), UInt(bitPattern: $0), old, 8) }
  }

  /// Before exec: what is ours on the host and ignored by the guest is to be ignored by the next image too.
  static func inheritIgnored(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) {
    guard get(process, signal).handler == Host.SIG_IGN else { return }
    setHost(signal, pico_host_action(handler: Host.SIG_IGN, flags: 0, restorer: 0, mask: 0))
  }

  /// At a fresh image's start: the signals that are always ours, keeping in mind those that exec left ignored.
  static func takeSynchronous(_ process: UnsafeMutablePointer<pico_process>) {
    for signal in Int32(1)...31 where Host.synchronous & Host.bit(signal) != 0 {
      takeOver(process, signal)
    }
  }
}
