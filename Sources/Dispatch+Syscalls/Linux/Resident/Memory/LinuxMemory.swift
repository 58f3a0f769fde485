import CPicoEntry

/// Memory calls that name an address: the stub's own region is not the guest's to touch.
extension Linux {
  private static let PROT_WRITE: UInt = 2
  private static let PROT_EXEC: UInt = 4
  private static let MAP_FIXED: UInt = 0x10
  private static let MAP_FIXED_NOREPLACE: UInt = 0x10_0000

  /// `mmap(2)`. A fixed mapping in the stub's region fails with `ENOMEM`, as past the end of user space.
  static func mmap(_ t: Thread, _ addr: UInt, _ len: UInt, _ prot: UInt, _ flags: UInt, _ fd: UInt, _ off: UInt) -> Int
  {
    let result: Int
    if flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) == 0 {
      result = mapAnywhere(addr, len, prot, flags, fd, off)
    } else {
      if reservedOverlap(addr, len) { return Host.ENOMEM }
      if flags & MAP_FIXED_NOREPLACE == 0 { Text.willChange(t, addr, len, .replaced) }
      result = host(Host.mmap, addr, len, prot, flags, fd, off)
    }
    if prot & PROT_EXEC != 0 && result > 0 { Text.mapped(t, UInt(bitPattern: result), len, prot, flags) }
    return result
  }

  /// `munmap(2)`. As far as the guest can tell nothing is mapped in the stub's region: all around it is unmapped.
  ///
  /// - Errors: `EINVAL` for an odd address, no length, and an end past user space; those of the host.
  static func munmap(_ t: Thread, _ addr: UInt, _ len: UInt) -> Int {
    if !reservedOverlap(addr, len) { return unmap(t, addr, len) }
    let (end, wraps) = addr.addingReportingOverflow(len)
    if addr & 4095 != 0 || wraps || end > 0x7fff_ffff_f000 { return Host.EINVAL }
    var result = 0
    if addr < UInt(PICO_STUB_BASE) { result = unmap(t, addr, UInt(PICO_STUB_BASE) - addr) }
    if result == 0 && end > UInt(PICO_RESERVED_END) {
      result = unmap(t, UInt(PICO_RESERVED_END), end - UInt(PICO_RESERVED_END))
    }
    return result
  }

  /// `mprotect(2)`. The stub's region is not mapped as far as the guest can tell.
  static func mprotect(_ t: Thread, _ start: UInt, _ len: UInt, _ prot: UInt) -> Int {
    if reservedOverlap(start, len) || meetsTrampolines(start, len) { return Host.ENOMEM }
    if prot & PROT_WRITE != 0 { Text.willChange(t, start, len, .writable) }
    return host(Host.mprotect, start, len, prot)
  }

  /// `pkey_mprotect(2)`.
  static func pkey_mprotect(_ t: Thread, _ start: UInt, _ len: UInt, _ prot: UInt, _ pkey: Int32) -> Int {
    if reservedOverlap(start, len) || meetsTrampolines(start, len) { return Host.ENOMEM }
    if prot & PROT_WRITE != 0 { Text.willChange(t, start, len, .writable) }
    return host(329, start, len, prot, UInt(bitPattern: Int(pkey)))
  }

  /// `madvise(2)`. Errors: `EINVAL` for a start inside a page and a range that wraps; those of the host.
  static func madvise(_ t: Thread, _ start: UInt, _ len: UInt, _ behavior: Int32) -> Int {
    if start & 4095 != 0 || start.addingReportingOverflow(len).overflow { return Host.EINVAL }
    return reservedOverlap(start, len) || meetsTrampolines(start, len)
      ? Host.ENOMEM : host(28, start, len, UInt(bitPattern: Int(behavior)))
  }

  /// `mremap(2)`.
  static func mremap(_ t: Thread, _ addr: UInt, _ old_len: UInt, _ new_len: UInt, _ flags: UInt, _ new_addr: UInt)
    -> Int
  {
    if reservedOverlap(addr, old_len) || meetsTrampolines(addr, old_len) { return Host.EFAULT }
    if flags & 2 != 0 && reservedOverlap(new_addr, new_len) { return Host.EINVAL }  // MREMAP_FIXED
    // Moved code would take its jumps along, which lead from where it was.
    Text.willChange(t, addr, old_len, .writable)
    if flags & 2 != 0 { Text.willChange(t, new_addr, new_len, .replaced) }
    return host(25, addr, old_len, new_len, flags, new_addr)
  }

  /// `remap_file_pages(2)`.
  static func remap_file_pages(_ t: Thread, _ start: UInt, _ size: UInt, _ prot: UInt, _ pgoff: UInt, _ flags: UInt)
    -> Int
  {
    reservedOverlap(start, size) ? Host.EINVAL : host(216, start, size, prot, pgoff, flags)
  }

  /// `shmat(2)`: a fixed attachment over the stub would replace it with `SHM_REMAP`.
  static func shmat(_ t: Thread, _ shmid: Int32, _ shmaddr: UInt, _ shmflg: Int32) -> Int {
    if reservedOverlap(shmaddr, 1) { return Host.EINVAL }
    // SHM_REMAP, over as much as the segment is long.
    if shmflg & 0x4000 != 0 { Text.willChange(t, shmaddr, 1 << 31, .replaced) }
    return host(30, UInt(bitPattern: Int(shmid)), shmaddr, UInt(bitPattern: Int(shmflg)))
  }

  /// `brk(2)`: the heap that follows the image. Where the host could not be told about it, it is kept here.
  ///
  /// - Returns: the new end, or the old one when it cannot be moved: the raw call tells no error.
  static func brk(_ t: Thread, _ brk: UInt) -> Int {
    let process = t.pointee.process
    // The host's own break stops at the next mapping, so never in the stub's region.
    if process.pointee.kernel_break != 0 { return host(12, brk) }
    let start = process.pointee.break_start
    let now = process.pointee.break_now
    let wanted = UInt64(brk)
    if wanted < start || wanted > UInt64(PICO_STUB_BASE) { return Int(truncatingIfNeeded: now) }
    let oldEnd = (now &+ 4095) & ~4095
    let newEnd = (wanted &+ 4095) & ~4095
    if newEnd > oldEnd {
      // PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE: never over a mapping of the guest's.
      let result = host(Host.mmap, UInt(oldEnd), UInt(newEnd - oldEnd), 3, 0x10_0022, UInt.max, 0)
      if result != Int(truncatingIfNeeded: oldEnd) {
        if result > 0 { host(Host.munmap, UInt(bitPattern: result), UInt(newEnd - oldEnd)) }
        return Int(truncatingIfNeeded: now)
      }
    } else if newEnd < oldEnd {
      _ = unmap(t, UInt(newEnd), UInt(oldEnd - newEnd))
    }
    process.pointee.break_now = wanted
    return brkResult(wanted)
  }

  private static func brkResult(_ end: UInt64) -> Int { Int(truncatingIfNeeded: end) }
}
