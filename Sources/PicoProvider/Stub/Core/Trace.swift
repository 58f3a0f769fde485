import CPicoEntry

/// Recording of calls for `-e trace=`. A record is built in the thread's ring behind `head`, where the supervisor
/// finds it even if the process dies in the call, and is published when the call is over.

/// Begins the record of the call whose registers are in the frame, if it is one that is traced.
///
/// `trace_depth` then holds the slot it lies in, plus one: after a fork the child sees by it that the record under way
/// is its parent's.
@inline(__always)
func traceBegin(_ t: Thread) {
  t.pointee.trace_depth = 0
  let tracing = Silo.header.pointee.tracing
  if tracing != 0 { beginRecord(t, tracing) }
}

@inline(never)
private func beginRecord(_ t: Thread, _ tracing: UInt32) {
  let frame = t.pointee.frame
  let personality = t.pointee.process.pointee.personality
  var number = t.pointee.number
  var arguments: [8 of UInt64] = [frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9, 0, 0]
  var stack = UInt(frame.rsp) &+ 8
  // FreeBSD's syscall(2) and __syscall(2) have the number as their first argument.
  if personality == UInt32(PICO_PERSONALITY_FREEBSD), number == 0 || number == 198 {
    number = frame.rdi
    for place in 0..<5 { arguments[place] = arguments[place + 1] }
    arguments[5] = load(stack, as: UInt64.self) ?? 0
    stack &+= 8
  }
  guard pico_is_traced(Silo.header, personality, number) != 0 else { return }
  if personality == UInt32(PICO_PERSONALITY_FREEBSD) {
    arguments[6] = load(stack, as: UInt64.self) ?? 0
    arguments[7] = load(stack &+ 8, as: UInt64.self) ?? 0
  }
  guard let at = TraceRing.room(t) else { return }
  let record = at.bindMemory(to: pico_trace_record.self, capacity: 1)
  record.pointee.tid = t.pointee.tid
  record.pointee.tgid = t.pointee.process.pointee.tgid
  record.pointee.personality = UInt16(truncatingIfNeeded: personality)
  record.pointee.flags = UInt16(PICO_TRACE_NO_RETURN)
  record.pointee.sequence = pico_add64(&Silo.header.pointee.trace_sequence, 1)
  record.pointee.start_ns = now()
  record.pointee.end_ns = 0
  record.pointee.number = number
  for place in 0..<8 { pico_trace_arguments(record)[place] = arguments[place] }
  record.pointee.result = 0
  record.pointee.second = 0
  record.pointee.errno_guest = 0
  record.pointee.capture_count = 0
  record.pointee.size = UInt32(MemoryLayout<pico_trace_record>.size)
  var captures = TraceCaptures(record: record, limit: Int(tracing >> UInt32(PICO_TRACING_LIMIT_SHIFT) & 0xffff))
  captures.take(output: false, result: 0)
  pico_store32(&TraceRing.head(t).pointee.building, record.pointee.size)
  t.pointee.trace_depth = t.pointee.slot &+ 1
}

/// Completes the record of the call that has just ended, from the guest's registers as they will be.
///
/// - Parameter restarts: the call is made again instead of returning.
@inline(__always)
func traceEnd(_ t: Thread, restarts: Bool) {
  if t.pointee.trace_depth != 0 { endRecord(t, restarts: restarts) }
}

@inline(never)
private func endRecord(_ t: Thread, restarts: Bool) {
  let isOurs = t.pointee.trace_depth == t.pointee.slot &+ 1
  t.pointee.trace_depth = 0
  guard isOurs else { return }
  let tracing = Silo.header.pointee.tracing
  let record = TraceRing.underWay(t)
  let value = Int64(bitPattern: t.pointee.frame.rax)
  var error: UInt32 = 0
  if restarts {
    error = 512
  } else if record.pointee.personality == UInt16(PICO_PERSONALITY_FREEBSD) {
    if t.pointee.frame.rflags & 1 != 0 { error = UInt32(truncatingIfNeeded: value) }
  } else if value < 0, value > -4096 {
    error = UInt32(truncatingIfNeeded: 0 &- value)
  }
  record.pointee.flags = 0
  record.pointee.result = error == 0 ? value : -1
  record.pointee.second = t.pointee.frame.rdx
  record.pointee.errno_guest = error
  if error == 0 {
    var captures = TraceCaptures(record: record, limit: Int(tracing >> UInt32(PICO_TRACING_LIMIT_SHIFT) & 0xffff))
    captures.take(output: true, result: value)
  }
  record.pointee.end_ns = tracing & UInt32(PICO_TRACING_DURATIONS) != 0 ? now() : record.pointee.start_ns
  TraceRing.publish(t)
}

/// Publishes the record of a call that will not come back (exit, a successful exec) and hands everything to the
/// supervisor.
func traceFlush(_ t: Thread) {
  guard Silo.header.pointee.tracing != 0 else { return }
  if t.pointee.trace_depth == t.pointee.slot &+ 1 { TraceRing.publish(t) }
  t.pointee.trace_depth = 0
  _ = t.ring(PICO_TRACE)
}

/// The host's real-time clock in nanoseconds.
private func now() -> UInt64 {
  withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2) { time in
    host(228, 0, UInt(bitPattern: time.baseAddress))  // clock_gettime(CLOCK_REALTIME)
    return UInt64(truncatingIfNeeded: time[0] &* 1_000_000_000 &+ time[1])
  }
}
