/// `ioctl(2)`: descriptors and terminals.
extension FreeBSD {
  /// `ioctl(2)`. Errors: `EBADF`, `ENOTTY` for a request that this descriptor does not know, `EFAULT`, and as each
  /// request has them. A request is 32 bits; what a caller's sign extension put above is dropped.
  static func ioctl(_ t: Thread, _ fd: Int32, _ com: UInt64, _ data: UInt) -> Int {
    let request = UInt32(truncatingIfNeeded: com)
    if let number = hostRequest(request) { return unknown(host(HostFile.ioctl, argument(fd), number, data)) }
    switch request {
    // A background process that changes a terminal is stopped, or interrupted where it catches SIGTTOU.
    case TIOCSPGRP: return restarting(t.blocking(HostFile.ioctl, argument(fd), 0x5410, data))
    case TIOCSTI: return restarting(t.blocking(HostFile.ioctl, argument(fd), 0x5412, data))
    case TIOCGETA: return attributes(fd, data)
    case TIOCSETA: return setAttributes(t, fd, data, 0x402c_542b)  // TCSETS2
    case TIOCSETAW: return setAttributes(t, fd, data, 0x402c_542c)
    case TIOCSETAF: return setAttributes(t, fd, data, 0x402c_542d)
    case TIOCFLUSH: return flush(t, fd, data)
    case TIOCDRAIN: return restarting(t.blocking(HostFile.ioctl, argument(fd), 0x5409, 1))  // TCSBRK
    case TIOCSTOP: return restarting(t.blocking(HostFile.ioctl, argument(fd), 0x540a, 0))  // TCXONC, TCOOFF
    case TIOCSTART: return restarting(t.blocking(HostFile.ioctl, argument(fd), 0x540a, 1))  // TCOON
    case TIOCSCTTY: return host(HostFile.ioctl, argument(fd), 0x540e, 0)
    case TIOCPTMASTER: return withWord(0) { host(HostFile.ioctl, argument(fd), 0x8004_5430, $0) }
    case TIOCGETD: return withWord(0) { disciplined(fd, data, $0) }
    case TIOCSETD: return setDiscipline(fd, data)
    case TIOCSIG: return signalForeground(fd, data)
    case TIOCEXT: return setExternalProcessing(fd, data)
    case TIOCSDTR: return withWord(2) { host(HostFile.ioctl, argument(fd), 0x5416, $0) }  // TIOCMBIS, TIOCM_DTR
    case TIOCCDTR: return withWord(2) { host(HostFile.ioctl, argument(fd), 0x5417, $0) }
    case FIOSETOWN: return setOwner(t, fd, data)
    case FIOGETOWN, SIOCGPGRP: return getOwner(t, fd, data)
    case FIODTYPE: return deviceType(fd, data)
    case FIODGNAME: return deviceName(fd, data)
    case FIONSPACE: return freeSpace(fd, data)
    case FIOSEEKDATA: return seek(fd, data, 3)
    case FIOSEEKHOLE: return seek(fd, data, 4)
    case SIOCGIFMTU: return interfaceNumber(fd, data, 0x8921)
    default:
      let flags = host(HostFile.fcntl, argument(fd), HostFile.F_GETFL)
      return flags < 0 ? flags : HostError.ENOTTY
    }
  }

  private static func restarting(_ result: Int) -> Int {
    result == HostError.EINTR ? Restart.ifActionSaysSo : result
  }

  /// Some of the host's files answer requests they do not know with `EOPNOTSUPP`.
  private static func unknown(_ result: Int) -> Int {
    result == HostError.EOPNOTSUPP ? HostError.ENOTTY : result
  }

  /// Calls `body` with the address of a word that holds `value`.
  private static func withWord(_ value: Int32, _ body: (UInt) -> Int) -> Int {
    var word: (Int32, Int32) = (value, 0)
    return withUnsafeMutablePointer(to: &word) { body(UInt(bitPattern: $0)) }
  }

  private static func hostAttributes(_ fd: Int32, into result: inout HostTermios) -> Int {
    withUnsafeMutablePointer(to: &result) {
      host(HostFile.ioctl, argument(fd), 0x802c_542a, UInt(bitPattern: $0))  // TCGETS2
    }
  }

  private static func attributes(_ fd: Int32, _ data: UInt) -> Int {
    var now = HostTermios()
    let result = hostAttributes(fd, into: &now)
    guard result == 0 else { return result }
    return store(termios(of: now), at: data) ? 0 : HostError.EFAULT
  }

  private static func setAttributes(_ t: Thread, _ fd: Int32, _ data: UInt, _ request: UInt) -> Int {
    var now = HostTermios()
    let known = hostAttributes(fd, into: &now)
    guard known == 0 else { return known }
    guard let wanted = load(data, as: Termios.self) else { return HostError.EFAULT }
    var new = hostTermios(of: wanted, keeping: now)
    return withUnsafeMutablePointer(to: &new) {
      restarting(t.blocking(HostFile.ioctl, argument(fd), request, UInt(bitPattern: $0)))
    }
  }

  /// Discards input (`FREAD`), output (`FWRITE`), or both for 0.
  private static func flush(_ t: Thread, _ fd: Int32, _ data: UInt) -> Int {
    guard let which = load(data, as: Int32.self) else { return HostError.EFAULT }
    let queue: UInt = which & 3 == 1 ? 0 : which & 3 == 2 ? 1 : 2
    return restarting(t.blocking(HostFile.ioctl, argument(fd), 0x540b, queue))  // TCFLSH
  }

  private static func disciplined(_ fd: Int32, _ data: UInt, _ word: UInt) -> Int {
    let result = host(HostFile.ioctl, argument(fd), 0x5424, word)  // TIOCGETD
    guard result == 0 else { return result }
    // TTYDISC is the host's N_TTY, 0 both; the others have nothing in common.
    return store(Int32(0), at: data) ? 0 : HostError.EFAULT
  }

  private static func setDiscipline(_ fd: Int32, _ data: UInt) -> Int {
    guard let wanted = load(data, as: Int32.self) else { return HostError.EFAULT }
    guard wanted == 0 else { return HostError.ENXIO }
    return withWord(0) { host(HostFile.ioctl, argument(fd), 0x5423, $0) }
  }

  /// `TIOCSIG` takes the signal as its argument, not the address of it.
  private static func signalForeground(_ fd: Int32, _ data: UInt) -> Int {
    guard let signal = hostSignal(Int32(truncatingIfNeeded: data)) else { return HostError.EINVAL }
    return host(HostFile.ioctl, argument(fd), 0x4004_5436, UInt(bitPattern: Int(signal)))
  }

  private static func setExternalProcessing(_ fd: Int32, _ data: UInt) -> Int {
    guard let wanted = load(data, as: Int32.self) else { return HostError.EFAULT }
    var now = HostTermios()
    let known = hostAttributes(fd, into: &now)
    guard known == 0 else { return known }
    now.c_lflag = wanted != 0 ? now.c_lflag | 0x10000 : now.c_lflag & ~0x10000
    return withUnsafeMutablePointer(to: &now) {
      host(HostFile.ioctl, argument(fd), 0x402c_542b, UInt(bitPattern: $0))
    }
  }

  private static func setOwner(_ t: Thread, _ fd: Int32, _ data: UInt) -> Int {
    guard let owner = load(data, as: Int32.self) else { return HostError.EFAULT }
    return fcntl(t, fd, F_SETOWN, UInt64(bitPattern: Int64(owner)))
  }

  private static func getOwner(_ t: Thread, _ fd: Int32, _ data: UInt) -> Int {
    // struct f_owner_ex
    var found: (Int32, Int32) = (0, 0)
    let result = withUnsafeMutablePointer(to: &found) {
      host(HostFile.fcntl, argument(fd), 16, UInt(bitPattern: $0))
    }
    guard result >= 0 else { return result }
    return store(found.0 == 2 ? 0 &- found.1 : found.1, at: data) ? 0 : HostError.EFAULT
  }

  private static func freeSpace(_ fd: Int32, _ data: UInt) -> Int {
    var room: (Int32, UInt32) = (0, 4)
    let asked = withUnsafeMutableBytes(of: &room) {
      // getsockopt, SOL_SOCKET, SO_SNDBUF
      host(55, argument(fd), 1, 7, UInt(bitPattern: $0.baseAddress), UInt(bitPattern: $0.baseAddress) &+ 4)
    }
    guard asked == 0 else { return HostError.ENOTTY }
    var queued: Int32 = 0
    let result = withUnsafeMutablePointer(to: &queued) {
      host(HostFile.ioctl, argument(fd), 0x5411, UInt(bitPattern: $0))
    }
    guard result == 0 else { return result }
    return store(max(room.0 &- queued, 0), at: data) ? 0 : HostError.EFAULT
  }

  private static func seek(_ fd: Int32, _ data: UInt, _ whence: UInt) -> Int {
    guard let from = load(data, as: Int64.self) else { return HostError.EFAULT }
    let position = host(HostFile.lseek, argument(fd), UInt(bitPattern: Int(from)), whence)
    guard position >= 0 else { return position }
    return store(Int64(position), at: data) ? 0 : HostError.EFAULT
  }

  /// A request whose `struct ifreq` begins alike on both systems: name, then a number. The host's is 8 bytes longer.
  private static func interfaceNumber(_ fd: Int32, _ data: UInt, _ request: UInt) -> Int {
    var record = InlineArray<5, UInt64>(repeating: 0)
    return withUnsafeMutableBytes(of: &record) {
      let at = $0.baseAddress.unsafelyUnwrapped
      guard copyIn(at, from: data, count: 32) else { return HostError.EFAULT }
      let result = host(HostFile.ioctl, argument(fd), request, UInt(bitPattern: at))
      guard result == 0 else { return result == HostError.ENODEV ? HostError.ENXIO : result }
      return copyOut(to: data, at, count: 32) ? 0 : HostError.EFAULT
    }
  }
}
