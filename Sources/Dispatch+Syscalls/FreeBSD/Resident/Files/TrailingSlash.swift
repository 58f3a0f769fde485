/// Names that end in a slash. To FreeBSD's look-up the slash asks for what a symbolic link leads to, in every call; the
/// host's calls that make, remove and rename entries take such a link for the entry itself and refuse.
extension FreeBSD {
  /// `MAXSYMLINKS`.
  private static let MAXSYMLINKS = 32

  /// Hands over a name that leads to the same entry and does not end in `link/`, where `path` does so.
  ///
  /// For the way out of an error only: who has no slash at the end pays nothing.
  /// - Returns: what `body` returned, `failure` where the name ends in no link and a slash, `ELOOP` after 32 links, or
  ///   the error of a look-up on the way. Source: `vfs_lookup` and `namei` in `kern/vfs_lookup.c`.
  static func withFollowedName(
    _ fd: Int32, _ path: UInt, otherwise failure: Int, _ body: (Int32, UInt) -> Int
  ) -> Int {
    var bytes = InlineArray<1024, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
      let text = buffer.baseAddress.unsafelyUnwrapped
      guard copyString(text, from: path, limit: buffer.count) > 0, readLink(fd, buffer) != nil else { return failure }
      return follow(fd, buffer, body)
    }
  }

  /// Follows the links that `buffer`, which ends in one and a slash, leads to.
  private static func follow(
    _ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ body: (Int32, UInt) -> Int
  ) -> Int {
    let text = buffer.baseAddress.unsafelyUnwrapped
    var directory = fd
    var result: Int?
    for _ in 0..<MAXSYMLINKS where result == nil {
      guard let link = readLink(directory, buffer) else {
        result = body(directory, UInt(bitPattern: text))
        break
      }
      // What stands in the link counts from the directory that the link is in.
      let next = parent(directory, buffer, nameAt: link.start)
      if directory != fd { host(HostFile.close, argument(directory)) }
      directory = Int32(truncatingIfNeeded: next)
      guard next >= 0 else { return next }
      var target = link.target
      guard link.length < buffer.count &- 1 else {
        result = HostError.ENAMETOOLONG
        break
      }
      withUnsafeBytes(of: &target) { text.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: link.length) }
      buffer[link.length] = 0x2f
      buffer[link.length &+ 1] = 0
    }
    if directory != fd { host(HostFile.close, argument(directory)) }
    return result ?? HostError.ELOOP
  }

  /// The directory that the last component of `buffer` stands in, as a descriptor of its own, or the host's error.
  private static func parent(_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer, nameAt start: Int) -> Int {
    let flags = HostFile.O_PATH | HostFile.O_CLOEXEC | HostFile.O_DIRECTORY
    guard start > 0 else { return host(HostFile.openat, argument(fd), address("."), flags) }
    let first = buffer[start]
    buffer[start] = 0
    let result = host(HostFile.openat, argument(fd), UInt(bitPattern: buffer.baseAddress), flags)
    buffer[start] = first
    return result
  }

  private struct Link {
    /// Where the link's own name begins.
    var start: Int
    var length: Int
    var target: InlineArray<1024, UInt8>
  }

  /// What the symbolic link says that `buffer` names before its slashes; nil where that is none, or no slash is there.
  private static func readLink(_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Link? {
    var length = 0
    while length < buffer.count &- 1, buffer[length] != 0 { length &+= 1 }
    var end = length
    while end > 0, buffer[end &- 1] == 0x2f { end &-= 1 }
    guard end > 0, end < length else { return nil }
    var link = Link(start: end, length: 0, target: InlineArray(repeating: 0))
    while link.start > 0, buffer[link.start &- 1] != 0x2f { link.start &-= 1 }
    buffer[end] = 0
    link.length = withUnsafeMutableBytes(of: &link.target) {
      host(
        HostFile.readlinkat, argument(fd), UInt(bitPattern: buffer.baseAddress), UInt(bitPattern: $0.baseAddress),
        UInt(bitPattern: $0.count))
    }
    buffer[end] = 0x2f
    return link.length > 0 ? link : nil
  }
}
