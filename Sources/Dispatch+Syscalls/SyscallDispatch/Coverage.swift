package import TableModel

/// How much of a system's calls there is, by status and lane.
package struct Coverage: Sendable, Equatable {
  package private(set) var full = 0
  package private(set) var partial = 0
  package private(set) var stub = 0
  package private(set) var missing = 0
  package private(set) var obsolete = 0
  package private(set) var direct = 0
  package private(set) var resident = 0
  package private(set) var supervised = 0

  package init(of table: SystemCallTable) {
    for row in table.rows {
      let count = row.numbers.count
      switch row.status {
      case .full: full += count
      case .partial: partial += count
      case .stub: stub += count
      case .missing: missing += count
      case .obsolete: obsolete += count
      }
      switch row.lane {
      case .direct: direct += count
      case .resident, .indirect: resident += count
      case .supervised: supervised += count
      case .none: break
      }
    }
  }
}

/// A call that guests asked for and did not get.
package struct MissingCall: Sendable, Equatable {
  package var number: Int
  package var name: String
  /// Why there is none; empty for a number that the system itself lacks.
  package var reason: String
  package var count: UInt32

  /// Those whose counter is not zero, the most wanted first.
  package static func all(in table: SystemCallTable, counts: some Sequence<UInt32>) -> [MissingCall] {
    counts.enumerated().filter { $0.element > 0 }
      .map { number, count in
        let row = table.row(UInt64(number))
        return MissingCall(
          number: number, name: row?.name ?? "number \(number)", reason: row?.reason ?? "", count: count)
      }
      .sorted { ($1.count, $0.number) < ($0.count, $1.number) }
  }
}
