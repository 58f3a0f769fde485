import CPicoEntry

/// `ptrace(2)` between guests: the host's, on the host's threads, with stops and registers of the guest.
extension Linux {
  private static let ESRCH = -3
  private static let EIO = -5
  private static let NT_PRSTATUS: UInt = 1

  /// `ptrace(2)`.
  ///
  /// - Errors: those of the host; `EIO` for `PTRACE_SYSEMU` and other requests that would need the host to know a guest's
  ///   call, and for a tracee whose registers cannot be found.
  static func ptrace(_ t: Thread, _ request: Int64, _ pid: Int32, _ addr: UInt, _ data: UInt) -> Int {
    let tid = UInt(UInt32(bitPattern: pid))
    let number = Int(request)
    if number == 0 {  // PTRACE_TRACEME
      if t.pointee.process.pointee.vforked != 0 {
        // The parent waits in vfork and would never see the stops that our traps are; there are none once exec begins.
        t.pointee.traced_by_exec = 1
        return 0
      }
      let result = host(101, 0)
      if result == 0 {
        t.pointee.traced = UInt32(PICO_TRACED)
        Rewriting.see(t, .all)
        t.selectLeanTable()
      }
      return result
    }
    if number == 16 || number == 0x4206 { return attach(t, number, tid, addr, data) }  // PTRACE_ATTACH, PTRACE_SEIZE
    guard let tracee = tracee(t, UInt32(tid)) ?? adopt(t, tid) else {
      return host(101, UInt(number), tid, addr, data)
    }
    if tracee.pointee.place == Tracee.Place.running { findStopped(t, tracee) }
    switch number {
    case 7, 9, 24:  // PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL
      if data > 64 { return EIO }
      return tracee.pointee.place == Tracee.Place.running ? ESRCH : resume(t, tracee, number, signal: data)
    case 17: return detach(t, tracee, data)
    case 31, 32, 33: return EIO  // PTRACE_SYSEMU, _SINGLESTEP, PTRACE_SINGLEBLOCK
    case 0x4200:  // PTRACE_SETOPTIONS
      let result = host(101, 0x4200, tid, 0, UInt(hostOptions(UInt32(truncatingIfNeeded: data))))
      if result == 0 { tracee.pointee.options = UInt32(truncatingIfNeeded: data) }
      return result
    case 12, 13: return wholeRegisters(t, tracee, data, sets: number == 13)
    case 3: return peekUser(t, tracee, addr, data)
    case 6: return pokeUser(t, tracee, addr, data)
    case 0x4204, 0x4205:
      return addr == NT_PRSTATUS
        ? registerSet(t, tracee, data, sets: number == 0x4205) : host(101, UInt(number), tid, addr, data)
    case 0x4201  // PTRACE_GETEVENTMSG
    where tracee.pointee.kind == UInt32(PICO_STOP_AFTER_EXEC) || tracee.pointee.kind == UInt32(PICO_STOP_BY_FILTER):
      return store(tracee.pointee.message, at: data) ? 0 : Host.EFAULT
    // PTRACE_EVENTMSG_SYSCALL_ENTRY and _EXIT
    case 0x4201 where tracee.pointee.kind == UInt32(PICO_STOP_AT_ENTRY):
      return store(UInt64(1), at: data) ? 0 : Host.EFAULT
    case 0x4201 where tracee.pointee.kind == UInt32(PICO_STOP_AT_EXIT):
      return store(UInt64(2), at: data) ? 0 : Host.EFAULT
    case 0x4202, 0x4203: return signalInformation(t, tracee, data, sets: number == 0x4203)
    case 0x420a, 0x420b: return signalMask(t, tracee, addr, data, sets: number == 0x420b)
    case 0x420e: return callInformation(t, tracee, addr, data)
    default: return host(101, UInt(number), tid, addr, data)
    }
  }

  private static func attach(_ t: Thread, _ request: Int, _ tid: UInt, _ addr: UInt, _ data: UInt) -> Int {
    let seizes = request == 0x4206
    let options = seizes ? UInt32(truncatingIfNeeded: data) : 0
    let result = host(101, UInt(request), tid, addr, seizes ? UInt(hostOptions(options)) : data)
    if result == 0 {
      _ = addTracee(t, UInt32(tid), options: options, flags: seizes ? Tracee.seized : 0)
    }
    return result
  }

  /// A thread that has made itself a tracee, if it is stopped for us.
  static func adopt(_ t: Thread, _ tid: UInt) -> TraceePointer? {
    guard tid != 0, let registers = hostRegisters(UInt32(tid)),
      let tracee = addTracee(t, UInt32(tid), options: 0, flags: 0)
    else { return nil }
    tracee.pointee.place = place(registers)
    tracee.pointee.area = findArea(t, tracee, stackPointer: registers.rsp, gsBase: registers.gs_base)
    return tracee
  }

  /// A tracee that nobody has waited for may be stopped all the same, where the guest would stop it.
  static func findStopped(_ t: Thread, _ tracee: TraceePointer) {
    guard let registers = hostRegisters(tracee.pointee.tid) else { return }
    var info = pico_siginfo()
    let asked = withUnsafeMutablePointer(to: &info) {
      host(101, 0x4202, UInt(tracee.pointee.tid), 0, UInt(bitPattern: $0))
    }
    if asked == 0 && info.signal == Host.SIGSYS && info.code != 0 { return }
    tracee.pointee.kind = 0
    tracee.pointee.place = place(registers)
    tracee.pointee.area = findArea(t, tracee, stackPointer: registers.rsp, gsBase: registers.gs_base)
  }

  private static func detach(_ t: Thread, _ tracee: TraceePointer, _ signal: UInt) -> Int {
    if signal > 64 { return EIO }
    if tracee.pointee.place == Tracee.Place.running { return ESRCH }
    let tid = UInt(tracee.pointee.tid)
    release(t, tracee)
    var hostSignal = signal
    if tracee.pointee.kind == UInt32(PICO_STOP_FOR_SIGNAL), let area = readArea(t, tracee) {
      area.pointee.stop_signal = UInt32(truncatingIfNeeded: signal)
      withUnsafeMutablePointer(to: &area.pointee.stop_signal) { writeArea(tracee, area, $0, 4) }
      hostSignal = 0
    } else if tracee.pointee.kind != 0 {
      if signal != 0 { host(200, tid, signal) }
      hostSignal = 0
    }
    forgetTracee(t, tracee.pointee.tid)
    return host(101, 17, tid, 0, hostSignal)
  }

  // MARK: - Registers

  private static func wholeRegisters(_ t: Thread, _ tracee: TraceePointer, _ data: UInt, sets: Bool) -> Int {
    var values = Registers()
    if sets {
      guard let wanted = load(data, as: Registers.self) else { return Host.EFAULT }
      return setRegisters(t, tracee, wanted)
    }
    let result = registers(t, tracee, &values)
    return result != 0 ? result : store(values, at: data) ? 0 : Host.EFAULT
  }

  /// `PTRACE_GETREGSET` and `PTRACE_SETREGSET` of `NT_PRSTATUS`: as much as the guest's `iovec` holds.
  private static func registerSet(_ t: Thread, _ tracee: TraceePointer, _ data: UInt, sets: Bool) -> Int {
    guard let vector = load(data, as: (UInt, UInt).self) else { return Host.EFAULT }
    let size = min(Int(min(vector.1, 4096)), MemoryLayout<Registers>.size)
    if vector.1 % 8 != 0 { return Host.EINVAL }
    var values = Registers()
    let result = registers(t, tracee, &values)
    if result != 0 { return result }
    let done = withUnsafeMutablePointer(to: &values) {
      sets ? copyIn($0, from: vector.0, count: size) : copyOut(to: vector.0, $0, count: size)
    }
    if !done { return Host.EFAULT }
    if sets {
      let set = setRegisters(t, tracee, values)
      if set != 0 { return set }
    }
    return store(UInt(size), at: data &+ 8) ? 0 : Host.EFAULT
  }

  private static func peekUser(_ t: Thread, _ tracee: TraceePointer, _ addr: UInt, _ data: UInt) -> Int {
    if addr % 8 != 0 || addr >= UInt(MemoryLayout<Registers>.size) {
      return host(101, 3, UInt(tracee.pointee.tid), addr, data)
    }
    var values = Registers()
    let result = registers(t, tracee, &values)
    if result != 0 { return result }
    let word = withUnsafeBytes(of: &values) { $0.load(fromByteOffset: Int(addr), as: UInt64.self) }
    return store(word, at: data) ? 0 : Host.EFAULT
  }

  private static func pokeUser(_ t: Thread, _ tracee: TraceePointer, _ addr: UInt, _ data: UInt) -> Int {
    if addr % 8 != 0 || addr >= UInt(MemoryLayout<Registers>.size) {
      return host(101, 6, UInt(tracee.pointee.tid), addr, data)
    }
    var values = Registers()
    let result = registers(t, tracee, &values)
    if result != 0 { return result }
    withUnsafeMutableBytes(of: &values) { $0.storeBytes(of: UInt64(data), toByteOffset: Int(addr), as: UInt64.self) }
    return setRegisters(t, tracee, values)
  }

  // MARK: - Signals

  private static func signalInformation(_ t: Thread, _ tracee: TraceePointer, _ data: UInt, sets: Bool) -> Int {
    let tid = UInt(tracee.pointee.tid)
    if tracee.pointee.kind == 0 { return host(101, sets ? 0x4203 : 0x4202, tid, 0, data) }
    guard let area = readArea(t, tracee) else { return ESRCH }
    if tracee.pointee.kind == UInt32(PICO_STOP_FOR_SIGNAL) {
      let info = pico_stop_info(area)
      if !sets { return copyOut(to: data, info, count: 128) ? 0 : Host.EFAULT }
      guard copyIn(info, from: data, count: 128) else { return Host.EFAULT }
      writeArea(tracee, area, info, 128)
      return 0
    }
    if sets { return 0 }
    var info = pico_siginfo()
    info.signal = Host.SIGTRAP
    switch Int32(bitPattern: tracee.pointee.kind) {
    case PICO_STOP_AFTER_STEP: info.code = 2  // TRAP_TRACE
    case PICO_STOP_BY_FILTER: info.code = 0x705
    case PICO_STOP_AFTER_EXEC:
      info.code = tracee.pointee.options & PTRACE_O_TRACEEXEC != 0 ? 0x405 : 0
    default: info.code = tracee.pointee.options & PTRACE_O_TRACESYSGOOD != 0 ? 0x85 : 5
    }
    info.u.sent.pid = Int32(bitPattern: tracee.pointee.tid)
    return withUnsafePointer(to: info) { copyOut(to: data, $0, count: 128) } ? 0 : Host.EFAULT
  }

  private static func signalMask(_ t: Thread, _ tracee: TraceePointer, _ size: UInt, _ data: UInt, sets: Bool) -> Int {
    if size != 8 { return Host.EINVAL }
    guard let area = readArea(t, tracee) else { return ESRCH }
    if !sets { return store(area.pointee.mask, at: data) ? 0 : Host.EFAULT }
    guard let wanted = load(data, as: UInt64.self) else { return Host.EFAULT }
    area.pointee.mask = wanted & ~Host.unmaskable
    withUnsafeMutablePointer(to: &area.pointee.mask) { writeArea(tracee, area, $0, 8) }
    return withUnsafePointer(to: area.pointee.mask & ~Host.synchronous) {
      host(101, 0x420b, UInt(tracee.pointee.tid), 8, UInt(bitPattern: $0))
    }
  }

  // MARK: - System calls

  /// `PTRACE_GET_SYSCALL_INFO`: `struct ptrace_syscall_info` of 24 bytes, then what the kind of stop adds.
  ///
  /// - Returns: how many bytes there are, whether or not `size` holds them.
  private static func callInformation(_ t: Thread, _ tracee: TraceePointer, _ size: UInt, _ data: UInt) -> Int {
    var values = Registers()
    let result = registers(t, tracee, &values)
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
