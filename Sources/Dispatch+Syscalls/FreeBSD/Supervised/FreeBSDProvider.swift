package import PicoProvider
package import SyscallDispatch

extension FreeBSD {
  /// What the supervisor registers for FreeBSD. Its subsystem number is our own: Windows has none for it.
  package static func provider(
    report: @escaping ExceptionReport, walk: @escaping StackWalker
  ) -> PicoProviderRoutines {
    PersonalityProvider.routines(
      convention: .carryFlag, subsystem: 2,
      answer: { (call) throws(GuestErrno) in try supervised(call) }, report: report, walk: walk)
  }
}

extension GuestErrno {
  static let EPERM = GuestErrno(FreeBSD.Errno.EPERM)
  static let ENOENT = GuestErrno(FreeBSD.Errno.ENOENT)
  static let EBUSY = GuestErrno(FreeBSD.Errno.EBUSY)
  static let EEXIST = GuestErrno(FreeBSD.Errno.EEXIST)
  static let EINVAL = GuestErrno(FreeBSD.Errno.EINVAL)
  static let ENAMETOOLONG = GuestErrno(FreeBSD.Errno.ENAMETOOLONG)
}

extension SupervisedCall {
  /// A string as copyinstr(9) takes it: `capacity` bytes with the terminator. Errors: `EFAULT`, `ENAMETOOLONG`.
  func string(_ address: UInt64, capacity: Int) throws(GuestErrno) -> [UInt8] {
    try string(address, limit: capacity, tooLong: .ENAMETOOLONG)
  }
}
