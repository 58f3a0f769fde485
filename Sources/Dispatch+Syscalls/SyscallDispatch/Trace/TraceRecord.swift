/// One system call as the stub recorded it. Every field is a guest's word: nothing here is trusted.
package struct TraceRecord: Sendable {
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
  package var arguments: [8 of UInt64]
  package var result: Int64
  package var secondResult: UInt64
  /// The guest's error number; 0 when the call succeeded.
  package var error: UInt32
  /// The captures as they were recorded, and how many are said to be there.
  private var captureData: ArraySlice<UInt8>
  private var captureCount: UInt32

  /// What an argument pointed to.
  package struct Capture: Sendable {
    package var argument: Int
    /// Copied after the call; false: before it.
    package var isOutput: Bool
    package var isTruncated: Bool
    package var isUnreadable: Bool
    /// Bytes there were; for a list of strings, how many.
    package var fullLength: UInt64
    package var bytes: ArraySlice<UInt8>
  }

  static var headSize: Int { 136 }

  /// Reads a record in the layout of pico_trace.h that fills `bytes`. Nil when they are too few.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= Self.headSize else { return nil }
    (tid, tgid, personality, neverReturned) = (0, 0, 0, false)
    (sequence, start, end, number, result, secondResult, error) = (0, 0, 0, 0, 0, 0, 0)
    (arguments, captureCount) = (.init(repeating: 0), 0)
    captureData = bytes.dropFirst(Self.headSize)
    bytes.withUnsafeBytes { raw in
      func word32(_ offset: Int) -> UInt32 { raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
      func word64(_ offset: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
      tid = word32(4)
      tgid = word32(8)
      personality = UInt16(truncatingIfNeeded: word32(12))
      neverReturned = word32(12) >> 16 & 1 != 0
      sequence = word64(16)
      start = word64(24)
      end = word64(32)
      number = word64(40)
      for place in 0..<8 { arguments[place] = word64(48 + 8 * place) }
      result = Int64(bitPattern: word64(112))
      secondResult = word64(120)
      error = word32(128)
      captureCount = min(word32(132), 32)
    }
  }

  /// The value of an argument; 0 for one that the record does not hold.
  package func argument(_ place: Int) -> UInt64 { place >= 0 && place < 8 ? arguments[place] : 0 }

  /// What was copied for an argument on one side of the call.
  package func capture(_ argument: Int, output: Bool) -> Capture? {
    var rest = captureData
    for _ in 0..<captureCount {
      guard let one = Self.first(of: &rest) else { return nil }
      if one.argument == argument, one.isOutput == output { return one }
    }
    return nil
  }

  /// Takes a capture off; nil when what is left is none.
  private static func first(of rest: inout ArraySlice<UInt8>) -> Capture? {
    guard rest.count >= 16 else { return nil }
    let (head, length, full) = rest.withUnsafeBytes { raw in
      (
        raw.loadUnaligned(as: UInt32.self), Int(raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
        raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
    }
    guard length <= rest.count - 16 else { return nil }
    let start = rest.startIndex + 16
    let bytes = rest[start..<start + length]
    rest = rest.dropFirst(16 + (length + 7) & ~7)
    return Capture(
      argument: Int(head & 0xff), isOutput: head >> 8 & 0xff == 2, isTruncated: head >> 16 & 1 != 0,
      isUnreadable: head >> 17 & 1 != 0, fullLength: full, bytes: bytes)
  }
}
