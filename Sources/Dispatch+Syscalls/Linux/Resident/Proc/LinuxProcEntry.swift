import CPicoEntry

/// The entries of `/proc/PID` that would show the stub, told by the last part of a path. What the path really leads to is
/// looked at when it has been opened.
enum ProcEntry {
  case none, exe, maps, smaps, smaps_rollup, numa_maps, statm, status

  private static let longest = 64

  /// Looks at a path of the guest's: any below "/proc/", or a short relative one.
  init(named address: UInt) {
    self = .none
    guard let start = load(address, as: UInt64.self) else { return }
    // "/proc/": six bytes that nearly every absolute path fails at once.
    if start & 0xff == 0x2f && start & 0xffff_ffff_ffff != 0x2f63_6f72_702f { return }
    self = withUnsafeTemporaryAllocation(byteCount: Self.longest, alignment: 8) { room -> ProcEntry in
      guard let path = room.baseAddress else { return .none }
      let length = copyString(path, from: address, limit: Self.longest)
      return length > 0 ? ProcEntry(text: path, length) : .none
    }
  }

  /// Looks at the last part of a text.
  init(text: UnsafeMutableRawPointer, _ length: Int) {
    var start = length
    while start > 0, text.load(fromByteOffset: start - 1, as: UInt8.self) != 0x2f { start -= 1 }
    let name = text + start
    let count = length - start
    if Self.equals(name, count, "exe") {
      self = .exe
    } else if Self.equals(name, count, "maps") {
      self = .maps
    } else if Self.equals(name, count, "status") {
      self = .status
    } else if Self.equals(name, count, "smaps") {
      self = .smaps
    } else if Self.equals(name, count, "smaps_rollup") {
      self = .smaps_rollup
    } else if Self.equals(name, count, "statm") {
      self = .statm
    } else if Self.equals(name, count, "numa_maps") {
      self = .numa_maps
    } else {
      self = .none
    }
  }

  static func equals(_ text: UnsafeMutableRawPointer, _ length: Int, _ name: StaticString) -> Bool {
    guard length == name.utf8CodeUnitCount else { return false }
    for at in 0..<length where text.load(fromByteOffset: at, as: UInt8.self) != name.utf8Start[at] { return false }
    return true
  }
}
