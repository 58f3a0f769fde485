extension SystemCallTable {
  /// Checks what the grammar cannot: names that are declared, reasons that are given, layouts that fit.
  mutating func validate() {
    for row in rows { problems += complaints(about: row).map { "\(row.numbers.lowerBound) \(row.name): \($0)" } }
    for layout in structs.values.sorted(by: { $0.name < $1.name }) {
      for field in layout.fields {
        guard let one = size(of: field.type.name) else {
          problems.append("\(layout.name).\(field.name): no type \(field.type.name)")
          continue
        }
        var count = 1
        if case .constant(let given)? = field.type.length { count = given }
        if field.offset + one * count > layout.size { problems.append("\(layout.name).\(field.name): past the end") }
      }
    }
  }

  private func complaints(about row: SystemCallRow) -> [String] {
    var found: [String] = []
    if row.status.needsReason == row.reason.isEmpty {
      found.append(row.reason.isEmpty ? "\(row.status.rawValue) needs a reason" : "a reason, but nothing to explain")
    }
    if (row.lane == .none) != (row.status == .missing || row.status == .obsolete) {
      found.append("no lane belongs to missing and obsolete calls, and to them only")
    }
    let names = row.parameters.map(\.name)
    for right in row.rights {
      if !names.contains(right.parameter) { found.append("no parameter \(right.parameter)") }
      if flags["CapRights"]?.entries.contains(where: { $0.name == right.name }) != true {
        found.append("no right \(right.name)")
      }
    }
    for (place, parameter) in row.parameters.enumerated() {
      if names[..<place].contains(parameter.name) { found.append("two parameters \(parameter.name)") }
      let type = parameter.type.name
      let known = swiftType(type) != nil || (parameter.direction != nil && isMemoryType(type))
      if !known { found.append("no type \(type)") }
      switch parameter.type.length {
      case .parameter(let name)?, .pointee(let name)?:
        if !names.contains(name) { found.append("no parameter \(name)") }
      case .constant?, .result?, nil: break
      }
    }
    if row.result != "never", swiftType(row.result) == nil { found.append("no type \(row.result)") }
    guard case .direct(let target) = row.lane else { return found }
    if row.parameters.count > 6, target.arguments == nil { found.append("a host call takes six arguments") }
    for parameter in row.parameters where parameter.direction == nil {
      if flags[parameter.type.name]?.printOnly == true {
        found.append("\(parameter.type.name) has no host values")
      }
    }
    for change in target.errorChanges {
      for name in [change.from, change.to] where !errors.contains(where: { $0.name == name }) {
        found.append("no error \(name)")
      }
    }
    return found
  }

  private func isMemoryType(_ name: String) -> Bool {
    SystemCallTable.memoryTypes.contains(name) || structs[name] != nil
  }
}
