import CPicoEntry

/// Keeps the path of the image that has been loaded, as the host and as the guest names it.
func keepExecutablePath(_ t: Thread, _ start: pico_start) {
  keep(t, start.executable_path, pico_executable_path_address())
  keep(t, start.guest_path, pico_guest_path_address())
}

private func keep(_ t: Thread, _ offset: UInt64, _ place: UnsafeMutablePointer<CChar>) {
  let at = Int(truncatingIfNeeded: offset)
  guard at > 0, at < Thread.payloadCapacity else { return }
  let source = (t.payload + at).assumingMemoryBound(to: CChar.self)
  _ = pico_copy_string(place, source, UInt(min(4096, Thread.payloadCapacity - at)))
}

/// Copies the absolute path of the running image, as the guest names it, with its terminator.
///
/// - Returns: its length without the terminator, or `-ENAMETOOLONG` when `capacity` bytes do not hold it.
func executablePath(_ t: Thread, _ buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
  pico_copy_string(
    buffer.assumingMemoryBound(to: CChar.self), pico_guest_path_address(), UInt(bitPattern: max(capacity, 0)))
}
