internal import CPicoABI
internal import CPicoHost
internal import Glibc
internal import Synchronization

/// The contract's platform on real picoprocesses. It needs no right to trace: threads are asked by a signal of the
/// stub's, stop in the stub, and leave their registers in their transfer page. So it serves the trap and the ptrace
/// platform alike.
///
/// Any thread; guarded by `seats`.
package final class SiloPlatform: PicoPlatform {
  package let memory: SiloMemory
  package let watch: HostWatch
  let held: Seats
  private let seats = Mutex<[HostThread: Seat]>([:])
  /// One order at a time: they are rare, and a thread carries out one.
  let orders = Mutex<UInt32>(0)
  /// The one thread of a process that was made and has none of the contract's yet.
  let carriers = Mutex<[HostProcess: HostThread]>([:])

  package init(memory: SiloMemory, watch: HostWatch) {
    self.memory = memory
    self.watch = watch
    held = Seats(memory: memory)
  }

  /// A thread was met, or made, with this slot.
  package func place(_ thread: HostThread, slot: UInt64) {
    let seat = Seat(slot: slot, pid: thread.process.pid, tid: thread.tid)
    seats.withLock { $0[thread] = seat }
  }

  /// From here to `endAnswer` the thread waits for an answer to its ring, and so stands still already.
  package func beginAnswer(_ thread: HostThread) { setAnswering(thread, true) }
  package func endAnswer(_ thread: HostThread) { setAnswering(thread, false) }

  private func setAnswering(_ thread: HostThread, _ isAnswering: Bool) {
    if let seat = seats.withLock({ $0[thread] }) { held.setInRing(seat, isAnswering) }
  }

  /// What has ended is asked no more.
  package func forget(_ end: HostWatch.End) {
    let gone = seats.withLock { seats -> [Seat] in
      let gone: [HostThread]
      switch end {
      case .thread(let thread): gone = [thread]
      case .process(let process): gone = seats.keys.filter { $0.process == process }
      }
      return gone.compactMap { seats.removeValue(forKey: $0) }
    }
    gone.forEach(held.forget)
    if case .process(let process) = end { carriers.withLock { $0[process] = nil } }
  }

  func seat(_ thread: HostThread) throws(NTStatus) -> Seat {
    guard let seat = seats.withLock({ $0[thread] }) else { throw .STATUS_INVALID_CID }
    return seat
  }

  /// The threads of a process that are known, and those only the silo's memory knows.
  func seats(in process: HostProcess) -> [Seat] {
    let known = seats.withLock { seats in seats.filter { $0.key.process == process }.map(\.value) }
    let others = memory.owners().filter { $0.tgid == process.pid && $0.tid > 0 }
      .map { Seat(slot: $0.slot, pid: $0.tgid, tid: $0.tid) }
    return known + others.filter { !known.contains($0) }
  }

  package func suspend(_ thread: HostThread) throws(NTStatus) { try held.hold(seat(thread)) }

  package func resume(_ thread: HostThread) throws(NTStatus) {
    let seat = try seat(thread)
    // Looked at before: a thread may end as soon as it goes on, and then it has been resumed.
    if pico_thread_exists(seat.pid, seat.tid) != 1 { throw .STATUS_INVALID_CID }
    held.release(seat)
  }

  package func context(of thread: HostThread) throws(NTStatus) -> GuestContext {
    try context(of: seat(thread))
  }

  func context(of seat: Seat) throws(NTStatus) -> GuestContext {
    guard let transfer = memory.transfer(seat.slot) else { throw .STATUS_INVALID_CID }
    let isInRing = held.isInRing(seat)
    if !isInRing { try held.waitUntilParked(seat) }
    var context = GuestContext()
    context.registers = GuestRegisters(transfer.pointee.frame)
    context.fsBase = transfer.pointee.control.fs_base
    context.gsBase = transfer.pointee.control.gs_base
    let room = memory.payload(transfer)
    let length = Int(transfer.pointee.control.vector_length)
    if !isInRing, length > 0, length <= room.count { context.extendedState = Array(room[..<length]) }
    return context
  }

  package func setContext(_ context: GuestContext, of thread: HostThread) throws(NTStatus) {
    try setContext(context, of: seat(thread))
  }

  func setContext(_ context: GuestContext, of seat: Seat) throws(NTStatus) {
    guard let transfer = memory.transfer(seat.slot) else { throw .STATUS_INVALID_CID }
    let isInRing = held.isInRing(seat)
    if !isInRing { try held.waitUntilParked(seat) }
    if let vector = context.extendedState {
      // While it waits for an answer, its vector state is in its registers still.
      if isInRing { throw .STATUS_NOT_SUPPORTED }
      try setVector(vector, transfer)
    }
    transfer.pointee.frame = context.registers.frame
    transfer.pointee.control.fs_base = context.fsBase
    transfer.pointee.control.gs_base = context.gsBase
    change(transfer, PICO_CHANGED_REGISTERS | PICO_CHANGED_FS | PICO_CHANGED_GS)
  }

  package func setDescriptorBase(
    _ type: PicoDescriptorType, _ base: UInt64, of thread: HostThread
  ) throws(NTStatus) {
    let seat = try seat(thread)
    guard let transfer = memory.transfer(seat.slot) else { throw .STATUS_INVALID_CID }
    if !held.isInRing(seat) { try held.waitUntilParked(seat) }
    switch type {
    case .Fs:
      transfer.pointee.control.fs_base = base
      change(transfer, PICO_CHANGED_FS)
    case .Gs:
      transfer.pointee.control.gs_base = base
      change(transfer, PICO_CHANGED_GS)
    }
  }

  package func terminate(_ thread: HostThread) throws(NTStatus) { try held.end(seat(thread)) }

  package func terminate(_ process: HostProcess, status: NTStatus) throws(NTStatus) {
    if !watch.kill(process, SIGKILL) { throw .STATUS_INVALID_CID }
  }

  /// The answer to its ring says so: the stub then puts the host's default action in force and raises the signal.
  package func end(_ thread: HostThread, by record: PicoExceptionRecord) throws(NTStatus) {}

  private func change(_ transfer: UnsafeMutablePointer<pico_transfer>, _ bits: Int32) {
    _ = pico_or_word(&pico_control_of(transfer).pointee.changed, UInt32(bits))
  }

  /// Takes an XSAVE image that the thread can load: of the size it has itself, not compacted, with no component and no
  /// bit of MXCSR that the processor lacks. Errors: `STATUS_INVALID_PARAMETER`.
  private func setVector(_ vector: [UInt8], _ transfer: UnsafeMutablePointer<pico_transfer>) throws(NTStatus) {
    let room = memory.payload(transfer)
    guard vector.count == Int(transfer.pointee.control.vector_length), vector.count <= room.count else {
      throw .STATUS_INVALID_PARAMETER
    }
    let isSound = vector.withUnsafeBytes { bytes -> Bool in
      guard bytes.count >= 576 else { return bytes.count == 512 }
      let components = bytes.loadUnaligned(fromByteOffset: 512, as: UInt64.self)
      let served = bytes.loadUnaligned(fromByteOffset: 472, as: UInt64.self)  // fpx_sw_bytes.xfeatures
      let mask = bytes.loadUnaligned(fromByteOffset: 28, as: UInt32.self)  // MXCSR_MASK
      let control = bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
      return components & ~served == 0 && bytes[520..<576].allSatisfy { $0 == 0 }
        && control & ~(mask == 0 ? 0xffbf : mask) == 0
    }
    guard isSound else { throw .STATUS_INVALID_PARAMETER }
    vector.withUnsafeBytes { room.copyMemory(from: $0) }
    change(transfer, PICO_CHANGED_VECTOR)
  }
}
