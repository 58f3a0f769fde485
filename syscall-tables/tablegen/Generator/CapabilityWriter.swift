import TableModel

extension SystemWriter {
  /// What Capsicum asks of each call: whether capability mode allows it, the rights its descriptors need, and where its
  /// directories and the names below them are. Nil for a system that knows no rights.
  package func capabilities() -> String? {
    guard let names = table.flags["CapRights"] else { return nil }
    var groups: [(text: String, rows: [SystemCallRow])] = []
    for row in table.rows where row.lane != .none {
      let text = capability(of: row, names)
      if text == "CallCapability()" { continue }
      if let place = groups.firstIndex(where: { $0.text == text }) {
        groups[place].rows.append(row)
      } else {
        groups.append((text, [row]))
      }
    }
    var out =
      swiftNotice + """
        extension \(system.name) {
          /// What Capsicum asks of a call.
          static func capability(of number: UInt) -> CallCapability {
            switch number {

        """
    for group in groups {
      let numbers = group.rows.flatMap { row in row.numbers.map(String.init) }
      out += "    case \(wrapped(numbers)): return \(group.text)\n"
    }
    return out + "    default: return CallCapability()\n    }\n  }\n" + argumentCounts() + "}\n"
  }

  /// How many arguments each call has, for those who trace it. Only where `capabilities` is: the system whose `ptrace`
  /// tells of calls by their arguments.
  func argumentCounts() -> String {
    var groups: [Int: [String]] = [:]
    for row in table.rows where !row.parameters.isEmpty {
      groups[row.parameters.count, default: []] += row.numbers.map(String.init)
    }
    var out = """

        /// How many arguments a call has; 0 for one that is not known.
        static func argumentCount(of number: UInt64) -> Int {
          switch number {

      """
    for (count, numbers) in groups.sorted(by: { $0.key < $1.key }) {
      out += "    case \(wrapped(numbers)): return \(min(count, 8))\n"
    }
    return out + "    default: return 0\n    }\n  }\n"
  }

  private func capability(of row: SystemCallRow, _ names: FlagSet) -> String {
    var words: [String] = []
    if row.classes.contains("capmode") { words.append("isAllowed: true") }
    for (place, right) in row.rights.prefix(2).enumerated() {
      guard let argument = row.parameters.firstIndex(where: { $0.name == right.parameter }),
        let value = names.entries.first(where: { $0.name == right.name })?.guest
      else { continue }
      let label = place == 0 ? "first" : "second"
      words.append("\(label): \(argument), \(label)Right: \(hex(UInt64(bitPattern: value)))")
    }
    // A directory and, behind it, the name below it.
    let directories = row.parameters.indices.filter { place in
      row.parameters[place].type.name == "AtFD" && place + 1 < row.parameters.count
        && SystemCallTable.pathTypes.contains(row.parameters[place + 1].type.name)
    }
    for (directory, label) in zip(directories, ["directory", "otherDirectory"]) {
      words.append("\(label): \(directory)")
    }
    return "CallCapability(\(words.joined(separator: ", ")))"
  }
}
