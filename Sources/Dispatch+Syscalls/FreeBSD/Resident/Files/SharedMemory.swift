/// POSIX shared memory. An anonymous object is the host's memory file; a named one is a file of the host's own
/// shared-memory directory, so that both systems' programs find each other's.
extension FreeBSD {
  /// The path that stands for an anonymous object (`SHM_ANON`).
  private static let SHM_ANON: UInt = 1
  private static let SHM_ALLOW_SEALING: Int32 = 1
  private static let SHM_GROW_ON_WRITE: Int32 = 2
  private static let SHM_LARGEPAGE: Int32 = 4

  /// `shm_open2`. Errors: `EINVAL` for flags other than the access mode (which is not `O_WRONLY`), `O_CREAT`,
  /// `O_EXCL`, `O_TRUNC`, `O_CLOEXEC`, for unknown `shmflags` and for a path that does not begin with a slash;
  /// `ENOTTY` for large pages, which the host hands out otherwise; `ENAMETOOLONG`; those of the look-up
  /// (`kern_shm_open2` in `kern/uipc_shm.c`).
  static func shm_open2(
    _ t: Thread, _ path: UInt, _ flags: Int32, _ mode: UInt32, _ shmflags: Int32, _ name: UInt
  ) -> Int {
    let access = flags & O_ACCMODE
    guard access == 0 || access == O_RDWR else { return HostError.EINVAL }
    guard flags & ~(O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC) == 0 else { return HostError.EINVAL }
    guard shmflags & ~(SHM_ALLOW_SEALING | SHM_GROW_ON_WRITE | SHM_LARGEPAGE) == 0 else { return HostError.EINVAL }
    guard shmflags & SHM_LARGEPAGE == 0 else { return HostError.ENOTTY }
    if path == SHM_ANON {
      guard access == O_RDWR else { return HostError.EINVAL }
      // MFD_CLOEXEC, MFD_ALLOW_SEALING
      let options: UInt = (flags & O_CLOEXEC != 0 ? 1 : 0) | (shmflags & SHM_ALLOW_SEALING != 0 ? 2 : 0)
      return host(HostFile.memfd_create, name != 0 ? name : address("anon"), options)
    }
    return withSharedName(path) {
      host(HostFile.openat, HostFile.AT_FDCWD, $0, hostOpenFlags(flags) | HostFile.O_NOFOLLOW, UInt(mode & 0o7777))
    }
  }

  /// `shm_open` of FreeBSD 12: the descriptor always closes on exec.
  static func freebsd12_shm_open(_ t: Thread, _ path: UInt, _ flags: Int32, _ mode: UInt32) -> Int {
    shm_open2(t, path, flags | O_CLOEXEC, mode, 0, 0)
  }

  /// `shm_unlink(2)`. Errors: `ENOENT`, `EACCES`, those of the name.
  static func shm_unlink(_ t: Thread, _ path: UInt) -> Int {
    let result = withSharedName(path) { host(HostFile.unlink, $0) }
    return result == HostError.EPERM ? HostError.EACCES : result
  }

  /// `shm_rename(2)`. Errors: `EINVAL` for unknown flags or both together, `EEXIST` with `SHM_RENAME_NOREPLACE`.
  static func shm_rename(_ t: Thread, _ from: UInt, _ to: UInt, _ flags: UInt32) -> Int {
    // SHM_RENAME_NOREPLACE and SHM_RENAME_EXCHANGE are the host's RENAME_ flags.
    guard flags & ~3 == 0, flags != 3 else { return HostError.EINVAL }
    return withSharedName(from) { old in
      withSharedName(to) { host(HostFile.renameat2, HostFile.AT_FDCWD, old, HostFile.AT_FDCWD, $0, UInt(flags)) }
    }
  }

  /// Calls `body` with the host path of an object: slashes within the name, which is no path, are written `%2F`.
  private static func withSharedName(_ path: UInt, _ body: (UInt) -> Int) -> Int {
    var bytes = InlineArray<1024, UInt8>(repeating: 0)
    var target = InlineArray<272, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { name in
      withUnsafeMutableBytes(of: &target) { path2 in
        let length = copyString(name.baseAddress.unsafelyUnwrapped, from: path, limit: name.count)
        guard length >= 0 else { return length }
        guard length > 1, name[0] == 0x2f else { return HostError.EINVAL }
        guard let size = writeSharedName(name, length, into: path2) else { return HostError.ENAMETOOLONG }
        path2[size] = 0
        return body(UInt(bitPattern: path2.baseAddress))
      }
    }
  }

  /// - Returns: the length of what was written, nil when it is too long for a file name of the host.
  private static func writeSharedName(
    _ name: UnsafeMutableRawBufferPointer, _ length: Int, into path: UnsafeMutableRawBufferPointer
  ) -> Int? {
    let directory: StaticString = "/dev/shm/"
    var size = 0
    while size < directory.utf8CodeUnitCount {
      path[size] = directory.utf8Start[size]
      size &+= 1
    }
    for index in 1..<length {
      // "." and ".." are names like any other to the guest.
      let escaped = name[index] == 0x2f || name[index] == 0x25 || (index == 1 && name[index] == 0x2e)
      guard size &+ (escaped ? 3 : 1) <= 9 &+ 255 else { return nil }
      if escaped {
        path[size] = 0x25
        path[size &+ 1] = 0x32
        path[size &+ 2] = name[index] == 0x2f ? 0x46 : name[index] == 0x25 ? 0x35 : 0x45
        size &+= 3
      } else {
        path[size] = name[index]
        size &+= 1
      }
    }
    return size
  }
}
