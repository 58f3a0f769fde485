/// `vm.swap_info.N`: what the host swaps to.
extension FreeBSD {
  /// `struct xswdev` of FreeBSD 12 and later, 32 bytes: `sys/vm/vm_param.h`.
  private struct SwapDevice {
    var xsw_version: UInt32 = 2  // XSWDEV_VERSION
    private var padding: UInt32 = 0
    /// NODEV, as for a file: the host's numbers of devices are not the guest's.
    var xsw_dev = UInt64.max
    var xsw_flags: Int32 = 0
    /// Pages it has, and those in use.
    var xsw_nblks: Int32
    var xsw_used: Int32
    private var end: UInt32 = 0

    init(pages: Int32, used: Int32) {
      xsw_nblks = pages
      xsw_used = used
    }
  }

  /// Answers with one swap device; the argument is its place, the first being 0.
  ///
  /// - Errors: `EINVAL` unless there is one argument; `ENOENT` behind the last device.
  /// - Source: FreeBSD 14 `sys/vm/swap_pager.c`, `sysctl_vm_swap_info`.
  static func putSwapDevice(_ arguments: SysctlName, _ request: inout SysctlRequest) -> Int {
    guard arguments.count == 1 else { return Host.EINVAL }
    var left = arguments[0]
    var found: SwapDevice?
    let result = withHostLines("/proc/swaps") { lines in
      // The first line names the columns: file, kind, size and use in KiB, priority.
      guard left >= 0, lines.next() else { return 0 }
      while lines.next() {
        left -= 1
        guard left < 0 else { continue }
        lines.skipWord()
        lines.skipWord()
        let pages = pages(ofKilobytes: lines.decimal())
        found = SwapDevice(pages: pages, used: self.pages(ofKilobytes: lines.decimal()))
        return 0
      }
      return 0
    }
    guard result == 0, let found else { return result == 0 ? ENOENT : result }
    return request.put(found)
  }

  private static func pages(ofKilobytes count: UInt64?) -> Int32 {
    Int32(truncatingIfNeeded: min((count ?? 0) / 4, UInt64(Int32.max)))
  }
}
