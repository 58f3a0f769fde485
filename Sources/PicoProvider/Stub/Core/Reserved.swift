import CPicoEntry

/// Whether any page of `address..<address + length` is the stub's: image, silo, thread areas or rewritten code.
///
/// Nothing of the guest's may map, unmap, protect or advise there. A range that wraps counts as reaching to the end
/// of memory; an empty one touches nothing.
@inline(__always)
func reservedOverlap(_ address: UInt, _ length: UInt) -> Bool {
  guard length > 0, address < UInt(PICO_RESERVED_END) else { return false }
  let (end, wraps) = address.addingReportingOverflow(length)
  return wraps || end > UInt(PICO_STUB_BASE)
}

/// Maps guest memory where the host likes, never in the stub's region, where a lack of room elsewhere could lead it.
///
/// - Returns: the address, or a negated host errno.
func mapAnywhere(
  _ hint: UInt, _ length: UInt, _ protection: UInt, _ flags: UInt, _ descriptor: UInt, _ offset: UInt
) -> Int {
  let hint = reservedOverlap(hint, length) ? 0 : hint
  let result = host(Host.mmap, hint, length, protection, flags, descriptor, offset)
  guard result > 0, reservedOverlap(UInt(bitPattern: result), length) else { return result }
  // All room above the stub's region is taken, and the host has looked into the holes of it next. With those filled it
  // looks below.
  host(Host.munmap, UInt(bitPattern: result), length)
  let process = pico_main_process_address()
  let lowest = UInt(process.pointee.lowest_mapping)
  if lowest > length {
    let below = host(Host.mmap, lowest - length, length, protection, flags, descriptor, offset)
    if below < 0 && below > -4096 || !reservedOverlap(UInt(bitPattern: below), length) {
      if below == Int(bitPattern: lowest - length) { process.pointee.lowest_mapping = UInt64(lowest - length) }
      return below
    }
    host(Host.munmap, UInt(bitPattern: below), length)
  }
  let slice = UInt(PICO_SILO_BASE) - UInt(PICO_STUB_BASE)
  var starts: [4 of UInt] = .init(repeating: 0)
  Silo.forEachGap { _ = host(Host.mmap, $0, $1, 0, 0x10_4022, UInt.max, 0) }
  for index in 0..<4 { starts[index] = fillHole(endingAt: UInt(PICO_STUB_BASE) + UInt(index + 1) * slice, slice) }
  var again = host(Host.mmap, hint, length, protection, flags, descriptor, offset)
  Silo.forEachGap { _ = host(Host.munmap, $0, $1) }
  for index in 0..<4 {
    let end = UInt(PICO_STUB_BASE) + UInt(index + 1) * slice
    if starts[index] < end { host(Host.munmap, starts[index], end - starts[index]) }
  }
  if again > 0, reservedOverlap(UInt(bitPattern: again), length) {
    host(Host.munmap, UInt(bitPattern: again), length)
    again = Host.ENOMEM
  } else if again > 0 {
    process.pointee.lowest_mapping = UInt64(UInt(bitPattern: again))
  }
  return again
}

/// Maps, without access, what is free before `end` in one of the stub's four slices of address space.
///
/// - Returns: where the filled part begins.
private func fillHole(endingAt end: UInt, _ slice: UInt) -> UInt {
  var start = end
  var size = slice / 2
  while size >= 4096 {
    // PROT_NONE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE
    if host(Host.mmap, start - size, size, 0, 0x10_4022, UInt.max, 0) == Int(bitPattern: start - size) { start -= size }
    size /= 2
  }
  return start
}
