import CPicoABI
import SyscallDispatch
import TableModel
import Testing

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
    let data = recordBytes(number: 2, result: -1, error: 2, captures: [.in(0, "/x")])
    let first = try #require(TraceRecord(data[...]))
    #expect(first.tid == 7 && first.tgid == 6 && first.result == -1 && first.error == 2 && first.end == 20)
    #expect(first.number == 2 && first.capture(0, output: false)?.bytes == Array("/x".utf8)[...])
    #expect(first.capture(0, output: true) == nil)
  }

  @Test func nonsenseIsNotRead() {
    var greedy = recordBytes(number: 2, captures: [.in(0, [1, 2, 3])])
    greedy[136 + 4] = 0xff
    #expect(TraceRecord(greedy[...])?.capture(0, output: false) == nil)
    for count in 0..<136 { #expect(TraceRecord(recordBytes(number: 1).prefix(count)) == nil) }
  }

  @Test func randomBytesAreSurvived() {
    var generator = Xorshift(state: 20_260_101)
    for _ in 0..<200 {
      var data = recordBytes(
        number: UInt64.random(in: 0..<600, using: &generator), captures: [.in(1, [UInt8](repeating: 1, count: 200))])
      for _ in 0..<20 { data[Int.random(in: 4..<data.count)] = UInt8.random(in: 0...255, using: &generator) }
      for table in [Tables.linuxText, Tables.freeBSDText] {
        var writer = TraceWriter(style: TraceStyle(), tables: [1: { table }])
        _ = writer.line(data)
      }
    }
  }

  @Test func everyCallCanBePrintedWithAnyBytes() {
    for table in [Tables.linuxText, Tables.freeBSDText] {
      var writer = TraceWriter(style: TraceStyle(), tables: [1: { table }])
      for row in SystemCallTable(table).rows {
        for length in [0, 1, 7, 64, 300] {
          let captures = (0..<8).flatMap { argument in
            [false, true].map {
              TestCapture(
                argument: argument, isOutput: $0, fullLength: .max, bytes: [UInt8](repeating: 0xff, count: length))
            }
          }
          _ = writer.line(
            recordBytes(
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

  private func records(_ take: (inout TraceBatch) -> Void) -> [TraceRecord] {
    var batch = TraceBatch()
    take(&batch)
    var records: [TraceRecord] = []
    batch.forEach { records.append($0) }
    return records
  }

  @Test func recordsComeInOrderAroundTheEnd() {
    let ring = TraceRing(area)
    var next: UInt64 = 0
    for round in 0..<300 {
      var expected: [UInt64] = []
      for _ in 0..<(round % 5 + 1) {
        publish(
          recordBytes(
            sequence: next, number: 39, captures: [.in(0, [UInt8](repeating: 9, count: round * 7 % 2000))]))
        expected.append(next)
        next += 1
      }
      #expect(records { ring.drain(into: &$0) }.map(\.sequence) == expected)
    }
    area.deallocate()
  }

  @Test func theCallUnderWayIsFound() {
    let ring = TraceRing(area)
    publish(recordBytes(number: 39))
    #expect(records { ring.drainUnfinished(into: &$0) }.isEmpty)
    recordBytes(number: 0).withUnsafeBytes { place().copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    head.pointee.building = 136
    #expect(records { ring.drain(into: &$0) }.count == 1)
    #expect(records { ring.drainUnfinished(into: &$0) }.map(\.number) == [0])
    #expect(records { ring.drainUnfinished(into: &$0) }.isEmpty)
    area.deallocate()
  }

  @Test func aBatchIsReadInTheOrderOfTheCalls() {
    let ring = TraceRing(area)
    for sequence in [5, 2, 9] as [UInt64] { publish(recordBytes(sequence: sequence, number: 39)) }
    #expect(records { ring.drain(into: &$0) }.map(\.sequence) == [2, 5, 9])
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
          _ = records {
            ring.drain(into: &$0)
            ring.drainUnfinished(into: &$0)
          }
        }
      }
    }
    area.deallocate()
  }
}
