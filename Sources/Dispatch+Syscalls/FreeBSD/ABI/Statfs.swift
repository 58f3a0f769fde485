/// `struct statfs` (`sys/mount.h`), today's and FreeBSD 11's, and the host's structure that both are made from.
extension FreeBSD {
  package static let STATFS_VERSION: UInt32 = 0x2014_0518
  package static let FREEBSD11_STATFS_VERSION: UInt32 = 0x2003_0518

  package static let MNT_RDONLY: UInt64 = 0x1
  package static let MNT_SYNCHRONOUS: UInt64 = 0x2
  package static let MNT_NOEXEC: UInt64 = 0x4
  package static let MNT_NOSUID: UInt64 = 0x8
  package static let MNT_LOCAL: UInt64 = 0x1000
  package static let MNT_ROOTFS: UInt64 = 0x4000
  package static let MNT_NOSYMFOLLOW: UInt64 = 0x400000
  package static let MNT_NOATIME: UInt64 = 0x1000_0000

  /// Where the fields of a layout lie, and how large it is.
  package struct StatfsLayout {
    package var size: Int
    package var version: UInt32
    package var fstypename: Int
    package var mntfromname: Int
    package var mntonname: Int
    /// Room for each of the two names, terminator included.
    package var nameSize: Int

    package static var current: StatfsLayout {
      .init(
        size: 2344, version: STATFS_VERSION, fstypename: 280, mntfromname: 296, mntonname: 1320, nameSize: 1024)
    }
    package static var freebsd11: StatfsLayout {
      .init(
        size: 472, version: FREEBSD11_STATFS_VERSION, fstypename: 280, mntfromname: 296, mntonname: 384, nameSize: 88)
    }
  }

  /// The host's `struct statfs`, 120 bytes.
  package struct HostStatfs: BitwiseCopyable {
    package var f_type: Int64 = 0
    package var f_bsize: Int64 = 0
    package var f_blocks: UInt64 = 0
    package var f_bfree: UInt64 = 0
    package var f_bavail: UInt64 = 0
    package var f_files: UInt64 = 0
    package var f_ffree: UInt64 = 0
    package var f_fsid: UInt64 = 0
    package var f_namelen: Int64 = 0
    package var f_frsize: Int64 = 0
    package var f_flags: Int64 = 0
    package var f_spare: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
    package init() {}
  }

  /// The guest's mount flags of the host's `ST_` flags.
  package static func mountFlags(_ host: Int64) -> UInt64 {
    var flags: UInt64 = 0
    if host & 0x1 != 0 { flags |= MNT_RDONLY }
    if host & 0x2 != 0 { flags |= MNT_NOSUID }
    if host & 0x8 != 0 { flags |= MNT_NOEXEC }
    if host & 0x10 != 0 { flags |= MNT_SYNCHRONOUS }
    if host & 0x400 != 0 { flags |= MNT_NOATIME }
    if host & 0x2000 != 0 { flags |= MNT_NOSYMFOLLOW }
    return flags
  }

  /// Whether the host's magic number of a file system is that of one on another machine.
  package static func isRemote(_ type: Int64) -> Bool {
    switch UInt32(truncatingIfNeeded: type) {
    case 0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42, 0x0102_1997, 0x00c3_6400, 0x5346_414f, 0x6b41_4653, 0x0bd0_0bd0:
      true  // NFS, SMB, SMB2, CIFS, 9P, CephFS, AFS twice, Lustre
    default: false
    }
  }

  /// Writes all but the three names into a zeroed structure; both layouts begin alike.
  package static func writeStatfs(_ host: HostStatfs, as layout: StatfsLayout, to: UnsafeMutableRawPointer) {
    to.storeBytes(of: layout.version, as: UInt32.self)
    to.storeBytes(of: UInt32(truncatingIfNeeded: host.f_type), toByteOffset: 4, as: UInt32.self)
    let local = isRemote(host.f_type) ? 0 : MNT_LOCAL
    to.storeBytes(of: mountFlags(host.f_flags) | local, toByteOffset: 8, as: UInt64.self)
    // Counts are in fragments on both sides; the larger block is what transfers like best.
    let fragment = host.f_frsize > 0 ? host.f_frsize : host.f_bsize
    to.storeBytes(of: fragment, toByteOffset: 16, as: Int64.self)
    to.storeBytes(of: host.f_bsize, toByteOffset: 24, as: Int64.self)
    to.storeBytes(of: host.f_blocks, toByteOffset: 32, as: UInt64.self)
    to.storeBytes(of: host.f_bfree, toByteOffset: 40, as: UInt64.self)
    to.storeBytes(of: host.f_bavail, toByteOffset: 48, as: UInt64.self)
    to.storeBytes(of: host.f_files, toByteOffset: 56, as: UInt64.self)
    to.storeBytes(of: host.f_ffree, toByteOffset: 64, as: UInt64.self)
    // 72...: four counts of reads and writes, which the host does not keep, and ten spare words
    to.storeBytes(of: UInt32(truncatingIfNeeded: host.f_namelen), toByteOffset: 184, as: UInt32.self)
    to.storeBytes(of: host.f_fsid, toByteOffset: 192, as: UInt64.self)
  }
}
