import TableModel

extension SystemWriter {
  /// The supervisor's `switch` over the calls of the supervised lane; nil for a table without any.
  package func supervised() -> String? {
    var cases = ""
    for row in table.rows where row.lane == .supervised {
      let passed = row.parameters.enumerated().map { place, parameter in argument(parameter, place) }
      cases += "    case \(row.numbers.map(String.init).joined(separator: ", ")):  // \(row.name)\n"
      cases += "      return try \(swiftName(row.name))(\((["call"] + passed).joined(separator: ", ")))\n"
    }
    guard !cases.isEmpty else { return nil }
    return swiftNotice + """
      package import SyscallDispatch

      extension \(system.name) {
        /// Answers a call of the supervised lane.
        ///
        /// - Returns: its result. Throws the guest's error number.
        package static func supervised(_ call: SupervisedCall) throws(GuestErrno) -> Int64 {
          switch call.number {
      \(cases)    default:
            throw GuestErrno(\(table.guestError(host: 38)))
          }
        }
      }

      """
  }

  private func argument(_ parameter: Parameter, _ place: Int) -> String {
    let register = "call.arguments[\(place)]"
    let type = parameter.direction == nil ? table.swiftType(parameter.type.name) ?? "UInt64" : "UInt64"
    return ["UInt64", "UInt"].contains(type) ? register : "\(type)(truncatingIfNeeded: \(register))"
  }
}
