/// What a device is and what it is called below `/dev`.
extension FreeBSD {
  private static let D_TAPE: Int32 = 1
  private static let D_DISK: Int32 = 2
  private static let D_TTY: Int32 = 4
  private static let D_MEM: Int32 = 8

  /// `FIODTYPE`: terminal, disk, memory, or none of them. Errors: `ENOTTY` where the descriptor is no device.
  static func deviceType(_ fd: Int32, _ data: UInt) -> Int {
    var file = HostStatx()
    let known = statx(fd, 0, into: &file)
    guard known == 0, fd >= 0 else { return fd < 0 ? HostError.EBADF : known }
    let type: Int32
    switch file.stx_mode & S_IFMT {
    case S_IFBLK: type = D_DISK
    case S_IFCHR:
      switch file.stx_rdev_major {
      case 1: type = D_MEM  // null, zero, random
      case 4, 5, 136...143, 166, 188: type = D_TTY
      case 9: type = D_TAPE
      default: type = 0
      }
    default: return HostError.ENOTTY
    }
    return store(type, at: data) ? 0 : HostError.EFAULT
  }

  /// `FIODGNAME`: the device's name below `/dev`; of a pseudo-terminal's master, the slave's.
  ///
  /// Errors: `ENOTTY` where the descriptor is no device, `EINVAL` when the name does not fit, `EFAULT`.
  static func deviceName(_ fd: Int32, _ data: UInt) -> Int {
    guard fd >= 0 else { return HostError.EBADF }
    // struct fiodgname_arg: length, buffer
    guard let request = load(data, as: (Int32, UInt32, UInt).self) else { return HostError.EFAULT }
    var file = HostStatx()
    let known = statx(fd, 0, into: &file)
    guard known == 0 else { return known }
    let kind = file.stx_mode & S_IFMT
    guard kind == S_IFCHR || kind == S_IFBLK else { return HostError.ENOTTY }
    var number: Int32 = 0
    let isMaster = withUnsafeMutablePointer(to: &number) {
      host(HostFile.ioctl, argument(fd), 0x8004_5430, UInt(bitPattern: $0)) == 0
    }
    var text = InlineArray<256, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &text) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      var name = start
      var length: Int
      if isMaster {
        var path = ShortPath("pts/")
        path.append(decimal: UInt(UInt32(bitPattern: number)))
        length = path.withAddress { copyString(start, from: $0, limit: bytes.count) }
      } else {
        length = ShortPath(descriptor: fd).withAddress {
          host(HostFile.readlink, $0, UInt(bitPattern: start), UInt(bitPattern: bytes.count &- 1))
        }
        guard length > 5, start.loadUnaligned(as: UInt32.self) == 0x7665_642f, bytes[4] == 0x2f else {  // "/dev/"
          return HostError.ENOTTY
        }
        name = start + 5
        length &-= 5
      }
      guard length >= 0 else { return length }
      guard length &+ 1 <= Int(request.0) else { return HostError.EINVAL }
      return copyOut(to: request.2, name, count: length &+ 1) ? 0 : HostError.EFAULT
    }
  }
}
