import TableModel

extension SystemWriter {
  /// The signatures that the dispatch expects of handwritten code, one a line.
  package func residentSignatures() -> [String] {
    var seen: Set<String> = []
    return table.rows.compactMap { row in
      guard case .resident(let target) = row.lane, target.name == nil || target.arguments == nil,
        seen.insert(target.name ?? row.name).inserted
      else { return nil }
      let parameters = row.parameters.map { parameter in
        let type = parameter.direction == nil ? table.swiftType(parameter.type.name) ?? "UInt" : "UInt"
        return ", _ \(swiftName(parameter.name)): \(type)"
      }
      return "static func \(swiftName(target.name ?? row.name))(_ t: Thread\(parameters.joined())) -> Int"
    }
  }
}
