/// The tree of system variables: what sysctl(2) knows by number and by name. One row a variable; what has no fixed
/// value is named by a `SysctlQuantity`, which the handler looks up.
extension FreeBSD {
  /// The number of a variable or of a branch: up to five levels.
  package struct SysctlOID: BitwiseCopyable {
    package static let depth = 5

    package private(set) var count: Int
    private var numbers: (Int32, Int32, Int32, Int32, Int32)

    package init(_ a: Int32, _ b: Int32 = -1, _ c: Int32 = -1, _ d: Int32 = -1, _ e: Int32 = -1) {
      numbers = (a, b, c, d, e)
      count = b < 0 ? 1 : c < 0 ? 2 : d < 0 ? 3 : e < 0 ? 4 : 5
    }

    package subscript(_ level: Int) -> Int32 {
      switch level {
      case 0: numbers.0
      case 1: numbers.1
      case 2: numbers.2
      case 3: numbers.3
      default: numbers.4
      }
    }

    /// Whether this comes after `other` in the order of the tree, a branch before what it holds.
    package func comes(after other: SysctlOID) -> Bool {
      var level = 0
      while level < count && level < other.count {
        if self[level] != other[level] { return self[level] > other[level] }
        level += 1
      }
      return count > other.count
    }
  }

  /// Values that are asked of the host or the process when they are read.
  package enum SysctlQuantity {
    case hostname, hostuuid, boottime, clockrate, arandom, usrstack, maxproc, maxfiles, maxfilesperproc, maxprocperuid
    case openfiles, ncpu, model, clockrateMHz, physmem, physpages, pagesizes, loadavg, swapTotal, freePages
    case somaxconn, portFirst, portLast, forwarding
    case processes, processArguments, processEnvironment, processPathname, processEmulation, processSignalCode
    case processRelease, processGroups, processMemory
    case processFiles, processFileCount, processDirectory, processLimit, processMask
    case routeTable, swapDevice, processorTime, processorTimes, lastProcess, cycleRate, congestionControl
    case activePages, inactivePages, wiredPages, bufferBytes, sharedMemoryMost, sharedMemoryPages, sharedMemoryCount
    case messageSize, messageQueues, messageBytes, semaphoreSets, semaphores, semaphoresInSet, semaphoreOperations
  }

  package enum SysctlValue {
    /// A branch.
    case node
    case int(Int32)
    case unsigned(UInt32)
    case long(Int)
    case text(StaticString)
    case quantity(SysctlQuantity)
  }

  package struct SysctlRow {
    package var name: StaticString
    package var oid: SysctlOID
    /// Type and flags, as `CTL_SYSCTL_OIDFMT` tells them.
    package var kind: UInt32
    /// How sysctl(8) prints it.
    package var format: StaticString
    package var value: SysctlValue

    private static let readOnly: UInt32 = 0x8084_0000  // CTLFLAG_RD | CTLFLAG_CAPRD | CTLFLAG_MPSAFE

    /// A branch whose further numbers are arguments, such as a process id.
    package var takesArguments: Bool {
      if case .quantity = value { return kind & 0xf == 1 }
      return false
    }

    package var isBranch: Bool {
      if case .node = value { return true }
      return false
    }

    fileprivate static func node(_ name: StaticString, _ oid: SysctlOID) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 1, format: "N", value: .node)
    }
    fileprivate static func int(_ name: StaticString, _ oid: SysctlOID, _ value: Int32) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 2, format: "I", value: .int(value))
    }
    fileprivate static func unsigned(_ name: StaticString, _ oid: SysctlOID, _ value: UInt32) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 6, format: "IU", value: .unsigned(value))
    }
    fileprivate static func long(_ name: StaticString, _ oid: SysctlOID, _ value: Int) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 8, format: "LU", value: .long(value))
    }
    fileprivate static func text(_ name: StaticString, _ oid: SysctlOID, _ value: StaticString) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 3, format: "A", value: .text(value))
    }
    fileprivate static func int(_ name: StaticString, _ oid: SysctlOID, _ quantity: SysctlQuantity) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 2, format: "I", value: .quantity(quantity))
    }
    fileprivate static func unsigned(_ name: StaticString, _ oid: SysctlOID, _ quantity: SysctlQuantity) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 6, format: "IU", value: .quantity(quantity))
    }
    fileprivate static func long(_ name: StaticString, _ oid: SysctlOID, _ quantity: SysctlQuantity) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 8, format: "LU", value: .quantity(quantity))
    }
    fileprivate static func text(_ name: StaticString, _ oid: SysctlOID, _ quantity: SysctlQuantity) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 3, format: "A", value: .quantity(quantity))
    }
    fileprivate static func structure(
      _ name: StaticString, _ oid: SysctlOID, _ format: StaticString, _ quantity: SysctlQuantity
    ) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 5, format: format, value: .quantity(quantity))
    }
    fileprivate static func branch(_ name: StaticString, _ oid: SysctlOID, _ quantity: SysctlQuantity) -> SysctlRow {
      SysctlRow(name: name, oid: oid, kind: readOnly | 1, format: "N", value: .quantity(quantity))
    }
  }

  /// The release that `__FreeBSD_version` belongs to.
  package static let release: StaticString = "14.2-RELEASE"
  /// The longest argument and environment strings together.
  package static let ARG_MAX: Int32 = 524_288

  /// Gives every row to `visit` until that is satisfied. Rows stand in no order that matters.
  package static func sysctlRows(_ visit: (SysctlRow) -> Bool) {
    _ =
      kernRows(visit) || kernBranches(visit) || hardwareRows(visit) || memoryRows(visit) || networkRows(visit)
      || securityRows(visit) || userRows(visit) || posixRows(visit)
  }

  private static func kernRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("kern", SysctlOID(1))) { return true }
    if visit(.text("kern.ostype", SysctlOID(1, 1), "FreeBSD")) { return true }
    if visit(.text("kern.osrelease", SysctlOID(1, 2), release)) { return true }
    if visit(.int("kern.osrevision", SysctlOID(1, 3), 199_506)) { return true }
    if visit(.text("kern.version", SysctlOID(1, 4), "FreeBSD 14.2-RELEASE GENERIC\n")) { return true }
    if visit(.int("kern.maxproc", SysctlOID(1, 6), .maxproc)) { return true }
    if visit(.int("kern.maxfiles", SysctlOID(1, 7), .maxfiles)) { return true }
    if visit(.int("kern.argmax", SysctlOID(1, 8), ARG_MAX)) { return true }
    if visit(.int("kern.securelevel", SysctlOID(1, 9), -1)) { return true }
    if visit(.text("kern.hostname", SysctlOID(1, 10), .hostname)) { return true }
    if visit(.long("kern.hostid", SysctlOID(1, 11), 0)) { return true }
    if visit(.structure("kern.clockrate", SysctlOID(1, 12), "S,clockinfo", .clockrate)) { return true }
    if visit(.int("kern.posix1version", SysctlOID(1, 17), 200_112)) { return true }
    if visit(.int("kern.ngroups", SysctlOID(1, 18), 1023)) { return true }
    if visit(.int("kern.job_control", SysctlOID(1, 19), 1)) { return true }
    if visit(.int("kern.saved_ids", SysctlOID(1, 20), 1)) { return true }
    if visit(.structure("kern.boottime", SysctlOID(1, 21), "S,timeval", .boottime)) { return true }
    if visit(.text("kern.domainname", SysctlOID(1, 22), "")) { return true }
    if visit(.int("kern.osreldate", SysctlOID(1, 24), __FreeBSD_version)) { return true }
    if visit(.text("kern.bootfile", SysctlOID(1, 26), "/boot/kernel/kernel")) { return true }
    if visit(.int("kern.maxfilesperproc", SysctlOID(1, 27), .maxfilesperproc)) { return true }
    if visit(.int("kern.maxprocperuid", SysctlOID(1, 28), .maxprocperuid)) { return true }
    if visit(.long("kern.usrstack", SysctlOID(1, 33), .usrstack)) { return true }
    if visit(.int("kern.logsigexit", SysctlOID(1, 34), 1)) { return true }
    if visit(.int("kern.iov_max", SysctlOID(1, 35), 1024)) { return true }
    if visit(.text("kern.hostuuid", SysctlOID(1, 36), .hostuuid)) { return true }
    if visit(.structure("kern.arandom", SysctlOID(1, 37), "", .arandom)) { return true }
    if visit(.long("kern.maxphys", SysctlOID(1, 38), 1_048_576)) { return true }
    if visit(.text("kern.ident", SysctlOID(1, 256), "GENERIC")) { return true }
    if visit(.int("kern.stackprot", SysctlOID(1, 257), 3)) { return true }
    if visit(.text("kern.conftxt", SysctlOID(1, 258), "ident\tGENERIC\nmachine\tamd64\ncpu\tHAMMER\n")) { return true }
    if visit(.int("kern.openfiles", SysctlOID(1, 259), .openfiles)) { return true }
    if visit(.int("kern.coredump", SysctlOID(1, 260), 1)) { return true }
    if visit(.text("kern.corefile", SysctlOID(1, 261), "%N.core")) { return true }
    if visit(.text("kern.supported_archs", SysctlOID(1, 262), "amd64")) { return true }
    if visit(.int("kern.randompid", SysctlOID(1, 263), 0)) { return true }
    if visit(.structure("kern.cp_time", SysctlOID(1, 264), "LU", .processorTime)) { return true }
    if visit(.structure("kern.cp_times", SysctlOID(1, 265), "LU", .processorTimes)) { return true }
    if visit(.int("kern.lastpid", SysctlOID(1, 266), .lastProcess)) { return true }
    if visit(.text("kern.vm_guest", SysctlOID(1, 267), "none")) { return true }
    if visit(.int("kern.sugid_coredump", SysctlOID(1, 268), 0)) { return true }
    return visit(.text("kern.disks", SysctlOID(1, 269), ""))
  }

  private static func kernBranches(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("kern.proc", SysctlOID(1, 14))) { return true }
    if visit(.branch("kern.proc.all", SysctlOID(1, 14, 0), .processes)) { return true }
    if visit(.branch("kern.proc.pid", SysctlOID(1, 14, 1), .processes)) { return true }
    if visit(.branch("kern.proc.pgrp", SysctlOID(1, 14, 2), .processes)) { return true }
    if visit(.branch("kern.proc.sid", SysctlOID(1, 14, 3), .processes)) { return true }
    if visit(.branch("kern.proc.uid", SysctlOID(1, 14, 5), .processes)) { return true }
    if visit(.branch("kern.proc.ruid", SysctlOID(1, 14, 6), .processes)) { return true }
    if visit(.branch("kern.proc.args", SysctlOID(1, 14, 7), .processArguments)) { return true }
    if visit(.branch("kern.proc.proc", SysctlOID(1, 14, 8), .processes)) { return true }
    if visit(.branch("kern.proc.sv_name", SysctlOID(1, 14, 9), .processEmulation)) { return true }
    if visit(.branch("kern.proc.pathname", SysctlOID(1, 14, 12), .processPathname)) { return true }
    if visit(.branch("kern.proc.pid_td", SysctlOID(1, 14, 17), .processes)) { return true }
    if visit(.branch("kern.proc.vmmap", SysctlOID(1, 14, 32), .processMemory)) { return true }
    if visit(.branch("kern.proc.filedesc", SysctlOID(1, 14, 33), .processFiles)) { return true }
    if visit(.branch("kern.proc.rlimit", SysctlOID(1, 14, 37), .processLimit)) { return true }
    if visit(.branch("kern.proc.umask", SysctlOID(1, 14, 39), .processMask)) { return true }
    if visit(.branch("kern.proc.cwd", SysctlOID(1, 14, 42), .processDirectory)) { return true }
    if visit(.branch("kern.proc.nfds", SysctlOID(1, 14, 43), .processFileCount)) { return true }
    if visit(.branch("kern.proc.groups", SysctlOID(1, 14, 34), .processGroups)) { return true }
    if visit(.branch("kern.proc.env", SysctlOID(1, 14, 35), .processEnvironment)) { return true }
    if visit(.branch("kern.proc.osrel", SysctlOID(1, 14, 40), .processRelease)) { return true }
    if visit(.branch("kern.proc.sigtramp", SysctlOID(1, 14, 41), .processSignalCode)) { return true }
    if visit(.node("kern.ipc", SysctlOID(1, 30))) { return true }
    if visit(.long("kern.ipc.maxsockbuf", SysctlOID(1, 30, 1), 2_097_152)) { return true }
    if visit(.int("kern.ipc.somaxconn", SysctlOID(1, 30, 3), .somaxconn)) { return true }
    if visit(.int("kern.ipc.soacceptqueue", SysctlOID(1, 30, 256), .somaxconn)) { return true }
    if visit(.long("kern.ipc.shmmax", SysctlOID(1, 30, 257), .sharedMemoryMost)) { return true }
    if visit(.long("kern.ipc.shmall", SysctlOID(1, 30, 258), .sharedMemoryPages)) { return true }
    if visit(.long("kern.ipc.shmmni", SysctlOID(1, 30, 259), .sharedMemoryCount)) { return true }
    if visit(.int("kern.ipc.msgmax", SysctlOID(1, 30, 260), .messageSize)) { return true }
    if visit(.int("kern.ipc.msgmni", SysctlOID(1, 30, 261), .messageQueues)) { return true }
    if visit(.int("kern.ipc.msgmnb", SysctlOID(1, 30, 262), .messageBytes)) { return true }
    if visit(.int("kern.ipc.semmni", SysctlOID(1, 30, 263), .semaphoreSets)) { return true }
    if visit(.int("kern.ipc.semmns", SysctlOID(1, 30, 264), .semaphores)) { return true }
    if visit(.int("kern.ipc.semmsl", SysctlOID(1, 30, 265), .semaphoresInSet)) { return true }
    if visit(.int("kern.ipc.semopm", SysctlOID(1, 30, 266), .semaphoreOperations)) { return true }
    if visit(.int("kern.ipc.semvmx", SysctlOID(1, 30, 267), 32767)) { return true }
    if visit(.node("kern.timecounter", SysctlOID(1, 274))) { return true }
    if visit(.text("kern.timecounter.hardware", SysctlOID(1, 274, 1), "TSC")) { return true }
    if visit(.text("kern.timecounter.choice", SysctlOID(1, 274, 2), "TSC(1000) dummy(-1000000)")) { return true }
    if visit(.int("kern.timecounter.tick", SysctlOID(1, 274, 3), 1)) { return true }
    if visit(.node("kern.sigqueue", SysctlOID(1, 276))) { return true }
    if visit(.int("kern.sigqueue.preallocate", SysctlOID(1, 276, 1), 1024)) { return true }
    if visit(.int("kern.sigqueue.max_pending_per_proc", SysctlOID(1, 276, 2), 128)) { return true }
    if visit(.int("kern.sigqueue.overflow", SysctlOID(1, 276, 3), 0)) { return true }
    if visit(.int("kern.sigqueue.alloc_fail", SysctlOID(1, 276, 4), 0)) { return true }
    if visit(.node("kern.features", SysctlOID(1, 270))) { return true }
    if visit(.int("kern.features.compat_freebsd7", SysctlOID(1, 270, 1), 1)) { return true }
    if visit(.int("kern.features.inet", SysctlOID(1, 270, 2), 1)) { return true }
    if visit(.int("kern.features.inet6", SysctlOID(1, 270, 3), 1)) { return true }
    if visit(.int("kern.features.posix_shm", SysctlOID(1, 270, 4), 1)) { return true }
    if visit(.int("kern.features.pthread_condattr_setclock", SysctlOID(1, 270, 5), 1)) { return true }
    if visit(.int("kern.features.aio", SysctlOID(1, 270, 6), 1)) { return true }
    if visit(.int("kern.features.security_capability_mode", SysctlOID(1, 270, 7), 1)) { return true }
    if visit(.int("kern.features.security_capabilities", SysctlOID(1, 270, 8), 1)) { return true }
    if visit(.int("kern.features.process_descriptors", SysctlOID(1, 270, 9), 1)) { return true }
    if visit(.int("kern.features.sysv_msg", SysctlOID(1, 270, 10), 1)) { return true }
    if visit(.int("kern.features.sysv_sem", SysctlOID(1, 270, 11), 1)) { return true }
    if visit(.int("kern.features.sysv_shm", SysctlOID(1, 270, 12), 1)) { return true }
    if visit(.node("kern.smp", SysctlOID(1, 271))) { return true }
    if visit(.int("kern.smp.active", SysctlOID(1, 271, 1), 1)) { return true }
    if visit(.int("kern.smp.disabled", SysctlOID(1, 271, 2), 0)) { return true }
    if visit(.int("kern.smp.cpus", SysctlOID(1, 271, 3), .ncpu)) { return true }
    if visit(.int("kern.smp.maxcpus", SysctlOID(1, 271, 4), 1024)) { return true }
    if visit(.int("kern.smp.maxid", SysctlOID(1, 271, 5), 1023)) { return true }
    if visit(.node("kern.threads", SysctlOID(1, 272))) { return true }
    if visit(.int("kern.threads.max_threads_per_proc", SysctlOID(1, 272, 1), 1500)) { return true }
    if visit(.node("kern.sched", SysctlOID(1, 273))) { return true }
    if visit(.text("kern.sched.name", SysctlOID(1, 273, 1), "ULE")) { return true }
    // Bytes of the largest set of processors, which libthr asks for; and of the smallest that holds those there are.
    if visit(.int("kern.sched.cpusetsize", SysctlOID(1, 273, 2), 128)) { return true }
    return visit(.int("kern.sched.cpusetsizemin", SysctlOID(1, 273, 3), 8))
  }

  private static func hardwareRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("hw", SysctlOID(6))) { return true }
    if visit(.text("hw.machine", SysctlOID(6, 1), "amd64")) { return true }
    if visit(.text("hw.model", SysctlOID(6, 2), .model)) { return true }
    if visit(.int("hw.ncpu", SysctlOID(6, 3), .ncpu)) { return true }
    if visit(.int("hw.byteorder", SysctlOID(6, 4), 1234)) { return true }
    if visit(.long("hw.physmem", SysctlOID(6, 5), .physmem)) { return true }
    if visit(.long("hw.usermem", SysctlOID(6, 6), .physmem)) { return true }
    if visit(.int("hw.pagesize", SysctlOID(6, 7), 4096)) { return true }
    if visit(.int("hw.floatingpoint", SysctlOID(6, 10), 1)) { return true }
    if visit(.text("hw.machine_arch", SysctlOID(6, 11), "amd64")) { return true }
    if visit(.long("hw.realmem", SysctlOID(6, 12), .physmem)) { return true }
    if visit(.long("hw.availpages", SysctlOID(6, 256), .physpages)) { return true }
    if visit(.structure("hw.pagesizes", SysctlOID(6, 257), "LU", .pagesizes)) { return true }
    if visit(.int("hw.clockrate", SysctlOID(6, 258), .clockrateMHz)) { return true }
    if visit(.int("hw.instruction_sse", SysctlOID(6, 259), 1)) { return true }
    if visit(.node("machdep", SysctlOID(7))) { return true }
    return visit(.long("machdep.tsc_freq", SysctlOID(7, 256), .cycleRate))
  }

  private static func memoryRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("vm", SysctlOID(2))) { return true }
    if visit(.structure("vm.loadavg", SysctlOID(2, 2), "S,loadavg", .loadavg)) { return true }
    if visit(.int("vm.overcommit", SysctlOID(2, 256), 0)) { return true }
    if visit(.long("vm.swap_total", SysctlOID(2, 257), .swapTotal)) { return true }
    if visit(.int("vm.imply_prot_max", SysctlOID(2, 258), 0)) { return true }
    if visit(.int("vm.old_mlock", SysctlOID(2, 259), 0)) { return true }
    if visit(.node("vm.stats", SysctlOID(2, 260))) { return true }
    if visit(.node("vm.stats.vm", SysctlOID(2, 260, 1))) { return true }
    if visit(.unsigned("vm.stats.vm.v_page_size", SysctlOID(2, 260, 1, 1), 4096)) { return true }
    if visit(.unsigned("vm.stats.vm.v_page_count", SysctlOID(2, 260, 1, 2), .physpages)) { return true }
    if visit(.unsigned("vm.stats.vm.v_free_count", SysctlOID(2, 260, 1, 3), .freePages)) { return true }
    if visit(.unsigned("vm.stats.vm.v_active_count", SysctlOID(2, 260, 1, 4), .activePages)) { return true }
    if visit(.unsigned("vm.stats.vm.v_inactive_count", SysctlOID(2, 260, 1, 5), .inactivePages)) { return true }
    if visit(.unsigned("vm.stats.vm.v_wire_count", SysctlOID(2, 260, 1, 6), .wiredPages)) { return true }
    if visit(.unsigned("vm.stats.vm.v_laundry_count", SysctlOID(2, 260, 1, 7), 0)) { return true }
    if visit(.unsigned("vm.stats.vm.v_cache_count", SysctlOID(2, 260, 1, 8), 0)) { return true }
    if visit(.branch("vm.swap_info", SysctlOID(2, 261), .swapDevice)) { return true }
    if visit(.node("vfs", SysctlOID(3))) { return true }
    if visit(.long("vfs.bufspace", SysctlOID(3, 256), .bufferBytes)) { return true }
    if visit(.node("vfs.aio", SysctlOID(3, 257))) { return true }
    if visit(.int("vfs.aio.enable_unsafe", SysctlOID(3, 257, 1), 0)) { return true }
    if visit(.int("vfs.aio.max_aio_queue", SysctlOID(3, 257, 2), 1024)) { return true }
    if visit(.int("vfs.aio.max_aio_queue_per_proc", SysctlOID(3, 257, 3), 256)) { return true }
    if visit(.int("vfs.aio.max_aio_per_proc", SysctlOID(3, 257, 4), 32)) { return true }
    if visit(.int("vfs.aio.max_aio_procs", SysctlOID(3, 257, 5), 32)) { return true }
    if visit(.int("vfs.aio.target_aio_procs", SysctlOID(3, 257, 6), 1)) { return true }
    return visit(.int("vfs.aio.max_buf_aio", SysctlOID(3, 257, 7), 16))
  }

  private static func networkRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("net", SysctlOID(4))) { return true }
    if visit(.node("net.local", SysctlOID(4, 1))) { return true }
    if visit(.node("net.local.stream", SysctlOID(4, 1, 1))) { return true }
    if visit(.long("net.local.stream.sendspace", SysctlOID(4, 1, 1, 1), 65_536)) { return true }
    if visit(.long("net.local.stream.recvspace", SysctlOID(4, 1, 1, 2), 65_536)) { return true }
    if visit(.node("net.inet", SysctlOID(4, 2))) { return true }
    if visit(.branch("net.routetable", SysctlOID(4, 17), .routeTable)) { return true }
    if visit(.node("net.inet.ip", SysctlOID(4, 2, 0))) { return true }
    if visit(.int("net.inet.ip.forwarding", SysctlOID(4, 2, 0, 1), .forwarding)) { return true }
    if visit(.int("net.inet.ip.ttl", SysctlOID(4, 2, 0, 3), 64)) { return true }
    if visit(.node("net.inet.ip.portrange", SysctlOID(4, 2, 0, 256))) { return true }
    if visit(.int("net.inet.ip.portrange.first", SysctlOID(4, 2, 0, 256, 1), .portFirst)) { return true }
    if visit(.int("net.inet.ip.portrange.last", SysctlOID(4, 2, 0, 256, 2), .portLast)) { return true }
    if visit(.int("net.inet.ip.portrange.hifirst", SysctlOID(4, 2, 0, 256, 3), .portFirst)) { return true }
    if visit(.int("net.inet.ip.portrange.hilast", SysctlOID(4, 2, 0, 256, 4), .portLast)) { return true }
    if visit(.int("net.inet.ip.portrange.reservedhigh", SysctlOID(4, 2, 0, 256, 5), 1023)) { return true }
    if visit(.int("net.inet.ip.portrange.reservedlow", SysctlOID(4, 2, 0, 256, 6), 0)) { return true }
    if visit(.node("net.inet.tcp", SysctlOID(4, 2, 6))) { return true }
    if visit(.long("net.inet.tcp.sendspace", SysctlOID(4, 2, 6, 8), 32_768)) { return true }
    if visit(.long("net.inet.tcp.recvspace", SysctlOID(4, 2, 6, 9), 65_536)) { return true }
    if visit(.node("net.inet.tcp.cc", SysctlOID(4, 2, 6, 256))) { return true }
    if visit(.text("net.inet.tcp.cc.algorithm", SysctlOID(4, 2, 6, 256, 1), .congestionControl)) { return true }
    if visit(.node("net.inet.udp", SysctlOID(4, 2, 17))) { return true }
    if visit(.long("net.inet.udp.maxdgram", SysctlOID(4, 2, 17, 3), 65_507)) { return true }
    if visit(.long("net.inet.udp.recvspace", SysctlOID(4, 2, 17, 4), 42_080)) { return true }
    if visit(.node("net.inet6", SysctlOID(4, 28))) { return true }
    if visit(.node("net.inet6.ip6", SysctlOID(4, 28, 41))) { return true }
    // A socket for IPv6 takes IPv4 connections too unless told otherwise: the host's default, not FreeBSD's.
    return visit(.int("net.inet6.ip6.v6only", SysctlOID(4, 28, 41, 24), 1))
  }

  private static func securityRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("security", SysctlOID(256))) { return true }
    if visit(.node("security.bsd", SysctlOID(256, 1))) { return true }
    if visit(.int("security.bsd.see_other_uids", SysctlOID(256, 1, 1), 1)) { return true }
    if visit(.int("security.bsd.see_other_gids", SysctlOID(256, 1, 2), 1)) { return true }
    if visit(.int("security.bsd.suser_enabled", SysctlOID(256, 1, 3), 1)) { return true }
    if visit(.int("security.bsd.unprivileged_proc_debug", SysctlOID(256, 1, 4), 1)) { return true }
    if visit(.int("security.bsd.hardlink_check_uid", SysctlOID(256, 1, 5), 0)) { return true }
    if visit(.int("security.bsd.hardlink_check_gid", SysctlOID(256, 1, 6), 0)) { return true }
    if visit(.int("security.bsd.map_at_zero", SysctlOID(256, 1, 7), 0)) { return true }
    if visit(.node("security.jail", SysctlOID(256, 2))) { return true }
    return visit(.int("security.jail.jailed", SysctlOID(256, 2, 1), 0))
  }

  private static func userRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("user", SysctlOID(8))) { return true }
    if visit(.text("user.cs_path", SysctlOID(8, 1), "/usr/bin:/bin:/usr/sbin:/sbin")) { return true }
    if visit(.int("user.bc_base_max", SysctlOID(8, 2), 99)) { return true }
    if visit(.int("user.bc_dim_max", SysctlOID(8, 3), 2048)) { return true }
    if visit(.int("user.bc_scale_max", SysctlOID(8, 4), 99)) { return true }
    if visit(.int("user.bc_string_max", SysctlOID(8, 5), 1000)) { return true }
    if visit(.int("user.coll_weights_max", SysctlOID(8, 6), 10)) { return true }
    if visit(.int("user.expr_nest_max", SysctlOID(8, 7), 32)) { return true }
    if visit(.int("user.line_max", SysctlOID(8, 8), 2048)) { return true }
    if visit(.int("user.re_dup_max", SysctlOID(8, 9), 255)) { return true }
    if visit(.int("user.posix2_version", SysctlOID(8, 10), 199_212)) { return true }
    if visit(.int("user.posix2_c_bind", SysctlOID(8, 11), 1)) { return true }
    if visit(.int("user.posix2_c_dev", SysctlOID(8, 12), 1)) { return true }
    if visit(.int("user.posix2_char_term", SysctlOID(8, 13), 1)) { return true }
    if visit(.int("user.posix2_fort_dev", SysctlOID(8, 14), 0)) { return true }
    if visit(.int("user.posix2_fort_run", SysctlOID(8, 15), 0)) { return true }
    if visit(.int("user.posix2_localedef", SysctlOID(8, 16), 1)) { return true }
    if visit(.int("user.posix2_sw_dev", SysctlOID(8, 17), 1)) { return true }
    if visit(.int("user.posix2_upe", SysctlOID(8, 18), 1)) { return true }
    if visit(.int("user.stream_max", SysctlOID(8, 19), 20)) { return true }
    if visit(.int("user.tzname_max", SysctlOID(8, 20), 255)) { return true }
    return visit(.text("user.localbase", SysctlOID(8, 21), "/usr/local"))
  }

  /// What of POSIX.1b there is: 200112 for an option that is there, 0 for one that is not.
  private static func posixRows(_ visit: (SysctlRow) -> Bool) -> Bool {
    if visit(.node("p1003_1b", SysctlOID(9))) { return true }
    if visit(.int("p1003_1b.asynchronous_io", SysctlOID(9, 1), 200_112)) { return true }
    if visit(.int("p1003_1b.mapped_files", SysctlOID(9, 2), 200_112)) { return true }
    if visit(.int("p1003_1b.memlock", SysctlOID(9, 3), 0)) { return true }
    if visit(.int("p1003_1b.memlock_range", SysctlOID(9, 4), 0)) { return true }
    if visit(.int("p1003_1b.memory_protection", SysctlOID(9, 5), 0)) { return true }
    if visit(.int("p1003_1b.message_passing", SysctlOID(9, 6), 0)) { return true }
    if visit(.int("p1003_1b.prioritized_io", SysctlOID(9, 7), 0)) { return true }
    if visit(.int("p1003_1b.priority_scheduling", SysctlOID(9, 8), 200_112)) { return true }
    if visit(.int("p1003_1b.realtime_signals", SysctlOID(9, 9), 200_112)) { return true }
    if visit(.int("p1003_1b.semaphores", SysctlOID(9, 10), 0)) { return true }
    if visit(.int("p1003_1b.fsync", SysctlOID(9, 11), 0)) { return true }
    if visit(.int("p1003_1b.shared_memory_objects", SysctlOID(9, 12), 200_112)) { return true }
    if visit(.int("p1003_1b.synchronized_io", SysctlOID(9, 13), 0)) { return true }
    if visit(.int("p1003_1b.timers", SysctlOID(9, 14), 200_112)) { return true }
    if visit(.int("p1003_1b.aio_listio_max", SysctlOID(9, 15), 256)) { return true }
    if visit(.int("p1003_1b.aio_max", SysctlOID(9, 16), 1024)) { return true }
    if visit(.int("p1003_1b.aio_prio_delta_max", SysctlOID(9, 17), 0)) { return true }
    if visit(.int("p1003_1b.delaytimer_max", SysctlOID(9, 18), Int32.max)) { return true }
    if visit(.int("p1003_1b.mq_open_max", SysctlOID(9, 19), 0)) { return true }
    if visit(.int("p1003_1b.pagesize", SysctlOID(9, 20), 4096)) { return true }
    if visit(.int("p1003_1b.rtsig_max", SysctlOID(9, 21), 62)) { return true }
    if visit(.int("p1003_1b.nsems_max", SysctlOID(9, 22), 0)) { return true }
    if visit(.int("p1003_1b.sem_value_max", SysctlOID(9, 23), 0)) { return true }
    if visit(.int("p1003_1b.sigqueue_max", SysctlOID(9, 24), 128)) { return true }
    return visit(.int("p1003_1b.timer_max", SysctlOID(9, 25), 32))
  }
}
