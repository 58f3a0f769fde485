import CPicoEntry

extension FreeBSD {
  /// The guest's `siginfo_t` of a host one.
  ///
  /// - Source: siginfo(3), `sys/signal.h`; Linux `asm-generic/siginfo.h`.
  static func signalInfo(_ host: UnsafeMutablePointer<pico_siginfo>) -> SignalInfo {
    var guest = SignalInfo()
    let signal = host.pointee.signal
    guest.si_signo = guestSignal(signal)
    guest.si_errno = 0
    let code = host.pointee.code
    switch code {
    case 0, -1, -6:  // SI_USER, SI_QUEUE, SI_TKILL
      guest.si_code = code == 0 ? SI_USER : code == -1 ? SI_QUEUE : SI_LWP
      guest.si_pid = host.pointee.u.sent.pid
      guest.si_uid = host.pointee.u.sent.uid
      if code == -1 { guest.si_value = host.pointee.u.sent.value }
    case -2:  // SI_TIMER
      guest.si_code = SI_TIMER
      guest.si_value = host.pointee.u.timer.value
      guest.reason =
        UInt64(UInt32(bitPattern: host.pointee.u.timer.timer &+ firstTimerID)) | UInt64(
          UInt32(bitPattern: host.pointee.u.timer.overrun)) << 32
    case -4:  // SI_ASYNCIO
      guest.si_code = SI_ASYNCIO
      guest.si_value = host.pointee.u.sent.value
    case -3:  // SI_MESGQ
      guest.si_code = SI_MESGQ
      guest.si_value = host.pointee.u.sent.value
    case 0x80:  // SI_KERNEL
      guest.si_code = SI_KERNEL
      guest.si_addr = isFault(signal) ? host.pointee.u.fault.address : 0
    default:
      guest.si_code = code
      if isFault(signal) {
        guest.si_addr = host.pointee.u.fault.address
        if signal == Host.SIGFPE { guest.si_code = floatingPointCode(code) }
      } else if signal == 17 {  // SIGCHLD
        guest.si_pid = host.pointee.u.child.pid
        guest.si_uid = host.pointee.u.child.uid
        let status = host.pointee.u.child.status
        guest.si_status = code == 1 ? status : guestSignal(status)  // CLD_EXITED tells a status, the others a signal
      } else if signal == 29 {  // SIGIO
        guest.reason = UInt64(bitPattern: host.pointee.u.poll.band)
      }
    }
    return guest
  }

  private static func isFault(_ signal: Int32) -> Bool {
    Host.synchronous & Host.bit(signal) != 0 && signal != Host.SIGSYS
  }

  /// `FPE_INTDIV` and `FPE_INTOVF` have changed places; the others are numbered alike.
  private static func floatingPointCode(_ host: Int32) -> Int32 {
    switch host {
    case 1: 2
    case 2: 1
    default: host
    }
  }

  /// FreeBSD's number of a processor exception (`x86/trap.h`).
  static func trapNumber(_ host: UInt64) -> UInt32 {
    switch host {
    case 0: 18  // T_DIVIDE
    case 1: 10  // T_TRCTRAP
    case 3: 3  // T_BPTFLT
    case 4: 20  // T_OFLOW
    case 5: 21  // T_BOUND
    case 6: 1  // T_PRIVINFLT
    case 12: 25  // T_STKFLT
    case 13: 9  // T_PROTFLT
    case 14: 12  // T_PAGEFLT
    case 16: 6  // T_ARITHTRAP
    case 17: 14  // T_ALIGNFLT
    case 19: 29  // T_XMMFLT
    default: 0
    }
  }
}
