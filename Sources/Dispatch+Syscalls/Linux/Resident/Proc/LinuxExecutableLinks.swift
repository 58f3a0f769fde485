import CPicoEntry

/// `/proc/PID/exe` names the stub on the host, whatever the picoprocess runs; guests are given the image's path.
extension Linux {
  /// `readlink(2)`.
  static func readlink(_ t: Thread, _ path: UInt, _ buf: UInt, _ bufsiz: Int32) -> Int {
    readlinkat(t, AT_FDCWD, path, buf, bufsiz)
  }

  /// `readlinkat(2)`.
  static func readlinkat(_ t: Thread, _ dfd: Int32, _ pathname: UInt, _ buf: UInt, _ bufsiz: Int32) -> Int {
    if bufsiz > 0 && ProcEntry(named: pathname) == .exe {
      let length = executableLink(t, dfd, guestPath: pathname, forGuest: true)
      if length > 0 {
        return copyOut(to: buf, t.payload, count: min(length, Int(bufsiz))) ? min(length, Int(bufsiz)) : Host.EFAULT
      }
    }
    if t.hasView && bufsiz > 0 { return readViewedLink(t, dfd, pathname, buf, Int(bufsiz)) }
    return host(267, UInt(bitPattern: Int(dfd)), pathname, buf, UInt(bitPattern: Int(bufsiz)))
  }

  /// The same for a path of the guest's.
  static func executableLink(_ t: Thread, _ dfd: Int32, guestPath: UInt, forGuest: Bool = false) -> Int {
    let length = copyString(t.payload, from: guestPath, limit: 4096)
    return length > 0 ? executableLink(t, dfd, length, forGuest) : 0
  }

  /// For exec, whose path is in the payload: puts the image's path there, as the host names it, if it is a link to one.
  static func replaceExecutableLink(_ t: Thread, _ dfd: Int32, _ length: inout Int) -> Bool {
    if ProcEntry(text: t.payload, length) != .exe { return false }
    var path: [512 of UInt64] = .init(repeating: 0)
    // What is looked at takes the path apart.
    let replaced = withUnsafeMutablePointer(to: &path) { kept -> Int in
      UnsafeMutableRawPointer(kept).copyMemory(from: t.payload, byteCount: min(length, 4095))
      let replaced = executableLink(t, dfd, length, false)
      if replaced <= 0 { t.payload.copyMemory(from: UnsafeRawPointer(kept), byteCount: 4096) }
      return replaced
    }
    if replaced <= 0 { return false }
    length = replaced
    return true
  }

  /// If the path in the payload is a picoprocess's `exe`, puts the path of its image there.
  ///
  /// - Returns: the length of that path, its terminator not counted; 0 when the link is none of ours.
  private static func executableLink(_ t: Thread, _ dfd: Int32, _ length: Int, _ forGuest: Bool) -> Int {
    if ProcEntry.equals(t.payload, length, "/proc/self/exe"), isProc("/proc/self") {
      return imagePath(t, of: UInt64(t.pointee.process.pointee.tgid), forGuest)
    }
    let directory = UInt(bitPattern: Int(dfd))
    let link = t.payload + 4096
    let found = host(267, directory, UInt(bitPattern: t.payload), UInt(bitPattern: link), 4096)
    guard found > 0, isStub(link, found) else { return 0 }
    var slash = length
    while slash > 0, t.payload.load(fromByteOffset: slash - 1, as: UInt8.self) != 0x2f { slash -= 1 }
    var here: UInt16 = 0x2e  // "."
    if slash > 0 { t.payload.storeBytes(of: 0, toByteOffset: slash - 1, as: UInt8.self) }
    let flags: UInt = 0x28_0000  // O_PATH | O_CLOEXEC
    let opened = withUnsafeMutablePointer(to: &here) {
      host(Host.openat, directory, slash > 0 ? UInt(bitPattern: t.payload) : UInt(bitPattern: $0), flags)
    }
    guard opened >= 0 else { return 0 }
    var name = descriptorPath(opened)
    let named = withUnsafeMutablePointer(to: &name) {
      host(267, UInt(bitPattern: -100), UInt(bitPattern: $0), UInt(bitPattern: link), 4096)
    }
    host(Host.close, UInt(bitPattern: opened))
    guard named > 0 else { return 0 }
    return imagePath(t, of: lastNumber(link, named), forGuest)
  }

  /// Puts the path of a picoprocess's image into the payload, as the host or as the guest names it. `number` is a
  /// process's or a thread's.
  private static func imagePath(_ t: Thread, of number: UInt64, _ forGuest: Bool) -> Int {
    if number == UInt64(t.pointee.process.pointee.tgid) || number == UInt64(t.pointee.tid) {
      if forGuest { return executablePath(t, t.payload, 4096) }
      return copyString(t.payload, from: UInt(bitPattern: pico_executable_path_address()), limit: 4096)
    }
    t.pointee.transfer.pointee.args.0 = number
    guard t.ring(PICO_IMAGE_PATH) > 0 else { return 0 }
    let length = copyString(t.payload, from: UInt(bitPattern: t.payload), limit: 4096)
    guard forGuest, t.hasView, length > 0 else { return length }
    return FileView.toGuest(t, t.payload.assumingMemoryBound(to: UInt8.self), length, room: 4096)
  }

  /// Whether a directory is procfs's: nothing else has a link there that leads to us.
  private static func isProc(_ path: StaticString) -> Bool {
    var status: [15 of UInt64] = .init(repeating: 0)  // struct statfs; f_type is the first word
    let found = withUnsafeMutablePointer(to: &status) {
      host(137, UInt(bitPattern: path.utf8Start), UInt(bitPattern: $0))
    }
    return found == 0 && status[0] == 0x9fa0
  }

  /// Whether a link's text is that of our own `exe`, which is the stub as everybody's.
  private static func isStub(_ link: UnsafeMutableRawPointer, _ length: Int) -> Bool {
    withScratchPage { page in
      let own: StaticString = "/proc/self/exe"
      let count = host(
        267, UInt(bitPattern: -100), UInt(bitPattern: own.utf8Start), UInt(bitPattern: page.baseAddress), 4096)
      guard count == length else { return false }
      for at in 0..<count where page[at] != link.load(fromByteOffset: at, as: UInt8.self) { return false }
      return true
    }
  }

  /// The number that a path ends with.
  private static func lastNumber(_ path: UnsafeMutableRawPointer, _ length: Int) -> UInt64 {
    var value: UInt64 = 0
    var scale: UInt64 = 1
    var at = length
    while at > 0, scale < 1_000_000_000_000 {
      let byte = path.load(fromByteOffset: at - 1, as: UInt8.self)
      guard byte >= 0x30, byte <= 0x39 else { break }
      value += UInt64(byte - 0x30) * scale
      scale *= 10
      at -= 1
    }
    return value
  }
}
