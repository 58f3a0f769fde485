package import PicoProvider

/// An error number of the guest system, as its headers have it.
package struct GuestErrno: Error, Hashable, Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  /// The same number in every system served.
  package static let EFAULT = GuestErrno(14)
}

/// A call of the supervised lane, as a handler gets it: who calls, with what, and the caller's memory.
///
/// Handlers never wait, and trust nothing: every address, length and number is a hostile guest's.
package struct SupervisedCall: Sendable {
  package let thread: Picothread
  package let number: UInt64
  /// Eight: what the call does not have is whatever the registers held.
  package let arguments: [UInt64]
  private let memory: any PicoGuestMemory

  /// - Parameter decoded: of a provider of ours; its resident half decodes every call.
  package init(_ thread: Picothread, _ decoded: PicoDecodedCall) {
    self.thread = thread
    number = decoded.number
    arguments = decoded.arguments
    memory = decoded.memory
  }

  /// Bytes at an address. Errors: `EFAULT`.
  package func bytes(_ address: UInt64, _ count: Int) throws(GuestErrno) -> [UInt8] {
    do throws(NTStatus) { return try memory.read(address, count) } catch { throw .EFAULT }
  }

  /// A string of less than `limit` bytes, without its terminator. Errors: `EFAULT`, `tooLong`.
  package func string(_ address: UInt64, limit: Int, tooLong: GuestErrno) throws(GuestErrno) -> [UInt8] {
    let text: [UInt8]?
    do throws(NTStatus) { text = try memory.readString(address, limit: limit) } catch { throw .EFAULT }
    guard let text else { throw tooLong }
    return text
  }

  /// A number at an address. Errors: `EFAULT`.
  package func load<Number: FixedWidthInteger & BitwiseCopyable>(
    _ address: UInt64, as type: Number.Type
  ) throws(GuestErrno) -> Number {
    let bytes = try bytes(address, MemoryLayout<Number>.size)
    return bytes.withUnsafeBytes { $0.loadUnaligned(as: Number.self) }
  }

  /// Stores bytes when the call is over. An address that cannot be written then makes it fail with `EFAULT`.
  package func store(_ bytes: [UInt8], at address: UInt64) throws(GuestErrno) {
    do throws(NTStatus) { try memory.write(bytes, at: address) } catch { throw .EFAULT }
  }
}

/// How a guest system tells the outcome of a call in its registers.
package enum ResultConvention: Sendable {
  /// A negated error number in RAX.
  case negatedError
  /// The carry flag and a positive error number in RAX.
  case carryFlag

  /// Puts the outcome into the registers.
  package func store(_ result: Result<Int64, GuestErrno>, in frame: inout GuestRegisters) {
    switch (self, result) {
    case (.negatedError, .success(let value)): frame.rax = UInt64(bitPattern: value)
    case (.negatedError, .failure(let error)): frame.rax = UInt64(bitPattern: -Int64(error.number))
    case (.carryFlag, .success(let value)):
      frame.rax = UInt64(bitPattern: value)
      frame.rflags &= ~1
    case (.carryFlag, .failure(let error)):
      frame.rax = UInt64(UInt32(bitPattern: error.number))
      frame.rflags |= 1
    }
  }
}
