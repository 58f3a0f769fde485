import CPicoEntry

/// A tracee's registers as FreeBSD shows them.
extension FreeBSD {
  static func traceRegisters(_ t: Thread, _ tracee: Tracing.TraceePointer, _ req: Int32, _ addr: UInt) -> Int {
    switch req {
    case PT.GETFPREGS, PT.SETFPREGS: return vectorRegisters(t, tracee, addr, sets: req == PT.SETFPREGS)
    case PT.GETDBREGS, PT.SETDBREGS: return debugRegisters(tracee, addr, sets: req == PT.SETDBREGS)
    default: break
    }
    var found = Tracing.Registers()
    let result = Tracing.registers(t, tracee, &found)
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
      return Tracing.setRegisters(t, tracee, found)
    default:
      guard let base = load(addr, as: UInt64.self) else { return HostError.EFAULT }
      if base >= 0x7fff_ffff_f000 { return HostError.EINVAL }
      if req == PT.SETFSBASE { found.fs_base = base } else { found.gs_base = base }
      return Tracing.setRegisters(t, tracee, found)
    }
  }

  private static func guest(_ host: Tracing.Registers) -> MachineRegisters {
    var regs = MachineRegisters()
    (regs.r_r15, regs.r_r14, regs.r_r13, regs.r_r12) = (host.r15, host.r14, host.r13, host.r12)
    (regs.r_r11, regs.r_r10, regs.r_r9, regs.r_r8) = (host.r11, host.r10, host.r9, host.r8)
    (regs.r_rdi, regs.r_rsi, regs.r_rbp, regs.r_rbx) = (host.rdi, host.rsi, host.rbp, host.rbx)
    (regs.r_rdx, regs.r_rcx, regs.r_rax, regs.r_rip) = (host.rdx, host.rcx, host.rax, host.rip)
    (regs.r_rflags, regs.r_rsp) = (host.eflags, host.rsp)
    return regs
  }

  private static func change(_ host: inout Tracing.Registers, _ regs: MachineRegisters, isEntry: Bool) {
    (host.r15, host.r14, host.r13, host.r12) = (regs.r_r15, regs.r_r14, regs.r_r13, regs.r_r12)
    (host.r11, host.r10, host.r9, host.r8) = (regs.r_r11, regs.r_r10, regs.r_r9, regs.r_r8)
    (host.rdi, host.rsi, host.rbp, host.rbx) = (regs.r_rdi, regs.r_rsi, regs.r_rbp, regs.r_rbx)
    (host.rdx, host.rcx, host.rax, host.rip) = (regs.r_rdx, regs.r_rcx, regs.r_rax, regs.r_rip)
    (host.eflags, host.rsp) = (regs.r_rflags, regs.r_rsp)
    // At the beginning of a call the register still names it.
    if isEntry { host.orig_rax = regs.r_rax }
  }

  static func setProgramCounter(_ t: Thread, _ tracee: Tracing.TraceePointer, _ address: UInt64) -> Int {
    var found = Tracing.Registers()
    if Tracing.registers(t, tracee, &found) != 0 { return EBUSY }
    found.rip = address
    return Tracing.setRegisters(t, tracee, found)
  }

  /// 512 bytes of FXSAVE: the thread's own, or those that a signal handler of the stub has put aside.
  private static func vectorRegisters(_ t: Thread, _ tracee: Tracing.TraceePointer, _ addr: UInt, sets: Bool) -> Int {
    withScratchPage { page in
      guard let base = page.baseAddress else { return HostError.EFAULT }
      let at = UInt(bitPattern: base)
      let id = tracee.pointee.tid
      if sets && !copyIn(base, from: addr, count: 512) { return HostError.EFAULT }
      if tracee.pointee.place == Tracee.Place.context {
        guard let area = Tracing.readArea(t, tracee) else { return HostError.EFAULT }
        var context = pico_host_context()
        let size = MemoryLayout<pico_host_context>.size
        let read = withUnsafeMutablePointer(to: &context) {
          Tracing.transfer(id, $0, area.pointee.stop_context, size, writes: false)
        }
        // The last 48 bytes are the host kernel's notes.
        guard read, Tracing.transfer(id, base, context.fpstate, sets ? 464 : 512, writes: sets) else {
          return HostError.EFAULT
        }
      } else {
        let result = host(Host.ptrace, sets ? 15 : 14, UInt(id), 0, at)  // PTRACE_SETFPREGS, PTRACE_GETFPREGS
        if result != 0 { return result }
      }
      return sets || copyOut(to: addr, base, count: 512) ? 0 : HostError.EFAULT
    }
  }

  /// `struct dbreg`: 16 registers, of which the machine has eight.
  private static func debugRegisters(_ tracee: Tracing.TraceePointer, _ addr: UInt, sets: Bool) -> Int {
    var values = InlineArray<16, UInt64>(repeating: 0)
    if sets {
      guard withUnsafeMutablePointer(to: &values, { copyIn($0, from: addr, count: 128) }) else {
        return HostError.EFAULT
      }
    }
    for index in 0..<8 where index < 4 || index > 5 {
      let offset = UInt(848 + index * 8)  // offsetof(struct user, u_debugreg)
      if sets {
        let result = host(Host.ptrace, 6, UInt(tracee.pointee.tid), offset, UInt(values[index]))  // PTRACE_POKEUSER
        if result != 0 { return HostError.EINVAL }
      } else {
        var value: UInt64 = 0
        withUnsafeMutablePointer(to: &value) {
          _ = host(Host.ptrace, 3, UInt(tracee.pointee.tid), offset, UInt(bitPattern: $0))  // PTRACE_PEEKUSER
        }
        values[index] = value
      }
    }
    if sets { return 0 }
    return withUnsafePointer(to: values) { copyOut(to: addr, $0, count: 128) } ? 0 : HostError.EFAULT
  }
}
