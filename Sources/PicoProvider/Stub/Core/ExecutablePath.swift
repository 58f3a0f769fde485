import CPicoEntry

/// Keeps the path of the image that has been loaded, as the host and as the guest names it.
func keepExecutablePath(_ t: Thread, _ start: pico_start) {
  let own = pico_executable_path_address()
  let length = keep(t, start.executable_path, own)
  pico_guest_path_offset().pointee = UInt32(length + 1)
  let guest = pico_guest_path_address()
  let guestLength = keep(t, start.guest_path, guest)
  // One text does where both are the same, as without a view.
  guard guestLength == length else { return }
  for at in 0..<length where own[at] != guest[at] { return }
  pico_guest_path_offset().pointee = 0
}

/// - Returns: the text's length; 0 when the supervisor has given none that fits.
private func keep(_ t: Thread, _ offset: UInt64, _ place: UnsafeMutablePointer<CChar>) -> Int {
  let at = Int(truncatingIfNeeded: offset)
  guard at > 0, at < Thread.payloadCapacity else { return 0 }
  let source = (t.payload + at).assumingMemoryBound(to: CChar.self)
  let length = pico_copy_string(place, source, UInt(min(4096, Thread.payloadCapacity - at)))
  if length < 0 { place.pointee = 0 }
  return max(length, 0)
}

/// Copies the absolute path of the running image, as the guest names it, with its terminator.
///
/// - Returns: its length without the terminator, or `-ENAMETOOLONG` when `capacity` bytes do not hold it.
func executablePath(_ t: Thread, _ buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
  pico_copy_string(
    buffer.assumingMemoryBound(to: CChar.self), pico_guest_path_address(), UInt(bitPattern: max(capacity, 0)))
}
