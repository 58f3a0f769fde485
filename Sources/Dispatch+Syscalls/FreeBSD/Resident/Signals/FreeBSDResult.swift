import CPicoEntry

extension FreeBSD {
  /// Puts a handler's result where the guest looks for it: RAX and RDX, or the guest's error number with the carry flag.
  ///
  /// - Source: FreeBSD sys/amd64/amd64/vm_machdep.c `cpu_set_syscall_retval`.
  static func storeResult(_ t: Thread, _ result: Int) {
    if result < 0 && result > -4096 {
      t.pointee.frame.rax = UInt64(guestErrno(result))
      t.pointee.frame.rflags |= 1
    } else {
      t.pointee.frame.rax = UInt64(bitPattern: Int64(result))
      t.pointee.frame.rflags &= ~1
      if t.pointee.second_result_valid != 0 { t.pointee.frame.rdx = t.pointee.second_result }
    }
    t.pointee.second_result_valid = 0
  }

  /// The guest's error number of a handler's negative result.
  static func guestErrno(_ result: Int) -> Int {
    result <= -1000 ? -result - 1000 : Int(pico_errno_freebsd_table()[-result])
  }
}
