/// `sys/capsicum.h`, `sys/caprights.h`.
extension FreeBSD {
  /// The rights of a descriptor: two words, whose upper bits tell which of them it is.
  package struct CapRights: BitwiseCopyable {
    package var words: (UInt64, UInt64)

    package init(_ first: UInt64, _ second: UInt64) { words = (first, second) }

    /// All there are.
    package static let all = CapRights(1 << 57 | 0x7ff_ffff_ffff, 1 << 58 | 0x1f_ffff)

    /// Whether all of `other` are among these.
    package func contains(_ other: CapRights) -> Bool {
      words.0 & other.words.0 == other.words.0 && words.1 & other.words.1 == other.words.1
    }

    /// Whether a right, or several of one word, is among these. 0 is.
    package func contains(_ right: UInt64) -> Bool {
      right == 0 || (right >> 58 & 1 == 0 ? words.0 & right == right : words.1 & right == right)
    }

    /// Whether a program may have made these: the version, the marks of both words, no unknown right.
    package var isValid: Bool {
      words.0 >> 57 == 1 && words.1 >> 57 == 2 && Self.all.contains(self)
    }
  }

  package enum Cap {
    package static let READ: UInt64 = 1 << 57 | 0x1
    package static let WRITE: UInt64 = 1 << 57 | 0x2
    package static let SEEK: UInt64 = 1 << 57 | 0xc
    package static let PREAD = SEEK | READ
    package static let PWRITE = SEEK | WRITE
    package static let MMAP: UInt64 = 1 << 57 | 0x10
    package static let MMAP_R = MMAP | SEEK | READ
    package static let MMAP_W = MMAP | SEEK | WRITE
    package static let MMAP_X = MMAP | SEEK | 0x20
    package static let CREATE: UInt64 = 1 << 57 | 0x40
    package static let FEXECVE: UInt64 = 1 << 57 | 0x80
    package static let FSYNC: UInt64 = 1 << 57 | 0x100
    package static let FTRUNCATE: UInt64 = 1 << 57 | 0x200
    package static let LOOKUP: UInt64 = 1 << 57 | 0x400
    package static let FCNTL: UInt64 = 1 << 57 | 0x8000
    package static let FLOCK: UInt64 = 1 << 57 | 0x1_0000
    package static let CONNECT: UInt64 = 1 << 57 | 0x8000_0000
    package static let EVENT: UInt64 = 1 << 58 | 0x20
    package static let KQUEUE_EVENT: UInt64 = 1 << 58 | 0x40
    package static let IOCTL: UInt64 = 1 << 58 | 0x80
    package static let KQUEUE_CHANGE: UInt64 = 1 << 58 | 0x10_0000

    /// `CAP_FCNTL_ALL`: bits of `F_GETFL`, `F_SETFL`, `F_GETOWN` and `F_SETOWN`.
    package static let FCNTL_ALL: UInt32 = 0x78
    /// `CAP_IOCTLS_ALL`.
    package static let IOCTLS_ALL = Int.max
    /// `IOCTLS_MAX_COUNT`.
    package static let IOCTLS_MAX_COUNT: UInt = 256
  }
}
