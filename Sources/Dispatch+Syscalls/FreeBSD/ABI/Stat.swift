/// `struct stat` of FreeBSD 12 and later (64-bit inode numbers), the one before it, and the host's `statx` that both
/// are made from.
extension FreeBSD {
  package struct Timespec: BitwiseCopyable {
    package var tv_sec: Int64 = 0
    package var tv_nsec: Int64 = 0
    package init(_ seconds: Int64 = 0, _ nanoseconds: Int64 = 0) {
      tv_sec = seconds
      tv_nsec = nanoseconds
    }
  }

  /// `sys/stat.h`, 224 bytes.
  package struct Stat: BitwiseCopyable {
    package var st_dev: UInt64 = 0
    package var st_ino: UInt64 = 0
    package var st_nlink: UInt64 = 0
    package var st_mode: UInt16 = 0
    package var st_padding0: UInt16 = 0
    package var st_uid: UInt32 = 0
    package var st_gid: UInt32 = 0
    package var st_padding1: UInt32 = 0
    package var st_rdev: UInt64 = 0
    package var st_atim = Timespec()
    package var st_mtim = Timespec()
    package var st_ctim = Timespec()
    package var st_birthtim = Timespec()
    package var st_size: Int64 = 0
    package var st_blocks: Int64 = 0
    package var st_blksize: Int32 = 0
    package var st_flags: UInt32 = 0
    package var st_gen: UInt64 = 0
    package var st_spare: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
      (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    package init() {}
  }

  /// `struct freebsd11_stat`, 120 bytes: numbers too large for a field lose their upper bits, as
  /// `freebsd11_cvtstat` in `kern/vfs_syscalls.c` has it by default.
  package struct Stat11: BitwiseCopyable {
    package var st_dev: UInt32 = 0
    package var st_ino: UInt32 = 0
    package var st_mode: UInt16 = 0
    package var st_nlink: UInt16 = 0
    package var st_uid: UInt32 = 0
    package var st_gid: UInt32 = 0
    package var st_rdev: UInt32 = 0
    package var st_atim = Timespec()
    package var st_mtim = Timespec()
    package var st_ctim = Timespec()
    package var st_size: Int64 = 0
    package var st_blocks: Int64 = 0
    package var st_blksize: Int32 = 0
    package var st_flags: UInt32 = 0
    package var st_gen: UInt32 = 0
    package var st_lspare: Int32 = 0
    package var st_birthtim = Timespec()

    package init(_ new: Stat) {
      st_dev = UInt32(truncatingIfNeeded: new.st_dev)
      st_ino = UInt32(truncatingIfNeeded: new.st_ino)
      st_mode = new.st_mode
      // More links than the field holds are reported as its largest value.
      st_nlink = UInt16(clamping: new.st_nlink)
      st_uid = new.st_uid
      st_gid = new.st_gid
      st_rdev = UInt32(truncatingIfNeeded: new.st_rdev)
      st_atim = new.st_atim
      st_mtim = new.st_mtim
      st_ctim = new.st_ctim
      st_size = new.st_size
      st_blocks = new.st_blocks
      st_blksize = new.st_blksize
      st_flags = new.st_flags
      st_gen = UInt32(truncatingIfNeeded: new.st_gen)
      st_birthtim = new.st_birthtim
    }
  }

  package static let S_IFMT: UInt16 = 0o170000
  package static let S_IFIFO: UInt16 = 0o010000
  package static let S_IFCHR: UInt16 = 0o020000
  package static let S_IFDIR: UInt16 = 0o040000
  package static let S_IFBLK: UInt16 = 0o060000
  package static let S_IFREG: UInt16 = 0o100000
  package static let S_IFLNK: UInt16 = 0o120000
  package static let S_IFSOCK: UInt16 = 0o140000
  package static let S_IFWHT: UInt16 = 0o160000
  package static let S_ISTXT: UInt16 = 0o001000

  package static let UF_NODUMP: UInt32 = 0x1
  package static let SF_IMMUTABLE: UInt32 = 0x20000
  package static let SF_APPEND: UInt32 = 0x40000

  /// What `st_rdev` says of a file that is no device.
  package static let NODEV = UInt64.max

  /// `makedev` of `sys/types.h`.
  package static func makedev(_ major: UInt32, _ minor: UInt32) -> UInt64 {
    UInt64(major & 0xffff_ff00) << 32 | UInt64(major & 0xff) << 8 | UInt64(minor & 0xff00) << 24
      | UInt64(minor & 0xffff_00ff)
  }

  /// `major` of `sys/types.h`.
  package static func major(_ device: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: device >> 32 & 0xffff_ff00 | device >> 8 & 0xff)
  }

  /// `minor` of `sys/types.h`.
  package static func minor(_ device: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: device >> 24 & 0xff00 | device & 0xffff_00ff)
  }

  /// The guest's file flags for the attributes of the host's `statx`.
  package static func fileFlags(attributes: UInt64) -> UInt32 {
    (attributes & 0x10 != 0 ? SF_IMMUTABLE : 0) | (attributes & 0x20 != 0 ? SF_APPEND : 0)
      | (attributes & 0x40 != 0 ? UF_NODUMP : 0)
  }

  /// The guest's view of what `statx` told. A file system that keeps no birth times gives second -1, as FreeBSD's do.
  package static func stat(of host: HostStatx) -> Stat {
    var result = Stat()
    result.st_dev = makedev(host.stx_dev_major, host.stx_dev_minor)
    result.st_ino = host.stx_ino
    result.st_nlink = UInt64(host.stx_nlink)
    result.st_mode = host.stx_mode
    result.st_uid = host.stx_uid
    result.st_gid = host.stx_gid
    let kind = host.stx_mode & S_IFMT
    result.st_rdev = kind == S_IFCHR || kind == S_IFBLK ? makedev(host.stx_rdev_major, host.stx_rdev_minor) : NODEV
    result.st_atim = host.stx_atime.timespec
    result.st_mtim = host.stx_mtime.timespec
    result.st_ctim = host.stx_ctime.timespec
    result.st_birthtim = host.stx_mask & HostStatx.STATX_BTIME != 0 ? host.stx_btime.timespec : Timespec(-1, 0)
    result.st_size = Int64(bitPattern: host.stx_size)
    result.st_blocks = Int64(bitPattern: host.stx_blocks)
    result.st_blksize = Int32(truncatingIfNeeded: host.stx_blksize)
    result.st_flags = fileFlags(attributes: host.stx_attributes)
    return result
  }
}

extension FreeBSD {
  /// The host's `struct statx`, 256 bytes.
  package struct HostStatx: BitwiseCopyable {
    package struct Timestamp: BitwiseCopyable {
      package var tv_sec: Int64 = 0
      package var tv_nsec: UInt32 = 0
      package var padding: Int32 = 0
      package init() {}
      package var timespec: Timespec { .init(tv_sec, Int64(tv_nsec)) }
    }

    package static let STATX_BASIC_STATS: UInt32 = 0x7ff
    package static let STATX_BTIME: UInt32 = 0x800
    package static let STATX_MNT_ID: UInt32 = 0x1000

    package var stx_mask: UInt32 = 0
    package var stx_blksize: UInt32 = 0
    package var stx_attributes: UInt64 = 0
    package var stx_nlink: UInt32 = 0
    package var stx_uid: UInt32 = 0
    package var stx_gid: UInt32 = 0
    package var stx_mode: UInt16 = 0
    package var padding0: UInt16 = 0
    package var stx_ino: UInt64 = 0
    package var stx_size: UInt64 = 0
    package var stx_blocks: UInt64 = 0
    package var stx_attributes_mask: UInt64 = 0
    package var stx_atime = Timestamp()
    package var stx_btime = Timestamp()
    package var stx_ctime = Timestamp()
    package var stx_mtime = Timestamp()
    package var stx_rdev_major: UInt32 = 0
    package var stx_rdev_minor: UInt32 = 0
    package var stx_dev_major: UInt32 = 0
    package var stx_dev_minor: UInt32 = 0
    package var stx_mnt_id: UInt64 = 0
    package var spare:
      (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64
      ) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    package init() {}
  }
}
