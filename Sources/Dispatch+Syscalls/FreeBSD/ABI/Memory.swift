/// Constants of the memory calls, from FreeBSD 14's `sys/mman.h`.
extension FreeBSD {
  package static let PAGE_SIZE: UInt = 4096
  /// The end of user memory on amd64 (`VM_MAXUSER_ADDRESS` with four page-table levels).
  package static let VM_MAXUSER_ADDRESS: UInt = 0x8000_0000_0000

  package static let PROT_NONE: Int32 = 0
  package static let PROT_READ: Int32 = 1
  package static let PROT_WRITE: Int32 = 2
  package static let PROT_EXEC: Int32 = 4
  package static let PROT_ALL: Int32 = 7
  /// `PROT_MAX(prot)` is the protection a mapping may ever get, above the one it has.
  package static let PROT_MAX_SHIFT: Int32 = 16

  package static let MAP_SHARED: Int32 = 0x1
  package static let MAP_PRIVATE: Int32 = 0x2
  package static let MAP_FIXED: Int32 = 0x10
  package static let MAP_RESERVED0020: Int32 = 0x20
  package static let MAP_RESERVED0040: Int32 = 0x40
  package static let MAP_HASSEMAPHORE: Int32 = 0x200
  package static let MAP_STACK: Int32 = 0x400
  package static let MAP_NOSYNC: Int32 = 0x800
  package static let MAP_ANON: Int32 = 0x1000
  package static let MAP_GUARD: Int32 = 0x2000
  package static let MAP_EXCL: Int32 = 0x4000
  package static let MAP_NOCORE: Int32 = 0x2_0000
  package static let MAP_PREFAULT_READ: Int32 = 0x4_0000
  package static let MAP_32BIT: Int32 = 0x8_0000
  package static let MAP_ALIGNMENT_SHIFT: Int32 = 24
  package static let MAP_ALIGNMENT_MASK = Int32(bitPattern: 0xff00_0000)
  package static let MAP_ALIGNED_SUPER: Int32 = 1 << 24

  package static let MS_ASYNC: Int32 = 1
  package static let MS_INVALIDATE: Int32 = 2

  package static let MADV_NORMAL: Int32 = 0
  package static let MADV_RANDOM: Int32 = 1
  package static let MADV_SEQUENTIAL: Int32 = 2
  package static let MADV_WILLNEED: Int32 = 3
  package static let MADV_DONTNEED: Int32 = 4
  package static let MADV_FREE: Int32 = 5
  package static let MADV_NOSYNC: Int32 = 6
  package static let MADV_AUTOSYNC: Int32 = 7
  package static let MADV_NOCORE: Int32 = 8
  package static let MADV_CORE: Int32 = 9
  package static let MADV_PROTECT: Int32 = 10

  package static let INHERIT_SHARE: Int32 = 0
  package static let INHERIT_COPY: Int32 = 1
  package static let INHERIT_NONE: Int32 = 2
  package static let INHERIT_ZERO: Int32 = 3

  /// `sysarch(2)` operations of `machine/sysarch.h`.
  package static let AMD64_GET_FSBASE: Int32 = 128
  package static let AMD64_SET_FSBASE: Int32 = 129
  package static let AMD64_GET_GSBASE: Int32 = 130
  package static let AMD64_SET_GSBASE: Int32 = 131
  package static let AMD64_GET_XFPUSTATE: Int32 = 132

  /// An address rounded down to its page.
  package static func truncatedToPage(_ address: UInt) -> UInt { address & ~(PAGE_SIZE - 1) }

  /// A size rounded up to whole pages; nil when that does not fit a word.
  package static func roundedToPages(_ size: UInt) -> UInt? {
    let (sum, overflow) = size.addingReportingOverflow(PAGE_SIZE - 1)
    return overflow ? nil : truncatedToPage(sum)
  }
}
