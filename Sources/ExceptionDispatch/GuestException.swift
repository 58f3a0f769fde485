/// A fault or signal that no guest handler takes, before a personality has named it.
package struct GuestException: Sendable {
  /// Host signal number.
  package let signal: Int32
  /// The kernel's code for the cause.
  package let code: Int32
  /// The address a fault concerns.
  package let address: UInt64

  package init(signal: Int32, code: Int32, address: UInt64) {
    self.signal = signal
    self.code = code
    self.address = address
  }
}
