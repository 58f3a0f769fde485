import CPicoEntry

/// A thread's ring of trace records. Its words are shared with the supervisor and with all picoprocesses of the silo:
/// whatever they are, positions stay inside the ring.
enum TraceRing {
  static func head(_ t: Thread) -> UnsafeMutablePointer<pico_trace_ring> {
    let rings = UInt(PICO_SILO_BASE) + UInt(pico_trace_offset())
    let ours = rings + UInt(t.pointee.slot) * UInt(PICO_TRACE_AREA)
    return UnsafeMutablePointer(bitPattern: ours).unsafelyUnwrapped
  }

  /// Room for a record of the largest size, in one piece. Rings the doorbell for it once; nil when there is still none.
  static func room(_ t: Thread) -> UnsafeMutableRawPointer? {
    let ring = head(t)
    let largest = UInt64(PICO_TRACE_RECORD_MAX)
    let capacity = UInt64(pico_trace_capacity())
    let toEnd = capacity - ring.pointee.head % capacity
    let needed = toEnd < largest ? toEnd + largest : largest
    if free(ring) < needed {
      _ = t.ring(PICO_TRACE)
      guard free(ring) >= needed else {
        ring.pointee.dropped &+= 1
        return nil
      }
    }
    if toEnd < largest {
      // What is shorter than a record at the end of the ring needs no mark.
      if toEnd >= UInt64(MemoryLayout<pico_trace_record>.size) {
        let padding = underWay(t)
        padding.pointee.size = UInt32(toEnd)
        padding.pointee.flags = UInt16(PICO_TRACE_PADDING)
      }
      pico_store64(&ring.pointee.head, ring.pointee.head &+ toEnd)
    }
    return UnsafeMutableRawPointer(underWay(t))
  }

  /// Where the next record is built.
  static func underWay(_ t: Thread) -> UnsafeMutablePointer<pico_trace_record> {
    let ring = head(t)
    let offset = Int(ring.pointee.head % UInt64(pico_trace_capacity())) & ~7
    return UnsafeMutableRawPointer(ring).advanced(by: Int(PICO_TRACE_DATA) + offset)
      .assumingMemoryBound(to: pico_trace_record.self)
  }

  /// Lets the supervisor read the record that has been built.
  static func publish(_ t: Thread) {
    let ring = head(t)
    let size = min(underWay(t).pointee.size, UInt32(PICO_TRACE_RECORD_MAX))
    pico_store32(&ring.pointee.building, 0)
    pico_store64(&ring.pointee.head, ring.pointee.head &+ UInt64(size))
  }

  private static func free(_ ring: UnsafeMutablePointer<pico_trace_ring>) -> UInt64 {
    let used = ring.pointee.head &- pico_load64(&ring.pointee.tail)
    return used > UInt64(pico_trace_capacity()) ? 0 : UInt64(pico_trace_capacity()) - used
  }
}
