/// The outcome of a routine of the pico contract, by the numbers that Windows gives it (`ntstatus.h`).
///
/// As an error it is always a failure; success is a normal return. A provider's own status, handed to
/// `TerminateProcess`, may be any number.
package struct NTStatus: Error, RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let STATUS_SUCCESS = NTStatus(rawValue: 0)
  package static let STATUS_PENDING = NTStatus(rawValue: 0x0000_0103)

  package static let STATUS_DATATYPE_MISALIGNMENT = NTStatus(rawValue: 0x8000_0002)
  package static let STATUS_BREAKPOINT = NTStatus(rawValue: 0x8000_0003)
  package static let STATUS_SINGLE_STEP = NTStatus(rawValue: 0x8000_0004)

  package static let STATUS_INFO_LENGTH_MISMATCH = NTStatus(rawValue: 0xC000_0004)
  package static let STATUS_ACCESS_VIOLATION = NTStatus(rawValue: 0xC000_0005)
  package static let STATUS_IN_PAGE_ERROR = NTStatus(rawValue: 0xC000_0006)
  package static let STATUS_INVALID_CID = NTStatus(rawValue: 0xC000_000B)
  package static let STATUS_INVALID_PARAMETER = NTStatus(rawValue: 0xC000_000D)
  package static let STATUS_NO_MEMORY = NTStatus(rawValue: 0xC000_0017)
  package static let STATUS_INVALID_SYSTEM_SERVICE = NTStatus(rawValue: 0xC000_001C)
  package static let STATUS_ILLEGAL_INSTRUCTION = NTStatus(rawValue: 0xC000_001D)
  package static let STATUS_ACCESS_DENIED = NTStatus(rawValue: 0xC000_0022)
  package static let STATUS_SUSPEND_COUNT_EXCEEDED = NTStatus(rawValue: 0xC000_004A)
  package static let STATUS_THREAD_IS_TERMINATING = NTStatus(rawValue: 0xC000_004B)
  package static let STATUS_FLOAT_INVALID_OPERATION = NTStatus(rawValue: 0xC000_0090)
  package static let STATUS_INTEGER_DIVIDE_BY_ZERO = NTStatus(rawValue: 0xC000_0094)
  package static let STATUS_INTEGER_OVERFLOW = NTStatus(rawValue: 0xC000_0095)
  package static let STATUS_INSUFFICIENT_RESOURCES = NTStatus(rawValue: 0xC000_009A)
  package static let STATUS_IO_TIMEOUT = NTStatus(rawValue: 0xC000_00B5)
  package static let STATUS_NOT_SUPPORTED = NTStatus(rawValue: 0xC000_00BB)
  package static let STATUS_PROCESS_IS_TERMINATING = NTStatus(rawValue: 0xC000_010A)
  package static let STATUS_TOO_LATE = NTStatus(rawValue: 0xC000_0189)
  package static let STATUS_INVALID_THREAD = NTStatus(rawValue: 0xC000_071C)

  package var isSuccess: Bool { rawValue < 0x8000_0000 }
}
