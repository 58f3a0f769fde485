extension FreeBSD {
  /// `sendfile(2)`: sends headers, `nbytes` of a file from `offset` (0: to its end) and trailers over a stream.
  ///
  /// What was sent, headers and trailers included, is stored at `sbytes` whatever the outcome. On a non-blocking
  /// socket that is full the call says `EAGAIN`, after a signal `EINTR`, both with part of the bytes sent.
  ///
  /// - Errors: `EINVAL` for a negative offset; `EFAULT` for `hdtr`; `EBADF`, `ENOTSOCK`, `EINVAL` for a socket that
  ///   is no stream; `ENOTCONN`; the host's for what is no file.
  /// - Source: FreeBSD 14 `sys/kern/kern_sendfile.c`.
  static func sendfile(
    _ t: Thread, _ fd: Int32, _ s: Int32, _ offset: Int64, _ nbytes: UInt, _ hdtr: UInt, _ sbytes: UInt, _ flags: UInt32
  ) -> Int {
    if offset < 0 { return HostError.EINVAL }
    var extra = sf_hdtr(headers: 0, hdr_cnt: 0, pad0: 0, trailers: 0, trl_cnt: 0, pad1: 0)
    if hdtr != 0 {
      guard let given = load(hdtr, as: sf_hdtr.self) else { return HostError.EFAULT }
      extra = given
    }
    let type = HostSocket.type(s)
    if type < 0 { return type }
    if type != Int(SOCK_STREAM) { return HostError.EINVAL }
    // The host would send nothing of an empty file to anything, and write to a file.
    if HostSocket.isFresh(s) || HostSocket.option(s, HostSocket.SOL_SOCKET, HostSocket.SO_ACCEPTCONN) == 1 {
      return HostError.ENOTCONN
    }
    let quiet = SocketFlags.get(t, s) & SocketFlags.noSigpipe != 0
    var total: Int64 = 0
    var result = 0
    if extra.headers != 0 && extra.hdr_cnt > 0 {
      result = sendVector(t, s, UInt(extra.headers), extra.hdr_cnt, HostSocket.MSG_MORE, quiet, &total)
    }
    if result == 0 {
      result = quiet ? copyBody(t, fd, s, offset, nbytes, &total) : sendBody(t, fd, s, offset, nbytes, &total)
    }
    if result == 0 && extra.trailers != 0 && extra.trl_cnt > 0 {
      result = sendVector(t, s, UInt(extra.trailers), extra.trl_cnt, 0, quiet, &total)
    }
    if sbytes != 0 && !store(total, at: sbytes) { return HostError.EFAULT }
    return result == HostError.EINTR && total == 0 ? Restart.ifActionSaysSo : result
  }

  /// Sends the file's bytes; 0 when all that was asked for, or all there is, has gone out. A broken connection raises
  /// the host's signal, which is the guest's.
  private static func sendBody(
    _ t: Thread, _ fd: Int32, _ s: Int32, _ offset: Int64, _ nbytes: UInt, _ total: inout Int64
  ) -> Int {
    var position = offset
    var left = nbytes == 0 ? UInt(Int.max) : nbytes
    while left > 0 {
      let result = withUnsafeMutablePointer(to: &position) {
        t.blocking(HostSocket.sendfile, word(s), word(fd), UInt(bitPattern: $0), min(left, 0x7fff_f000))
      }
      if result < 0 { return result }
      if result == 0 { return 0 }
      total &+= Int64(result)
      left -= min(left, UInt(bitPattern: result))
    }
    return 0
  }

  /// The same for a socket with `SO_NOSIGPIPE`: the host's sendfile cannot be told to keep quiet, its send can.
  private static func copyBody(
    _ t: Thread, _ fd: Int32, _ s: Int32, _ offset: Int64, _ nbytes: UInt, _ total: inout Int64
  ) -> Int {
    let size = 0x10000
    guard let pages = allocatePages(bytes: size) else { return HostError.ENOBUFS }
    defer { freePages(pages, bytes: size) }
    let buffer = UInt(bitPattern: pages)
    var position = offset
    var left = nbytes == 0 ? UInt(Int.max) : nbytes
    while left > 0 {
      let count = host(Host.pread64, word(fd), buffer, min(left, UInt(size)), UInt(bitPattern: Int(position)))
      if count <= 0 { return count }
      var done = 0
      while done < count {
        let result = t.blocking(
          HostSocket.sendto, word(s), buffer + UInt(done), UInt(count - done), word(HostSocket.MSG_NOSIGNAL), 0, 0)
        if result < 0 { return result }
        done += result
        total &+= Int64(result)
      }
      position &+= Int64(count)
      left -= UInt(count)
    }
    return 0
  }

  /// Sends the bytes of a guest's vector; 0 when all have gone out.
  private static func sendVector(
    _ t: Thread, _ s: Int32, _ vector: UInt, _ count: Int32, _ lastFlags: Int32, _ quiet: Bool, _ total: inout Int64
  ) -> Int {
    if count > 1024 { return HostError.EINVAL }  // UIO_MAXIOV
    let parts = UInt(truncatingIfNeeded: count)
    for index in 0..<parts {
      guard let part = load(vector &+ index &* 16, as: (UInt, UInt).self) else { return HostError.EFAULT }
      let flags = (index + 1 < parts ? HostSocket.MSG_MORE : lastFlags) | (quiet ? HostSocket.MSG_NOSIGNAL : 0)
      var done: UInt = 0
      while done < part.1 {
        let result = t.blocking(HostSocket.sendto, word(s), part.0 &+ done, part.1 - done, word(flags), 0, 0)
        if result < 0 { return result }
        if result == 0 { return 0 }
        total &+= Int64(result)
        done += UInt(bitPattern: result)
      }
    }
    return 0
  }
}
