/// The host's `/proc/self/mountinfo`, read piece by piece: lines may be of any length.
///
/// A line is: mount id, parent, device, root, mount point, options, optional fields, `-`, type, source, more options.
/// Blanks and the like within a field are written as a backslash and three octal digits.
struct MountTable {
  private var fd: Int
  private var filled = 0
  private var consumed = 0
  private var buffer = InlineArray<1024, UInt8>(repeating: 0)

  /// Nil when the host does not show it.
  init?() {
    fd = host(
      FreeBSD.HostFile.openat, FreeBSD.HostFile.AT_FDCWD, FreeBSD.address("/proc/self/mountinfo"),
      FreeBSD.HostFile.O_CLOEXEC)
    guard fd >= 0 else { return nil }
  }

  func close() { host(FreeBSD.HostFile.close, UInt(bitPattern: fd)) }

  private mutating func nextByte() -> UInt8? {
    if consumed >= filled {
      let size = UInt(1024)
      let descriptor = UInt(bitPattern: fd)
      filled = withUnsafeMutableBytes(of: &buffer) {
        host(FreeBSD.HostFile.read, descriptor, UInt(bitPattern: $0.baseAddress), size)
      }
      consumed = 0
      guard filled > 0, filled <= 1024 else {
        filled = 0
        return nil
      }
    }
    let at = consumed
    consumed &+= 1
    return withUnsafeBytes(of: &buffer) { $0[at] }
  }

  /// Reads the next line and writes its names, cut to fit, into a zeroed `statfs` of the guest's.
  ///
  /// - Returns: the mount's id, nil after the last line.
  mutating func next(as layout: FreeBSD.StatfsLayout, into: UnsafeMutableRawPointer) -> UInt64? {
    var id: UInt64 = 0
    var field = 0
    var column = 0
    var afterDash = -1  // the field number of "-"
    var isDash = false
    var octal = 0
    var octalDigits = -1
    while let byte = nextByte() {
      if byte == 0x0a { return id }
      if byte == 0x20 {
        if isDash && column == 1 && field > 5 && afterDash < 0 { afterDash = field }
        field &+= 1
        column = 0
        isDash = false
        continue
      }
      var value = byte
      if octalDigits >= 0 {
        octal = octal &* 8 &+ Int(byte & 7)
        octalDigits &+= 1
        guard octalDigits == 3 else { continue }
        octalDigits = -1
        value = UInt8(truncatingIfNeeded: octal)
      } else if byte == 0x5c {
        octal = 0
        octalDigits = 0
        continue
      }
      if column == 0 { isDash = byte == 0x2d }
      if field == 0 { id = id &* 10 &+ UInt64(byte & 15) }
      if field == 4 {
        put(value, column, layout.nameSize, into + layout.mntonname)
      } else if afterDash > 0 && field == afterDash &+ 1 {
        put(value, column, 16, into + layout.fstypename)
      } else if afterDash > 0 && field == afterDash &+ 2 {
        put(value, column, layout.nameSize, into + layout.mntfromname)
      }
      column &+= 1
    }
    return nil
  }

  /// Stores a byte of a name where there is room for it and a terminator.
  private func put(_ byte: UInt8, _ column: Int, _ size: Int, _ to: UnsafeMutableRawPointer) {
    if column < size &- 1 { to.storeBytes(of: byte, toByteOffset: column, as: UInt8.self) }
  }
}
