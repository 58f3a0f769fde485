import CPicoABI

/// Source: FreeBSD 14 sys/kern/sys_capability.c.
extension FreeBSD {
  /// `cap_enter(2)`: capability mode, for good; children and executed images are in it too. Errors: `ENOMEM`.
  static func cap_enter(_ t: Thread) -> Int {
    guard let head = Capsicum.tableMaking(t) else { return HostError.ENOMEM }
    head.pointee.inCapabilityMode = 1
    return 0
  }

  /// `cap_getmode(2)`: 1 in capability mode, else 0, as an unsigned int at `modep`. Errors: `EFAULT`.
  static func cap_getmode(_ t: Thread, _ modep: UInt) -> Int {
    store(UInt32(Capsicum.isInCapabilityMode(t) ? 1 : 0), at: modep) ? 0 : HostError.EFAULT
  }

  /// `cap_rights_limit(2)`: takes rights away.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for what are no rights; `EBADF`; `ENOTCAPABLE` for one that is gone already.
  static func cap_rights_limit(_ t: Thread, _ fd: Int32, _ rightsp: UInt) -> Int {
    guard let first = load(rightsp, as: UInt64.self) else { return HostError.EFAULT }
    if first >> 62 != 0 { return HostError.EINVAL }
    guard let words = load(rightsp, as: (UInt64, UInt64).self) else { return HostError.EFAULT }
    let rights = CapRights(words.0, words.1)
    guard rights.isValid else { return HostError.EINVAL }
    if !isOpen(fd) { return HostError.EBADF }
    var entry = Capsicum.duplicate(Capsicum.entry(t, fd))
    if !entry.rights.contains(rights) {
      entry.release()
      return Capsicum.ENOTCAPABLE
    }
    entry.rights = rights
    if !rights.contains(Cap.IOCTL) {
      entry.release()
      entry.ioctls = 0
      entry.ioctlCount = 0
    }
    if !rights.contains(Cap.FCNTL) { entry.fcntls = 0 }
    return put(t, fd, entry)
  }

  /// `__cap_rights_get(2)`. Errors: `EINVAL` for another version than 0; `EBADF`; `EFAULT`.
  static func __cap_rights_get(_ t: Thread, _ version: Int32, _ fd: Int32, _ rightsp: UInt) -> Int {
    if version != 0 { return HostError.EINVAL }
    if !isOpen(fd) { return HostError.EBADF }
    return store(Capsicum.entry(t, fd).rights.words, at: rightsp) ? 0 : HostError.EFAULT
  }

  /// `cap_fcntls_limit(2)`. Errors: `EINVAL` for other bits than those of four commands; `EBADF`; `ENOTCAPABLE`.
  static func cap_fcntls_limit(_ t: Thread, _ fd: Int32, _ fcntlrights: UInt32) -> Int {
    if fcntlrights & ~Cap.FCNTL_ALL != 0 { return HostError.EINVAL }
    if !isOpen(fd) { return HostError.EBADF }
    var entry = Capsicum.duplicate(Capsicum.entry(t, fd))
    if fcntlrights & ~entry.fcntls != 0 {
      entry.release()
      return Capsicum.ENOTCAPABLE
    }
    entry.fcntls = fcntlrights
    return put(t, fd, entry)
  }

  /// `cap_fcntls_get(2)`. Errors: `EBADF`, `EFAULT`.
  static func cap_fcntls_get(_ t: Thread, _ fd: Int32, _ fcntlrightsp: UInt) -> Int {
    if !isOpen(fd) { return HostError.EBADF }
    return store(Capsicum.entry(t, fd).fcntls, at: fcntlrightsp) ? 0 : HostError.EFAULT
  }

  /// `cap_ioctls_limit(2)`. Errors: `EINVAL` for more than 256; `EFAULT`; `EBADF`; `ENOTCAPABLE` for more, or for one
  /// that is not among those allowed.
  static func cap_ioctls_limit(_ t: Thread, _ fd: Int32, _ cmds: UInt, _ ncmds: UInt) -> Int {
    if ncmds > Cap.IOCTLS_MAX_COUNT { return HostError.EINVAL }
    return withScratchPage { page -> Int in
      guard let base = page.baseAddress else { return HostError.EFAULT }
      if ncmds > 0 && !copyIn(base, from: cmds, count: Int(ncmds) * 8) { return HostError.EFAULT }
      if !isOpen(fd) { return HostError.EBADF }
      var entry = Capsicum.duplicate(Capsicum.entry(t, fd))
      let wanted = base.assumingMemoryBound(to: UInt.self)
      if entry.ioctlCount >= 0 {
        var isSubset = Int(entry.ioctlCount) >= Int(ncmds)
        for index in 0..<Int(ncmds) where isSubset && !entry.lists(wanted[index]) { isSubset = false }
        if !isSubset {
          entry.release()
          return Capsicum.ENOTCAPABLE
        }
      }
      entry.release()
      entry.ioctls = 0
      if ncmds > 0 {
        guard let list = allocatePages(bytes: 4096) else { return HostError.ENOMEM }
        list.copyMemory(from: base, byteCount: Int(ncmds) * 8)
        entry.ioctls = UInt(bitPattern: list)
      }
      entry.ioctlCount = Int32(ncmds)
      return put(t, fd, entry)
    }
  }

  /// `cap_ioctls_get(2)`: how many commands are allowed, and as many of them as fit; `CAP_IOCTLS_ALL` for all.
  ///
  /// - Errors: `EBADF`, `EFAULT`.
  static func cap_ioctls_get(_ t: Thread, _ fd: Int32, _ cmds: UInt, _ maxcmds: UInt) -> Int {
    if !isOpen(fd) { return HostError.EBADF }
    let entry = Capsicum.entry(t, fd)
    if entry.ioctlCount < 0 { return Cap.IOCTLS_ALL }
    let fits = min(UInt(entry.ioctlCount), maxcmds)
    if cmds != 0, fits > 0, let list = UnsafeRawPointer(bitPattern: entry.ioctls),
      !copyOut(to: cmds, list, count: Int(fits) * 8)
    {
      return HostError.EFAULT
    }
    return Int(entry.ioctlCount)
  }

  private static func isOpen(_ fd: Int32) -> Bool { host(HostSocket.fcntl, word(fd), 1) >= 0 }  // F_GETFD

  private static func put(_ t: Thread, _ fd: Int32, _ entry: Capsicum.Entry) -> Int {
    guard let head = Capsicum.tableMaking(t), Capsicum.set(head, fd, entry) else {
      entry.release()
      return HostError.ENOMEM
    }
    return 0
  }
}

extension FreeBSD.Capsicum.Entry {
  /// Gives the list of a copy back that is not used.
  func release() {
    if let page = UnsafeMutableRawPointer(bitPattern: ioctls) { freePages(page, bytes: 4096) }
  }

  func lists(_ command: UInt) -> Bool {
    guard let commands = UnsafePointer<UInt>(bitPattern: ioctls) else { return false }
    for index in 0..<Int(max(ioctlCount, 0)) where commands[index] == command { return true }
    return false
  }
}
