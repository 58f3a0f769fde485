internal import CPicoABI

/// The supervisor's end of a thread's ring of trace records. Everything in it is a hostile guest's word: it is copied
/// once, and what does not make sense ends the reading. Whoever reads a ring holds it alone.
package struct TraceRing {
  private let base: UnsafeMutableRawPointer

  /// - Parameter base: where a slot's ring begins.
  package init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// Offset of a slot's ring in the silo's memory, and the size of that memory with all rings.
  package static func offset(slot: Int) -> Int { Int(pico_trace_offset()) + slot * Int(PICO_TRACE_AREA) }
  package static var siloSize: UInt64 { pico_silo_size() }

  /// What the silo's header says to the stubs: that calls are traced, whether their ends are timed, and how much of a
  /// string is copied.
  package static func setting(durations: Bool, stringLimit: Int) -> UInt32 {
    UInt32(PICO_TRACING_ON) | (durations ? UInt32(PICO_TRACING_DURATIONS) : 0)
      | UInt32(min(max(stringLimit, 32), 1024)) << UInt32(PICO_TRACING_LIMIT_SHIFT)
  }

  /// Takes the records that have been published since the last time.
  package func drain(into batch: inout TraceBatch) {
    let head = pico_load64(ring(\.head))
    var tail = pico_load64(ring(\.tail))
    while head &- tail > 0, head &- tail <= capacity {
      let offset = Int(tail % capacity) & ~7
      let toEnd = Int(capacity) - offset
      guard toEnd >= recordSize else {
        tail &+= UInt64(toEnd)
        continue
      }
      guard let record = record(offset, upTo: min(toEnd, Int(clamping: head &- tail))) else { break }
      let isPadding = record.loadUnaligned(fromByteOffset: 14, as: UInt16.self) == UInt16(PICO_TRACE_PADDING)
      if !isPadding { batch.append(record) }
      tail &+= UInt64(record.count)
    }
    pico_store64(ring(\.tail), head)
  }

  /// Takes the call that a thread was in when it ended.
  package func drainUnfinished(into batch: inout TraceBatch) {
    guard pico_load32(ring(\.building)) >= recordSize else { return }
    let offset = Int(pico_load64(ring(\.head)) % capacity) & ~7
    if let record = record(offset, upTo: Int(capacity) - offset) { batch.append(record) }
    pico_store32(ring(\.building), 0)
  }

  /// Records that a thread had no room for.
  package var dropped: UInt32 { pico_load32(ring(\.dropped)) }

  private var capacity: UInt64 { pico_trace_capacity() }
  private var recordSize: Int { TraceRecord.headSize }

  private func ring<Word>(_ word: KeyPath<pico_trace_ring, Word>) -> UnsafeMutablePointer<Word> {
    let offset = MemoryLayout<pico_trace_ring>.offset(of: word) ?? 0
    return (base + offset).assumingMemoryBound(to: Word.self)
  }

  /// The record at an offset of the ring, in place; nil when its size makes no sense.
  private func record(_ offset: Int, upTo limit: Int) -> UnsafeRawBufferPointer? {
    let at = base + Int(PICO_TRACE_DATA) + offset
    let size = Int(at.load(as: UInt32.self))
    guard size >= recordSize, size % 8 == 0, size <= limit else { return nil }
    return UnsafeRawBufferPointer(start: at, count: size)
  }
}
