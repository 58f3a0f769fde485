import CPicoEntry

/// Copies what a call's arguments point to behind its record, as the generated descriptors say.
struct TraceCaptures {
  private let record: UnsafeMutablePointer<pico_trace_record>
  /// Bytes of a string or buffer that are copied.
  private let limit: Int
  private var used: Int

  private static var itemsLimit: Int { 2048 }
  private static var pathLimit: Int { 1024 }
  private static var stringsLimit: Int { 32 }
  private static var vectorLimit: Int { 32 }
  private static var headSize: Int { MemoryLayout<pico_trace_capture>.size }

  init(record: UnsafeMutablePointer<pico_trace_record>, limit: Int) {
    self.record = record
    self.limit = min(max(limit, 32), 1024)
    used = min(Int(record.pointee.size), Int(PICO_TRACE_RECORD_MAX))
  }

  /// Takes what is known before the call, or what it has stored.
  mutating func take(output: Bool, result: Int64) {
    guard var next = pico_captures(UInt32(record.pointee.personality), record.pointee.number) else { return }
    while next.pointee.kind != UInt8(PICO_CAPTURE_END.rawValue) {
      let direction = UInt32(next.pointee.direction)
      if direction & (output ? PICO_CAPTURE_OUT.rawValue : PICO_CAPTURE_IN.rawValue) != 0 {
        take(next.pointee, output: output, result: result)
      }
      next += 1
    }
    record.pointee.size = UInt32(used)
  }

  private mutating func take(_ what: pico_capture_descriptor, output: Bool, result: Int64) {
    let address = argument(what.argument)
    // Half a kilobyte is kept back, so that a record with one long buffer still has room for the rest.
    guard address != 0, used + Self.headSize + 512 < Int(PICO_TRACE_RECORD_MAX) else { return }
    let head = UnsafeMutableRawPointer(record).advanced(by: used).assumingMemoryBound(to: pico_trace_capture.self)
    head.pointee.argument = what.argument
    head.pointee.direction = output ? 2 : 1
    head.pointee.flags = 0
    head.pointee.length = 0
    head.pointee.full_length = 0
    let count = length(what, result: result)
    switch pico_capture_kind(rawValue: UInt32(what.kind)) {
    case PICO_CAPTURE_STRING: string(head, address, limit + 1)
    case PICO_CAPTURE_PATH: string(head, address, Self.pathLimit)
    case PICO_CAPTURE_BYTES: bytes(head, address, count, atMost: limit)
    case PICO_CAPTURE_BITS: bytes(head, address, count / 8 &+ (count % 8 == 0 ? 0 : 1), atMost: 128)
    case PICO_CAPTURE_ITEMS:
      let size = UInt64(what.size)
      let (total, overflow) = count.multipliedReportingOverflow(by: size)
      // A cut falls between two items.
      let whole = size == 0 ? 0 : Self.itemsLimit / Int(size) * Int(size)
      bytes(head, address, overflow ? .max : total, atMost: whole)
    case PICO_CAPTURE_STRINGS: strings(head, address)
    case PICO_CAPTURE_VECTOR: vector(head, address, count, transferred: output ? UInt64(max(result, 0)) : .max)
    default: return
    }
    used += Self.headSize + (Int(head.pointee.length) + 7) & ~7
    record.pointee.capture_count &+= 1
  }

  private func argument(_ place: UInt8) -> UInt { UInt(pico_trace_argument(record, UInt32(place))) }

  private func length(_ what: pico_capture_descriptor, result: Int64) -> UInt64 {
    switch pico_capture_length(rawValue: UInt32(what.length_kind)) {
    case PICO_LENGTH_ARGUMENT:
      let value = argument(UInt8(truncatingIfNeeded: what.length))
      // Counts of 32 bits come with anything above them; a negative one is none.
      return value > 0x7fff_ffff ? UInt64(max(Int32(truncatingIfNeeded: value), 0)) : UInt64(value)
    case PICO_LENGTH_RESULT: return UInt64(max(result, 0))
    case PICO_LENGTH_POINTEE32:
      return UInt64(load(argument(UInt8(truncatingIfNeeded: what.length)), as: UInt32.self) ?? 0)
    case PICO_LENGTH_POINTEE64: return load(argument(UInt8(truncatingIfNeeded: what.length)), as: UInt64.self) ?? 0
    default: return UInt64(what.length)
    }
  }

  private func room(_ head: UnsafeMutablePointer<pico_trace_capture>) -> Int {
    Int(PICO_TRACE_RECORD_MAX) - used - Self.headSize - 8
  }

  private func data(_ head: UnsafeMutablePointer<pico_trace_capture>) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(head).advanced(by: Self.headSize)
  }

  private func bytes(_ head: UnsafeMutablePointer<pico_trace_capture>, _ address: UInt, _ full: UInt64, atMost: Int) {
    let count = min(Int(min(full, UInt64(atMost))), room(head))
    head.pointee.full_length = full
    guard copyIn(data(head), from: address, count: count) else {
      head.pointee.flags = UInt16(PICO_CAPTURE_UNREADABLE)
      return
    }
    head.pointee.length = UInt32(count)
    if UInt64(count) < full { head.pointee.flags = UInt16(PICO_CAPTURE_TRUNCATED) }
  }

  private func string(_ head: UnsafeMutablePointer<pico_trace_capture>, _ address: UInt, _ atMost: Int) {
    let limit = min(atMost, room(head))
    let length = copyString(data(head), from: address, limit: limit)
    if length == Host.EFAULT {
      head.pointee.flags = UInt16(PICO_CAPTURE_UNREADABLE)
    } else {
      if length < 0 { head.pointee.flags = UInt16(PICO_CAPTURE_TRUNCATED) }
      head.pointee.length = UInt32(length < 0 ? limit - 1 : length)
      head.pointee.full_length = UInt64(head.pointee.length)
    }
  }

  /// Strings of a null-ended list, each with its terminator; the full length is how many there are.
  private func strings(_ head: UnsafeMutablePointer<pico_trace_capture>, _ address: UInt) {
    var filled = 0
    var count = 0
    while count < 4096 {
      guard let one = load(address &+ UInt(count) &* 8, as: UInt.self), one != 0 else { break }
      if count < Self.stringsLimit, filled + limit + 2 < room(head) {
        let length = copyString(data(head) + filled, from: one, limit: limit + 1)
        if length == Host.EFAULT { break }
        filled += length < 0 ? limit : length
        (data(head) + filled).storeBytes(of: 0, as: UInt8.self)
        filled += 1
      }
      count += 1
    }
    head.pointee.length = UInt32(filled)
    head.pointee.full_length = UInt64(count)
  }

  /// The pairs of a vector, then of each as many bytes as of a string, as far as the call went.
  private func vector(
    _ head: UnsafeMutablePointer<pico_trace_capture>, _ address: UInt, _ count: UInt64, transferred: UInt64
  ) {
    let pairs = Int(min(count, UInt64(Self.vectorLimit)))
    head.pointee.full_length = count &* 16
    guard copyIn(data(head), from: address, count: pairs * 16) else {
      head.pointee.flags = UInt16(PICO_CAPTURE_UNREADABLE)
      return
    }
    var filled = pairs * 16
    var left = transferred
    for place in 0..<pairs {
      let pair = data(head) + place * 16
      let length = min((pair + 8).load(as: UInt64.self), left)
      left -= length
      let part = min(Int(min(length, UInt64(limit))), room(head) - filled)
      guard part >= 0, copyIn(data(head) + filled, from: pair.load(as: UInt.self), count: part) else { break }
      filled += part
    }
    head.pointee.length = UInt32(filled)
  }
}
