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
  package init(_ text: String, tables: @autoclosure () -> [SystemCallTable]) throws(Problem) {
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
        guard tables().contains(where: { $0.rows.contains { $0.name == name } }) else { throw .unknown(name) }
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
  package func bytes(for table: @autoclosure () -> SystemCallTable, count: Int) -> [UInt8] {
    let everything = wanted.contains { if case .all = $0 { true } else { false } } != inverted
    let isNameless = wanted.allSatisfy {
      switch $0 {
      case .all, .none: true
      case .selector, .name: false
      }
    }
    // Nearly always so, and then no table is read.
    if isNameless { return [UInt8](repeating: everything ? 1 : 0, count: count) }
    let table = table()
    return (0..<count).map { number in
      (table.row(UInt64(number)).map(includes) ?? everything) ? 1 : 0
    }
  }
}
