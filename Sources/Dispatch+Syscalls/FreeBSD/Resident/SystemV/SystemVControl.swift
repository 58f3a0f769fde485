/// The control calls of System V semaphores, messages and shared memory. The objects are the host's; commands and
/// layouts differ.
extension FreeBSD {
  static let hostShmctl = 31
  private static let hostSemctl = 66
  private static let hostMsgctl = 71

  /// Asks the host for an object's state.
  static func state<State: BitwiseCopyable>(_ call: Int, _ id: Int32, into state: inout State) -> Int {
    withUnsafeMutablePointer(to: &state) {
      call == hostSemctl
        ? host(call, argument(id), 0, UInt(IPC_STAT), UInt(bitPattern: $0))
        : host(call, argument(id), UInt(IPC_STAT), UInt(bitPattern: $0))
    }
  }

  private static func change(_ perm: inout HostIpcPerm, to wanted: ipc_perm) {
    perm.uid = wanted.uid
    perm.gid = wanted.gid
    perm.mode = perm.mode & ~0o777 | UInt32(wanted.mode) & 0o777
  }

  /// `semctl(2)`; `arg` is the address of a `union semun`, which no command without an argument looks at.
  ///
  /// Errors: `EFAULT`; `EINVAL` for an unknown command, set or semaphore; `EACCES`, `EPERM`; `ERANGE`; `EIDRM`.
  /// Source: FreeBSD 14 `sys/kern/sysv_sem.c`, `sys___semctl`, `kern_semctl`.
  static func __semctl(_ t: Thread, _ semid: Int32, _ semnum: Int32, _ cmd: Int32, _ arg: UInt) -> Int {
    var word: UInt = 0
    switch cmd {
    case IPC_SET, IPC_STAT, GETALL, SETVAL, SETALL:
      guard let given = load(arg, as: UInt.self) else { return HostError.EFAULT }
      word = given
    default: break
    }
    func ask(_ hostCommand: UInt, _ value: UInt = 0) -> Int {
      host(hostSemctl, argument(semid), argument(semnum), hostCommand, value)
    }
    switch cmd {
    case IPC_RMID: return ask(0)
    case GETPID: return ask(11)
    case GETVAL: return ask(12)
    case GETALL: return ask(13, word)
    case GETNCNT: return ask(14)
    case GETZCNT: return ask(15)
    case SETVAL: return ask(16, UInt(UInt32(truncatingIfNeeded: word)))
    case SETALL: return ask(17, word)
    case IPC_STAT:
      var now = HostSemid()
      let result = state(hostSemctl, semid, into: &now)
      guard result >= 0 else { return result }
      var answer = semid_ds()
      answer.sem_perm = permissions(of: now.perm)
      answer.sem_nsems = UInt16(truncatingIfNeeded: now.nsems)
      answer.sem_otime = now.otime
      answer.sem_ctime = now.ctime
      return store(answer, at: word) ? 0 : HostError.EFAULT
    case IPC_SET:
      guard let wanted = load(word, as: semid_ds.self) else { return HostError.EFAULT }
      var now = HostSemid()
      let result = state(hostSemctl, semid, into: &now)
      guard result >= 0 else { return result }
      change(&now.perm, to: wanted.sem_perm)
      return withUnsafeMutablePointer(to: &now) { ask(1, UInt(bitPattern: $0)) }
    default: return HostError.EINVAL
    }
  }

  /// `msgctl(2)`. Errors: `EFAULT`; `EINVAL` for an unknown command or queue; `EACCES`, `EPERM`.
  /// Source: FreeBSD 14 `sys/kern/sysv_msg.c`, `kern_msgctl`.
  static func msgctl(_ t: Thread, _ msqid: Int32, _ cmd: Int32, _ buf: UInt) -> Int {
    var now = HostMsqid()
    switch cmd {
    case IPC_RMID: return host(hostMsgctl, argument(msqid), 0, 0)
    case IPC_STAT:
      let result = state(hostMsgctl, msqid, into: &now)
      guard result >= 0 else { return result }
      var answer = msqid_ds()
      answer.msg_perm = permissions(of: now.perm)
      answer.msg_cbytes = now.cbytes
      answer.msg_qnum = now.qnum
      answer.msg_qbytes = now.qbytes
      answer.msg_lspid = now.lspid
      answer.msg_lrpid = now.lrpid
      answer.msg_stime = now.stime
      answer.msg_rtime = now.rtime
      answer.msg_ctime = now.ctime
      return store(answer, at: buf) ? 0 : HostError.EFAULT
    case IPC_SET:
      guard let wanted = load(buf, as: msqid_ds.self) else { return HostError.EFAULT }
      let result = state(hostMsgctl, msqid, into: &now)
      guard result >= 0 else { return result }
      guard wanted.msg_qbytes != 0 else { return HostError.EINVAL }
      change(&now.perm, to: wanted.msg_perm)
      now.qbytes = wanted.msg_qbytes
      return withUnsafeMutablePointer(to: &now) { host(hostMsgctl, argument(msqid), 1, UInt(bitPattern: $0)) }
    default: return HostError.EINVAL
    }
  }

  /// `shmctl(2)`. Errors: `EFAULT`; `EINVAL` for an unknown command or segment; `EACCES`, `EPERM`.
  /// Source: FreeBSD 14 `sys/kern/sysv_shm.c`, `kern_shmctl_locked`.
  static func shmctl(_ t: Thread, _ shmid: Int32, _ cmd: Int32, _ buf: UInt) -> Int {
    var now = HostShmid()
    switch cmd {
    case IPC_RMID, SHM_LOCK, SHM_UNLOCK: return host(hostShmctl, argument(shmid), argument(cmd), 0)
    case IPC_STAT:
      let result = state(hostShmctl, shmid, into: &now)
      guard result >= 0 else { return result }
      var answer = shmid_ds()
      answer.shm_perm = permissions(of: now.perm)
      answer.shm_segsz = now.segsz
      answer.shm_lpid = now.lpid
      answer.shm_cpid = now.cpid
      answer.shm_nattch = UInt32(truncatingIfNeeded: now.nattch)
      answer.shm_atime = now.atime
      answer.shm_dtime = now.dtime
      answer.shm_ctime = now.ctime
      return store(answer, at: buf) ? 0 : HostError.EFAULT
    case IPC_SET:
      guard let wanted = load(buf, as: shmid_ds.self) else { return HostError.EFAULT }
      let result = state(hostShmctl, shmid, into: &now)
      guard result >= 0 else { return result }
      change(&now.perm, to: wanted.shm_perm)
      return withUnsafeMutablePointer(to: &now) { host(hostShmctl, argument(shmid), 1, UInt(bitPattern: $0)) }
    default: return HostError.EINVAL
    }
  }
}
