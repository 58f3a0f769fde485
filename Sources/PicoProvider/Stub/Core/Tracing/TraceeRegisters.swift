import CPicoEntry

/// A tracee's registers as its tracer is to see them: the guest's, wherever the stop found the thread.
extension Tracing {
  /// `struct user_regs_struct`.
  struct Registers: BitwiseCopyable {
    var r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp,
      ss: UInt64
    var fs_base, gs_base, ds, es, fs, gs: UInt64

    init() {
      (r15, r14, r13, r12, rbp, rbx, r11) = (0, 0, 0, 0, 0, 0, 0)
      (r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax) = (0, 0, 0, 0, 0, 0, 0, 0, 0)
      (rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    }
  }

  /// The registers that the host has. Nil when it refuses: the thread is not stopped, or not ours.
  static func hostRegisters(_ tid: UInt32) -> Registers? {
    var registers = Registers()
    let result = withUnsafeMutablePointer(to: &registers) { host(Host.ptrace, 12, UInt(tid), 0, UInt(bitPattern: $0)) }
    return result < 0 ? nil : registers
  }

  private static func setHostRegisters(_ tid: UInt32, _ registers: Registers) -> Int {
    withUnsafePointer(to: registers) { host(Host.ptrace, 13, UInt(tid), 0, UInt(bitPattern: $0)) }
  }

  /// Where the guest's registers are, by where the host stopped the thread.
  static func place(_ registers: Registers) -> UInt32 {
    let windows = pico_windows()
    if !HostSignals.isStub(registers.rip) || RewrittenContext.isGuests(registers.rip) {
      return Tracee.Place.hostRegisters
    }
    if registers.rip >= windows.lean_linux_begin && registers.rip < windows.lean_exit_end { return Tracee.Place.lean }
    return Tracee.Place.frame
  }

  /// The guest's registers of a stopped tracee.
  ///
  /// - Errors: `ESRCH`, `EIO` when its thread area cannot be read.
  static func registers(_ t: Thread, _ tracee: TraceePointer, _ registers: inout Registers) -> Int {
    guard let found = hostRegisters(tracee.pointee.tid) else { return -3 }
    registers = found
    if tracee.pointee.place == Tracee.Place.hostRegisters && tracee.pointee.area == 0 { return 0 }
    guard let area = readArea(t, tracee) else { return tracee.pointee.place == Tracee.Place.hostRegisters ? 0 : -5 }
    if registers.gs_base == tracee.pointee.area { registers.gs_base = area.pointee.guest_gs }
    switch tracee.pointee.place {
    case Tracee.Place.lean:
      registers.rsp = area.pointee.frame.rsp
      registers.rip = area.pointee.return_address
      registers.eflags = area.pointee.frame.rflags
    case Tracee.Place.frame:
      take(area.pointee.frame, &registers)
      registers.orig_rax = area.pointee.number
    case Tracee.Place.context:
      var context = pico_host_context()
      let remote = area.pointee.stop_context
      let size = MemoryLayout<pico_host_context>.size
      let read = withUnsafeMutablePointer(to: &context) {
        transfer(tracee.pointee.tid, $0, remote, size, writes: false)
      }
      if !read { return -5 }
      take(pico_frame(context), &registers)
      registers.orig_rax = UInt64.max
    default: break
    }
    return 0
  }

  /// Sets the guest's registers of a stopped tracee.
  static func setRegisters(_ t: Thread, _ tracee: TraceePointer, _ wanted: Registers) -> Int {
    guard var inHost = hostRegisters(tracee.pointee.tid) else { return -3 }
    if tracee.pointee.place == Tracee.Place.hostRegisters { return setInGuest(t, tracee, wanted, inHost) }
    guard let area = readArea(t, tracee) else { return -5 }
    var frame = area.pointee.frame
    give(wanted, &frame)
    switch tracee.pointee.place {
    case Tracee.Place.context:
      var context = pico_host_context()
      let remote = area.pointee.stop_context
      let size = MemoryLayout<pico_host_context>.size
      let written = withUnsafeMutablePointer(to: &context) { at -> Bool in
        guard transfer(tracee.pointee.tid, at, remote, size, writes: false) else { return false }
        frame.store(to: at)
        return transfer(tracee.pointee.tid, at, remote, size, writes: true)
      }
      if !written { return -5 }
    default:
      area.pointee.frame = frame
      writeBack(tracee, area, &area.pointee.frame)
      if tracee.pointee.place == Tracee.Place.lean {
        area.pointee.return_address = wanted.rip
        writeBack(tracee, area, &area.pointee.return_address)
      } else if area.pointee.number != wanted.orig_rax {
        area.pointee.number = wanted.orig_rax
        writeBack(tracee, area, &area.pointee.number)
      }
    }
    if inHost.fs_base != wanted.fs_base {
      inHost.fs_base = wanted.fs_base
      return setHostRegisters(tracee.pointee.tid, inHost)
    }
    return 0
  }

  private static func setInGuest(_ t: Thread, _ tracee: TraceePointer, _ wanted: Registers, _ inHost: Registers) -> Int
  {
    var wanted = wanted
    // The guest that has not asked for GS finds the stub's there on the host.
    if let area = readArea(t, tracee), inHost.gs_base == tracee.pointee.area,
      wanted.gs_base == area.pointee.guest_gs
    {
      wanted.gs_base = inHost.gs_base
    }
    return setHostRegisters(tracee.pointee.tid, wanted)
  }

  private static func take(_ frame: pico_frame, _ to: inout Registers) {
    (to.r15, to.r14, to.r13, to.r12) = (frame.r15, frame.r14, frame.r13, frame.r12)
    (to.rbp, to.rbx, to.r11, to.r10) = (frame.rbp, frame.rbx, frame.r11, frame.r10)
    (to.r9, to.r8, to.rax, to.rcx) = (frame.r9, frame.r8, frame.rax, frame.rcx)
    (to.rdx, to.rsi, to.rdi, to.rip) = (frame.rdx, frame.rsi, frame.rdi, frame.rip)
    (to.eflags, to.rsp) = (frame.rflags, frame.rsp)
  }

  private static func give(_ from: Registers, _ frame: inout pico_frame) {
    (frame.r15, frame.r14, frame.r13, frame.r12) = (from.r15, from.r14, from.r13, from.r12)
    (frame.rbp, frame.rbx, frame.r11, frame.r10) = (from.rbp, from.rbx, from.r11, from.r10)
    (frame.r9, frame.r8, frame.rax, frame.rcx) = (from.r9, from.r8, from.rax, from.rcx)
    (frame.rdx, frame.rsi, frame.rdi, frame.rip) = (from.rdx, from.rsi, from.rdi, from.rip)
    (frame.rflags, frame.rsp) = (from.eflags, from.rsp)
  }
}

extension pico_frame {
  /// The registers of a host signal context.
  init(_ context: pico_host_context) {
    self.init(
      rax: context.rax, rbx: context.rbx, rcx: context.rcx, rdx: context.rdx, rsi: context.rsi, rdi: context.rdi,
      rbp: context.rbp, rsp: context.rsp, r8: context.r8, r9: context.r9, r10: context.r10, r11: context.r11,
      r12: context.r12, r13: context.r13, r14: context.r14, r15: context.r15, rip: context.rip,
      rflags: context.rflags)
  }
}
