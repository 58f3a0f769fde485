/// Host system-call numbers and flags of the file calls.
extension FreeBSD {
  enum HostFile {
    static let read = 0
    static let write = 1
    static let open = 2
    static let close = 3
    static let lseek = 8
    static let ioctl = 16
    static let pread64 = 17
    static let pwrite64 = 18
    static let pipe2 = 293
    static let dup2 = 33
    static let fcntl = 72
    static let flock = 73
    static let ftruncate = 77
    static let getcwd = 79
    static let chmod = 90
    static let fchmod = 91
    static let unlink = 87
    static let readlink = 89
    static let statfs = 137
    static let chroot = 161
    static let fstatfs = 138
    static let getdents64 = 217
    static let fadvise64 = 221
    static let utimes = 235
    static let openat = 257
    static let mkdirat = 258
    static let mknodat = 259
    static let fchownat = 260
    static let futimesat = 261
    static let unlinkat = 263
    static let linkat = 265
    static let readlinkat = 267
    static let fchmodat = 268
    static let utimensat = 280
    static let fallocate = 285
    static let dup3 = 292
    static let renameat2 = 316
    static let memfd_create = 319
    static let copy_file_range = 326
    static let statx = 332
    static let close_range = 436
    static let openat2 = 437
    static let faccessat2 = 439

    static let AT_FDCWD = UInt(bitPattern: -100)
    static let AT_SYMLINK_NOFOLLOW: UInt = 0x100
    static let AT_SYMLINK_FOLLOW: UInt = 0x400
    static let AT_EMPTY_PATH: UInt = 0x1000

    static let O_RDWR: UInt = 0x2
    static let O_CREAT: UInt = 0x40
    static let O_EXCL: UInt = 0x80
    static let O_NOCTTY: UInt = 0x100
    static let O_TRUNC: UInt = 0x200
    static let O_NONBLOCK: UInt = 0x800
    static let O_DIRECTORY: UInt = 0x10000
    static let O_NOFOLLOW: UInt = 0x20000
    static let O_CLOEXEC: UInt = 0x80000
    static let O_PATH: UInt = 0x200000

    static let F_SETFD: UInt = 2
    static let F_GETFL: UInt = 3
    static let F_SETFL: UInt = 4
    static let FASYNC: UInt = 0x2000

    static let RESOLVE_BENEATH: UInt64 = 0x08
  }

  /// A descriptor as an argument of a host call.
  @inline(__always)
  static func argument(_ fd: Int32) -> UInt { UInt(bitPattern: Int(fd)) }

  /// The address of a constant string, for a host call.
  @inline(__always)
  static func address(_ text: StaticString) -> UInt { UInt(bitPattern: text.utf8Start) }

  /// Asks the host about a file.
  ///
  /// - Parameter path: a guest or stub address; 0 for the descriptor itself.
  /// - Returns: 0 or the host's error.
  @inline(__always)
  static func statx(
    _ fd: Int32, _ path: UInt, flags: UInt = 0, mask: UInt32 = HostStatx.STATX_BASIC_STATS | HostStatx.STATX_BTIME,
    into result: inout HostStatx
  ) -> Int {
    let (name, lookup) = path == 0 ? (address(""), flags | HostFile.AT_EMPTY_PATH) : (path, flags)
    return withUnsafeMutablePointer(to: &result) {
      host(HostFile.statx, argument(fd), name, lookup, UInt(mask), UInt(bitPattern: $0))
    }
  }

  /// The kind of the file that a descriptor or path leads to (`S_IFMT` bits), or 0 when that cannot be told.
  static func fileKind(_ fd: Int32, _ path: UInt, flags: UInt = 0) -> UInt16 {
    var file = HostStatx()
    return statx(fd, path, flags: flags, mask: 1, into: &file) == 0 ? file.stx_mode & S_IFMT : 0
  }
}

/// A short path put together in the stub, such as `/proc/self/fd/7`.
struct ShortPath {
  private var bytes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
  private var count = 0

  init(_ text: StaticString) { append(text) }

  /// The name that `/proc` has for a descriptor of this process.
  init(descriptor: Int32) {
    append("/proc/self/fd/")
    append(decimal: UInt(UInt32(bitPattern: descriptor)))
  }

  mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { append(byte: text.utf8Start[index]) }
  }

  mutating func append(decimal value: UInt) {
    var divisor: UInt = 1
    while value / divisor >= 10 { divisor &*= 10 }
    while divisor != 0 {
      append(byte: UInt8(truncatingIfNeeded: 48 &+ value / divisor % 10))
      divisor /= 10
    }
  }

  /// The last byte stays zero; what does not fit is dropped.
  private mutating func append(byte: UInt8) {
    guard count < 63 else { return }
    let at = count
    withUnsafeMutableBytes(of: &bytes) { $0[at] = byte }
    count &+= 1
  }

  @inline(__always)
  func withAddress<Result>(_ body: (UInt) -> Result) -> Result {
    withUnsafeBytes(of: bytes) { body(UInt(bitPattern: $0.baseAddress)) }
  }
}
