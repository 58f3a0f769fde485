import CPicoEntry

/// What `ptrace(2)` tells of a tracee's stop: its thread, its signal, its call.
extension FreeBSD {
  /// `PT_LWPINFO`. Errors: `EINVAL` for a size of 0 or past the structure's; `EFAULT`.
  static func lwpInformation(_ t: Thread, _ tracee: Tracing.TraceePointer, _ addr: UInt, _ data: Int32) -> Int {
    if data <= 0 || data > Int32(MemoryLayout<LwpInformation>.size) { return HostError.EINVAL }
    let state = tracee.pointee.freeBSD
    var info = LwpInformation()
    info.pl_lwpid = Int32(bitPattern: tracee.pointee.tid)
    info.pl_event = state.signal != 0 ? 1 : 0  // PL_EVENT_SIGNAL
    info.pl_flags = state.flags
    if state.flags & PL.FORKED != 0 { info.pl_child_pid = state.child }
    if state.flags & PL.SI != 0 {
      var found = pico_siginfo()
      if tracedSignal(t, tracee, &found) {
        info.pl_siginfo = withUnsafeMutablePointer(to: &found) { signalInfo($0) }
        // The host tells no breakpoint from other traps.
        if found.signal == Host.SIGTRAP && found.code == 0x80 { info.pl_siginfo.si_code = 1 }  // TRAP_BRKPT
      } else {
        info.pl_flags &= ~PL.SI
      }
    }
    if let area = Tracing.readArea(t, tracee) {
      info.pl_sigmask = guestMask(area.pointee.mask)
      if state.flags & (PL.SCE | PL.SCX) != 0 {
        let call = calledNumber(area)
        info.pl_syscall_code = UInt32(truncatingIfNeeded: call.number)
        info.pl_syscall_narg = UInt32(argumentCount(of: call.number))
      }
    }
    let pending = HostText(process: Int32(bitPattern: tracee.pointee.tid), "status")
    if var place = pending.value(of: "SigPnd") {
      info.pl_siglist = guestMask(pending.hexadecimal(at: &place))
    }
    let name = HostText(process: Int32(bitPattern: tracee.pointee.tid), "comm")
    name.withBytes(0, min(name.count - 1, 15)) { bytes, count in
      withUnsafeMutableBytes(of: &info.pl_tdname) { to in
        for index in 0..<max(count, 0) { to[index] = bytes.load(fromByteOffset: index, as: UInt8.self) }
      }
    }
    return withUnsafePointer(to: info) { copyOut(to: addr, $0, count: Int(data)) } ? 0 : HostError.EFAULT
  }

  /// What the signal of the stop carried.
  private static func tracedSignal(_ t: Thread, _ tracee: Tracing.TraceePointer, _ info: inout pico_siginfo) -> Bool {
    switch Int32(bitPattern: tracee.pointee.kind) {
    case PICO_STOP_FOR_SIGNAL:
      guard let area = Tracing.readArea(t, tracee) else { return false }
      withUnsafeMutablePointer(to: &info) {
        UnsafeMutableRawPointer($0).copyMemory(from: pico_stop_info(area), byteCount: 128)
      }
      return true
    case PICO_STOP_AFTER_STEP:
      info.signal = Host.SIGTRAP
      info.code = 2  // TRAP_TRACE
      return true
    default:
      return withUnsafeMutablePointer(to: &info) {
        host(Host.ptrace, 0x4202, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))  // PTRACE_GETSIGINFO
      } == 0
    }
  }

  /// The call under way: syscall(2) and __syscall(2) have its number as their first argument.
  private static func calledNumber(_ area: Thread) -> (number: UInt64, isIndirect: Bool) {
    let number = area.pointee.number & 0xffff_ffff
    return number == 0 || number == 198 ? (area.pointee.frame.rdi & 0xffff_ffff, true) : (number, false)
  }

  /// `PT_GET_SC_ARGS`, `PT_GET_SC_RET`. Errors: `EINVAL` outside a call's beginning or end; `EFAULT`.
  static func callWords(_ t: Thread, _ tracee: Tracing.TraceePointer, _ req: Int32, _ addr: UInt, _ data: Int32) -> Int
  {
    let flags = tracee.pointee.freeBSD.flags
    guard data > 0, let area = Tracing.readArea(t, tracee) else { return HostError.EINVAL }
    if req == PT.GET_SC_RET {
      guard flags & PL.SCX != 0 else { return HostError.EINVAL }
      var result = CallReturn()
      let frame = area.pointee.frame
      if frame.rflags & 1 != 0 {
        result.sr_error = Int32(truncatingIfNeeded: frame.rax)
      } else {
        result.sr_retval = (frame.rax, frame.rdx)
      }
      let count = min(Int(data), MemoryLayout<CallReturn>.size)
      return withUnsafePointer(to: result) { copyOut(to: addr, $0, count: count) } ? 0 : HostError.EFAULT
    }
    guard flags & (PL.SCE | PL.SCX) != 0 else { return HostError.EINVAL }
    let frame = area.pointee.frame
    let call = calledNumber(area)
    var words = InlineArray<8, UInt64>(repeating: 0)
    (words[0], words[1], words[2]) = (frame.rdi, frame.rsi, frame.rdx)
    (words[3], words[4], words[5]) = (frame.r10, frame.r8, frame.r9)
    var stack: (UInt64, UInt64, UInt64) = (0, 0, 0)
    _ = withUnsafeMutablePointer(to: &stack) {
      tracedMemory(tracee, UInt(frame.rsp &+ 8), UInt(bitPattern: $0), 24, writes: false)
    }
    (words[6], words[7]) = (stack.0, stack.1)
    if call.isIndirect {
      for index in 0..<7 { words[index] = words[index + 1] }
      words[7] = stack.2
    }
    let count = min(Int(data), argumentCount(of: call.number) * 8)
    return withUnsafePointer(to: words) { copyOut(to: addr, $0, count: count) } ? 0 : HostError.EFAULT
  }
}
