/// `sys/ipc.h`, `sys/sem.h`, `sys/msg.h`, `sys/shm.h`: what the control calls of System V objects exchange.
extension FreeBSD {
  package static let IPC_RMID: Int32 = 0
  package static let IPC_SET: Int32 = 1
  package static let IPC_STAT: Int32 = 2
  package static let GETNCNT: Int32 = 3
  package static let GETPID: Int32 = 4
  package static let GETVAL: Int32 = 5
  package static let GETALL: Int32 = 6
  package static let GETZCNT: Int32 = 7
  package static let SETVAL: Int32 = 8
  package static let SETALL: Int32 = 9
  package static let SHM_LOCK: Int32 = 11
  package static let SHM_UNLOCK: Int32 = 12

  package struct ipc_perm: BitwiseCopyable {
    package var cuid: UInt32 = 0
    package var cgid: UInt32 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    package var mode: UInt16 = 0
    package var seq: UInt16 = 0
    package var pad: UInt32 = 0
    package var key: Int64 = 0
    package init() {}
  }

  package struct semid_ds: BitwiseCopyable {
    package var sem_perm = ipc_perm()
    package var __sem_base: UInt64 = 0
    package var sem_nsems: UInt16 = 0
    package var pad0: UInt16 = 0
    package var pad1: UInt32 = 0
    package var sem_otime: Int64 = 0
    package var sem_ctime: Int64 = 0
    package init() {}
  }

  package struct msqid_ds: BitwiseCopyable {
    package var msg_perm = ipc_perm()
    package var __msg_first: UInt64 = 0
    package var __msg_last: UInt64 = 0
    package var msg_cbytes: UInt64 = 0
    package var msg_qnum: UInt64 = 0
    package var msg_qbytes: UInt64 = 0
    package var msg_lspid: Int32 = 0
    package var msg_lrpid: Int32 = 0
    package var msg_stime: Int64 = 0
    package var msg_rtime: Int64 = 0
    package var msg_ctime: Int64 = 0
    package init() {}
  }

  package struct shmid_ds: BitwiseCopyable {
    package var shm_perm = ipc_perm()
    package var shm_segsz: UInt64 = 0
    package var shm_lpid: Int32 = 0
    package var shm_cpid: Int32 = 0
    package var shm_nattch: UInt32 = 0
    package var pad: UInt32 = 0
    package var shm_atime: Int64 = 0
    package var shm_dtime: Int64 = 0
    package var shm_ctime: Int64 = 0
    package init() {}
  }

  /// The host's `struct ipc64_perm`, 48 bytes.
  package struct HostIpcPerm: BitwiseCopyable {
    package var key: Int32 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    package var cuid: UInt32 = 0
    package var cgid: UInt32 = 0
    package var mode: UInt32 = 0
    package var seq: UInt16 = 0
    package var pad0: UInt16 = 0
    package var pad1: UInt32 = 0
    package var unused: (UInt64, UInt64) = (0, 0)
    package init() {}
  }

  /// The host's `struct semid64_ds`, 104 bytes.
  package struct HostSemid: BitwiseCopyable {
    package var perm = HostIpcPerm()
    package var otime: Int64 = 0
    package var unused1: UInt64 = 0
    package var ctime: Int64 = 0
    package var unused2: UInt64 = 0
    package var nsems: UInt64 = 0
    package var unused3: (UInt64, UInt64) = (0, 0)
    package init() {}
  }

  /// The host's `struct msqid64_ds`, 120 bytes.
  package struct HostMsqid: BitwiseCopyable {
    package var perm = HostIpcPerm()
    package var stime: Int64 = 0
    package var rtime: Int64 = 0
    package var ctime: Int64 = 0
    package var cbytes: UInt64 = 0
    package var qnum: UInt64 = 0
    package var qbytes: UInt64 = 0
    package var lspid: Int32 = 0
    package var lrpid: Int32 = 0
    package var unused: (UInt64, UInt64) = (0, 0)
    package init() {}
  }

  /// The host's `struct shmid64_ds`, 112 bytes.
  package struct HostShmid: BitwiseCopyable {
    package var perm = HostIpcPerm()
    package var segsz: UInt64 = 0
    package var atime: Int64 = 0
    package var dtime: Int64 = 0
    package var ctime: Int64 = 0
    package var cpid: Int32 = 0
    package var lpid: Int32 = 0
    package var nattch: UInt64 = 0
    package var unused: (UInt64, UInt64) = (0, 0)
    package init() {}
  }

  /// Read and write permission, and nothing of the host's own state above them, is what both systems have.
  package static func permissions(of host: HostIpcPerm) -> ipc_perm {
    var perm = ipc_perm()
    perm.cuid = host.cuid
    perm.cgid = host.cgid
    perm.uid = host.uid
    perm.gid = host.gid
    perm.mode = UInt16(truncatingIfNeeded: host.mode & 0o777)
    perm.seq = host.seq
    perm.key = Int64(host.key)
    return perm
  }
}
