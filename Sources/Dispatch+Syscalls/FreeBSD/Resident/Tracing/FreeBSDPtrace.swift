import CPicoEntry

/// `ptrace(2)` between guests: the host's, on the host's threads, with the stops and registers of the guest.
extension FreeBSD {
  /// `ptrace(2)`.
  ///
  /// - Errors: `ESRCH` for no such process or thread; `EPERM` for one that is not traced by the caller, or may not be;
  ///   `EBUSY` for one that is traced already, or is not stopped; `EINVAL` for an unknown request, a bad signal or size;
  ///   `EFAULT`.
  /// - Differs: of a process with several threads only the one that the stop is of stands still.
  /// - Source: FreeBSD 14 `sys/kern/sys_process.c`, `kern_ptrace`.
  static func ptrace(_ t: Thread, _ req: Int32, _ pid: Int32, _ addr: UInt, _ data: Int32) -> Int {
    if req == PT.TRACE_ME { return traceMe(t) }
    if req == PT.ATTACH { return attach(t, pid) }
    if pid <= 0 || kill(pid) == HostError.ESRCH { return HostError.ESRCH }
    guard let tracee = stoppedTracee(t, pid) else {
      // Traced, but it runs; or not traced by us at all.
      return isTracee(t, pid) ? EBUSY : HostError.EPERM
    }
    switch req {
    case PT.CONTINUE, PT.STEP, PT.TO_SCE, PT.TO_SCX, PT.SYSCALL: return goOn(t, tracee, req, addr, data)
    case PT.DETACH: return detach(t, tracee, data)
    case PT.KILL: return host(HostProcess.kill, UInt(tracee.pointee.freeBSD.process), UInt(Host.SIGKILL))
    case PT.READ_I, PT.READ_D: return readWord(tracee, addr)
    case PT.WRITE_I, PT.WRITE_D:
      return withUnsafePointer(to: data) {
        tracedMemory(tracee, addr, UInt(bitPattern: $0), 4, writes: true) == 4 ? 0 : HostError.EFAULT
      }
    case PT.IO: return transfer(tracee, addr)
    case PT.LWPINFO: return lwpInformation(t, tracee, addr, data)
    case PT.GETNUMLWPS: return threads(t, tracee, 0, Int32.max)
    case PT.GETLWPLIST: return data <= 0 ? HostError.EINVAL : threads(t, tracee, addr, data)
    case PT.SETSTEP, PT.CLEARSTEP:
      tracee.pointee.freeBSD.steps = req == PT.SETSTEP ? 1 : 0
      return 0
    case PT.FOLLOW_FORK: return changeEvents(t, tracee, PTRACE.FORK, data != 0)
    case PT.LWP_EVENTS: return changeEvents(t, tracee, PTRACE.LWP, data != 0)
    case PT.GET_EVENT_MASK:
      if data != 4 { return HostError.EINVAL }
      return store(tracee.pointee.freeBSD.events, at: addr) ? 0 : HostError.EFAULT
    case PT.SET_EVENT_MASK:
      guard let events = load(addr, as: UInt32.self) else { return HostError.EFAULT }
      if data != 4 || events & ~PTRACE.all != 0 { return HostError.EINVAL }
      return changeEvents(t, tracee, PTRACE.all, false, events)
    case PT.GET_SC_ARGS, PT.GET_SC_RET: return callWords(t, tracee, req, addr, data)
    case PT.GETREGS...PT.SETDBREGS, PT.GETFSBASE...PT.SETGSBASE: return traceRegisters(t, tracee, req, addr)
    default: return HostError.EINVAL
    }
  }

  private static func kill(_ pid: Int32) -> Int { host(HostProcess.kill, UInt(UInt32(bitPattern: pid)), 0) }

  /// The parent becomes the tracer where it can first see anything: at exec, or when the process has a signal. Between,
  /// each call would be a stop of the host's for a parent that may wait for something else.
  private static func traceMe(_ t: Thread) -> Int {
    if t.isTraced || t.pointee.traced_by_exec != 0 { return EBUSY }
    t.pointee.traced_by_exec = 1
    return 0
  }

  /// Before a signal that the process sends itself, or one that is about to be delivered.
  static func beginTracing(_ t: Thread) {
    // The parent of a vfork waits for its end and would never see a stop.
    guard t.pointee.traced_by_exec != 0, t.pointee.process.pointee.vforked == 0 else { return }
    t.pointee.traced_by_exec = 0
    t.becomeTracee()
  }

  private static func attach(_ t: Thread, _ pid: Int32) -> Int {
    if UInt32(bitPattern: pid) == t.pointee.process.pointee.tgid { return HostError.EINVAL }
    if pid <= 0 || kill(pid) == HostError.ESRCH { return HostError.ESRCH }
    if isTracee(t, pid) { return EBUSY }
    let status = HostText(process: pid, "status")
    if var place = status.value(of: "TracerPid"), status.number(at: &place) != 0 { return EBUSY }
    let result = host(Host.ptrace, 16, UInt(pid), 0, 0)  // PTRACE_ATTACH
    if result != 0 { return result }
    guard let tracee = Tracing.addTracee(t, UInt32(bitPattern: pid), options: 0, flags: 0) else {
      return HostError.ENOMEM
    }
    tracee.pointee.freeBSD = TraceeState()
    return 0
  }

  static func isTracee(_ t: Thread, _ pid: Int32) -> Bool {
    guard let table = Tracing.tracees(t) else { return false }
    let id = UInt32(bitPattern: pid)
    for place in 0..<Tracing.traceePlaces where table[place].tid != 0 {
      if table[place].tid == id || table[place].freeBSD.process == id { return true }
    }
    return false
  }

  /// The thread that a request is about: by its own number, or by its process's the one whose stop was told.
  private static func stoppedTracee(_ t: Thread, _ pid: Int32) -> Tracing.TraceePointer? {
    let id = UInt32(bitPattern: pid)
    if let table = Tracing.tracees(t) {
      for place in 0..<Tracing.traceePlaces where table[place].tid != 0 && table[place].freeBSD.process == id {
        if table[place].place != Tracee.Place.running && table[place].freeBSD.signal != 0 { return table + place }
      }
      if let own = Tracing.tracee(t, id) {
        if own.pointee.place == Tracee.Place.running { Tracing.findStopped(t, own) }
        return own.pointee.place == Tracee.Place.running ? nil : own
      }
    }
    // One that has made itself a tracee, and that nobody has waited for.
    guard let own = Tracing.adopt(t, UInt(id)) else { return nil }
    own.pointee.freeBSD.process = id
    applyTraceEvents(own)
    return own
  }

  private static func goOn(_ t: Thread, _ tracee: Tracing.TraceePointer, _ req: Int32, _ addr: UInt, _ data: Int32)
    -> Int
  {
    if data < 0 || data > _SIG_MAXSIG { return HostError.EINVAL }
    if addr != 1 {
      let result = setProgramCounter(t, tracee, UInt64(addr))
      if result != 0 { return result }
    }
    switch req {
    // They stay in the mask: PT_CONTINUE takes them away no more.
    case PT.TO_SCE: tracee.pointee.freeBSD.events |= PTRACE.SCE
    case PT.TO_SCX: tracee.pointee.freeBSD.events |= PTRACE.SCX
    case PT.SYSCALL: tracee.pointee.freeBSD.events |= PTRACE.SYSCALL
    default: break
    }
    tracee.pointee.freeBSD.signal = 0
    let steps = req == PT.STEP || tracee.pointee.freeBSD.steps != 0
    let result = letRun(t, tracee, steps: steps, signal: data == 0 ? 0 : hostSignal(data) ?? 0)
    return result == HostError.ESRCH ? 0 : result  // it was killed meanwhile
  }

  private static func detach(_ t: Thread, _ tracee: Tracing.TraceePointer, _ data: Int32) -> Int {
    if data < 0 || data > _SIG_MAXSIG { return HostError.EINVAL }
    let signal = data == 0 ? 0 : hostSignal(data) ?? 0
    return Tracing.detach(t, tracee, signal: UInt(signal))
  }

  private static func changeEvents(
    _ t: Thread, _ tracee: Tracing.TraceePointer, _ clear: UInt32, _ sets: Bool, _ events: UInt32 = 0
  ) -> Int {
    guard let table = Tracing.tracees(t) else { return HostError.ENOMEM }
    let process = tracee.pointee.freeBSD.process
    for place in 0..<Tracing.traceePlaces where table[place].tid != 0 && table[place].freeBSD.process == process {
      let kept = table[place].freeBSD.events & ~clear
      table[place].freeBSD.events = kept | (sets ? clear : events)
    }
    applyTraceEvents(tracee)
    return 0
  }

  /// `PT_GETNUMLWPS`, `PT_GETLWPLIST`: how many threads there are, or as many numbers as there is room for.
  private static func threads(_ t: Thread, _ tracee: Tracing.TraceePointer, _ to: UInt, _ room: Int32) -> Int {
    var count = 0
    var failed = false
    var path = ProcessPath(Int32(bitPattern: tracee.pointee.freeBSD.process), "task")
    path.withAddress { address in
      NumberedDirectory.forEach(at: address) { thread in
        if to != 0 {
          if count >= Int(room) { return }
          if !store(thread, at: to &+ UInt(count) &* 4) { failed = true }
        }
        count += 1
      }
    }
    return failed ? HostError.EFAULT : count
  }
}
