package import TableModel

/// Brings the records of many threads into one text. Belongs to one thread.
package struct TraceCollector {
  private var writer: TraceWriter

  package init(style: TraceStyle, tables: [UInt16: @Sendable () -> TableText]) {
    writer = TraceWriter(style: style, tables: tables)
  }

  /// Writes the lines of a batch, in the order in which their calls began.
  package mutating func write(_ batch: TraceBatch, to out: inout TraceOutput) {
    batch.forEach { writer.line($0, to: &out) }
  }

  /// The line of a thread or process that ended by itself.
  package mutating func exited(_ tid: UInt32, status: Int, at time: UInt64, to out: inout TraceOutput) {
    writer.exited(tid, status: status, at: time, to: &out)
  }
}
