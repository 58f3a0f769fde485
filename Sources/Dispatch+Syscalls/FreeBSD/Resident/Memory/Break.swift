import CPicoABI

extension FreeBSD {
  /// `break(2)`: moves the end of the data segment to the page boundary at or after `nsize`.
  ///
  /// An address before the segment's start moves nothing: libc asks for the first break with a null pointer.
  ///
  /// - Returns: the end, as it is now.
  /// - Errors: `ENOMEM` past `RLIMIT_DATA` or user memory, or where something else is mapped.
  /// - Source: FreeBSD 14 `sys/vm/vm_unix.c`, `kern_break`.
  static func `break`(_ t: Thread, _ nsize: UInt) -> Int {
    let process = t.pointee.process
    let base = UInt(truncatingIfNeeded: process.pointee.break_start &+ 4095) & ~4095
    while true {
      let before = pico_load64(&process.pointee.break_now)
      let old = max(base, UInt(truncatingIfNeeded: before &+ 4095) & ~4095)
      guard let new = roundedToPages(nsize), new <= UInt(PICO_STUB_BASE) else { return Host.ENOMEM }
      if new < base { return Int(bitPattern: old) }
      if new > old {
        guard new &- base <= dataLimit() else { return Host.ENOMEM }
        // PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
        let result = host(Host.mmap, old, new &- old, 3, 0x10_0022, UInt.max, 0)
        if result != Int(bitPattern: old) {
          if result > 0 { host(Host.munmap, UInt(bitPattern: result), new &- old) }
          // Another thread may have grown the segment meanwhile; its pages are what stood in the way.
          if pico_load64(&process.pointee.break_now) != before { continue }
          return Host.ENOMEM
        }
      }
      if pico_cas64(&process.pointee.break_now, before, UInt64(new)) == before {
        if new < old { _ = unmap(t, new, old &- new) }
        return Int(bitPattern: new)
      }
      if new > old { host(Host.munmap, old, new &- old) }
    }
  }

  /// The host's `RLIMIT_DATA`, which is the guest's.
  private static func dataLimit() -> UInt {
    var limit: (UInt, UInt) = (UInt.max, UInt.max)
    _ = withUnsafeMutablePointer(to: &limit) { host(97, 2, UInt(bitPattern: $0)) }  // getrlimit
    return limit.0
  }
}
