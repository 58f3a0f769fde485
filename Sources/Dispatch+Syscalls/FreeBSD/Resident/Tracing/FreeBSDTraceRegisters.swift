import CPicoEntry

/// A tracee's registers and calls as FreeBSD shows them.
extension FreeBSD {
  static func traceRegisters(_ t: Thread, _ tracee: Linux.TraceePointer, _ req: Int32, _ addr: UInt) -> Int {
    switch req {
    case PT.GETFPREGS, PT.SETFPREGS: return vectorRegisters(t, tracee, addr, sets: req == PT.SETFPREGS)
    case PT.GETDBREGS, PT.SETDBREGS: return debugRegisters(tracee, addr, sets: req == PT.SETDBREGS)
    default: break
    }
    var found = Linux.Registers()
    let result = Linux.registers(t, tracee, &found)
    if result != 0 { return result == -3 ? EBUSY : HostError.EFAULT }
    switch req {
    case PT.GETREGS: return store(guest(found), at: addr) ? 0 : HostError.EFAULT
    case PT.GETFSBASE: return store(found.fs_base, at: addr) ? 0 : HostError.EFAULT
    case PT.GETGSBASE: return store(found.gs_base, at: addr) ? 0 : HostError.EFAULT
    case PT.SETREGS:
      guard let wanted = load(addr, as: MachineRegisters.self) else { return HostError.EFAULT }
      // EFL_SECURE, CS_SECURE: what a program could not set itself.
      if (wanted.r_rflags ^ found.eflags) & ~0x25_4dd5 != 0 || wanted.r_cs & 0xffff != 0x43 { return HostError.EINVAL }
      change(&found, wanted, isEntry: tracee.pointee.kind == UInt32(PICO_STOP_AT_ENTRY))
      return Linux.setRegisters(t, tracee, found)
    default:
      guard let base = load(addr, as: UInt64.self) else { return HostError.EFAULT }
      if base >= 0x7fff_ffff_f000 { return HostError.EINVAL }
      if req == PT.SETFSBASE { found.fs_base = base } else { found.gs_base = base }
      return Linux.setRegisters(t, tracee, found)
    }
  }

  private static func guest(_ host: Linux.Registers) -> MachineRegisters {
    var regs = MachineRegisters()
    (regs.r_r15, regs.r_r14, regs.r_r13, regs.r_r12) = (host.r15, host.r14, host.r13, host.r12)
    (regs.r_r11, regs.r_r10, regs.r_r9, regs.r_r8) = (host.r11, host.r10, host.r9, host.r8)
    (regs.r_rdi, regs.r_rsi, regs.r_rbp, regs.r_rbx) = (host.rdi, host.rsi, host.rbp, host.rbx)
    (regs.r_rdx, regs.r_rcx, regs.r_rax, regs.r_rip) = (host.rdx, host.rcx, host.rax, host.rip)
    (regs.r_rflags, regs.r_rsp) = (host.eflags, host.rsp)
    return regs
  }

  private static func change(_ host: inout Linux.Registers, _ regs: MachineRegisters, isEntry: Bool) {
    (host.r15, host.r14, host.r13, host.r12) = (regs.r_r15, regs.r_r14, regs.r_r13, regs.r_r12)
    (host.r11, host.r10, host.r9, host.r8) = (regs.r_r11, regs.r_r10, regs.r_r9, regs.r_r8)
    (host.rdi, host.rsi, host.rbp, host.rbx) = (regs.r_rdi, regs.r_rsi, regs.r_rbp, regs.r_rbx)
    (host.rdx, host.rcx, host.rax, host.rip) = (regs.r_rdx, regs.r_rcx, regs.r_rax, regs.r_rip)
    (host.eflags, host.rsp) = (regs.r_rflags, regs.r_rsp)
    // At the beginning of a call the register still names it.
    if isEntry { host.orig_rax = regs.r_rax }
  }

  static func setProgramCounter(_ t: Thread, _ tracee: Linux.TraceePointer, _ address: UInt64) -> Int {
    var found = Linux.Registers()
    if Linux.registers(t, tracee, &found) != 0 { return EBUSY }
    found.rip = address
    return Linux.setRegisters(t, tracee, found)
  }

  /// 512 bytes of FXSAVE: the thread's own, or those that a signal handler of the stub has put aside.
  private static func vectorRegisters(_ t: Thread, _ tracee: Linux.TraceePointer, _ addr: UInt, sets: Bool) -> Int {
    withScratchPage { page in
      guard let base = page.baseAddress else { return HostError.EFAULT }
      let at = UInt(bitPattern: base)
      let id = tracee.pointee.tid
      if sets && !copyIn(base, from: addr, count: 512) { return HostError.EFAULT }
      if tracee.pointee.place == Tracee.Place.context {
        guard let area = Linux.readArea(t, tracee) else { return HostError.EFAULT }
        var context = pico_host_context()
        let size = MemoryLayout<pico_host_context>.size
        let read = withUnsafeMutablePointer(to: &context) {
          Linux.transfer(id, $0, area.pointee.stop_context, size, writes: false)
        }
        // The last 48 bytes are the host kernel's notes.
        guard read, Linux.transfer(id, base, context.fpstate, sets ? 464 : 512, writes: sets) else {
          return HostError.EFAULT
        }
      } else {
        let result = host(101, sets ? 15 : 14, UInt(id), 0, at)  // PTRACE_SETFPREGS, PTRACE_GETFPREGS
        if result != 0 { return result }
      }
      return sets || copyOut(to: addr, base, count: 512) ? 0 : HostError.EFAULT
    }
  }

  /// `struct dbreg`: 16 registers, of which the machine has eight.
  private static func debugRegisters(_ tracee: Linux.TraceePointer, _ addr: UInt, sets: Bool) -> Int {
    var values = InlineArray<16, UInt64>(repeating: 0)
    if sets {
      guard withUnsafeMutablePointer(to: &values, { copyIn($0, from: addr, count: 128) }) else {
        return HostError.EFAULT
      }
    }
    for index in 0..<8 where index < 4 || index > 5 {
      let offset = UInt(848 + index * 8)  // offsetof(struct user, u_debugreg)
      if sets {
        let result = host(101, 6, UInt(tracee.pointee.tid), offset, UInt(values[index]))  // PTRACE_POKEUSER
        if result != 0 { return HostError.EINVAL }
      } else {
        var value: UInt64 = 0
        withUnsafeMutablePointer(to: &value) {
          _ = host(101, 3, UInt(tracee.pointee.tid), offset, UInt(bitPattern: $0))  // PTRACE_PEEKUSER
        }
        values[index] = value
      }
    }
    if sets { return 0 }
    return withUnsafePointer(to: values) { copyOut(to: addr, $0, count: 128) } ? 0 : HostError.EFAULT
  }

  /// `PT_LWPINFO`. Errors: `EINVAL` for a size of 0 or past the structure's; `EFAULT`.
  static func lwpInformation(_ t: Thread, _ tracee: Linux.TraceePointer, _ addr: UInt, _ data: Int32) -> Int {
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
    if let area = Linux.readArea(t, tracee) {
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
  private static func tracedSignal(_ t: Thread, _ tracee: Linux.TraceePointer, _ info: inout pico_siginfo) -> Bool {
    switch Int32(bitPattern: tracee.pointee.kind) {
    case PICO_STOP_FOR_SIGNAL:
      guard let area = Linux.readArea(t, tracee) else { return false }
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
        host(101, 0x4202, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))  // PTRACE_GETSIGINFO
      } == 0
    }
  }

  /// The call under way: syscall(2) and __syscall(2) have its number as their first argument.
  private static func calledNumber(_ area: Thread) -> (number: UInt64, isIndirect: Bool) {
    let number = area.pointee.number & 0xffff_ffff
    return number == 0 || number == 198 ? (area.pointee.frame.rdi & 0xffff_ffff, true) : (number, false)
  }

  /// `PT_GET_SC_ARGS`, `PT_GET_SC_RET`. Errors: `EINVAL` outside a call's beginning or end; `EFAULT`.
  static func callWords(_ t: Thread, _ tracee: Linux.TraceePointer, _ req: Int32, _ addr: UInt, _ data: Int32) -> Int {
    let flags = tracee.pointee.freeBSD.flags
    guard data > 0, let area = Linux.readArea(t, tracee) else { return HostError.EINVAL }
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
