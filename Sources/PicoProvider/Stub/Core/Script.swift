import CPicoEntry

/// Carries out the steps the supervisor wrote into the thread's transfer page.
///
/// - Returns: 0, or the negated host errno of the step that failed; the steps after it are not made.
func runScript(_ t: Thread, _ start: inout pico_start) -> Int {
  let transfer = t.pointee.transfer
  let count = min(Int(transfer.pointee.step_count), Int(PICO_SCRIPT_MAX))
  let steps = pico_steps(transfer)
  for index in 0..<count {
    let step = steps[index]
    let result = run(t, step, &start)
    if result < 0 && result > -4096 { return result }
  }
  return 0
}

private func run(_ t: Thread, _ step: pico_step, _ start: inout pico_start) -> Int {
  let a = step.a
  switch pico_step_kind(rawValue: UInt32(truncatingIfNeeded: step.kind)) {
  case PICO_STEP_CALL:
    if a.0 == UInt64(Host.munmap) || a.0 == UInt64(Host.mprotect) && a.3 & 2 != 0 {
      Text.willChange(t, UInt(a.1), UInt(a.2), a.0 == UInt64(Host.munmap) ? .replaced : .writable)
    }
    return host(Int(truncatingIfNeeded: a.0), UInt(a.1), UInt(a.2), UInt(a.3), UInt(a.4), UInt(a.5))
  case PICO_STEP_MMAP:
    // Pieces of an image may share a page: the later one replaces the earlier.
    Text.willChange(t, UInt(a.0), UInt(a.1), .replaced)
    let result = host(Host.mmap, UInt(a.0), UInt(a.1), UInt(a.2), UInt(a.3), UInt(a.4), UInt(a.5))
    if result > 0 { Text.mapped(t, UInt(bitPattern: result), UInt(a.1), UInt(a.2), UInt(a.3)) }
    return result < 0 && result > -4096 ? result : 0
  case PICO_STEP_ZERO:
    return zero(UInt(a.0), UInt(a.1)) ? 0 : Host.EFAULT
  case PICO_STEP_WRITE:
    let capacity = UInt64(Thread.payloadCapacity)
    guard a.1 <= capacity, a.2 <= capacity - a.1 else { return Host.EINVAL }
    return copyOut(to: UInt(a.0), t.payload + Int(a.1), count: Int(a.2)) ? 0 : Host.EFAULT
  case PICO_STEP_ENTER:
    guard a.0 <= UInt64(Thread.payloadCapacity - MemoryLayout<pico_start>.size) else { return Host.EINVAL }
    start = (t.payload + Int(a.0)).loadUnaligned(as: pico_start.self)
    return 0
  default:
    return Host.EINVAL
  }
}

/// Fills guest memory with zeroes, up to a page at a time so that a fault is seen.
private func zero(_ address: UInt, _ length: UInt) -> Bool {
  var at = address
  let end = address &+ length
  while at < end {
    let piece = min(end - at, 256)
    let written = withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { zeroes -> Bool in
      zeroes.initializeMemory(as: UInt8.self, repeating: 0)
      return copyOut(to: at, zeroes.baseAddress.unsafelyUnwrapped, count: Int(piece))
    }
    if !written { return false }
    at += piece
  }
  return true
}
