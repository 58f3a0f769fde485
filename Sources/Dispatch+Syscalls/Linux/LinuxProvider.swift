package import PicoProvider
package import SyscallDispatch

extension Linux {
  /// What the supervisor registers for Linux. No row of its table is in the supervised lane: `ENOSYS`.
  package static func provider(
    report: @escaping ExceptionReport, walk: @escaping StackWalker
  ) -> PicoProviderRoutines {
    PersonalityProvider.routines(
      convention: .negatedError, subsystem: SubsystemInformationType.WSL.rawValue,
      answer: { (_) throws(GuestErrno) in throw GuestErrno(38) }, report: report, walk: walk)
  }
}
