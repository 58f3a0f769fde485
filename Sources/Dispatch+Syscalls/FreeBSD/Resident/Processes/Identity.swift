import CPicoABI

/// Names of users, threads and things.
extension FreeBSD {
  private static let MAXLOGNAME = 33

  /// `getlogin(2)`: the name of who logged in, or of the real user where nobody did; empty when it has no name.
  ///
  /// Errors: `EFAULT`, `ERANGE` when it does not fit. Source: `sys_getlogin` in `kern/kern_prot.c`.
  static func getlogin(_ t: Thread, _ namebuf: UInt, _ namelen: UInt32) -> Int {
    var user = UInt64(UInt32(truncatingIfNeeded: host(HostProcess.getuid)))
    var text = InlineArray<64, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &text) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      // 4294967295 stands for a process that no log-in led to.
      if let login = readNumber("/proc/self/loginuid", start, bytes.count), login != 0xffff_ffff { user = login }
      let length = userName(user, start)
      guard length &+ 1 <= Int(namelen) else { return HostError.ERANGE }
      return copyOut(to: namebuf, start, count: length &+ 1) ? 0 : HostError.EFAULT
    }
  }

  /// The decimal number a file of the host's begins with.
  private static func readNumber(_ path: StaticString, _ buffer: UnsafeMutableRawPointer, _ size: Int) -> UInt64? {
    let fd = host(HostFile.openat, HostFile.AT_FDCWD, address(path), HostFile.O_CLOEXEC)
    guard fd >= 0 else { return nil }
    let got = host(HostFile.read, UInt(bitPattern: fd), UInt(bitPattern: buffer), UInt(bitPattern: size))
    host(HostFile.close, UInt(bitPattern: fd))
    var value: UInt64 = 0
    var index = 0
    while index < got, index < 18 {
      let digit = buffer.load(fromByteOffset: index, as: UInt8.self) &- 48
      guard digit < 10 else { break }
      value = value &* 10 &+ UInt64(digit)
      index &+= 1
    }
    return index > 0 ? value : nil
  }

  /// Looks a user's name up in the password file, leaves it terminated in `name`, and tells its length.
  private static func userName(_ user: UInt64, _ name: UnsafeMutableRawPointer) -> Int {
    var length = 0
    name.storeBytes(of: 0, as: UInt8.self)
    let fd = host(HostFile.openat, HostFile.AT_FDCWD, address("/etc/passwd"), HostFile.O_CLOEXEC)
    guard fd >= 0 else { return 0 }
    defer { host(HostFile.close, UInt(bitPattern: fd)) }
    var field = 0
    var number: UInt64 = 0
    var digits = 0
    var chunk = InlineArray<512, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &chunk) { bytes in
      while true {
        let got = host(
          HostFile.read, UInt(bitPattern: fd), UInt(bitPattern: bytes.baseAddress), UInt(bitPattern: bytes.count))
        guard got > 0, got <= bytes.count else { break }
        for index in 0..<got {
          let byte = bytes[index]
          if byte == 0x0a {
            field = 0
            length = 0
            number = 0
            digits = 0
          } else if byte == 0x3a {
            if field == 2 && digits > 0 && number == user {
              name.storeBytes(of: 0, toByteOffset: length, as: UInt8.self)
              return length
            }
            field &+= 1
          } else if field == 0 && length < MAXLOGNAME &- 1 {
            name.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
            length &+= 1
          } else if field == 2 {
            number = number &* 10 &+ UInt64(byte & 15)
            digits &+= 1
          }
        }
      }
      name.storeBytes(of: 0, as: UInt8.self)
      return 0
    }
  }

  /// `setlogin(2)`: the session's name is the host's, which does not change it for a guest (`EPERM`).
  static func setlogin(_ t: Thread, _ namebuf: UInt) -> Int { HostError.EPERM }

  /// `getloginclass(2)`: everybody is of the class "default". Errors: `ERANGE` when that does not fit, `EFAULT`.
  static func getloginclass(_ t: Thread, _ namebuf: UInt, _ namelen: UInt) -> Int {
    guard namelen >= 8 else { return HostError.ERANGE }
    let name: StaticString = "default"
    return copyOut(to: namebuf, name.utf8Start, count: 8) ? 0 : HostError.EFAULT
  }

  /// `utrace(2)`: a record for whoever traces the process. Nobody does, and then FreeBSD looks at nothing either.
  static func utrace(_ t: Thread, _ addr: UInt, _ len: UInt) -> Int { 0 }

  /// `thr_set_name(2)`: names a thread of this process; the host keeps the first 15 bytes.
  ///
  /// Errors: `EFAULT`, `ESRCH`.
  static func thr_set_name(_ t: Thread, _ id: Int64, _ name: UInt) -> Int {
    var text: (UInt64, UInt64, UInt64) = (0, 0, 0)
    return withUnsafeMutableBytes(of: &text) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      if name != 0 {
        // Longer names are cut, not refused.
        let length = copyString(start, from: name, limit: 16)
        guard length >= 0 || length == HostError.ENAMETOOLONG else { return length }
        start.storeBytes(of: 0, toByteOffset: 15, as: UInt8.self)
      }
      if id == Int64(t.pointee.tid) {
        return host(HostProcess.prctl, HostProcess.PR_SET_NAME, UInt(bitPattern: start))
      }
      guard id > 0, id <= Int64(Int32.max) else { return HostError.ESRCH }
      var path = ShortPath("/proc/self/task/")
      path.append(decimal: UInt(id))
      path.append("/comm")
      let fd = path.withAddress { host(HostFile.openat, HostFile.AT_FDCWD, $0, HostFile.O_CLOEXEC | HostFile.O_RDWR) }
      guard fd >= 0 else { return HostError.ESRCH }
      var length = 0
      while length < 15, bytes[length] != 0 { length &+= 1 }
      let result = host(HostFile.write, UInt(bitPattern: fd), UInt(bitPattern: start), UInt(bitPattern: length))
      host(HostFile.close, UInt(bitPattern: fd))
      return result < 0 ? result : 0
    }
  }

  /// `uuidgen(2)`: version 1 identifiers with consecutive times and one random node. Errors: `EINVAL` unless `count`
  /// is 1...2048, `EFAULT`. Source: `sys_uuidgen` in `kern/kern_uuid.c`.
  static func uuidgen(_ t: Thread, _ into: UInt, _ count: Int32) -> Int {
    guard count >= 1, count <= 2048 else { return HostError.EINVAL }
    var now = Timespec()
    _ = withUnsafeMutablePointer(to: &now) { host(HostProcess.clock_gettime, 0, UInt(bitPattern: $0)) }
    var random: UInt64 = 0
    let got = withUnsafeMutablePointer(to: &random) { host(HostProcess.getrandom, UInt(bitPattern: $0), 8, 0) }
    guard got == 8 else { return got < 0 ? got : HostError.EAGAIN }
    // 100 ns since 15 October 1582
    var time = UInt64(bitPattern: now.tv_sec &* 10_000_000 &+ now.tv_nsec / 100) &+ 0x01b2_1dd2_1381_4000
    // Clock sequence of 14 bits with the variant above it; a node with the multicast bit, as it is no network card's.
    let tail = random & 0xffff_ffff_ffff_ff3f | 0x80 | 0x1_0000
    for index in 0..<Int(count) {
      let head = time & 0xffff_ffff_ffff | (time >> 48 & 0xfff | 0x1000) << 48
      guard store((head, tail), at: into &+ UInt(bitPattern: index &* 16)) else { return HostError.EFAULT }
      time &+= 1
    }
    return 0
  }
}
