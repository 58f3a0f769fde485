/// One system call as the stub recorded it. Every field is a guest's word: nothing here is trusted.
package struct TraceRecord: Sendable, Equatable {
  package var tid: UInt32
  package var tgid: UInt32
  package var personality: UInt16
  /// Written before a call that did not come back.
  package var neverReturned: Bool
  /// Order among all records of a silo.
  package var sequence: UInt64
  /// Nanoseconds since 1970.
  package var start: UInt64
  package var end: UInt64
  package var number: UInt64
  package var arguments: [UInt64]
  package var result: Int64
  package var secondResult: UInt64
  /// The guest's error number; 0 when the call succeeded.
  package var error: UInt32
  package var captures: [Capture]

  /// What an argument pointed to.
  package struct Capture: Sendable, Equatable {
    package var argument: Int
    /// Copied after the call; false: before it.
    package var isOutput: Bool
    package var isTruncated: Bool
    package var isUnreadable: Bool
    /// Bytes there were; for a list of strings, how many.
    package var fullLength: UInt64
    package var bytes: [UInt8]

    package init(
      argument: Int, isOutput: Bool = false, isTruncated: Bool = false, isUnreadable: Bool = false,
      fullLength: UInt64? = nil, bytes: [UInt8]
    ) {
      self.argument = argument
      self.isOutput = isOutput
      self.isTruncated = isTruncated
      self.isUnreadable = isUnreadable
      self.fullLength = fullLength ?? UInt64(bytes.count)
      self.bytes = bytes
    }
  }

  package init(
    tid: UInt32 = 1, tgid: UInt32? = nil, personality: UInt16 = 1, neverReturned: Bool = false, sequence: UInt64 = 0,
    start: UInt64 = 0, end: UInt64 = 0, number: UInt64, arguments: [UInt64] = [], result: Int64 = 0,
    secondResult: UInt64 = 0, error: UInt32 = 0, captures: [Capture] = []
  ) {
    self.tid = tid
    self.tgid = tgid ?? tid
    self.personality = personality
    self.neverReturned = neverReturned
    self.sequence = sequence
    self.start = start
    self.end = end
    self.number = number
    self.arguments = arguments
    self.result = result
    self.secondResult = secondResult
    self.error = error
    self.captures = captures
  }

  /// The value of an argument; 0 for one that the record does not hold.
  package func argument(_ place: Int) -> UInt64 { place < arguments.count ? arguments[place] : 0 }

  /// What was copied for an argument on one side of the call.
  package func capture(_ argument: Int, output: Bool) -> Capture? {
    captures.first { $0.argument == argument && $0.isOutput == output }
  }
}

/// Reading, in the layout of pico_trace.h.
extension TraceRecord {
  /// The records in a buffer that a stub wrote. Stops where one does not fit.
  package static func all(in buffer: UnsafeRawBufferPointer) -> [TraceRecord] {
    var records: [TraceRecord] = []
    var offset = 0
    while let size = buffer.word32(at: offset), size >= headSize, size % 8 == 0, Int(size) <= buffer.count - offset {
      let one = UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + Int(size)])
      guard let record = TraceRecord(one) else { break }
      records.append(record)
      offset += Int(size)
    }
    return records
  }

  private static var headSize: Int { 136 }
  private static var captureHeadSize: Int { 16 }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.headSize else { return nil }
    func word32(_ offset: Int) -> UInt32 { bytes.word32(at: offset) ?? 0 }
    func word64(_ offset: Int) -> UInt64 { bytes.word64(at: offset) ?? 0 }
    self.init(
      tid: word32(4), tgid: word32(8), personality: UInt16(truncatingIfNeeded: word32(12)),
      neverReturned: word32(12) >> 16 & 1 != 0, sequence: word64(16), start: word64(24), end: word64(32),
      number: word64(40), arguments: (0..<8).map { word64(48 + 8 * $0) }, result: Int64(bitPattern: word64(112)),
      secondResult: word64(120), error: word32(128))
    var offset = Self.headSize
    for _ in 0..<min(word32(132), 32) {
      guard let head = bytes.word32(at: offset), let length = bytes.word32(at: offset + 4),
        let full = bytes.word64(at: offset + 8), Int(length) <= bytes.count - offset - Self.captureHeadSize
      else { return }
      let start = offset + Self.captureHeadSize
      captures.append(
        Capture(
          argument: Int(head & 0xff), isOutput: head >> 8 & 0xff == 2, isTruncated: head >> 16 & 1 != 0,
          isUnreadable: head >> 17 & 1 != 0, fullLength: full, bytes: Array(bytes[start..<start + Int(length)])))
      offset = start + (Int(length) + 7) & ~7
    }
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian word; nil past the end.
  func word32(at offset: Int) -> UInt32? {
    offset >= 0 && offset <= count - 4 ? loadUnaligned(fromByteOffset: offset, as: UInt32.self) : nil
  }
  func word64(at offset: Int) -> UInt64? {
    offset >= 0 && offset <= count - 8 ? loadUnaligned(fromByteOffset: offset, as: UInt64.self) : nil
  }
}
