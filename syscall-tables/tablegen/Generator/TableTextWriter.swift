import TableModel

extension SystemWriter {
  /// The table for the supervisor: its text without comments, read when a trace or a page first asks for it.
  package func tableText(_ source: Source) -> String {
    var out = swiftNotice
    out += "package import TableModel\n\nextension \(system.name) {\n"
    out += "  /// The calls of \(system.title), and the types they speak in.\n"
    out += "  package static let systemCalls = SystemCallTable(callText)\n"
    out += "  /// The same, to be read call by call.\n"
    out += "  package static let callText = TableText(table: rows, types: types)\n\n"
    out += "  private static let rows = #\"\"\"\n\(tight(source.tableText))\n\"\"\"#\n\n"
    out += "  private static let types = #\"\"\"\n\(tight(source.typesText))\n\"\"\"#\n}\n"
    return out
  }

  /// A text without blank lines, comment lines and columns.
  private func tight(_ text: String) -> String {
    var lines: [String] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first else { continue }
      let indented = line.first == " "
      if first.hasPrefix("#"), !indented { continue }
      lines.append((indented ? " " : "") + words.joined(separator: " "))
    }
    return lines.joined(separator: "\n")
  }
}
