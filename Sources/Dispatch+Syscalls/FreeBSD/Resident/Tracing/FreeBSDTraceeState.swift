import CPicoEntry

extension FreeBSD {
  /// What a tracer keeps of each thread it traces, besides what it needs to find the thread's registers.
  struct TraceeState {
    /// The process the thread is of; 0 until its first stop.
    var process: UInt32 = 0
    /// `PTRACE_` events that the tracer has asked for.
    var events: UInt32 = PTRACE.EXEC
    /// `PL_FLAG_` of the stop that was reported.
    var flags: UInt32 = 0
    /// The child of a fork that is reported, or will be when the call ends.
    var child: Int32 = 0
    /// The guest's signal of the stop, 0 for one that no signal made.
    var signal: Int32 = 0
    /// `Waits`, raw: what the end of the call under way is to be reported as.
    var waits: UInt32 = 0
    /// Host signal that the tracer has sent on its way: it is not told of it again. 0 for none.
    var injected: Int32 = 0
    /// The tracer has asked that it take one step with each run.
    var steps: UInt32 = 0

    enum Waits {
      static let nothing: UInt32 = 0
      static let fork: UInt32 = 1
      static let child: UInt32 = 2
      /// The call that sent the stop's signal has ended before the signal comes.
      static let ended: UInt32 = 3
    }
  }

  /// Host options of a tracee: threads are followed in any case, and nothing traced outlives its tracer
  /// (`kern.kill_on_debugger_exit`).
  private static func hostTraceOptions(_ state: TraceeState) -> UInt32 {
    // PTRACE_O_TRACECLONE, _TRACEEXEC, _EXITKILL; _TRACEFORK and _TRACEVFORK; _TRACEVFORKDONE.
    0x10_0018 | (state.events & PTRACE.FORK != 0 ? 6 : 0) | (state.events & PTRACE.VFORK != 0 ? 0x20 : 0)
  }

  /// Puts on the host what the tracer has asked for. The tracee is stopped.
  static func applyTraceEvents(_ tracee: Tracing.TraceePointer) {
    tracee.pointee.options = hostTraceOptions(tracee.pointee.freeBSD)
    Tracing.setHostOptions(tracee)
  }

  /// Whether a thread that stops for the first time was made by a tracee: it may be seen before its maker's report.
  static func isNewThread(_ t: Thread, _ id: UInt32) -> Bool {
    guard Tracing.tracees(t) != nil else { return false }
    let status = HostText(process: Int32(bitPattern: id), "status")
    guard let process = number(in: status, "Tgid"), let parent = number(in: status, "PPid") else { return false }
    return process != Int(id) && traces(t, UInt32(process)) || traces(t, UInt32(truncatingIfNeeded: parent))
  }

  static func number(in text: HostText, _ name: StaticString) -> Int? {
    guard var position = text.value(of: name) else { return nil }
    return text.number(at: &position)
  }

  static func processNumber(of id: UInt32) -> UInt32 {
    number(in: HostText(process: Int32(bitPattern: id), "status"), "Tgid").map { UInt32(truncatingIfNeeded: $0) } ?? id
  }

  static func traces(_ t: Thread, _ process: UInt32) -> Bool {
    guard let table = Tracing.tracees(t) else { return false }
    for place in 0..<Tracing.traceePlaces where table[place].tid != 0 {
      if table[place].freeBSD.process == process { return true }
    }
    return false
  }

  /// What is asked for of a new thread or process: the same as of its maker.
  static func makerEvents(_ t: Thread, _ tracee: Tracing.TraceePointer) -> UInt32 {
    guard let table = Tracing.tracees(t) else { return PTRACE.EXEC }
    let own = tracee.pointee.freeBSD.process
    let parent = number(in: HostText(process: Int32(bitPattern: own), "status"), "PPid") ?? 0
    for place in 0..<Tracing.traceePlaces where table[place].tid != 0 && table[place].tid != tracee.pointee.tid {
      let process = table[place].freeBSD.process
      if process == own || Int(process) == parent { return table[place].freeBSD.events }
    }
    return PTRACE.EXEC
  }
}
