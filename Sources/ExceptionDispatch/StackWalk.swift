package import PicoProvider

/// The return addresses on a guest thread's stack.
package enum StackWalk {
  /// Most frames of a walk.
  package static let limit = 64

  /// Walks from registers, along saved frame pointers as far as they lead upwards. Code built without frame pointers
  /// gives few or none.
  package static func framePointers(
    _ frame: GuestRegisters, _ memory: any PicoGuestMemory, limit: Int = limit
  ) -> [UInt64] {
    var callers: [UInt64] = []
    var at = frame.rbp
    while callers.count < min(limit, Self.limit), at >= frame.rsp, let next = word(at, memory),
      let address = word(at &+ 8, memory), address != 0
    {
      callers.append(address)
      guard next > at else { break }
      at = next
    }
    return callers
  }

  /// `WalkUserStack`: from the process's memory, as far as the host lets us read it.
  package static func addresses(_ walk: PicoStackWalk, limit: Int) -> [UInt64] {
    framePointers(walk.frame, CapturedMemory(process: walk.thread.process.host.pid), limit: limit)
  }

  static func word(_ address: UInt64, _ memory: any PicoGuestMemory) -> UInt64? {
    guard let bytes = try? memory.read(address, 8) else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
