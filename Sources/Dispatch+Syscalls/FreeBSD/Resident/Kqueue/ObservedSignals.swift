import CPicoEntry

/// Signals that kqueues watch for, as the stub's signal handler sees them. Nothing here takes a lock: the handler may
/// have interrupted whoever holds one.
extension FreeBSD.Kqueues {
  /// Which of the process's words holds the host signals that some kqueue has asked for.
  private static let observedWord = 42
  /// Which holds those among them that the guest ignores.
  private static let quietWord = 43

  private static func word(
    _ process: UnsafeMutablePointer<pico_process>, _ index: Int
  ) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &process.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + index
    }
  }

  /// How often a host signal has come since the first kqueue was made.
  static func signalCount(_ t: Thread, _ signal: Int32) -> UInt64 {
    guard let chunk = registry(t), signal > 0, signal < 65 else { return 0 }
    return pico_load64(counter(chunk, signal))
  }

  private static func counter(_ chunk: ChunkReference, _ signal: Int32) -> UnsafeMutablePointer<UInt64> {
    withUnsafeMutablePointer(to: &chunk.pointee.signalCounts) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self) + Int(signal)
    }
  }

  /// Works out anew which signals are watched, after a kqueue's part of it has changed.
  static func updateObserved(_ t: Thread) {
    var all: UInt64 = 0
    _ = first(t) { q in
      all |= q.pointee.observed
      return false
    }
    pico_store64(word(t.pointee.process, observedWord), all)
  }

  /// Whether the stub's handler has to stay in place for a signal whose guest action is `handler`: a kqueue counts it,
  /// and the guest ignores it. To be asked whenever the action is set.
  static func staysHandled(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32, _ handler: UInt64) -> Bool {
    guard process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) else { return false }
    let bit = Host.bit(signal)
    // Children, continuations, urgent data, window sizes and SIGINFO (as SIGPWR): ignored by default.
    let harmless = Host.bit(17) | Host.bit(18) | Host.bit(23) | Host.bit(28) | Host.bit(30)
    let ignored = handler == Host.SIG_IGN || handler == Host.SIG_DFL && harmless & bit != 0
    if ignored && pico_load64(word(process, observedWord)) & bit != 0 {
      _ = pico_or64(word(process, quietWord), bit)
      return true
    }
    _ = pico_and64(word(process, quietWord), ~bit)
    return false
  }

  /// A host signal has come: counted, and told to those who wait for it.
  ///
  /// - Parameter counted: it was when it came; now it only has been let in.
  /// - Returns: whether that was all, because the guest ignores it.
  static func signalArrived(_ t: Thread, _ signal: Int32, counted: Bool) -> Bool {
    let process = t.pointee.process
    guard process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) else { return false }
    let bit = Host.bit(signal)
    if pico_load64(word(process, observedWord)) & bit == 0 { return false }
    guard let chunk = registry(t), signal > 0, signal < 65 else { return false }
    if !counted { count(t, chunk, signal) }
    return pico_load64(word(process, quietWord)) & bit != 0
  }

  private static func count(_ t: Thread, _ chunk: ChunkReference, _ signal: Int32) {
    let bit = Host.bit(signal)
    _ = pico_add64(counter(chunk, signal), 1)
    _ = first(t) { q in
      if q.pointee.observed & bit != 0 {
        _ = FreeBSD.HostEvent.control(
          q.pointee.descriptor, FreeBSD.HostEvent.EPOLL_CTL_MOD, q.pointee.kick,
          FreeBSD.HostEvent.EPOLLIN | FreeBSD.HostEvent.EPOLLONESHOT, FreeBSD.Kqueue.kickMark)
      }
      return false
    }
  }

  static let keptSignalBytes = 32
  /// The signals of which the host keeps one at a time, and may block.
  private static let merged: UInt64 = 0x7fff_ffff & ~Host.synchronous & ~Host.unmaskable

  /// Where the description of a blocked signal is kept that was taken from the host. Nil where that is never done.
  static func keptSignal(_ process: UnsafeMutablePointer<pico_process>, _ signal: Int32) -> UnsafeMutableRawPointer? {
    guard process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD), Host.bit(signal) & merged != 0,
      let chunk = ChunkReference(bitPattern: UInt(truncatingIfNeeded: pico_load64(word(process, registryWord)))),
      chunk.pointee.owner == UInt64(UInt(bitPattern: process))
    else { return nil }
    return withUnsafeMutablePointer(to: &chunk.pointee.keptSignals) {
      UnsafeMutableRawPointer($0) + Int(signal) * keptSignalBytes
    }
  }

  /// All signals that some kqueue watches.
  static func observed(_ t: Thread) -> UInt64 { pico_load64(word(t.pointee.process, observedWord)) }

  /// Takes those of `wanted` from the host that the thread blocks and that are pending, and keeps them in the stub:
  /// pending for the guest all the same, but the host tells of the next one.
  ///
  /// - Parameter counting: whether the kqueues that watch one are to count it.
  static func collect(_ t: Thread, _ wanted: UInt64, counting: Bool) {
    let set = wanted & merged & t.pointee.mask
    guard set != 0, let chunk = registry(t) else { return }
    var info = pico_siginfo()
    let now: (UInt64, UInt64) = (0, 0)
    // As many as there are kinds; whoever sends without an end does not keep the caller here.
    for _ in 0..<31 {
      let signal = withUnsafePointer(to: set) { set in
        withUnsafePointer(to: now) { now in
          withUnsafeMutablePointer(to: &info) {
            host(128, UInt(bitPattern: set), UInt(bitPattern: $0), UInt(bitPattern: now), 8)  // rt_sigtimedwait
          }
        }
      }
      guard signal > 0 else { return }
      // Not a new one, but word that one is kept.
      if info.code == HeldSignals.code { continue }
      if counting { count(t, chunk, Int32(truncatingIfNeeded: signal)) }
      withUnsafePointer(to: info) { t.holdBack($0) }
    }
  }

  /// Before exec: what the guest ignores must be ignored by the host itself, or the new image would not find it so.
  static func beforeExec(_ t: Thread) {
    // What is kept here stays pending, so it goes back to the host.
    while let info = HeldSignals.take(t.pointee.process, merged) {
      withUnsafePointer(to: info) {
        _ = host(
          Host.rt_tgsigqueueinfo, UInt(t.pointee.process.pointee.tgid), UInt(t.pointee.tid), UInt(info.signal),
          UInt(bitPattern: $0))
      }
    }
    forEachQuiet(t) { signal, action in
      guard action.handler == Host.SIG_IGN else { return }
      // struct sigaction of the kernel's: handler, flags, restorer, mask.
      let ignored: (UInt64, UInt64, UInt64, UInt64) = (Host.SIG_IGN, 0, 0, 0)
      withUnsafePointer(to: ignored) { _ = host(Host.rt_sigaction, UInt(signal), UInt(bitPattern: $0), 0, 8) }
    }
  }

  /// After an exec that failed: as it was.
  static func afterFailedExec(_ t: Thread) {
    forEachQuiet(t) { signal, action in Actions.set(t.pointee.process, signal, action) }
  }

  private static func forEachQuiet(_ t: Thread, _ body: (Int32, pico_action) -> Void) {
    guard t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD) else { return }
    var quiet = pico_load64(word(t.pointee.process, quietWord))
    while quiet != 0 {
      let signal = Int32(truncatingIfNeeded: quiet.trailingZeroBitCount) + 1
      body(signal, Actions.get(t.pointee.process, signal))
      quiet &= quiet &- 1
    }
  }
}
