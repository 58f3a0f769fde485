internal import CPicoABI
internal import PicoProvider

/// Calls and exceptions that reach the supervisor go through the contract.
extension Silo {
  /// A call of the supervised lane.
  func call(
    _ process: Int32, _ tid: Int32, _ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>
  ) -> Int64 {
    // Copied first: from here on the page may be anybody's.
    let page = transfer.pointee
    let payload = memory.payload(transfer)
    let captured = CapturedMemory(
      process: process, payload: UnsafeRawBufferPointer(payload.prefixed(page.payload_length)))
    let arguments = [
      page.args.0, page.args.1, page.args.2, page.args.3, page.args.4, page.args.5, page.stack_args.0,
      page.stack_args.1,
    ]
    do throws(NTStatus) {
      let thread = try meet(process, tid, slot, page)
      var frame = GuestRegisters(page.frame)
      let decoded = PicoDecodedCall(number: page.number, arguments: arguments, memory: captured)
      try answering(thread) { () throws(NTStatus) in
        try contract.registry.dispatchSystemCall(of: thread, frame: &frame, call: decoded)
      }
      transfer.pointee.frame = frame.frame
      return captured.handOver(to: transfer, payload) ? 0 : -14  // EFAULT
    } catch {
      return error.hostErrno
    }
  }

  /// An exception that no guest handler takes. Returns 1 when the thread goes on with the frame.
  func exception(
    _ process: Int32, _ tid: Int32, _ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>
  ) -> Int64 {
    let page = transfer.pointee
    let record = PicoExceptionRecord(
      hostSignal: Int32(truncatingIfNeeded: page.args.0), hostCode: Int32(truncatingIfNeeded: page.args.1),
      instruction: page.frame.rip, address: page.args.2, trapError: page.args.3)
    let stack = memory.payload(transfer).prefixed(page.payload_length)
    let captured = CapturedMemory(process: process, address: page.frame.rsp, bytes: Array(stack))
    do throws(NTStatus) {
      let thread = try meet(process, tid, slot, page)
      var frame = GuestRegisters(page.frame)
      let goesOn = try answering(thread) { () throws(NTStatus) in
        try contract.registry.dispatchException(record, of: thread, frame: &frame, memory: captured)
      }
      if goesOn { transfer.pointee.frame = frame.frame }
      return goesOn ? 1 : 0
    } catch {
      return 0
    }
  }

  /// The thread of the contract's that rings.
  private func meet(
    _ process: Int32, _ tid: Int32, _ slot: UInt64, _ page: pico_transfer
  ) throws(NTStatus) -> Picothread {
    guard let system = GuestSystem(personality: page.personality) else { throw .STATUS_INVALID_PARAMETER }
    let parent = Int32(truncatingIfNeeded: page.control.parent_tgid)
    let host = try contract.process(process, system, parent: parent)
    return try contract.thread(tid, slot: slot, of: host)
  }

  private func answering<Result>(
    _ thread: Picothread, _ body: () throws(NTStatus) -> Result
  ) throws(NTStatus) -> Result {
    contract.platform.beginAnswer(thread.host)
    defer { contract.platform.endAnswer(thread.host) }
    return try body()
  }
}

extension UnsafeMutableRawBufferPointer {
  /// As much of it as a guest says is filled.
  fileprivate func prefixed(_ length: UInt32) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[..<Swift.min(Int(length), count)])
  }
}
