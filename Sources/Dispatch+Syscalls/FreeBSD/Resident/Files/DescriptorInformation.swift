/// `F_KINFO`: what the kernel knows of a descriptor.
extension FreeBSD {
  /// Bytes of `struct kinfo_file` (`sys/user.h`), of which the last 1,024 are the path.
  private static let KINFO_FILE_SIZE = 1392
  private static let kf_path = 368

  private static let KF_TYPE_VNODE: Int32 = 1
  private static let KF_TYPE_SOCKET: Int32 = 2
  private static let KF_TYPE_PIPE: Int32 = 3
  private static let KF_TYPE_FIFO: Int32 = 4
  private static let KF_TYPE_UNKNOWN: Int32 = 255

  /// Fills the guest's `struct kinfo_file` at `at`, whose first word must hold its size.
  ///
  /// Errors: `EBADF`, `EFAULT`, `EINVAL` for another size.
  static func describe(_ t: Thread, _ fd: Int32, _ at: UInt) -> Int {
    var file = HostStatx()
    guard fd >= 0 else { return HostError.EBADF }
    let known = statx(fd, 0, into: &file)
    guard known == 0 else { return known }
    guard let size = load(at, as: Int32.self) else { return HostError.EFAULT }
    guard Int(size) == KINFO_FILE_SIZE else { return HostError.EINVAL }
    var record = InlineArray<174, UInt64>(repeating: 0)
    return withUnsafeMutableBytes(of: &record) { bytes in
      let info = bytes.baseAddress.unsafelyUnwrapped
      fill(t, info, fd, file)
      return copyOut(to: at, info, count: KINFO_FILE_SIZE) ? 0 : HostError.EFAULT
    }
  }

  /// Fills a cleared structure with what `fd` is.
  static func fill(_ t: Thread, _ info: UnsafeMutableRawPointer, _ fd: Int32, _ file: HostStatx) {
    let status = stat(of: file)
    let kind = status.st_mode & S_IFMT
    // A path that begins with a slash tells a named pipe from a nameless one.
    let length = ShortPath(descriptor: fd).withAddress {
      host(HostFile.readlink, $0, UInt(bitPattern: info + kf_path), 1023)
    }
    let named = length > 0 && info.load(fromByteOffset: kf_path, as: UInt8.self) == 0x2f
    if named { _ = FileView.toGuest(t, info + kf_path, length, room: 1024) }
    if length > 0 && !named { info.storeBytes(of: 0, toByteOffset: kf_path, as: UInt8.self) }
    let type: Int32
    switch kind {
    case S_IFSOCK: type = KF_TYPE_SOCKET
    case S_IFIFO: type = named ? KF_TYPE_FIFO : KF_TYPE_PIPE
    default: type = kind == 0 ? KF_TYPE_UNKNOWN : KF_TYPE_VNODE
    }
    info.storeBytes(of: Int32(KINFO_FILE_SIZE), as: Int32.self)
    info.storeBytes(of: type, toByteOffset: 4, as: Int32.self)
    info.storeBytes(of: fd, toByteOffset: 8, as: Int32.self)
    info.storeBytes(of: 1, toByteOffset: 12, as: Int32.self)  // kf_ref_count
    info.storeBytes(of: descriptorFlags(fd), toByteOffset: 16, as: Int32.self)
    let position = host(HostFile.lseek, argument(fd), 0, 1)
    info.storeBytes(of: Int64(max(position, 0)), toByteOffset: 24, as: Int64.self)
    if type == KF_TYPE_VNODE || type == KF_TYPE_FIFO {
      info.storeBytes(of: vnodeType(kind), toByteOffset: 32, as: Int32.self)
      info.storeBytes(of: status.st_dev, toByteOffset: 288, as: UInt64.self)
      info.storeBytes(of: status.st_rdev, toByteOffset: 296, as: UInt64.self)
      info.storeBytes(of: status.st_ino, toByteOffset: 304, as: UInt64.self)
      info.storeBytes(of: status.st_size, toByteOffset: 312, as: Int64.self)
      info.storeBytes(of: status.st_mode, toByteOffset: 328, as: UInt16.self)
    }
  }

  /// `KF_FLAG_*` of the descriptor's status flags.
  private static func descriptorFlags(_ fd: Int32) -> Int32 {
    let host = host(HostFile.fcntl, argument(fd), HostFile.F_GETFL)
    guard host >= 0 else { return 0 }
    let flags = guestStatusFlags(host)
    var result: Int32 = 0
    if flags & O_PATH == 0 {
      if flags & O_ACCMODE != O_WRONLY { result |= 0x1 }
      if flags & O_ACCMODE != 0 { result |= 0x2 }
    }
    if flags & O_APPEND != 0 { result |= 0x4 }
    if flags & O_ASYNC != 0 { result |= 0x8 }
    if flags & O_SYNC != 0 { result |= 0x10 }
    if flags & O_NONBLOCK != 0 { result |= 0x20 }
    if flags & O_DIRECT != 0 { result |= 0x40 }
    return result
  }

  /// `KF_VTYPE_*` of a kind of file.
  private static func vnodeType(_ kind: UInt16) -> Int32 {
    switch kind {
    case S_IFREG: 1
    case S_IFDIR: 2
    case S_IFBLK: 3
    case S_IFCHR: 4
    case S_IFLNK: 5
    case S_IFSOCK: 6
    case S_IFIFO: 7
    default: 255
    }
  }
}
