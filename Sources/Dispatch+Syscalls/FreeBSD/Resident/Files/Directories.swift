/// Reading directories.
extension FreeBSD {
  /// `getdirentries(2)`: whole records only, none skipped or given twice however small the buffer.
  ///
  /// Errors: `EBADF`, `EINVAL` when the descriptor is no directory or the next record is larger than the buffer,
  /// `EFAULT`. A removed directory reads as empty.
  static func getdirentries(_ t: Thread, _ fd: Int32, _ buf: UInt, _ count: UInt, _ basep: UInt) -> Int {
    readDirectory(fd, buf, count, basep, as: .ino64)
  }

  /// `getdirentries` of FreeBSD 11.
  static func freebsd11_getdirentries(_ t: Thread, _ fd: Int32, _ buf: UInt, _ count: UInt32, _ basep: UInt) -> Int {
    readDirectory(fd, buf, UInt(count), basep, as: .freebsd11)
  }

  /// `getdents` of FreeBSD 11.
  static func freebsd11_getdents(_ t: Thread, _ fd: Int32, _ buf: UInt, _ count: UInt) -> Int {
    readDirectory(fd, buf, count, 0, as: .freebsd11)
  }

  private static let scratchSize = 6144

  private static func readDirectory(
    _ fd: Int32, _ buf: UInt, _ count: UInt, _ basep: UInt, as layout: DirentLayout
  ) -> Int {
    // IOSIZE_MAX
    guard count <= UInt(Int.max) else { return HostError.EINVAL }
    var base = 0
    if basep != 0 {
      base = host(HostFile.lseek, argument(fd), 0, 1)  // SEEK_CUR
      guard base >= 0 else { return base == HostError.ESPIPE ? HostError.EINVAL : base }
    }
    let room = Int(count)
    var scratch = InlineArray<768, UInt64>(repeating: 0)
    let result = withUnsafeMutableBytes(of: &scratch) { buffer in
      transfer(fd, buf, room, UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped), as: layout)
    }
    guard result >= 0 else { return result }
    if basep != 0 && !store(Int64(base), at: basep) { return HostError.EFAULT }
    return result
  }

  /// Reads host records into `scratch` and writes what of them fits into the guest's `room` bytes.
  private static func transfer(
    _ fd: Int32, _ buf: UInt, _ room: Int, _ scratch: UnsafeMutableRawPointer, as layout: DirentLayout
  ) -> Int {
    // A record grows by a third at most (24 bytes to 32), so whatever is read of three quarters of the room fits.
    let limit = min(scratchSize, room / 4 &* 3 & ~7)
    let begin = host(HostFile.lseek, argument(fd), 0, 1)  // SEEK_CUR
    var start: Int?
    var length = host(HostFile.getdents64, argument(fd), UInt(bitPattern: scratch), UInt(bitPattern: limit))
    if length == HostError.EINVAL && limit < 280 {
      // The next record may fit all the same. Read it with more room, and go back to behind what was handed out.
      start = begin
      length = host(HostFile.getdents64, argument(fd), UInt(bitPattern: scratch), UInt(bitPattern: scratchSize))
    }
    switch length {
    case 1...:
      let result = convert(fd, buf, room, scratch, length, startedAt: start, as: layout)
      // What the guest has not got it is to get the next time.
      if result == HostError.EFAULT { host(HostFile.lseek, argument(fd), UInt(bitPattern: begin), 0) }
      return result
    case HostError.ENOTDIR: return HostError.EINVAL
    case HostError.ENOENT: return 0
    default: return length
    }
  }

  /// Converts `length` bytes of host records.
  ///
  /// - Parameter start: where in the directory they began, if more may have been read than fits.
  private static func convert(
    _ fd: Int32, _ buf: UInt, _ room: Int, _ scratch: UnsafeMutableRawPointer, _ length: Int, startedAt start: Int?,
    as layout: DirentLayout
  ) -> Int {
    var record = InlineArray<36, UInt64>(repeating: 0)  // 24 + 255 + 1, rounded up
    return withUnsafeMutableBytes(of: &record) { bytes in
      let image = bytes.baseAddress.unsafelyUnwrapped
      var offset = 0
      var written = 0
      var position = start ?? 0
      while let entry = HostDirent(in: scratch, at: offset, end: length) {
        let size = layout.recordSize(nameLength: entry.nameLength)
        guard size <= bytes.count, size <= room &- written else { break }
        writeDirent(entry, as: layout, to: image)
        guard copyOut(to: buf &+ UInt(bitPattern: written), image, count: size) else { return HostError.EFAULT }
        written &+= size
        offset &+= entry.d_reclen
        position = Int(entry.d_off)
      }
      if start != nil && offset < length { host(HostFile.lseek, argument(fd), UInt(bitPattern: position), 0) }
      return written > 0 ? written : HostError.EINVAL
    }
  }
}
