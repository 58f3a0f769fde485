/// Attaching System V shared memory.
extension FreeBSD {
  private static let SHM_RDONLY: Int32 = 0o10000
  private static let SHM_RND: Int32 = 0o20000
  private static let hostShmat = 30
  private static let hostSHM_REMAP: Int32 = 0o40000

  /// `shmat(2)`: maps a segment at `shmaddr`, or anywhere for 0.
  ///
  /// At an address, either flag also replaces what is mapped there: `SHM_REMAP` is both of them, and the kernel asks for
  /// any bit of it.
  ///
  /// - Errors: `EINVAL` for no segment; `EACCES`; `EINVAL` for an address that is no page's, without `SHM_RND`; `ENOMEM`
  ///   when something is mapped there that is not to be replaced.
  /// - Source: FreeBSD 14 `sys/kern/sysv_shm.c`, `kern_shmat_locked`.
  static func shmat(_ t: Thread, _ shmid: Int32, _ shmaddr: UInt, _ shmflg: Int32) -> Int {
    let flags = shmflg & (SHM_RDONLY | SHM_RND)
    if shmaddr == 0 { return host(hostShmat, argument(shmid), 0, argument(flags)) }
    var segment = HostShmid()
    let known = state(hostShmctl, shmid, into: &segment)
    guard known >= 0 else { return known }
    let address = flags & SHM_RND != 0 ? shmaddr & ~4095 : shmaddr
    guard address & 4095 == 0 else { return HostError.EINVAL }
    let size = (UInt(segment.segsz) &+ 4095) & ~4095
    guard address != 0, !reservedOverlap(address, size) else { return HostError.ENOMEM }
    if flags != 0 {
      Text.willChange(t, address, size, .replaced)
      return host(hostShmat, argument(shmid), address, argument(flags & SHM_RDONLY | hostSHM_REMAP))
    }
    let result = host(hostShmat, argument(shmid), address, 0)
    return result == HostError.EINVAL ? HostError.ENOMEM : result
  }
}
