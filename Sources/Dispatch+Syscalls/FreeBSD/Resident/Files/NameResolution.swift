/// Name resolution with the flags that the host's calls lack.
extension FreeBSD {
  /// `AT_SYMLINK_NOFOLLOW` and `AT_EMPTY_PATH` in the host's numbers.
  @inline(__always)
  static func hostLookupFlags(_ flag: Int32) -> UInt {
    (flag & AT_SYMLINK_NOFOLLOW != 0 ? HostFile.AT_SYMLINK_NOFOLLOW : 0)
      | (flag & AT_EMPTY_PATH != 0 ? HostFile.AT_EMPTY_PATH : 0)
  }

  /// Looks a name up once, and hands the file it led to over as a descriptor that stands for the file alone.
  ///
  /// What is done with the descriptor happens to that file, whatever becomes of the name meanwhile.
  /// - Parameter flag: `AT_SYMLINK_NOFOLLOW`, `AT_RESOLVE_BENEATH` and `AT_EMPTY_PATH` count, others are ignored.
  /// - Returns: what `body` returned, or the error of the look-up: `ENOTCAPABLE` when the name left the directory it
  ///   must stay beneath.
  static func withPinned(_ fd: Int32, _ path: UInt, _ flag: Int32, _ body: (Int32) -> Int) -> Int {
    if flag & AT_EMPTY_PATH != 0 && fd >= 0 {
      var first: UInt8 = 0
      guard copyIn(&first, from: path, count: 1) else { return HostError.EFAULT }
      if first == 0 { return body(fd) }
    }
    var flags = HostFile.O_PATH | HostFile.O_CLOEXEC
    if flag & AT_SYMLINK_NOFOLLOW != 0 { flags |= HostFile.O_NOFOLLOW }
    let pinned =
      flag & AT_RESOLVE_BENEATH != 0
      ? openBeneath(fd, path, flags, mode: 0) : host(HostFile.openat, argument(fd), path, flags)
    guard pinned >= 0 else { return pinned }
    let result = body(Int32(truncatingIfNeeded: pinned))
    host(HostFile.close, UInt(bitPattern: pinned))
    return result
  }

  /// Opens a file that must lie beneath the directory `fd`, with the host's flags.
  ///
  /// - Returns: the descriptor, `ENOTCAPABLE` where the host says `EXDEV`, or the host's error.
  static func openBeneath(_ fd: Int32, _ path: UInt, _ flags: UInt, mode: UInt64) -> Int {
    // struct open_how
    var how = (UInt64(flags), mode, HostFile.RESOLVE_BENEATH)
    let result = withUnsafePointer(to: &how) {
      host(HostFile.openat2, argument(fd), path, UInt(bitPattern: $0), 24)
    }
    return result == HostError.EXDEV ? guestError(Int(Errno.ENOTCAPABLE)) : result
  }

  /// Hands the directory that holds a name over as a descriptor, with the name's last component, for the calls that
  /// change a directory: the way to that directory must stay beneath `fd`.
  ///
  /// - Returns: what `body` returned, `ENAMETOOLONG` past 1,023 bytes, or the error of the look-up.
  static func withParentBeneath(_ fd: Int32, _ path: UInt, _ body: (Int32, UInt) -> Int) -> Int {
    var bytes = InlineArray<1024, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
      guard let text = buffer.baseAddress else { return HostError.EFAULT }
      let length = copyString(text, from: path, limit: buffer.count)
      guard length >= 0 else { return length }
      guard length > 0 else { return HostError.ENOENT }
      if buffer[0] == 0x2f { return guestError(Int(Errno.ENOTCAPABLE)) }
      // Slashes after the last component stay with it: they ask for a directory.
      var start = length
      while start > 0, buffer[start &- 1] == 0x2f { start &-= 1 }
      while start > 0, buffer[start &- 1] != 0x2f { start &-= 1 }
      if start == 0 {
        if isDots(text, length: length) { return guestError(Int(Errno.ENOTCAPABLE)) }
        return body(fd, UInt(bitPattern: text))
      }
      buffer[start &- 1] = 0
      let flags = HostFile.O_PATH | HostFile.O_CLOEXEC | HostFile.O_DIRECTORY
      let parent = openBeneath(fd, UInt(bitPattern: text), flags, mode: 0)
      guard parent >= 0 else { return parent }
      let result = body(Int32(truncatingIfNeeded: parent), UInt(bitPattern: text + start))
      host(HostFile.close, UInt(bitPattern: parent))
      return result
    }
  }

  /// Whether a component is `..`, which alone can lead out of the directory it stands in.
  private static func isDots(_ text: UnsafeMutableRawPointer, length: Int) -> Bool {
    length >= 2 && text.load(as: UInt8.self) == 0x2e && text.load(fromByteOffset: 1, as: UInt8.self) == 0x2e
      && (length == 2 || text.load(fromByteOffset: 2, as: UInt8.self) == 0x2f)
  }
}
