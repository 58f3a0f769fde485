/// Copying between files, and giving ranges of them back.
extension FreeBSD {
  private static let chunk = 65536

  /// `copy_file_range(2)`. May copy less than asked for.
  ///
  /// Errors: `EINVAL` for flags, else the host's. Between file systems where the host's call refuses, the bytes are
  /// read and written, as FreeBSD's own kernel does (`vn_generic_copy_file_range`).
  static func copy_file_range(
    _ t: Thread, _ infd: Int32, _ inoffp: UInt, _ outfd: Int32, _ outoffp: UInt, _ len: UInt, _ flags: UInt32
  ) -> Int {
    guard flags == 0 else { return HostError.EINVAL }
    let result = host(HostFile.copy_file_range, argument(infd), inoffp, argument(outfd), outoffp, len, 0)
    guard result == HostError.EXDEV || result == HostError.EOPNOTSUPP || result == HostError.ENOSYS else {
      return result
    }
    guard fileKind(infd, 0) == S_IFREG, fileKind(outfd, 0) == S_IFREG else { return HostError.EINVAL }
    return copyChunk(infd, inoffp, outfd, outoffp, len)
  }

  /// Copies up to 64 KiB and moves the offsets, the descriptors' own or those in guest memory.
  private static func copyChunk(
    _ infd: Int32, _ inoffp: UInt, _ outfd: Int32, _ outoffp: UInt, _ len: UInt
  ) -> Int {
    guard let from = offset(infd, inoffp), let to = offset(outfd, outoffp) else { return HostError.EFAULT }
    guard let pages = allocatePages(bytes: chunk) else { return HostError.ENOMEM }
    defer { freePages(pages, bytes: chunk) }
    let wanted = min(len, UInt(chunk))
    let got = host(
      HostFile.pread64, argument(infd), UInt(bitPattern: pages), wanted, UInt(bitPattern: Int(from)))
    guard got > 0 else { return got }
    let put = host(
      HostFile.pwrite64, argument(outfd), UInt(bitPattern: pages), UInt(bitPattern: got), UInt(bitPattern: Int(to)))
    guard put > 0 else { return put }
    guard advance(infd, inoffp, from &+ Int64(put)), advance(outfd, outoffp, to &+ Int64(put)) else {
      return HostError.EFAULT
    }
    return put
  }

  private static func offset(_ fd: Int32, _ at: UInt) -> Int64? {
    if at != 0 { return load(at, as: Int64.self) }
    return Int64(host(HostFile.lseek, argument(fd), 0, 1))
  }

  private static func advance(_ fd: Int32, _ at: UInt, _ offset: Int64) -> Bool {
    if at != 0 { return store(offset, at: at) }
    return host(HostFile.lseek, argument(fd), UInt(bitPattern: Int(offset)), 0) >= 0
  }

  /// `fspacectl(2)`: `SPACECTL_DEALLOC` makes a hole up to the end of the file at most.
  ///
  /// Errors: `EINVAL` for another command, flags, a negative offset, or a length that is none; `EBADF`; `ENODEV`
  /// where the descriptor is no regular file; `EOPNOTSUPP` where the file system has no holes (`sys_fspacectl`).
  static func fspacectl(
    _ t: Thread, _ fd: Int32, _ cmd: Int32, _ rqsr: UInt, _ flags: UInt32, _ rmsr: UInt
  ) -> Int {
    // struct spacectl_range: offset, length
    guard let range = load(rqsr, as: (Int64, Int64).self) else { return HostError.EFAULT }
    guard cmd == 1, flags == 0, range.0 >= 0, range.1 > 0, range.0 <= Int64.max &- range.1 else {
      return HostError.EINVAL
    }
    guard fd >= 0 else { return HostError.EBADF }
    var file = HostStatx()
    let known = statx(fd, 0, into: &file)
    guard known == 0 else { return known }
    guard file.stx_mode & S_IFMT == S_IFREG else { return HostError.ENODEV }
    let size = Int64(bitPattern: file.stx_size)
    let length = min(range.1, max(size &- range.0, 0))
    if length > 0 {
      // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
      let result = host(
        HostFile.fallocate, argument(fd), 3, UInt(bitPattern: Int(range.0)), UInt(bitPattern: Int(length)))
      guard result == 0 else { return result }
    }
    // What is left to do: nothing, from where the work ended.
    let rest: (Int64, Int64) = (range.0 &+ length, 0)
    return rmsr == 0 || store(rest, at: rmsr) ? 0 : HostError.EFAULT
  }
}
