internal import Glibc
package import PicoProvider

/// Tells the user of an exception that nobody took; the process ends after it.
package typealias ExceptionReport = @Sendable (PicoExceptionInformation, PicoExceptionRecord) -> Void

/// Return addresses of a guest thread, innermost first.
package typealias StackWalker = @Sendable (PicoStackWalk, Int) -> [UInt64]

/// A personality of ours as a provider of the pico contract: the half of it that lives in the supervisor.
package enum PersonalityProvider {
  /// A process or thread of a personality of ours has no state in the supervisor: its resident half keeps what there is.
  private final class Context: Sendable {}

  /// The table to register.
  ///
  /// - Parameters:
  ///   - answer: serves a call of the supervised lane.
  ///   - report: the second chance of an exception. On the first nothing is done: a handler of the guest's was looked
  ///     for before the exception came here, by the resident half.
  package static func routines(
    convention: ResultConvention, subsystem: UInt32,
    answer: @escaping @Sendable (SupervisedCall) throws(GuestErrno) -> Int64, report: @escaping ExceptionReport,
    walk: @escaping StackWalker
  ) -> PicoProviderRoutines {
    PicoProviderRoutines(
      DispatchSystemCall: { information in
        guard let call = information.call else { return }
        let result: Result<Int64, GuestErrno>
        do throws(GuestErrno) {
          result = .success(try answer(SupervisedCall(information.thread, call)))
        } catch {
          result = .failure(error)
        }
        var frame = information.frame
        convention.store(result, in: &frame)
        information.frame = frame
      },
      ExitThread: { _ in },
      ExitProcess: { _ in },
      DispatchException: { information, record, chance in
        if chance == .second { report(information, record) }
        return false
      },
      TerminateProcess: { process, _ in
        // The kill signal of every system served, and the host's.
        kill(process.host.pid, SIGKILL) == 0 ? .STATUS_PENDING : .STATUS_ACCESS_DENIED
      },
      WalkUserStack: walk,
      OpenProcess: .PROCESS_QUERY_LIMITED_INFORMATION.union(.PROCESS_TERMINATE).union(.SYNCHRONIZE),
      OpenThread: .THREAD_QUERY_LIMITED_INFORMATION.union(.SYNCHRONIZE),
      SubsystemInformationType: SubsystemInformationType(rawValue: subsystem),
      AdoptProcess: { (_, _) throws(NTStatus) in Context() },
      AdoptThread: { (_) throws(NTStatus) in Context() })
  }
}
