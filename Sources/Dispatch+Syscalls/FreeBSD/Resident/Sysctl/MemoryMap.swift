import CPicoABI

/// `kern.proc.vmmap`: the mappings of a process, as kinfo_getvmmap(3), procstat(1) and sanitizers read them.
extension FreeBSD {
  /// `struct kinfo_vmentry` without its path, of which only as much follows as there is.
  private struct MemoryEntry: BitwiseCopyable {
    static let size = 136

    var kve_structsize: Int32 = 0
    var kve_type: Int32 = 0
    var kve_start: UInt64 = 0
    var kve_end: UInt64 = 0
    var kve_offset: UInt64 = 0
    var kve_vn_fileid: UInt64 = 0
    var kve_vn_fsid_freebsd11: UInt32 = 0
    var kve_flags: Int32 = 0
    var kve_resident: Int32 = 0
    var kve_private_resident: Int32 = 0
    var kve_protection: Int32 = 0
    var kve_ref_count: Int32 = 1
    var kve_shadow_count: Int32 = 0
    var kve_vn_type: Int32 = 0
    var kve_vn_size: UInt64 = 0
    var kve_vn_rdev_freebsd11: UInt32 = 0
    var kve_vn_mode: UInt16 = 0
    var kve_status: UInt16 = 0
    var kve_vn_fsid: UInt64 = 0
    var kve_vn_rdev: UInt64 = 0
    var spare: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  }

  private static let KVME_TYPE_DEFAULT: Int32 = 1
  private static let KVME_TYPE_VNODE: Int32 = 2
  private static let KVME_FLAG_COW: Int32 = 1
  private static let KVME_FLAG_GROWS_DOWN: Int32 = 0x20
  private static let VREG: Int32 = 1
  /// Room for some ten thousand lines of `/proc/N/maps`; a process with more is told in part.
  private static let mostText = 1 << 20

  /// Answers with one entry a mapping, the stub's own left out: to the guest they are not there.
  ///
  /// - Errors: `ESRCH` for no process, `EPERM` for one that the host does not let the caller look at.
  /// - Source: FreeBSD 14 `sys/kern/kern_proc.c`, `kern_proc_vmmap_out`.
  static func putMemoryMap(_ process: Int32, _ request: inout SysctlRequest) -> Int {
    var path = ProcessPath(process, "maps")
    let file = path.withAddress { host(Host.openat, UInt(bitPattern: -100), $0, 0x8_0000) }  // O_CLOEXEC
    guard file >= 0 else { return file == Host.EACCES || file == Host.EPERM ? Host.EPERM : ESRCH }
    let result = withTextLines(of: file, limit: mostText) { lines in
      while lines.next() {
        let result = putEntry(&lines, &request)
        if result != 0 { return result }
      }
      return 0
    }
    host(Host.close, UInt(bitPattern: file))
    return result == HostError.EACCES ? Host.EPERM : result
  }

  /// A line is `start-end rwxp offset major:minor inode   path`.
  private static func putEntry(_ lines: inout TextLines, _ request: inout SysctlRequest) -> Int {
    var entry = MemoryEntry()
    guard let start = lines.hexadecimal(), lines.take("-"), let end = lines.hexadecimal() else { return 0 }
    entry.kve_start = start
    entry.kve_end = end
    if reservedOverlap(UInt(start), 1) || meetsTrampolines(UInt(start), 1) { return 0 }
    _ = lines.take(" ")
    if lines.takeByte() == UInt8(ascii: "r") { entry.kve_protection |= 1 }
    if lines.takeByte() == UInt8(ascii: "w") { entry.kve_protection |= 2 }
    if lines.takeByte() == UInt8(ascii: "x") { entry.kve_protection |= 4 }
    let isPrivate = lines.takeByte() == UInt8(ascii: "p")
    entry.kve_offset = lines.hexadecimal() ?? 0
    let major = UInt32(truncatingIfNeeded: lines.hexadecimal() ?? 0)
    _ = lines.take(":")
    let minor = UInt32(truncatingIfNeeded: lines.hexadecimal() ?? 0)
    entry.kve_vn_fileid = lines.decimal() ?? 0
    let name = lines.rest
    // What the host names in brackets is no file: the stack, its vdso.
    let isFile = entry.kve_vn_fileid != 0 && name.first == UInt8(ascii: "/")
    entry.kve_type = isFile ? KVME_TYPE_VNODE : KVME_TYPE_DEFAULT
    if isFile {
      entry.kve_vn_type = VREG
      entry.kve_vn_fsid = makedev(major, minor)
      entry.kve_vn_fsid_freebsd11 = UInt32(truncatingIfNeeded: entry.kve_vn_fsid)
      if isPrivate { entry.kve_flags |= KVME_FLAG_COW }
    }
    if name.count >= 6, name[0] == UInt8(ascii: "["), name[1] == UInt8(ascii: "s"), name[5] == UInt8(ascii: "k") {
      entry.kve_flags |= KVME_FLAG_GROWS_DOWN
    }
    let length = isFile ? min(name.count, 1023) : 0
    let size = (MemoryEntry.size &+ length &+ 1 &+ 7) & ~7
    entry.kve_structsize = Int32(truncatingIfNeeded: size)
    var result = request.put(entry)
    if result == 0, length > 0 { result = request.put(name.baseAddress.unsafelyUnwrapped, length) }
    let zeros: UInt64 = 0
    if result == 0 {
      result = withUnsafePointer(to: zeros) { request.put($0, size &- MemoryEntry.size &- length) }
    }
    return result
  }
}
