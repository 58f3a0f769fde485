import CPicoEntry

/// A call of the supervised lane: number, arguments, registers and what the prototype says they point to go to the
/// supervisor; the registers that come back are what the guest goes on with.
///
/// - Returns: `frameIsSet`; a negated host errno when the supervisor refuses; `EFAULT` when what it wants to store
///   cannot be stored.
func supervisedCall(
  _ t: Thread, _ number: UInt, _ a0: UInt, _ a1: UInt, _ a2: UInt, _ a3: UInt, _ a4: UInt, _ a5: UInt, _ stack: UInt
) -> Int {
  let transfer = t.pointee.transfer
  transfer.pointee.number = UInt64(number)
  transfer.pointee.args = (UInt64(a0), UInt64(a1), UInt64(a2), UInt64(a3), UInt64(a4), UInt64(a5))
  transfer.pointee.stack_args = (load(stack, as: UInt64.self) ?? 0, load(stack &+ 8, as: UInt64.self) ?? 0)
  transfer.pointee.frame = t.pointee.frame
  transfer.pointee.step_count = 0
  t.tellBases()
  var captures = CallCaptures(t)
  transfer.pointee.payload_length = UInt32(captures.take(number))
  // Where tracing is restricted, the supervisor reads what did not fit only by our leave: PR_SET_PTRACER.
  if Silo.header.pointee.yama != 0 { host(Host.prctl, 0x5961_6d61, UInt.max) }
  let reply = t.ring(PICO_CALL)
  if reply < 0 { return reply }
  t.takeBases(pico_exchange32(&t.control.pointee.changed, 0))
  let frame = transfer.pointee.frame
  var start = pico_start()
  if runScript(t, &start) < 0 { return Host.EFAULT }
  t.pointee.frame = frame
  return frameIsSet
}

/// Copies what a call's arguments point to into the payload, by the descriptors that a trace uses too.
private struct CallCaptures {
  private let t: Thread
  private var used = 0

  private static var headSize: Int { MemoryLayout<pico_captured>.size }
  private static var stringLimit: Int { 4096 }
  private static var vectorLimit: UInt64 { 64 }

  init(_ t: Thread) { self.t = t }

  /// Bytes of the payload that were filled. What does not fit, or cannot be read, is left out.
  mutating func take(_ number: UInt) -> Int {
    guard var next = pico_captures(t.pointee.process.pointee.personality, UInt64(number)) else { return 0 }
    while next.pointee.kind != UInt8(PICO_CAPTURE_END.rawValue) {
      if UInt32(next.pointee.direction) & PICO_CAPTURE_IN.rawValue != 0 { take(next.pointee) }
      next += 1
    }
    return used
  }

  private mutating func take(_ what: pico_capture_descriptor) {
    let address = argument(UInt16(what.argument))
    guard address != 0 else { return }
    let count = length(what)
    switch pico_capture_kind(rawValue: UInt32(what.kind)) {
    case PICO_CAPTURE_STRING, PICO_CAPTURE_PATH: string(address)
    case PICO_CAPTURE_BYTES: bytes(address, count)
    case PICO_CAPTURE_BITS: bytes(address, count / 8 &+ (count % 8 == 0 ? 0 : 1))
    case PICO_CAPTURE_ITEMS:
      let (total, overflow) = count.multipliedReportingOverflow(by: UInt64(what.size))
      if !overflow { bytes(address, total) }
    case PICO_CAPTURE_VECTOR:
      guard count <= Self.vectorLimit else { return }
      bytes(address, count * 16)
      for place in 0..<UInt(count) {
        guard let base = load(address &+ place &* 16, as: UInt.self),
          let size = load(address &+ place &* 16 &+ 8, as: UInt64.self)
        else { return }
        if base != 0 { bytes(base, size) }
      }
    default: return
    }
  }

  private func argument(_ place: UInt16) -> UInt {
    let args = t.pointee.transfer.pointee.args
    return switch place {
    case 0: UInt(args.0)
    case 1: UInt(args.1)
    case 2: UInt(args.2)
    case 3: UInt(args.3)
    case 4: UInt(args.4)
    case 5: UInt(args.5)
    default: 0
    }
  }

  private func length(_ what: pico_capture_descriptor) -> UInt64 {
    switch pico_capture_length(rawValue: UInt32(what.length_kind)) {
    case PICO_LENGTH_ARGUMENT: UInt64(argument(what.length))
    case PICO_LENGTH_RESULT: 0
    case PICO_LENGTH_POINTEE32: UInt64(load(argument(what.length), as: UInt32.self) ?? 0)
    case PICO_LENGTH_POINTEE64: load(argument(what.length), as: UInt64.self) ?? 0
    default: UInt64(what.length)
    }
  }

  private var head: UnsafeMutablePointer<pico_captured> {
    (t.payload + used).assumingMemoryBound(to: pico_captured.self)
  }

  private var room: Int { Thread.payloadCapacity - used - Self.headSize }

  private mutating func bytes(_ address: UInt, _ count: UInt64) {
    guard count > 0, room > 0, count <= UInt64(room),
      copyIn(t.payload + used + Self.headSize, from: address, count: Int(count))
    else { return }
    finish(address, Int(count))
  }

  /// With its terminator, so that its end is known.
  private mutating func string(_ address: UInt) {
    let limit = min(Self.stringLimit, room)
    guard limit > 0 else { return }
    let length = copyString(t.payload + used + Self.headSize, from: address, limit: limit)
    if length >= 0 { finish(address, length + 1) }
  }

  private mutating func finish(_ address: UInt, _ length: Int) {
    head.pointee = pico_captured(address: UInt64(address), length: UInt32(length), pad: 0)
    used += Self.headSize + (length + 7) & ~7
    used = min(used, Thread.payloadCapacity)
  }
}
