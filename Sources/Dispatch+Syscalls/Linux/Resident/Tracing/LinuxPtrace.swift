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
      return t.becomeTracee()
    }
    if number == 16 || number == 0x4206 { return attach(t, number, tid, addr, data) }  // PTRACE_ATTACH, PTRACE_SEIZE
    guard let tracee = Tracing.tracee(t, UInt32(tid)) ?? Tracing.adopt(t, tid) else {
      return host(Host.ptrace, UInt(number), tid, addr, data)
    }
    if tracee.pointee.place == Tracee.Place.running { Tracing.findStopped(t, tracee) }
    switch number {
    case 7, 9, 24:  // PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL
      if data > 64 { return EIO }
      return tracee.pointee.place == Tracee.Place.running ? ESRCH : Tracing.resume(t, tracee, number, signal: data)
    case 17: return detach(t, tracee, data)
    case 31, 32, 33: return EIO  // PTRACE_SYSEMU, _SINGLESTEP, PTRACE_SINGLEBLOCK
    case 0x4200:  // PTRACE_SETOPTIONS
      let result = host(Host.ptrace, 0x4200, tid, 0, UInt(Tracing.hostOptions(UInt32(truncatingIfNeeded: data))))
      if result == 0 {
        tracee.pointee.options = UInt32(truncatingIfNeeded: data)
        tracee.pointee.flags &= ~Tracee.unannounced
      }
      return result
    case 12, 13: return wholeRegisters(t, tracee, data, sets: number == 13)
    case 3, 6: return userWord(t, tracee, addr, data, sets: number == 6)
    case 0x4204, 0x4205:
      return addr == NT_PRSTATUS
        ? registerSet(t, tracee, data, sets: number == 0x4205) : host(Host.ptrace, UInt(number), tid, addr, data)
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
    default: return host(Host.ptrace, UInt(number), tid, addr, data)
    }
  }

  private static func attach(_ t: Thread, _ request: Int, _ tid: UInt, _ addr: UInt, _ data: UInt) -> Int {
    let seizes = request == 0x4206
    let options = seizes ? UInt32(truncatingIfNeeded: data) : 0
    let result = host(Host.ptrace, UInt(request), tid, addr, seizes ? UInt(Tracing.hostOptions(options)) : data)
    if result == 0 {
      _ = Tracing.addTracee(t, UInt32(tid), options: options, flags: seizes ? Tracee.seized : 0)
    }
    return result
  }

  private static func detach(_ t: Thread, _ tracee: Tracing.TraceePointer, _ signal: UInt) -> Int {
    if signal > 64 { return EIO }
    if tracee.pointee.place == Tracee.Place.running { return ESRCH }
    restoreLeanTable(t, tracee)
    return Tracing.detach(t, tracee, signal: signal)
  }

  /// A tracee that is let go makes its calls the short way again.
  private static func restoreLeanTable(_ t: Thread, _ tracee: Tracing.TraceePointer) {
    guard let area = Tracing.readArea(t, tracee) else { return }
    if isFiltered(area) || area.pointee.flags & UInt32(PICO_THREAD_OWNS_GS) != 0 || Silo.header.pointee.tracing != 0 {
      return
    }
    let table = t.hasView ? pico_lean_viewed_linux_table() : pico_lean_linux_table()
    area.pointee.lean = UInt64(UInt(bitPattern: table))
    Tracing.writeBack(tracee, area, &area.pointee.lean)
  }
}
