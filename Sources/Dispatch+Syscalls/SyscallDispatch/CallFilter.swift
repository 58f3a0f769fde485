package import TableModel

/// Which calls a trace shows: the meaning of `-e trace=…`.
package struct CallFilter: Sendable {
  package enum Problem: Error, Equatable {
    /// Neither a call of any system nor a class.
    case unknown(String)
    /// A qualifier other than `trace`.
    case unsupported(String)
    case empty
  }

  private let wanted: [Word]
  private let inverted: Bool

  private enum Word: Sendable {
    case all, none
    case selector(String)
    case name(String)
  }

  /// Reads `trace=open,%network`, `%file`, `!read,write`, `all` or `none`; `?name` may be unknown.
  ///
  /// - Parameter tables: every system's, read only when a name is given: it has to exist in one of them.
  package init(_ text: String, tables: @autoclosure () -> [TableText]) throws(Problem) {
    var rest = text[...]
    if let equals = rest.firstIndex(of: "=") {
      let qualifier = rest[..<equals]
      guard ["trace", "t"].contains(qualifier) else { throw .unsupported(String(qualifier)) }
      rest = rest[rest.index(after: equals)...]
    }
    inverted = rest.first == "!"
    if inverted { rest = rest.dropFirst() }
    var words: [Word] = []
    for piece in rest.split(separator: ",") {
      switch piece {
      case "all", "%all": words.append(.all)
      case "none": words.append(.none)
      case _ where piece.hasPrefix("%"):
        let name = String(piece.dropFirst())
        guard Self.classes.contains(name) else { throw .unknown(String(piece)) }
        words.append(.selector(name))
      case _ where piece.hasPrefix("?"): words.append(.name(String(piece.dropFirst())))
      default:
        let name = String(piece)
        guard tables().contains(where: { !$0.numbers(of: name).isEmpty }) else { throw .unknown(name) }
        words.append(.name(name))
      }
    }
    guard !words.isEmpty else { throw .empty }
    wanted = words
  }

  /// What may stand after `%`.
  package static let classes = ["file", "desc", "process", "network", "signal", "memory", "ipc", "creds", "clock"]

  package func includes(_ row: SystemCallRow) -> Bool {
    let found = wanted.contains { word in
      switch word {
      case .all: true
      case .none: false
      case .selector(let name): row.selectors.contains(name)
      case .name(let name): row.name == name
      }
    }
    return found != inverted
  }

  /// One byte a number, 1 for a call that is traced: what the silo's header tells the stub. Numbers without a row
  /// are traced when every call is.
  package func bytes(for text: @autoclosure () -> TableText, count: Int) -> [UInt8] {
    let isAll = wanted.contains { if case .all = $0 { true } else { false } }
    let rest: UInt8 = isAll != inverted ? 1 : 0
    var bytes = [UInt8](repeating: rest, count: count)
    // Nearly always so, and then no table is read.
    if isAll { return bytes }
    let text = text()
    // A class is known by what the calls are given, so each has to be read.
    let hasClass = wanted.contains { if case .selector = $0 { true } else { false } }
    if hasClass {
      for row in SystemCallTable(text).rows where includes(row) != inverted {
        for number in row.numbers where number < count { bytes[number] = 1 - rest }
      }
      return bytes
    }
    for case .name(let name) in wanted {
      for number in text.numbers(of: name).joined() where number < count { bytes[number] = 1 - rest }
    }
    return bytes
  }
}
