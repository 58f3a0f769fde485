/// `statfs(2)` and its like: what is mounted, and how full it is.
extension FreeBSD {
  /// `statfs(2)`. Errors: those of the look-up, `EFAULT`.
  static func statfs(_ t: Thread, _ path: UInt, _ buf: UInt) -> Int {
    describeFileSystem(AT_FDCWD, path, buf, .current)
  }

  /// `fstatfs(2)`. Errors: `EBADF`, `EFAULT`.
  static func fstatfs(_ t: Thread, _ fd: Int32, _ buf: UInt) -> Int { describeFileSystem(fd, 0, buf, .current) }

  /// `statfs` of FreeBSD 11.
  static func freebsd11_statfs(_ t: Thread, _ path: UInt, _ buf: UInt) -> Int {
    describeFileSystem(AT_FDCWD, path, buf, .freebsd11)
  }

  /// `fstatfs` of FreeBSD 11.
  static func freebsd11_fstatfs(_ t: Thread, _ fd: Int32, _ buf: UInt) -> Int {
    describeFileSystem(fd, 0, buf, .freebsd11)
  }

  /// `getfsstat(2)`: how many file systems are mounted, and as many records as fit into `bufsize` bytes.
  ///
  /// Errors: `EINVAL` for a negative size or a mode other than `MNT_WAIT` and `MNT_NOWAIT`, `EFAULT`.
  static func getfsstat(_ t: Thread, _ buf: UInt, _ bufsize: Int64, _ mode: Int32) -> Int {
    listFileSystems(buf, bufsize, mode, .current)
  }

  /// `getfsstat` of FreeBSD 11.
  static func freebsd11_getfsstat(_ t: Thread, _ buf: UInt, _ bufsize: Int64, _ mode: Int32) -> Int {
    listFileSystems(buf, bufsize, mode, .freebsd11)
  }

  private typealias Record = InlineArray<293, UInt64>  // 2,344 bytes

  private static func describeFileSystem(_ fd: Int32, _ path: UInt, _ buf: UInt, _ layout: StatfsLayout) -> Int {
    guard path != 0 || fd >= 0 else { return fd == AT_FDCWD ? HostError.EFAULT : HostError.EBADF }
    var numbers = HostStatfs()
    let result = withUnsafeMutablePointer(to: &numbers) {
      path != 0
        ? host(HostFile.statfs, path, UInt(bitPattern: $0)) : host(HostFile.fstatfs, argument(fd), UInt(bitPattern: $0))
    }
    guard result == 0 else { return result }
    var file = HostStatx()
    let known = statx(fd, path, mask: HostStatx.STATX_MNT_ID, into: &file)
    var record = Record(repeating: 0)
    return withUnsafeMutableBytes(of: &record) { bytes in
      let target = bytes.baseAddress.unsafelyUnwrapped
      // A pipe or socket lies on no mount: its names stay empty.
      if known == 0 { findMount(file.stx_mnt_id, layout, target) }
      writeStatfs(numbers, as: layout, to: target)
      markRoot(layout, target)
      return copyOut(to: buf, target, count: layout.size) ? 0 : HostError.EFAULT
    }
  }

  /// Leaves the names of the mount with this number in the record, or none.
  private static func findMount(_ id: UInt64, _ layout: StatfsLayout, _ target: UnsafeMutableRawPointer) {
    guard var mounts = MountTable() else { return }
    defer { mounts.close() }
    while let found = mounts.next(as: layout, into: target) {
      if found == id { return }
      clear(layout, target)
    }
    clear(layout, target)
  }

  private static func listFileSystems(_ buf: UInt, _ bufsize: Int64, _ mode: Int32, _ layout: StatfsLayout) -> Int {
    guard bufsize >= 0, mode == 1 || mode == 2 else { return HostError.EINVAL }
    let room = buf == 0 ? 0 : Int(bufsize) / layout.size
    guard var mounts = MountTable() else { return HostError.ENOSYS }
    defer { mounts.close() }
    var record = Record(repeating: 0)
    return withUnsafeMutableBytes(of: &record) { bytes in
      let target = bytes.baseAddress.unsafelyUnwrapped
      var count = 0
      while mounts.next(as: layout, into: target) != nil {
        if buf != 0 && count >= room { break }
        if buf != 0 {
          var numbers = HostStatfs()
          // What may not be looked at is listed all the same, empty.
          withUnsafeMutablePointer(to: &numbers) {
            _ = host(HostFile.statfs, UInt(bitPattern: target + layout.mntonname), UInt(bitPattern: $0))
          }
          writeStatfs(numbers, as: layout, to: target)
          markRoot(layout, target)
          let at = buf &+ UInt(bitPattern: count &* layout.size)
          guard copyOut(to: at, target, count: layout.size) else { return HostError.EFAULT }
        }
        count &+= 1
        clear(layout, target)
      }
      return count
    }
  }

  private static func clear(_ layout: StatfsLayout, _ target: UnsafeMutableRawPointer) {
    for word in 0..<layout.size / 8 { target.storeBytes(of: 0, toByteOffset: word &* 8, as: UInt64.self) }
  }

  /// `MNT_ROOTFS` for what is mounted on "/".
  private static func markRoot(_ layout: StatfsLayout, _ target: UnsafeMutableRawPointer) {
    guard target.load(fromByteOffset: layout.mntonname, as: UInt8.self) == 0x2f,
      target.load(fromByteOffset: layout.mntonname &+ 1, as: UInt8.self) == 0
    else { return }
    let flags = target.load(fromByteOffset: 8, as: UInt64.self)
    target.storeBytes(of: flags | MNT_ROOTFS, toByteOffset: 8, as: UInt64.self)
  }
}
