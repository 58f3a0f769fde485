package import TableModel

/// Brings the records of many threads into one text. Belongs to one thread.
package struct TraceCollector {
  private var writer: TraceWriter

  package init(style: TraceStyle, tables: [UInt16: SystemCallTable]) {
    writer = TraceWriter(style: style, tables: tables)
  }

  /// Takes what the threads have published, in the order in which their calls began.
  package mutating func text(from rings: some Sequence<TraceRing>) -> String {
    text(of: rings.flatMap { $0.drain() })
  }

  /// What a thread leaves behind that has ended without saying so: its last calls and the one it was in.
  package mutating func lastText(from ring: TraceRing) -> String {
    text(of: ring.drain() + (ring.unfinished().map { [$0] } ?? []))
  }

  /// The line of a thread or process that ended by itself.
  package mutating func exited(_ tid: UInt32, status: Int, at time: UInt64) -> String {
    writer.exited(tid, status: status, at: time)
  }

  /// The line of a process that a signal ended; the signal in its own system's number.
  package mutating func killed(_ tid: UInt32, signal: Int, dumped: Bool, personality: UInt16, at time: UInt64) -> String
  {
    writer.killed(tid, signal: signal, dumped: dumped, personality: personality, at: time)
  }

  private mutating func text(of records: [TraceRecord]) -> String {
    var text = ""
    for record in records.sorted(by: { $0.sequence < $1.sequence }) { text += writer.line(record) }
    return text
  }
}
