import CPicoABI
import SyscallDispatch
import TableModel
import Testing

/// A record as a stub lays it out.
private func record(number: UInt64, sequence: UInt64 = 1, captures: [(UInt8, UInt8, [UInt8])] = []) -> [UInt8] {
  var body: [UInt8] = []
  for (argument, direction, data) in captures {
    body += [argument, direction, 0, 0] + bytes(UInt32(data.count), UInt64(data.count)) + data
    body += [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
  }
  return bytes(
    UInt32(136 + body.count), UInt32(7), UInt32(6), UInt16(1), UInt16(0), sequence, 10 as UInt64, 20 as UInt64, number)
    + [UInt8](repeating: 0, count: 64) + bytes(-1 as Int64, 0 as UInt64, UInt32(2), UInt32(captures.count)) + body
}

/// Random numbers that are the same in every run.
private struct Xorshift: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

@Suite struct TraceRecordTests {
  @Test func records() throws {
    let data = record(number: 2, captures: [(0, 1, Array("/x".utf8))]) + record(number: 39)
    let records = data.withUnsafeBytes { TraceRecord.all(in: $0) }
    #expect(records.map(\.number) == [2, 39])
    let first = try #require(records.first)
    #expect(first.tid == 7 && first.tgid == 6 && first.result == -1 && first.error == 2 && first.end == 20)
    #expect(first.capture(0, output: false)?.bytes == Array("/x".utf8))
    #expect(first.capture(0, output: true) == nil)
  }

  @Test func nonsenseEndsTheReading() {
    var long = record(number: 2)
    long[0] = 0xff
    #expect(long.withUnsafeBytes { TraceRecord.all(in: $0) }.isEmpty)
    var greedy = record(number: 2, captures: [(0, 1, [1, 2, 3])])
    greedy[136 + 4] = 0xff
    #expect(greedy.withUnsafeBytes { TraceRecord.all(in: $0) }.first?.captures.isEmpty == true)
    for count in 0..<136 {
      #expect(record(number: 1).prefix(count).withUnsafeBytes { TraceRecord.all(in: $0) }.isEmpty)
    }
  }

  @Test func randomBytesAreSurvived() {
    var generator = Xorshift(state: 20_260_101)
    for _ in 0..<200 {
      var data = record(
        number: UInt64.random(in: 0..<600, using: &generator), captures: [(1, 1, [UInt8](repeating: 1, count: 200))])
      for _ in 0..<20 { data[Int.random(in: 4..<data.count)] = UInt8.random(in: 0...255, using: &generator) }
      for table in [Tables.linux, Tables.freeBSD] {
        var writer = TraceWriter(style: TraceStyle(), tables: [1: table])
        for record in data.withUnsafeBytes({ TraceRecord.all(in: $0) }) { _ = writer.line(record) }
      }
    }
  }

  @Test func everyCallCanBePrintedWithAnyBytes() {
    for table in [Tables.linux, Tables.freeBSD] {
      var writer = TraceWriter(style: TraceStyle(), tables: [1: table])
      for row in table.rows {
        for length in [0, 1, 7, 64, 300] {
          let captures = (0..<8).flatMap { argument in
            [false, true].map {
              TraceRecord.Capture(
                argument: argument, isOutput: $0, fullLength: .max, bytes: [UInt8](repeating: 0xff, count: length))
            }
          }
          _ = writer.line(
            TraceRecord(
              number: UInt64(row.numbers.lowerBound), arguments: [UInt64](repeating: .max, count: 8), result: .max,
              captures: captures))
        }
      }
    }
  }
}

@Suite struct TraceRingTests {
  private let area = UnsafeMutableRawPointer.allocate(byteCount: Int(PICO_TRACE_AREA), alignment: 64)
  private var head: UnsafeMutablePointer<pico_trace_ring> { area.assumingMemoryBound(to: pico_trace_ring.self) }

  init() { area.initializeMemory(as: UInt8.self, repeating: 0, count: Int(PICO_TRACE_AREA)) }

  /// Writes as the stub does: a record never wraps.
  private func publish(_ record: [UInt8]) {
    let capacity = pico_trace_capacity()
    let toEnd = capacity - head.pointee.head % capacity
    if toEnd < UInt64(PICO_TRACE_RECORD_MAX) {
      if toEnd >= 136 {
        let at = place()
        at.storeBytes(of: UInt32(toEnd), as: UInt32.self)
        at.storeBytes(of: UInt16(PICO_TRACE_PADDING), toByteOffset: 14, as: UInt16.self)
      }
      head.pointee.head += toEnd
    }
    record.withUnsafeBytes { place().copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    head.pointee.head += UInt64(record.count)
  }

  private func place() -> UnsafeMutableRawPointer {
    area + Int(PICO_TRACE_DATA) + Int(head.pointee.head % pico_trace_capacity())
  }

  @Test func recordsComeInOrderAroundTheEnd() {
    let ring = TraceRing(area)
    var next: UInt64 = 0
    for round in 0..<300 {
      var expected: [UInt64] = []
      for _ in 0..<(round % 5 + 1) {
        publish(record(number: 39, sequence: next, captures: [(0, 1, [UInt8](repeating: 9, count: round * 7 % 2000))]))
        expected.append(next)
        next += 1
      }
      #expect(ring.drain().map(\.sequence) == expected)
    }
    area.deallocate()
  }

  @Test func theCallUnderWayIsFound() {
    let ring = TraceRing(area)
    publish(record(number: 39))
    #expect(ring.unfinished() == nil)
    record(number: 0).withUnsafeBytes { place().copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    head.pointee.building = 136
    #expect(ring.drain().count == 1)
    #expect(ring.unfinished()?.number == 0)
    #expect(ring.unfinished() == nil)
    area.deallocate()
  }

  @Test func hostileWordsAreSurvived() {
    let ring = TraceRing(area)
    let words: [UInt64] = [0, 1, 7, 8, 136, 0xf000, 0xefff, .max, .max - 7, 1 << 63, 61_439, 61_440]
    for start in words {
      for end in words {
        for size in [0, 1, 8, 135, 136, 144, 0xf000, UInt32.max] {
          head.pointee.tail = start
          head.pointee.head = end
          head.pointee.building = size
          (area + Int(PICO_TRACE_DATA) + (Int(end % pico_trace_capacity()) & ~7)).storeBytes(of: size, as: UInt32.self)
          (area + Int(PICO_TRACE_DATA) + (Int(start % pico_trace_capacity()) & ~7)).storeBytes(
            of: size, as: UInt32.self)
          _ = ring.drain()
          _ = ring.unfinished()
        }
      }
    }
    area.deallocate()
  }
}
