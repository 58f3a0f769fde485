import CPicoEntry

/// Keeps the path of the image that has been loaded, as the supervisor has it.
func keepExecutablePath(_ t: Thread, _ start: pico_start) {
  let at = Int(truncatingIfNeeded: start.executable_path)
  guard at > 0, at < Thread.payloadCapacity else { return }
  let source = (t.payload + at).assumingMemoryBound(to: CChar.self)
  _ = pico_copy_string(pico_executable_path_address(), source, UInt(min(4096, Thread.payloadCapacity - at)))
}

/// Copies the absolute path of the running image with its terminator.
///
/// - Returns: its length without the terminator, or `-ENAMETOOLONG` when `capacity` bytes do not hold it.
func executablePath(_ t: Thread, _ buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
  pico_copy_string(
    buffer.assumingMemoryBound(to: CChar.self), pico_executable_path_address(), UInt(bitPattern: max(capacity, 0)))
}
