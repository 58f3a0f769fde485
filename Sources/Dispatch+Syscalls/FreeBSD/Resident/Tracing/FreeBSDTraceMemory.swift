import CPicoEntry

/// A tracee's memory as its tracer reads and writes it, whatever the protection of its pages.
extension FreeBSD {
  /// Copies between own memory and a tracee's, which must not be the stub's.
  ///
  /// - Returns: how many bytes; fewer where the tracee has no memory. A negative host error.
  static func tracedMemory(
    _ tracee: Tracing.TraceePointer, _ remote: UInt, _ local: UInt, _ count: Int, writes: Bool
  ) -> Int {
    if count <= 0 { return 0 }
    if reservedOverlap(remote, UInt(count)) { return HostError.EFAULT }
    var path = ProcessPath(Int32(bitPattern: tracee.pointee.tid), "mem")
    let file = path.withAddress { host(Host.openat, UInt(bitPattern: -100), $0, 0x8_0002) }  // O_RDWR | O_CLOEXEC
    guard file >= 0 else { return file }
    defer { host(Host.close, UInt(file)) }
    return host(writes ? 18 : 17, UInt(file), local, UInt(count), remote)  // pwrite64, pread64
  }

  /// `PT_READ_I`, `PT_READ_D`. Error: `EFAULT`.
  static func readWord(_ tracee: Tracing.TraceePointer, _ addr: UInt) -> Int {
    var word: Int32 = 0
    let got = withUnsafeMutablePointer(to: &word) {
      tracedMemory(tracee, addr, UInt(bitPattern: $0), 4, writes: false)
    }
    // Any value is a result, also what looks like an error.
    return got == 4 ? Int(UInt32(bitPattern: word)) : HostError.EFAULT
  }

  /// `PT_IO`: what was moved is stored in the request.
  ///
  /// - Errors: `EFAULT` for the request, for the caller's buffer and where nothing could be moved; `EINVAL` for an
  ///   unknown operation.
  static func transfer(_ tracee: Tracing.TraceePointer, _ addr: UInt) -> Int {
    guard var request = load(addr, as: TraceTransfer.self) else { return HostError.EFAULT }
    guard request.piod_op >= 1 && request.piod_op <= 4 else { return HostError.EINVAL }
    let writes = request.piod_op == 2 || request.piod_op == 4
    let wanted = request.piod_len
    var done: UInt = 0
    var failure = 0
    while done < wanted && failure == 0 {
      let piece = Int(min(wanted - done, 4096))
      withScratchPage { page in
        guard let base = page.baseAddress else { return }
        if writes && !copyIn(base, from: request.piod_addr &+ done, count: piece) {
          failure = HostError.EFAULT
          return
        }
        let moved = tracedMemory(tracee, request.piod_offs &+ done, UInt(bitPattern: base), piece, writes: writes)
        if moved <= 0 {
          failure = HostError.EFAULT
          return
        }
        if !writes && !copyOut(to: request.piod_addr &+ done, base, count: moved) {
          failure = HostError.EFAULT
          return
        }
        done += UInt(moved)
      }
    }
    request.piod_len = done
    if !store(request, at: addr) { return HostError.EFAULT }
    return failure != 0 && done == 0 ? failure : 0
  }
}
