/// `__specialfd(2)`: what libc's eventfd(3) calls.
extension FreeBSD {
  private static let SPECIALFD_EVENTFD: Int32 = 1
  private static let EFD_SEMAPHORE: Int32 = 0x1
  private static let EFD_NONBLOCK: Int32 = 0x4
  private static let EFD_CLOEXEC: Int32 = 0x10_0000

  /// A counter as a descriptor. Errors: `EINVAL` for another type, another size of its request or unknown flags;
  /// `EFAULT`; those of making a descriptor. Source: `sys___specialfd` in `kern/sys_generic.c`.
  static func __specialfd(_ t: Thread, _ type: Int32, _ req: UInt, _ len: UInt) -> Int {
    guard type == SPECIALFD_EVENTFD, len == 8 else { return HostError.EINVAL }
    // struct specialfd_eventfd
    guard let request = load(req, as: (UInt32, Int32).self) else { return HostError.EFAULT }
    let (value, flags) = request
    guard flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC) == 0 else { return HostError.EINVAL }
    return host(
      HostEvent.eventfd2, UInt(value),
      UInt(flags & EFD_SEMAPHORE) | (flags & EFD_NONBLOCK != 0 ? HostFile.O_NONBLOCK : 0)
        | (flags & EFD_CLOEXEC != 0 ? HostFile.O_CLOEXEC : 0))
  }
}
