import CPicoABI

extension FreeBSD {
  /// `sysarch(2)`: reads and sets the FS and GS base registers. The value stands at `parms`.
  ///
  /// - Errors: `EFAULT` for `parms`; `EINVAL` for a base outside user memory or an unknown operation.
  /// - Differs: `AMD64_GET_XFPUSTATE` and the operations on descriptor tables and I/O permissions are refused.
  /// - Source: FreeBSD 14 `sys/amd64/amd64/sys_machdep.c`.
  static func sysarch(_ t: Thread, _ op: Int32, _ parms: UInt) -> Int {
    switch op {
    case AMD64_GET_FSBASE: return store(pico_read_fs_base(), at: parms) ? 0 : Host.EFAULT
    case AMD64_GET_GSBASE: return store(guestGSBase(t), at: parms) ? 0 : Host.EFAULT
    case AMD64_SET_FSBASE:
      guard let base = load(parms, as: UInt64.self) else { return Host.EFAULT }
      guard base < UInt64(VM_MAXUSER_ADDRESS) else { return Host.EINVAL }
      pico_write_fs_base(base)
      return 0
    case AMD64_SET_GSBASE:
      guard let base = load(parms, as: UInt64.self) else { return Host.EFAULT }
      guard base < UInt64(VM_MAXUSER_ADDRESS) else { return Host.EINVAL }
      t.pointee.guest_gs = base
      t.pointee.flags |= UInt32(PICO_THREAD_OWNS_GS)
      t.selectLeanTable()
      return 0
    default:
      return Host.EINVAL
    }
  }

  private static func guestGSBase(_ t: Thread) -> UInt64 {
    t.pointee.flags & UInt32(PICO_THREAD_OWNS_GS) != 0 ? t.pointee.guest_gs : 0
  }
}
