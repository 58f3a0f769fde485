import CPicoABI

/// `kern.proc.filedesc`: what a process has open, as kinfo_getfile(3), procstat(1), fstat(1) and sockstat(1) read it.
extension FreeBSD {
  private static let KF_TYPE_KQUEUE: Int32 = 5
  private static let KF_TYPE_EVENTFD: Int32 = 13
  private static let KF_FD_TYPE_CWD: Int32 = -1
  private static let KF_FD_TYPE_ROOT: Int32 = -2
  private static let KF_FD_TYPE_TEXT: Int32 = -5

  /// Answers with one `struct kinfo_file` a file, cut off behind its path: the text, the working and the root directory,
  /// then the descriptors.
  ///
  /// - Errors: `ESRCH` for no process, `EPERM` for one that the host does not let the caller look at.
  /// - Differs: addresses of sockets are not told.
  /// - Source: FreeBSD 14 `sys/kern/kern_descrip.c`, `kern_proc_filedesc_out`.
  static func putFiles(_ process: Int32, _ request: inout SysctlRequest) -> Int {
    var directory = ProcessPath(process, "fd")
    let opened = directory.withAddress { host(Host.openat, UInt(bitPattern: -100), $0, 0x9_0000) }
    guard opened >= 0 else { return opened == Host.EACCES || opened == Host.EPERM ? Host.EPERM : ESRCH }
    host(Host.close, UInt(opened))
    var result = putFile(process, "exe", KF_FD_TYPE_TEXT, &request)
    if result == 0 { result = putFile(process, "cwd", KF_FD_TYPE_CWD, &request) }
    if result == 0 { result = putFile(process, "root", KF_FD_TYPE_ROOT, &request) }
    forEachDescriptor(process, request.t) { descriptor in
      if result == 0 { result = putFile(process, "fd/", descriptor, &request) }
    }
    return result
  }

  /// Answers with the entry of the working directory alone (`kern.proc.cwd`).
  static func putWorkingDirectory(_ process: Int32, _ request: inout SysctlRequest) -> Int {
    putFile(process, "cwd", KF_FD_TYPE_CWD, &request)
  }

  /// Answers with the number of descriptors that are open (`kern.proc.nfds`).
  static func putFileCount(_ process: Int32, _ request: inout SysctlRequest) -> Int {
    var count: Int32 = 0
    forEachDescriptor(process, request.t) { _ in count += 1 }
    return request.put(count)
  }

  /// Calls `body` with each descriptor of a process, but for those of the caller that are the stub's.
  private static func forEachDescriptor(_ process: Int32, _ t: Thread, _ body: (Int32) -> Void) {
    var path = ShortPath("/proc/")
    path.append(decimal: UInt(UInt32(bitPattern: process)))
    path.append("/fd")
    let isOwn = UInt32(bitPattern: process) == t.pointee.process.pointee.tgid
    // The directory that is read here is open too, under the lowest number that was free.
    let reading = host(32, 0)  // dup: the next free number, or no standard input
    if reading > 0 { host(Host.close, UInt(reading)) }
    NumberedDirectory.forEach(path) { descriptor in
      let number = UInt32(bitPattern: descriptor)
      if isOwn && Int(descriptor) == max(reading, 0) { return }
      if isOwn, Kqueues.nextHidden(t, number, number, closing: UInt32.max...UInt32.max) >= 0 { return }
      body(descriptor)
    }
  }

  private static func putFile(
    _ process: Int32, _ name: StaticString, _ descriptor: Int32, _ request: inout SysctlRequest
  ) -> Int {
    var path = ShortPath("/proc/")
    path.append(decimal: UInt(UInt32(bitPattern: process)))
    path.append("/")
    path.append(name)
    if descriptor >= 0 { path.append(decimal: UInt(descriptor)) }
    // O_PATH | O_CLOEXEC: the file itself, whatever it is.
    let opened = path.withAddress { host(Host.openat, UInt(bitPattern: -100), $0, 0x28_0000) }
    if opened < 0 { return 0 }
    defer { host(Host.close, UInt(opened)) }
    let own = Int32(truncatingIfNeeded: opened)
    var file = HostStatx()
    if statx(own, 0, into: &file) != 0 { return 0 }
    return withScratchPage { page -> Int in
      guard let info = page.baseAddress else { return Host.EFAULT }
      fill(request.t, info, own, file)
      var mark: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
      withUnsafeMutablePointer(to: &mark) { mark in
        _ = path.withAddress { host(267, UInt(bitPattern: -100), $0, UInt(bitPattern: mark), 31) }  // readlinkat
      }
      // "anon_inode:[eventpoll]", "anon_inode:[eventfd]"
      if mark.1 == 0x6e65_7665_5b3a_6564 {  // "de:[even"
        let kind = mark.2 & 0xffff == 0x7074 ? KF_TYPE_KQUEUE : KF_TYPE_EVENTFD  // "tp"
        info.storeBytes(of: kind, toByteOffset: 4, as: Int32.self)
      }
      info.storeBytes(of: descriptor, toByteOffset: 8, as: Int32.self)
      info.storeBytes(of: UInt16(1), toByteOffset: 336, as: UInt16.self)  // KF_ATTR_VALID
      var rights = CapRights.all
      if UInt32(bitPattern: process) == request.t.pointee.process.pointee.tgid, descriptor >= 0 {
        rights = Capsicum.entry(request.t, descriptor).rights
        if info.load(fromByteOffset: 4, as: Int32.self) == 2 { putSocket(descriptor, info) }  // KF_TYPE_SOCKET
      }
      info.storeBytes(of: rights.words.0, toByteOffset: 344, as: UInt64.self)
      info.storeBytes(of: rights.words.1, toByteOffset: 352, as: UInt64.self)
      info.storeBytes(of: descriptor >= 0 ? openFlags(process, descriptor, info) : 1, toByteOffset: 16, as: Int32.self)
      var size = 368
      while size < 1391, info.load(fromByteOffset: size, as: UInt8.self) != 0 { size += 1 }
      size = min((size + 8) & ~7, 1392)
      info.storeBytes(of: Int32(size), as: Int32.self)
      return request.put(info, size)
    }
  }

  /// `kf_flags`, and the position, as `/proc/N/fdinfo/M` begins with them.
  private static func openFlags(_ process: Int32, _ descriptor: Int32, _ info: UnsafeMutableRawPointer) -> Int32 {
    var path = ShortPath("/proc/")
    path.append(decimal: UInt(UInt32(bitPattern: process)))
    path.append("/fdinfo/")
    path.append(decimal: UInt(descriptor))
    let text = path.withAddress { HostText(at: $0) }
    if var position = text.value(of: "pos") {
      info.storeBytes(of: Int64(text.number(at: &position)), toByteOffset: 24, as: Int64.self)
    }
    guard var position = text.value(of: "flags") else { return 0 }
    var flags = 0
    while case let digit = text[position] &- 48, digit < 8 {
      flags = flags &* 8 &+ Int(digit)
      position += 1
    }
    var told: Int32 = flags & 3 == 0 ? 1 : flags & 3 == 1 ? 2 : 3
    if flags & 0x400 != 0 { told |= 0x4 }  // O_APPEND
    if flags & 0x2000 != 0 { told |= 0x8 }  // O_ASYNC
    if flags & 0x10_1000 != 0 { told |= 0x10 }  // O_SYNC
    if flags & 0x800 != 0 { told |= 0x20 }  // O_NONBLOCK
    if flags & 0x4000 != 0 { told |= 0x40 }  // O_DIRECT
    return told
  }

  /// Domain, type and protocol of a socket of the caller's.
  private static func putSocket(_ descriptor: Int32, _ info: UnsafeMutableRawPointer) {
    func ask(_ option: UInt) -> Int32 {
      var value: (Int32, UInt32) = (0, 4)
      _ = withUnsafeMutablePointer(to: &value) {
        host(
          HostSocket.getsockopt, word(descriptor), 1, option, UInt(bitPattern: $0), UInt(bitPattern: $0) + 4)
      }
      return value.0
    }
    let domain = ask(39)  // SO_DOMAIN; the host's AF_INET6 is 10
    info.storeBytes(of: domain == 10 ? 28 : domain, toByteOffset: 36, as: Int32.self)
    info.storeBytes(of: ask(3), toByteOffset: 40, as: Int32.self)  // SO_TYPE
    info.storeBytes(of: ask(38), toByteOffset: 44, as: Int32.self)  // SO_PROTOCOL
  }

  /// `kern.proc.rlimit`: one limit of a process, as getrlimit(2) tells it. Errors: `EINVAL` for one that is none.
  static func putLimit(_ process: Int32, _ which: Int32, _ request: inout SysctlRequest) -> Int {
    guard let resource = hostRlimitWhich(UInt32(bitPattern: which)) else { return Host.EINVAL }
    var limit: (UInt64, UInt64) = (0, 0)
    let got = withUnsafeMutablePointer(to: &limit) {
      host(302, UInt(bitPattern: Int(process)), UInt(resource), 0, UInt(bitPattern: $0))  // prlimit64
    }
    if got < 0 { return got }
    // RLIM_INFINITY has the sign bit clear.
    let most = UInt64(Int64.max)
    return request.put((min(limit.0, most), min(limit.1, most)))
  }

  /// `kern.proc.umask`. Errors: `ESRCH`.
  static func putMask(_ process: Int32, _ request: inout SysctlRequest) -> Int {
    let status = HostText(process: process, "status")
    guard var position = status.value(of: "Umask") else { return ESRCH }
    var mask: UInt16 = 0
    while case let digit = status[position] &- 48, digit < 8 {
      mask = mask &* 8 &+ UInt16(digit)
      position += 1
    }
    return request.put(mask)
  }
}
