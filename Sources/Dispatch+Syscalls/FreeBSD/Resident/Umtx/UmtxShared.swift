import CPicoEntry

/// `UMTX_OP_SHM`: a page that belongs to a place in shared memory, for the part of a lock that is not in it. The thread
/// library makes one for each process-shared mutex, condition variable and barrier.
extension FreeBSD {
  private static let UMTX_SHM_CREAT: UInt = 1
  private static let UMTX_SHM_LOOKUP: UInt = 2
  private static let UMTX_SHM_DESTROY: UInt = 4
  private static let UMTX_SHM_ALIVE: UInt = 8

  /// - Returns: a descriptor of the page that closes on exec, for `UMTX_SHM_CREAT` and `UMTX_SHM_LOOKUP`; 0.
  /// - Errors: `EINVAL` for none or several of the flags; `EFAULT` where nothing is mapped; `ESRCH` for a place that has
  ///   no page; `EAGAIN` for too many.
  /// - Differs: a page lives on after the memory it belongs to, until it is destroyed or the silo ends.
  /// - Source: FreeBSD 14 sys/kern/kern_umtx.c `umtx_shm`.
  static func sharedPage(_ t: Thread, _ address: UInt, _ flags: UInt) -> Int {
    let known = flags & 15
    guard known.nonzeroBitCount == 1 else { return Host.EINVAL }
    guard let place = sharedPlace(t, address) else { return Host.EFAULT }
    if known == UMTX_SHM_ALIVE { return 0 }
    let transfer = t.pointee.transfer
    transfer.pointee.args.0 = UInt64(known)
    transfer.pointee.args.1 = place.device
    transfer.pointee.args.2 = place.inode
    transfer.pointee.args.3 = place.offset
    return t.ring(PICO_SHARED_PAGE)
  }

  /// Which file's byte lies at an address. Memory that is not shared stands for itself alone.
  private static func sharedPlace(_ t: Thread, _ address: UInt) -> (device: UInt64, inode: UInt64, offset: UInt64)? {
    let maps: StaticString = "/proc/self/maps"
    let file = host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: maps.utf8Start), 0x8_0000)
    if file < 0 { return nil }
    defer { host(Host.close, UInt(bitPattern: file)) }
    var found: (UInt64, UInt64, UInt64)?
    _ = withTextLines(of: file, limit: 1 << 20) { lines in
      while lines.next() {
        guard let start = lines.hexadecimal(), lines.take("-"), let end = lines.hexadecimal() else { continue }
        if UInt64(address) < start || UInt64(address) >= end { continue }
        _ = lines.take(" ")
        for _ in 0..<3 { _ = lines.takeByte() }
        let isShared = lines.takeByte() == UInt8(ascii: "s")
        let offset = lines.hexadecimal() ?? 0
        let major = lines.hexadecimal() ?? 0
        _ = lines.take(":")
        let minor = lines.hexadecimal() ?? 0
        let inode = lines.decimal() ?? 0
        found =
          isShared
          ? (major << 32 | minor, inode, offset &+ UInt64(address) &- start)
          : (UInt64.max, UInt64(t.pointee.process.pointee.tgid), UInt64(address))
        return 0
      }
      return 0
    }
    return found
  }
}
