import CPicoABI

/// Calls on ranges of guest memory that are mapped already.
///
/// FreeBSD takes unaligned addresses for these and works on all pages the range touches; the stub's own pages are
/// not there as far as the guest can tell.
extension FreeBSD {
  private static let hostMadvise = 28
  private static let hostMsync = 26
  private static let hostMincore = 27

  /// Whole pages that a call works on.
  private struct Pages {
    var address, size: UInt
  }

  /// The pages of `addr..<addr + len`, or nil when the range wraps.
  private static func pages(_ addr: UInt, _ len: UInt) -> Pages? {
    let address = truncatedToPage(addr)
    let (sum, overflow) = len.addingReportingOverflow(addr &- address)
    guard !overflow, let size = roundedToPages(sum), !address.addingReportingOverflow(size).overflow else { return nil }
    return Pages(address: address, size: size)
  }

  /// Whether the pages lie in user memory and none of them is the stub's.
  private static func areGuests(_ pages: Pages) -> Bool {
    pages.address &+ pages.size <= VM_MAXUSER_ADDRESS && !reservedOverlap(pages.address, pages.size)
  }

  /// `munmap(2)`: takes mappings away; pages without one are passed over.
  ///
  /// - Errors: `EINVAL` for a length of 0 or a range that is not in user memory.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_munmap`.
  static func munmap(_ t: Thread, _ addr: UInt, _ len: UInt) -> Int {
    guard len > 0, let pages = pages(addr, len), areGuests(pages) else { return Host.EINVAL }
    return unmap(t, pages.address, pages.size)
  }

  /// `mprotect(2)`: sets the protection of all pages the range touches.
  ///
  /// - Errors: `EINVAL` for bits that do not exist, a range that wraps or has holes; `ENOTSUP` for more than the
  ///   `PROT_MAX` that comes with it; `EACCES` as the host says.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_mprotect`.
  static func mprotect(_ t: Thread, _ addr: UInt, _ len: UInt, _ prot: Int32) -> Int {
    guard prot & ~(PROT_ALL | PROT_ALL << PROT_MAX_SHIFT) == 0, let pages = pages(addr, len) else { return Host.EINVAL }
    let most = prot >> PROT_MAX_SHIFT
    let protection = prot & PROT_ALL
    guard most == 0 || most & protection == protection else { return guestError(45) }  // ENOTSUP
    if pages.size == 0 { return 0 }
    guard areGuests(pages) else { return Host.EINVAL }
    if meetsTrampolines(pages.address, pages.size) { return Host.EINVAL }
    if protection & PROT_WRITE != 0 { Text.willChange(t, pages.address, pages.size, .writable) }
    let result = host(Host.mprotect, pages.address, pages.size, UInt(protection))
    return result == Host.ENOMEM ? Host.EINVAL : result
  }

  /// `madvise(2)`: says how memory will be used. Holes in the range are passed over.
  ///
  /// `MADV_DONTNEED` keeps the contents, unlike Linux's: it becomes `MADV_COLD`. Advice that the host refuses for the
  /// kind of mapping has no effect and is no error.
  ///
  /// - Errors: `EINVAL` for a range that is not in user memory or unknown advice; `EPERM` for `MADV_PROTECT` without
  ///   privilege.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_madvise`; `sys/vm/vm_map.c`, `vm_map_madvise`.
  static func madvise(_ t: Thread, _ addr: UInt, _ len: UInt, _ behav: Int32) -> Int {
    if behav == MADV_PROTECT { return spareFromMemoryShortage() }
    guard let pages = pages(addr, len), areGuests(pages) else { return Host.EINVAL }
    // A hole, as far as the guest knows.
    if meetsTrampolines(pages.address, pages.size) { return 0 }
    let advice: UInt
    switch behav {
    case MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED: advice = UInt(behav)
    case MADV_DONTNEED: advice = 20  // MADV_COLD
    case MADV_FREE: advice = 8
    case MADV_NOCORE: advice = 16  // MADV_DONTDUMP
    case MADV_CORE: advice = 17  // MADV_DODUMP
    case MADV_NOSYNC, MADV_AUTOSYNC: return 0
    default: return Host.EINVAL
    }
    host(hostMadvise, pages.address, pages.size, advice)
    return 0
  }

  /// What `MADV_PROTECT` asks for: not to be killed when memory is short.
  private static func spareFromMemoryShortage() -> Int {
    let path: StaticString = "/proc/self/oom_score_adj"
    // AT_FDCWD; O_CLOEXEC | O_WRONLY
    let descriptor = host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: path.utf8Start), 0x8_0001)
    guard descriptor >= 0 else { return Host.EPERM }
    let value: StaticString = "-1000"
    let written = host(1, UInt(descriptor), UInt(bitPattern: value.utf8Start), 5)
    host(Host.close, UInt(descriptor))
    return written < 0 ? Host.EPERM : 0
  }

  /// `minherit(2)`: says what becomes of pages in the child of a fork.
  ///
  /// - Errors: `EINVAL` for a range that is not in user memory, for an unknown mode, and for `INHERIT_SHARE`, which
  ///   no host call can give to private memory.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_minherit`.
  static func minherit(_ t: Thread, _ addr: UInt, _ len: UInt, _ inherit: Int32) -> Int {
    guard let pages = pages(addr, len), areGuests(pages) else { return Host.EINVAL }
    func advise(_ advice: UInt) -> Int {
      let result = host(hostMadvise, pages.address, pages.size, advice)
      return result == Host.ENOMEM ? 0 : result  // a hole is passed over
    }
    switch inherit {
    case INHERIT_COPY:
      _ = advise(19)  // MADV_KEEPONFORK; refused for memory that INHERIT_ZERO cannot apply to
      return advise(11)  // MADV_DOFORK
    case INHERIT_NONE: return advise(10)  // MADV_DONTFORK
    case INHERIT_ZERO: return advise(18)  // MADV_WIPEONFORK
    default: return Host.EINVAL
    }
  }

  /// `msync(2)`: writes changed pages of a file mapping back.
  ///
  /// - Errors: `EINVAL` for a range that wraps or `MS_ASYNC` with `MS_INVALIDATE`, `ENOMEM` for a hole, `EBUSY` for
  ///   `MS_INVALIDATE` of locked pages, `EIO`.
  /// - Differs: a length of 0 writes nothing, where FreeBSD writes the whole mapping that `addr` lies in.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_msync`.
  static func msync(_ t: Thread, _ addr: UInt, _ len: UInt, _ flags: Int32) -> Int {
    guard let pages = pages(addr, len), flags & (MS_ASYNC | MS_INVALIDATE) != MS_ASYNC | MS_INVALIDATE
    else { return Host.EINVAL }
    if reservedOverlap(pages.address, pages.size) { return Host.ENOMEM }
    let how: UInt = flags & MS_ASYNC != 0 ? 1 : flags & MS_INVALIDATE != 0 ? 6 : 4  // MS_SYNC 4, MS_INVALIDATE 2
    let result = t.blocking(hostMsync, pages.address, pages.size, how)
    return result == Host.EINTR ? Restart.always : result
  }

  /// `mincore(2)`: stores one byte a page, `MINCORE_INCORE` 1 for those in memory.
  ///
  /// - Errors: `ENOMEM` for a range with holes or outside user memory, `EFAULT`.
  /// - Differs: referenced and modified pages are not marked, which the host does not tell.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_mincore`.
  static func mincore(_ t: Thread, _ addr: UInt, _ len: UInt, _ vec: UInt) -> Int {
    guard let pages = pages(addr, len), areGuests(pages) else { return Host.ENOMEM }
    return host(hostMincore, pages.address, pages.size, vec)
  }
}
