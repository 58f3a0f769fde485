import CPicoEntry

extension FreeBSD {
  private static let THR_SUSPENDED: UInt32 = 1

  /// `thr_new(2)`: a thread that starts at `start_func` with `arg`.
  ///
  /// - Errors: `EINVAL` for a size that is no `struct thr_param`, or for `THR_SUSPENDED`; `EFAULT`; `EAGAIN` when there
  ///   is room for no more threads.
  /// - Differs: a thread cannot be born suspended.
  /// - Source: FreeBSD sys/kern/kern_thr.c `kern_thr_new`, sys/amd64/amd64/vm_machdep.c `cpu_set_upcall`.
  static func thr_new(_ t: Thread, _ param: UInt, _ param_size: Int32) -> Int {
    if param_size < 0 || param_size > Int32(MemoryLayout<ThreadParameters>.size) { return Host.EINVAL }
    guard let given = load(param, as: ThreadParameters.self) else { return Host.EFAULT }
    if given.flags & THR_SUSPENDED != 0 { return Host.EINVAL }
    if given.tls_base >= 0x8000_0000_0000 { return Host.EINVAL }
    var arguments = pico_clone_args()
    // CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS
    arguments.flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000 | 0x8_0000
    arguments.tls = given.tls_base
    // Both words are 64 bits wide; the host writes the lower halves before the child or we go on.
    if given.child_tid != 0 {
      guard store(UInt64(0), at: UInt(given.child_tid)) else { return Host.EFAULT }
      arguments.flags |= Clone.CHILD_SETTID
      arguments.child_tid = given.child_tid
    }
    if given.parent_tid != 0 {
      guard store(UInt64(0), at: UInt(given.parent_tid)) else { return Host.EFAULT }
      arguments.flags |= Clone.PARENT_SETTID
      arguments.parent_tid = given.parent_tid
    }
    let result = t.create(&arguments) { frame in
      frame = pico_frame()
      frame.rip = given.start_func
      frame.rdi = given.arg
      frame.rsp = ((given.stack_base &+ given.stack_size) & ~15) &- 8
      frame.rflags = 0x202
    }
    return result > 0 ? 0 : result
  }

  /// `thr_exit(2)`: ends the calling thread; `state`, if any, is set to 1 and its waiters are woken.
  static func thr_exit(_ t: Thread, _ state: UInt) -> Int {
    umtxThreadExit(t)
    if state != 0 && store(UInt64(1), at: state) {
      host(Host.futex, state, 1, 0x7fff_ffff)  // FUTEX_WAKE
      host(Host.futex, state, 129, 0x7fff_ffff)  // FUTEX_WAKE_PRIVATE
    }
    // A helper alone keeps no process alive.
    var others = 0
    ThreadArea.forEach { if $0 != t && $0.pointee.is_helper == 0 { others += 1 } }
    if others == 0 { exitProcess(t, status: 0) }
    exitThread(t, status: 0)
  }

  /// `thr_self(2)`: the thread's number, as a long at `id`. Errors: `EFAULT`.
  static func thr_self(_ t: Thread, _ id: UInt) -> Int {
    store(UInt64(t.pointee.tid), at: id) ? 0 : Host.EFAULT
  }

  /// `thr_kill(2)`: a signal for one thread of this process, or with `id` -1 for all others.
  ///
  /// - Errors: `EINVAL` for a number that is no signal; `ESRCH`.
  static func thr_kill(_ t: Thread, _ id: Int64, _ sig: Int32) -> Int {
    guard let signal = sendable(sig) else { return Host.EINVAL }
    beginTracing(t)
    if id != -1 { return send(t.pointee.process.pointee.tgid, id, signal) }
    let own = t.pointee.tid
    var result = -3  // ESRCH
    ThreadArea.forEach {
      if $0.pointee.tid != own, $0.pointee.is_helper == 0,
        send(t.pointee.process.pointee.tgid, Int64($0.pointee.tid), signal) == 0
      {
        result = 0
      }
    }
    return result
  }

  /// `thr_kill2(2)`: the same in another process.
  static func thr_kill2(_ t: Thread, _ pid: Int32, _ id: Int64, _ sig: Int32) -> Int {
    guard let signal = sendable(sig) else { return Host.EINVAL }
    beginTracing(t)
    if id == -1 { return host(62, UInt(bitPattern: Int(pid)), UInt(signal)) }  // kill
    return send(UInt32(bitPattern: pid), id, signal)
  }

  /// The host signal of `sig`; 0 asks only whether the thread is there. Nil for what is no signal.
  private static func sendable(_ sig: Int32) -> Int32? {
    sig == 0 ? 0 : sig > 0 && sig <= _SIG_MAXSIG ? hostSignal(sig) : nil
  }

  private static func send(_ process: UInt32, _ id: Int64, _ signal: Int32) -> Int {
    guard id > 0, id <= 0x7fff_ffff else { return -3 }
    return host(Host.tgkill, UInt(process), UInt(id), UInt(signal))
  }

  /// `thr_suspend(2)`: waits until another thread calls `thr_wake` for this one, which may have happened already.
  ///
  /// - Errors: `EFAULT`, `EINVAL` for a bad time; `ETIMEDOUT`; `EINTR`.
  static func thr_suspend(_ t: Thread, _ timeout: UInt) -> Int {
    let word = wakeWord(t)
    while pico_exchange32(word, 0) == 0 {
      let result = t.blocking(Host.futex, UInt(bitPattern: word), 128, 0, timeout)  // FUTEX_WAIT_PRIVATE
      if result < 0 && result != Host.EAGAIN { return result }
    }
    return 0
  }

  /// `thr_wake(2)`. Errors: `ESRCH` for a thread that is not of this process.
  static func thr_wake(_ t: Thread, _ id: Int64) -> Int {
    var result = -3  // ESRCH
    ThreadArea.forEach {
      guard Int64($0.pointee.tid) == id else { return }
      let word = wakeWord($0)
      pico_store32(word, 1)
      host(Host.futex, UInt(bitPattern: word), 129, 1)  // FUTEX_WAKE_PRIVATE
      result = 0
    }
    return result
  }

  private static func wakeWord(_ t: Thread) -> UnsafeMutablePointer<UInt32> { pico_wake_word(t) }
}
