internal import CPicoHost
package import PicoProvider

/// The return addresses on a guest thread's stack.
package enum StackWalk {
  /// Most frames of a walk.
  package static let limit = 64

  /// Walks along saved frame pointers and, where code was built without them, by the images' unwind tables. Of both walks
  /// the one that tells more counts.
  ///
  /// - Parameter images: what the process has mapped; without any there are no tables, and no address is taken for code
  ///   or refused.
  package static func callers(
    _ frame: GuestRegisters, process: Int32, _ memory: any PicoGuestMemory, _ images: GuestImages, limit: Int = limit
  ) -> [UInt64] {
    var frame = frame
    var first: [UInt64] = []
    if !images.images.isEmpty, images.image(at: frame.rip) == nil, let caller = word(frame.rsp, memory),
      images.image(at: caller) != nil
    {
      // A call that went nowhere: its return address is on top.
      first = [caller]
      frame.rip = caller
      frame.rsp = frame.rsp &+ 8
    }
    var byPointers = framePointers(frame, memory, limit: limit)
    if !images.images.isEmpty { byPointers = Array(byPointers.prefix { images.image(at: $0 &- 1) != nil }) }
    let byTables = tables(frame, process, memory, images, limit: limit)
    return Array((first + (byTables.count > byPointers.count ? byTables : byPointers)).prefix(limit))
  }

  /// Along saved frame pointers, as far as they lead upwards.
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

  /// By unwind tables.
  private static func tables(
    _ frame: GuestRegisters, _ process: Int32, _ memory: any PicoGuestMemory, _ images: GuestImages, limit: Int
  ) -> [UInt64] {
    guard images.images.contains(where: { $0.frameHeader != 0 }) else { return [] }
    let stack = (try? memory.read(frame.rsp, 1024)) ?? []
    let list = images.images.map {
      pico_unwind_image(start: $0.code.lowerBound, end: $0.code.upperBound, frame_header: $0.frameHeader)
    }
    var callers = [UInt64](repeating: 0, count: max(0, min(limit, Self.limit)))
    let count = list.withUnsafeBufferPointer { list in
      stack.withUnsafeBufferPointer { stack in
        var walk = pico_unwind()
        walk.process = process
        walk.image_count = Int32(list.count)
        walk.images = list.baseAddress
        walk.stack = frame.rsp
        walk.stack_length = UInt64(stack.count)
        walk.stack_bytes = stack.baseAddress
        walk.registers = (
          frame.rax, frame.rdx, frame.rcx, frame.rbx, frame.rsi, frame.rdi, frame.rbp, frame.rsp, frame.r8, frame.r9,
          frame.r10, frame.r11, frame.r12, frame.r13, frame.r14, frame.r15, frame.rip
        )
        return pico_unwind_walk(&walk, &callers, Int32(callers.count))
      }
    }
    return Array(callers.prefix(Int(max(count, 0))))
  }

  /// `WalkUserStack`: from the process's memory, as far as the host lets us read it.
  package static func addresses(_ walk: PicoStackWalk, limit: Int) -> [UInt64] {
    let process = walk.thread.process.host.pid
    let memory = CapturedMemory(process: process)
    return callers(
      walk.frame, process: process, memory, GuestImages(process: process, memory: memory), limit: limit)
  }

  static func word(_ address: UInt64, _ memory: any PicoGuestMemory) -> UInt64? {
    guard let bytes = try? memory.read(address, 8) else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
