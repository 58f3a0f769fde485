extension SystemCallTable {
  /// Reads the rows of a `.tbl` file.
  mutating func parse(table text: String) {
    var row = ""
    var rowLine = 0
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let first = line.first(where: { $0 != " " }) else { continue }
      if line.first == " " {
        // An indented line continues the row above; a comment of its own line does not start one.
        row += " " + String(line)
        continue
      }
      add(row: row, line: rowLine)
      row = first == "#" ? "" : String(line)
      rowLine = number + 1
    }
    add(row: row, line: rowLine)
  }

  private mutating func add(row text: String, line: Int) {
    guard !text.isEmpty else { return }
    do throws(RowProblem) {
      rows.append(try parse(row: text))
    } catch {
      problems.append("\(line): \(error.message)")
    }
  }

  private func parse(row text: String) throws(RowProblem) -> SystemCallRow {
    let halves = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let words = halves[0].split(separator: " ", maxSplits: 4).map(String.init)
    guard words.count == 5 else { throw RowProblem("a row has a number, name, lane, status and prototype") }
    let ends = words[0].split(separator: "-").compactMap { Int($0) }
    guard let low = ends.first, let high = ends.last, low <= high else { throw RowProblem("no number") }
    guard let status = Status(rawValue: words[3]) else { throw RowProblem("no status “\(words[3])”") }
    let prototype = try Prototype(squeezed(words[4]))
    return SystemCallRow(
      numbers: low...high, name: words[1], lane: try parse(lane: words[2]), status: status,
      parameters: prototype.parameters, result: prototype.result, classes: prototype.classes,
      rights: prototype.rights,
      reason: halves.count == 2 ? squeezed(halves[1]) : "")
  }

  private func parse(lane text: String) throws(RowProblem) -> Lane {
    var pieces = splitOutsideParentheses(text, at: ",")
    let head = pieces.removeFirst()
    let equals = head.firstIndex(of: "=")
    var target = Target()
    if let equals { target = try parse(target: head[head.index(after: equals)...]) }
    for modifier in pieces {
      switch modifier {
      case "blocks": target.blocks = true
      case "norestart": target.restarts = false
      case "widens": target.widens = true
      case "errorvalue": target.errorIsResult = true
      case _ where modifier.hasPrefix("errno="):
        let names = modifier.dropFirst(6).split(separator: ":").map(String.init)
        guard names.count == 2 else { throw RowProblem("errno= wants two names") }
        target.errorChanges.append(ErrorChange(from: names[0], to: names[1]))
      default: throw RowProblem("no lane modifier “\(modifier)”")
      }
    }
    switch head[..<(equals ?? head.endIndex)] {
    case "-": return .none
    case "direct": return .direct(target)
    case "resident": return .resident(target)
    case "supervised": return .supervised
    case "indirect": return .indirect
    default: throw RowProblem("no lane “\(head)”")
    }
  }

  /// `name` or `name(argument,…)`; an argument is a number, a parameter, or a parameter with bits: `mode|0x1000`.
  private func parse(target text: Substring) throws(RowProblem) -> Target {
    guard let open = text.firstIndex(of: "(") else { return Target(name: String(text)) }
    guard text.hasSuffix(")") else { throw RowProblem("no end of “\(text)”") }
    var arguments: [Argument] = []
    for piece in text[text.index(after: open)...].dropLast().split(separator: ",") {
      if let value = integer(piece) {
        arguments.append(.constant(value))
        continue
      }
      let halves = piece.split(separator: "|")
      let bits = halves.count == 2 ? integer(halves[1]) : 0
      guard let bits, halves.count <= 2 else { throw RowProblem("cannot read the argument “\(piece)”") }
      arguments.append(.parameter(String(halves[0]), or: UInt64(bitPattern: bits)))
    }
    return Target(name: String(text[..<open]), arguments: arguments)
  }
}

/// The last column of a row: `(fd: FD, buf: out Bytes[ret]) -> Size %class`.
private struct Prototype {
  var parameters: [Parameter] = []
  var result = "Int32"
  var classes: [String] = []
  var rights: [Right] = []

  init(_ text: String) throws(RowProblem) {
    guard text.hasPrefix("("), let end = text.firstIndex(of: ")") else { throw RowProblem("no parameter list") }
    for piece in text[text.index(after: text.startIndex)..<end].split(separator: ",") {
      let halves = piece.split(separator: ":")
      guard halves.count == 2 else { throw RowProblem("a parameter is “name: type”, not “\(piece)”") }
      var words = halves[1].split(separator: " ")
      let direction = words.first.flatMap { Direction(rawValue: String($0)) }
      if direction != nil { words.removeFirst() }
      guard words.count == 1, let type = typeReference(words[0]) else {
        throw RowProblem("cannot read the type of “\(piece)”")
      }
      parameters.append(Parameter(name: squeezed(halves[0]), direction: direction, type: type))
    }
    var words = text[text.index(after: end)...].split(separator: " ").map(String.init)
    if words.first == "->" {
      guard words.count >= 2 else { throw RowProblem("no result after “->”") }
      result = words[1]
      words.removeFirst(2)
    }
    for word in words {
      if word.hasPrefix("&") {
        let halves = word.dropFirst().split(separator: ":")
        guard halves.count == 2 else { throw RowProblem("a right is “&parameter:name”, not “\(word)”") }
        rights.append(Right(parameter: String(halves[0]), name: String(halves[1])))
        continue
      }
      guard word.hasPrefix("%") else { throw RowProblem("“\(word)” is no class") }
      classes.append(String(word.dropFirst()))
    }
  }
}

struct RowProblem: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

/// The words of a text with one space between them.
func squeezed(_ text: some StringProtocol) -> String {
  text.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
}

private func splitOutsideParentheses(_ text: String, at separator: Character) -> [String] {
  var pieces = [""]
  var depth = 0
  for character in text {
    if character == "(" { depth += 1 }
    if character == ")" { depth -= 1 }
    if character == separator, depth == 0 { pieces.append("") } else { pieces[pieces.count - 1].append(character) }
  }
  return pieces
}
