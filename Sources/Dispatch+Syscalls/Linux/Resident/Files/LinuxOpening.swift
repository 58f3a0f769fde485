import CPicoEntry

/// Calls that open a file by name. They are the host's, but for three things that the host sees otherwise: what `/proc`
/// tells of picoprocesses, which file a picoprocess executes, and that nobody may write to that file meanwhile.
extension Linux {
  static let AT_FDCWD: Int32 = -100
  private static let O_ACCMODE: Int32 = 3
  private static let O_CREAT: Int32 = 0o100
  private static let O_TRUNC: Int32 = 0o1000
  private static let O_PATH: Int32 = 0o10000000
  private static let ETXTBSY = -26

  /// `open(2)`.
  static func open(_ t: Thread, _ filename: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    openat(t, AT_FDCWD, filename, flags, mode)
  }

  /// `creat(2)`.
  static func creat(_ t: Thread, _ pathname: UInt, _ mode: UInt32) -> Int {
    openat(t, AT_FDCWD, pathname, 1 | O_CREAT | O_TRUNC, mode)
  }

  /// `openat(2)`. Errors: `ETXTBSY` for writing to what a picoprocess executes; those of the host.
  static func openat(_ t: Thread, _ dfd: Int32, _ filename: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    return openSeen(t, dfd, filename, flags) { path, directory in
      t.blocking(
        Host.openat, UInt(bitPattern: Int(directory)), path, UInt(UInt32(bitPattern: flags)), UInt(mode))
    }
  }

  /// `openat2(2)`. Errors: as `openat`.
  static func openat2(_ t: Thread, _ dfd: Int32, _ filename: UInt, _ how: UInt, _ usize: UInt) -> Int {
    // struct open_how: flags, mode, resolve.
    let flags = Int32(truncatingIfNeeded: load(how, as: UInt64.self) ?? 0)
    // Where the way to the file is restricted, the path stays as it is.
    let resolve = usize < 24 ? 0 : load(how &+ 16, as: UInt64.self) ?? 0
    return openSeen(t, dfd, filename, flags, follows: resolve == 0) { path, directory in
      t.blocking(437, UInt(bitPattern: Int(directory)), path, how, usize)
    }
  }

  /// `truncate(2)`. Errors: as `openat` for writing.
  static func truncate(_ t: Thread, _ path: UInt, _ length: Int64) -> Int {
    isExecuted(t, AT_FDCWD, path) ? ETXTBSY : host(76, path, UInt(bitPattern: Int(length)))
  }

  private static func isForWriting(_ flags: Int32) -> Bool {
    flags & (O_ACCMODE | O_TRUNC) != 0 && flags & O_PATH == 0
  }

  private static func openSeen(
    _ t: Thread, _ dfd: Int32, _ filename: UInt, _ flags: Int32, follows: Bool = true, _ open: (UInt, Int32) -> Int
  ) -> Int {
    let entry = ProcEntry(named: filename)
    var path = filename
    var directory = dfd
    if entry == .exe, follows, executableLink(t, dfd, guestPath: filename) > 0 {
      path = UInt(bitPattern: t.payload)
      directory = AT_FDCWD
    }
    if isForWriting(flags) && isExecuted(t, directory, path) { return ETXTBSY }
    let result = open(path, directory)
    if entry != .none && entry != .exe && result >= 0 && flags & (O_ACCMODE | O_PATH) == 0 {
      noteProcText(t, entry, result)
    }
    guard result == Host.EINTR else { return result }
    return canWait(directory, path) ? Restart.ifActionSaysSo : Restart.always
  }

  /// Whether opening a file waits for somebody: pipes and devices only. For others the signal came just before the call:
  /// it is made after the handler, so that nobody sees an error that Linux never gives. (Who waits for the lease on a
  /// file goes on waiting, for as long as leases take to break.)
  private static func canWait(_ dfd: Int32, _ filename: UInt) -> Bool {
    var status: [18 of UInt64] = .init(repeating: 0)
    let found = withUnsafeMutablePointer(to: &status) {
      host(262, UInt(bitPattern: Int(dfd)), filename, UInt(bitPattern: $0), 0)  // newfstatat
    }
    let kind = status[3] & 0xf000
    return found == 0 && (kind == 0x1000 || kind == 0x2000)  // S_IFIFO, S_IFCHR
  }

  /// Whether a file is the image of a living picoprocess.
  private static func isExecuted(_ t: Thread, _ dfd: Int32, _ filename: UInt) -> Bool {
    // struct stat: st_dev, st_ino, st_nlink, st_mode in the lower half of the fourth word.
    var status: [18 of UInt64] = .init(repeating: 0)
    let found = withUnsafeMutablePointer(to: &status) {
      host(262, UInt(bitPattern: Int(dfd)), filename, UInt(bitPattern: $0), 0)  // newfstatat
    }
    if found < 0 || status[3] & 0xf000 != 0x8000 { return false }
    let mark = Int((status[0] ^ status[1]) & 4095)
    if pico_load64(pico_executed_words(Silo.header) + mark / 64) & 1 << UInt64(mark % 64) == 0 { return false }
    let transfer = t.pointee.transfer
    transfer.pointee.args.0 = status[0]
    transfer.pointee.args.1 = status[1]
    if t.ring(PICO_IS_EXECUTED) != 1 { return false }
    // Who may not write there is told that first: W_OK for the effective ids.
    return host(Host.faccessat2, UInt(bitPattern: Int(dfd)), filename, 2, 0x200) == 0
  }
}
