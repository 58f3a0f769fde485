import CPicoABI

/// Copies guest memory in. False when a page of it cannot be read.
@inline(__always)
func copyIn(_ to: UnsafeMutableRawPointer, from address: UInt, count: Int) -> Bool {
  pico_copy(to, UnsafeRawPointer(bitPattern: address) ?? unreadable, UInt(bitPattern: count)) == 0
}

/// Copies to guest memory. False when a page of it cannot be written.
@inline(__always)
func copyOut(to address: UInt, _ from: UnsafeRawPointer, count: Int) -> Bool {
  pico_copy(
    UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bitPattern: address) ?? unreadable), from,
    UInt(bitPattern: count)) == 0
}

/// Reads a value of a plain layout at a guest address; nil is the guest's `EFAULT`.
@inline(__always)
func load<T: BitwiseCopyable>(_ address: UInt, as type: T.Type) -> T? {
  withUnsafeTemporaryAllocation(of: T.self, capacity: 1) { buffer -> T? in
    guard copyIn(buffer.baseAddress.unsafelyUnwrapped, from: address, count: MemoryLayout<T>.size) else { return nil }
    return buffer[0]
  }
}

/// Stores a value of a plain layout at a guest address; false is the guest's `EFAULT`.
@inline(__always)
func store<T: BitwiseCopyable>(_ value: T, at address: UInt) -> Bool {
  var copy = value
  return withUnsafePointer(to: &copy) { copyOut(to: address, $0, count: MemoryLayout<T>.size) }
}

/// Copies a guest string with its terminator into `to`.
///
/// - Returns: its length without the terminator, `-EFAULT`, or `-ENAMETOOLONG` past `limit` bytes.
@inline(__always)
func copyString(_ to: UnsafeMutableRawPointer, from address: UInt, limit: Int) -> Int {
  pico_copy_string(
    to.assumingMemoryBound(to: CChar.self),
    (UnsafeRawPointer(bitPattern: address) ?? unreadable).assumingMemoryBound(to: CChar.self), UInt(bitPattern: limit))
}

/// Stands for the null pointer: page zero is never mapped, and neither is this.
private var unreadable: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped }

/// Memory of the stub's own, in whole pages; private, so fork copies it. Nil when the host has none.
func allocatePages(bytes: Int) -> UnsafeMutableRawPointer? {
  // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
  let result = host(9, 0, UInt(bitPattern: bytes), 3, 0x22, UInt.max, 0)
  return result < 0 && result > -4096 ? nil : UnsafeMutableRawPointer(bitPattern: result)
}

/// Gives pages back that `allocatePages` returned.
func freePages(_ pages: UnsafeMutableRawPointer, bytes: Int) {
  host(11, UInt(bitPattern: pages), UInt(bitPattern: bytes))
}

/// Gives `body` 4096 bytes of the stub's stack. Swift's own temporary allocations go to an allocator from 1 KiB on,
/// and the stub has none.
@inline(__always)
func withScratchPage<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
  var room: [512 of UInt64] = .init(repeating: 0)
  return withUnsafeMutablePointer(to: &room) { body(UnsafeMutableRawBufferPointer(start: $0, count: 4096)) }
}
