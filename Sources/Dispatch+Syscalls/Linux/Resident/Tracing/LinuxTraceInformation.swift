import CPicoEntry

/// What `ptrace(2)` tells of a tracee's stop: its signal, its call, its mask.
extension Linux {
  private static let ESRCH = -3

  static func signalInformation(_ t: Thread, _ tracee: Tracing.TraceePointer, _ data: UInt, sets: Bool) -> Int {
    let tid = UInt(tracee.pointee.tid)
    if tracee.pointee.kind == 0 { return host(Host.ptrace, sets ? 0x4203 : 0x4202, tid, 0, data) }
    guard let area = Tracing.readArea(t, tracee) else { return ESRCH }
    if tracee.pointee.kind == UInt32(PICO_STOP_FOR_SIGNAL) {
      let info = pico_stop_info(area)
      if !sets { return copyOut(to: data, info, count: 128) ? 0 : Host.EFAULT }
      guard copyIn(info, from: data, count: 128) else { return Host.EFAULT }
      Tracing.writeArea(tracee, area, info, 128)
      return 0
    }
    if sets { return 0 }
    var info = pico_siginfo()
    info.signal = Host.SIGTRAP
    switch Int32(bitPattern: tracee.pointee.kind) {
    case PICO_STOP_AFTER_STEP: info.code = 2  // TRAP_TRACE
    case PICO_STOP_BY_FILTER: info.code = 0x705
    case PICO_STOP_AFTER_EXEC:
      info.code = tracee.pointee.options & Tracing.PTRACE_O_TRACEEXEC != 0 ? 0x405 : 0
    default: info.code = tracee.pointee.options & Tracing.PTRACE_O_TRACESYSGOOD != 0 ? 0x85 : 5
    }
    info.u.sent.pid = Int32(bitPattern: tracee.pointee.tid)
    return withUnsafePointer(to: info) { copyOut(to: data, $0, count: 128) } ? 0 : Host.EFAULT
  }

  static func signalMask(_ t: Thread, _ tracee: Tracing.TraceePointer, _ size: UInt, _ data: UInt, sets: Bool) -> Int {
    if size != 8 { return Host.EINVAL }
    guard let area = Tracing.readArea(t, tracee) else { return ESRCH }
    if !sets { return store(area.pointee.mask, at: data) ? 0 : Host.EFAULT }
    guard let wanted = load(data, as: UInt64.self) else { return Host.EFAULT }
    area.pointee.mask = wanted & ~Host.unmaskable
    Tracing.writeBack(tracee, area, &area.pointee.mask)
    return withUnsafePointer(to: area.pointee.mask & ~Host.synchronous) {
      host(Host.ptrace, 0x420b, UInt(tracee.pointee.tid), 8, UInt(bitPattern: $0))
    }
  }

  /// `PTRACE_GET_SYSCALL_INFO`: `struct ptrace_syscall_info` of 24 bytes, then what the kind of stop adds.
  ///
  /// - Returns: how many bytes there are, whether or not `size` holds them.
  static func callInformation(_ t: Thread, _ tracee: Tracing.TraceePointer, _ size: UInt, _ data: UInt) -> Int {
    var values = Tracing.Registers()
    let result = Tracing.registers(t, tracee, &values)
    if result != 0 { return result }
    var words: [11 of UInt64] = .init(repeating: 0)
    words[1] = values.rip
    words[2] = values.rsp
    var length = 24
    var operation: UInt64 = 0
    let isByFilter = tracee.pointee.kind == UInt32(PICO_STOP_BY_FILTER)
    if tracee.pointee.kind == UInt32(PICO_STOP_AT_ENTRY) || isByFilter {
      operation = isByFilter ? 3 : 1
      words[3] = values.orig_rax
      (words[4], words[5], words[6]) = (values.rdi, values.rsi, values.rdx)
      (words[7], words[8], words[9]) = (values.r10, values.r8, values.r9)
      words[10] = isByFilter ? tracee.pointee.message & 0xffff_ffff : 0
      length = isByFilter ? 84 : 80
    } else if tracee.pointee.kind == UInt32(PICO_STOP_AT_EXIT) {
      operation = 2
      words[3] = values.rax
      words[4] = Int64(bitPattern: values.rax) < 0 && Int64(bitPattern: values.rax) > -4096 ? 1 : 0
      length = 33
    }
    words[0] = operation | UInt64(AUDIT_ARCH_X86_64) << 32
    let count = min(Int(min(size, 4096)), length)
    return withUnsafePointer(to: words) { copyOut(to: data, $0, count: count) } ? length : Host.EFAULT
  }
}
