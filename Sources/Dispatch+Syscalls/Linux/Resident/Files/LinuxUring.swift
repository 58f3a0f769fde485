import CPicoEntry

/// io_uring: the host's own. Its operations name the guest's memory and descriptors, which are the host's, and its workers
/// are kernel threads; so none of them needs the stub, and none is seen by it or by a trace, as no seccomp filter sees
/// them on a kernel. Only names would: a picoprocess with a view has no io_uring.
extension Linux {
  private static let IORING_ENTER_GETEVENTS: UInt32 = 1
  private static let IORING_ENTER_EXT_ARG: UInt32 = 8
  private static let IORING_ENTER_EXT_ARG_REG: UInt32 = 0x40

  /// `struct io_uring_getevents_arg`.
  private struct WaitArgument: BitwiseCopyable {
    var sigmask: UInt64
    var sigmask_sz: UInt32
    var min_wait_usec: UInt32
    var ts: UInt64
  }

  /// `io_uring_setup(2)`. Errors: `ENOSYS` in a view, where it would take names for the host's; those of the host.
  static func io_uring_setup(_ t: Thread, _ entries: UInt32, _ params: UInt) -> Int {
    t.hasView ? Host.ENOSYS : host(425, UInt(entries), params)
  }

  /// `io_uring_enter(2)`: waits with the mask it is given, at `argp` itself or in a `io_uring_getevents_arg` there.
  ///
  /// - Errors: `EINVAL` for a mask that is not of 8 bytes; `EFAULT`; those of the host.
  static func io_uring_enter(
    _ t: Thread, _ fd: Int32, _ to_submit: UInt32, _ min_complete: UInt32, _ flags: UInt32, _ argp: UInt, _ argsz: UInt
  ) -> Int {
    let waits = flags & IORING_ENTER_GETEVENTS != 0 && flags & IORING_ENTER_EXT_ARG_REG == 0
    var result: Int
    if !waits || argp == 0 {
      result = t.blocking(426, UInt(bitPattern: Int(fd)), UInt(to_submit), UInt(min_complete), UInt(flags), argp, argsz)
    } else if flags & IORING_ENTER_EXT_ARG == 0 {
      result = withWaitMask(t, argp, argsz) {
        t.blocking(426, UInt(bitPattern: Int(fd)), UInt(to_submit), UInt(min_complete), UInt(flags), $0, argsz)
      }
    } else {
      if argsz != 24 { return Host.EINVAL }
      guard var argument = load(argp, as: WaitArgument.self) else { return Host.EFAULT }
      result = withWaitMask(t, UInt(argument.sigmask), UInt(argument.sigmask_sz)) { mask in
        argument.sigmask = UInt64(mask)
        return withUnsafePointer(to: argument) {
          t.blocking(
            426, UInt(bitPattern: Int(fd)), UInt(to_submit), UInt(min_complete), UInt(flags), UInt(bitPattern: $0),
            argsz)
        }
      }
    }
    if result == Host.EINTR && to_submit > 0 {
      // The signal came before the call: what was to be submitted is submitted even so.
      let submitted = host(
        426, UInt(bitPattern: Int(fd)), UInt(to_submit), 0, UInt(flags & ~IORING_ENTER_GETEVENTS), 0, 8)
      if submitted > 0 { result = submitted }
    }
    return result
  }

  /// `io_uring_register(2)`.
  static func io_uring_register(_ t: Thread, _ fd: Int32, _ opcode: UInt32, _ arg: UInt, _ nr_args: UInt32) -> Int {
    t.blocking(427, UInt(bitPattern: Int(fd)), UInt(opcode), arg, UInt(nr_args))
  }
}
