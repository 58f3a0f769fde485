/// The addresses an image may take in a picoprocess.
package enum UserMemory {
  package static let pageSize: UInt64 = 4096
  /// The host maps nothing below this without privilege (`vm.mmap_min_addr`).
  package static let lowest: UInt64 = 0x1_0000
  /// End of user memory on x86-64 with four page-table levels.
  package static let end: UInt64 = 0x7fff_ffff_f000
  /// The stub, its silo, thread areas and code: as in `pico_layout.h`.
  package static let reserved: Range<UInt64> = 0x7e00_0000_0000..<0x7e40_0000_0000

  /// `address` rounded up to a page; the caller keeps clear of the last page of all.
  static func pageRoundedUp(_ address: UInt64) -> UInt64 { (address &+ (pageSize - 1)) & ~(pageSize - 1) }

  enum Placement { case fits, outside, reserved }

  /// Whether the pages of `address..<address + size` may be an image's.
  static func placement(of address: UInt64, size: UInt64, lowest: UInt64) -> Placement {
    let (last, overflow) = address.addingReportingOverflow(size)
    guard !overflow, last <= end, address >= lowest else { return .outside }
    let first = address & ~(pageSize - 1)
    return first < reserved.upperBound && pageRoundedUp(last) > reserved.lowerBound ? .reserved : .fits
  }
}
