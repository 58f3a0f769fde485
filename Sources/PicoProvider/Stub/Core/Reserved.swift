import CPicoABI

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
  let result = host(Host.mmap, reservedOverlap(hint, length) ? 0 : hint, length, protection, flags, descriptor, offset)
  if result > 0, reservedOverlap(UInt(bitPattern: result), length) {
    host(Host.munmap, UInt(bitPattern: result), length)
    return Host.ENOMEM
  }
  return result
}
