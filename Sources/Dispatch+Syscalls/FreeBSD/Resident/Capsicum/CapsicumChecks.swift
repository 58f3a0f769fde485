import CPicoEntry

extension FreeBSD {
  /// What Capsicum asks of a call; generated from the table.
  struct CallCapability {
    /// Capability mode does not refuse the call as such.
    var isAllowed = false
    /// Places of descriptors among the arguments, and the rights they need; -1 for none.
    var first = -1
    var firstRight: UInt64 = 0
    var second = -1
    var secondRight: UInt64 = 0
    /// Places of directories with a name behind each.
    var directory = -1
    var otherDirectory = -1
  }
}

extension FreeBSD.Capsicum {
  private static let AT_FDCWD: Int32 = -100

  /// Looks whether a call may be made.
  ///
  /// - Returns: 0; `ECAPMODE` for what capability mode refuses; `ENOTCAPABLE` for a right that a descriptor lacks, or a
  ///   name that leads out of its directory.
  static func refusal(_ t: Thread, _ number: UInt, _ arguments: CallArguments) -> Int {
    let asked = FreeBSD.capability(of: number)
    let isConfined = isInCapabilityMode(t)
    if isConfined && !asked.isAllowed { return ECAPMODE }
    if asked.first >= 0, !has(t, arguments.descriptor(asked.first), asked.firstRight) { return ENOTCAPABLE }
    if asked.second >= 0, !has(t, arguments.descriptor(asked.second), asked.secondRight) { return ENOTCAPABLE }
    if asked.directory >= 0 {
      let result = checkName(t, arguments, asked.directory, isConfined)
      if result != 0 { return result }
    }
    if asked.otherDirectory >= 0 {
      let result = checkName(t, arguments, asked.otherDirectory, isConfined)
      if result != 0 { return result }
    }
    return checkSpecial(t, number, arguments, isConfined)
  }

  private static func has(_ t: Thread, _ descriptor: Int32, _ right: UInt64) -> Bool {
    entry(t, descriptor).rights.contains(right)
  }

  /// A name below a directory that is limited, or any name in capability mode, must stay below it.
  private static func checkName(_ t: Thread, _ arguments: CallArguments, _ place: Int, _ isConfined: Bool) -> Int {
    let directory = arguments.descriptor(place)
    if isConfined && directory == AT_FDCWD { return ECAPMODE }
    let entry = entry(t, directory)
    if !isConfined && (directory == AT_FDCWD || entry.isLimited == 0) { return 0 }
    return staysBelow(directory, arguments[place + 1]) ? 0 : ENOTCAPABLE
  }

  /// Whether a name leads nowhere outside its directory. One that cannot be read, or does not exist, is the call's own
  /// business.
  private static func staysBelow(_ directory: Int32, _ name: UInt) -> Bool {
    if let first = load(name, as: UInt8.self), first == 0x2f { return false }
    // struct open_how: O_PATH | O_NOFOLLOW | O_CLOEXEC; RESOLVE_BENEATH.
    var how: (UInt64, UInt64, UInt64) = (0x2a_0000, 0, 8)
    let opened = withUnsafePointer(to: &how) {
      host(437, FreeBSD.word(directory), name, UInt(bitPattern: $0), 24)  // openat2
    }
    if opened >= 0 { host(Host.close, UInt(bitPattern: opened)) }
    return opened != FreeBSD.HostError.EXDEV
  }

  /// Calls whose rights follow from what they are asked to do.
  private static func checkSpecial(
    _ t: Thread, _ number: UInt, _ arguments: CallArguments, _ isConfined: Bool
  ) -> Int {
    let descriptor = arguments.descriptor(0)
    switch number {
    case 5:  // open
      return isConfined ? ECAPMODE : 0
    case 499:  // openat
      return has(t, descriptor, openRights(Int32(truncatingIfNeeded: arguments[2]))) ? 0 : ENOTCAPABLE
    case 477, 197:  // mmap, freebsd6_mmap
      return has(t, arguments.descriptor(4), mappingRights(arguments[2], arguments[3])) ? 0 : ENOTCAPABLE
    case 92: return checkControl(t, descriptor, Int32(truncatingIfNeeded: arguments[1]))  // fcntl
    case 54:  // ioctl
      return allows(entry(t, descriptor), UInt(UInt32(truncatingIfNeeded: arguments[1]))) ? 0 : ENOTCAPABLE
    case 560, 363:  // kevent, freebsd11_kevent
      if Int32(truncatingIfNeeded: arguments[2]) > 0 && !has(t, descriptor, FreeBSD.Cap.KQUEUE_CHANGE) {
        return ENOTCAPABLE
      }
      return Int32(truncatingIfNeeded: arguments[4]) > 0 && !has(t, descriptor, FreeBSD.Cap.KQUEUE_EVENT)
        ? ENOTCAPABLE : 0
    case 133:  // sendto
      if arguments[4] == 0 { return 0 }
      return isConfined ? ECAPMODE : has(t, descriptor, FreeBSD.Cap.CONNECT) ? 0 : ENOTCAPABLE
    case 28:  // sendmsg
      guard let name = load(arguments[1], as: UInt.self), name != 0 else { return 0 }
      return isConfined ? ECAPMODE : has(t, descriptor, FreeBSD.Cap.CONNECT) ? 0 : ENOTCAPABLE
    case 538, 539:  // bindat, connectat
      return isConfined && descriptor == AT_FDCWD ? ECAPMODE : 0
    case 482, 571:  // freebsd12_shm_open, shm_open2: anonymous objects only
      return isConfined && arguments[0] != 1 ? ECAPMODE : 0
    case 37, 456:  // kill, sigqueue: to oneself only
      return isConfined && UInt32(bitPattern: descriptor) != t.pointee.process.pointee.tgid ? ECAPMODE : 0
    case 487, 488:  // cpuset_getaffinity, cpuset_setaffinity: of oneself only
      return isConfined && Int64(bitPattern: UInt64(arguments[2])) != -1 ? ECAPMODE : 0
    default: return 0
    }
  }

  /// - Source: FreeBSD 14 sys/kern/vfs_syscalls.c `flags_to_rights`.
  private static func openRights(_ flags: Int32) -> UInt64 {
    var rights = FreeBSD.Cap.LOOKUP
    if flags & 0x40000 != 0 {  // O_EXEC
      rights |= FreeBSD.Cap.FEXECVE
    } else {
      let access = flags & 3
      if access != 1 { rights |= FreeBSD.Cap.READ }
      if access != 0 {
        rights |= FreeBSD.Cap.WRITE
        if flags & 0x408 == 0 { rights |= FreeBSD.Cap.SEEK }  // O_APPEND, O_TRUNC
      }
    }
    if flags & 0x200 != 0 { rights |= FreeBSD.Cap.CREATE }  // O_CREAT
    if flags & 0x400 != 0 { rights |= FreeBSD.Cap.FTRUNCATE }  // O_TRUNC
    if flags & 0x100_0080 != 0 { rights |= FreeBSD.Cap.FSYNC }  // O_SYNC, O_DSYNC
    if flags & 0x30 != 0 { rights |= FreeBSD.Cap.FLOCK }  // O_SHLOCK, O_EXLOCK
    return rights
  }

  private static func mappingRights(_ protection: UInt, _ flags: UInt) -> UInt64 {
    if flags & 0x1000 != 0 { return 0 }  // MAP_ANON
    var rights = FreeBSD.Cap.MMAP
    if protection & 1 != 0 { rights |= FreeBSD.Cap.MMAP_R }
    if protection & 2 != 0 && flags & 1 != 0 { rights |= FreeBSD.Cap.MMAP_W }  // MAP_SHARED
    if protection & 4 != 0 { rights |= FreeBSD.Cap.MMAP_X }
    return rights
  }

  private static func checkControl(_ t: Thread, _ descriptor: Int32, _ command: Int32) -> Int {
    let entry = entry(t, descriptor)
    switch command {
    case 3, 4, 5, 6:  // F_GETFL, F_SETFL, F_GETOWN, F_SETOWN
      return entry.rights.contains(FreeBSD.Cap.FCNTL) && entry.fcntls & 1 << UInt32(command) != 0 ? 0 : ENOTCAPABLE
    case 7...9, 11...14:  // the record locks
      return entry.rights.contains(FreeBSD.Cap.FLOCK) ? 0 : ENOTCAPABLE
    default: return 0
    }
  }

  private static func allows(_ entry: Entry, _ command: UInt) -> Bool {
    if entry.ioctlCount < 0 { return true }
    guard let commands = UnsafePointer<UInt>(bitPattern: entry.ioctls) else { return false }
    for index in 0..<Int(entry.ioctlCount) where commands[index] == command { return true }
    return false
  }

  /// `PROC_TRAPCAP_CTL`: in capability mode a refusal is a SIGTRAP too.
  static func raiseTrap(_ t: Thread) {
    guard isInCapabilityMode(t), FreeBSD.ProcessFlags.has(t, FreeBSD.ProcessFlags.trapsRefusals) else { return }
    host(Host.tgkill, UInt(t.pointee.process.pointee.tgid), UInt(t.pointee.tid), UInt(Host.SIGTRAP))
  }
}
