/// Records of many threads as they were taken from their rings, to be read when there is time.
package struct TraceBatch: Sendable {
  private var bytes: [UInt8] = []
  private var places: [Place] = []

  private struct Place {
    var sequence: UInt64
    var start: Int
    var count: Int
  }

  package init() {}

  package var isEmpty: Bool { places.isEmpty }
  /// Bytes that are held.
  package var count: Int { bytes.count }

  /// Takes a copy of one record. Its first word, the size, is set to what was copied: the original may change.
  mutating func append(_ record: UnsafeRawBufferPointer) {
    let start = bytes.count
    bytes.append(contentsOf: record)
    bytes.withUnsafeMutableBytes { copy in
      copy.storeBytes(of: UInt32(truncatingIfNeeded: record.count), toByteOffset: start, as: UInt32.self)
      let sequence = copy.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
      places.append(Place(sequence: sequence, start: start, count: record.count))
    }
  }

  /// Calls `body` with each record, in the order in which their calls began.
  package func forEach(_ body: (TraceRecord) -> Void) {
    for place in places.sorted(by: { $0.sequence < $1.sequence }) {
      if let record = TraceRecord(bytes[place.start..<place.start + place.count]) { body(record) }
    }
  }
}
