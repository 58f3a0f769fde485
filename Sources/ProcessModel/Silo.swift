package import CPicoABI
internal import CPicoHost
internal import Glibc
package import PicoProvider
internal import Synchronization

/// All picoprocesses under one supervisor: answers their stubs, and knows which images they run.
package final class Silo: RingService {
  package let memory: SiloMemory
  /// The stub image that every picoprocess executes.
  let stub: Descriptor
  let preparation: ImagePreparation
  let observer: any SiloObserver
  package let contract: SiloContract
  let state: Mutex<State>
  private let sharedPages = SharedPages()

  struct State {
    /// The silo's first image, until its picoprocess has started.
    var first: PreparedImage?
    /// Images prepared for exec, by process.
    var pending: [HostProcess: PreparedImage] = [:]
    /// Paths and files of the images that run or ran, by image number.
    var images: [KnownImage] = []
  }

  struct KnownImage: Equatable {
    let path: FileName
    let device: UInt64
    let inode: UInt64
  }

  package init(
    contract: SiloContract, stub: Descriptor, preparation: ImagePreparation, first: PreparedImage,
    observer: some SiloObserver
  ) {
    self.contract = contract
    memory = contract.platform.memory
    self.stub = stub
    self.preparation = preparation
    self.observer = observer
    state = Mutex(State(first: first))
  }

  /// The path of an image that runs in this silo; nil for a number no image has.
  package func path(ofImage number: UInt64) -> FileName? {
    state.withLock { number < UInt64($0.images.count) ? $0.images[Int(number)].path : nil }
  }

  package func answer(_ ring: Ring, _ channel: some RingChannel) -> Int64 {
    if ring.request == PICO_HELLO.rawValue {
      memory.trim()
      // Whoever executes a fresh stub is the leader of its process, and the only thread left of it.
      return hello(ring.tid, isRandom: ring.argument & 0x4_0000 == 0, channel)  // ADDR_NO_RANDOMIZE
    }
    if ring.request == PICO_RECLAIM.rawValue {
      memory.reclaim()
      return 0
    }
    guard let transfer = memory.transfer(ring.argument) else { return -22 }
    var process = Int32(bitPattern: transfer.pointee.tgid)
    if Int32(bitPattern: transfer.pointee.tid) != ring.tid {
      // In a pid namespace of its own, a thread knows itself by another id than the supervisor does.
      guard let names = PidNamespaces.ids(of: ring.tid), names.ids.count > 1,
        names.ids.last == Int32(bitPattern: transfer.pointee.tid)
      else { return -22 }  // EINVAL: a slot that is not this thread's
      process = names.process
    }
    guard process > 0, pico_thread_exists(process, ring.tid) == 1 else { return -22 }
    switch pico_request(rawValue: ring.request) {
    case PICO_START: return start(process, transfer, channel)
    case PICO_EXEC: return exec(process, transfer, channel)
    case PICO_CALL: return call(process, ring.tid, ring.argument, transfer)
    case PICO_EXCEPTION: return exception(process, ring.tid, ring.argument, transfer)
    case PICO_MISSING:
      observer.missing(transfer.pointee.personality, transfer.pointee.number)
      return 0
    case PICO_TRACE:
      observer.traced(ring.argument, transfer)
      return 0
    case PICO_IMAGE_PATH: return imagePath(Int32(truncatingIfNeeded: transfer.pointee.args.0), memory.payload(transfer))
    case PICO_IS_EXECUTED:
      return isExecuted(device: transfer.pointee.args.0, inode: transfer.pointee.args.1) ? 1 : 0
    case PICO_SHARED_PAGE: return sharedPages.answer(transfer, channel)
    case PICO_LOAD_FAILED:
      let error = HostErrno(Int32(truncatingIfNeeded: transfer.pointee.args.0))
      observer.loadFailed(path(ofImage: transfer.pointee.image_id) ?? "?", error)
      return 0
    default: return -38  // ENOSYS
    }
  }

  /// Writes the path of the image that a process or thread runs, with its terminator. 0 when there is none.
  private func imagePath(_ number: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int64 {
    guard let owner = memory.owners().first(where: { $0.tgid == number || $0.tid == number }),
      let image = memory.transfer(owner.slot)?.pointee.image_id, let path = path(ofImage: image)
    else { return 0 }
    let bytes = path.bytes + [0]
    guard bytes.count <= room.count else { return 0 }
    bytes.withUnsafeBytes { room.copyMemory(from: $0) }
    return Int64(bytes.count - 1)
  }

  /// Whether a picoprocess that lives runs this file.
  private func isExecuted(device: UInt64, inode: UInt64) -> Bool {
    let numbers = state.withLock { state in
      state.images.indices.filter { state.images[$0].device == device && state.images[$0].inode == inode }
    }
    return memory.owners().contains { owner in
      guard let image = memory.transfer(owner.slot)?.pointee.image_id, numbers.contains(where: { $0 == image }) else {
        return false
      }
      // One that has ended and is waited for holds its image no more.
      var byte: CChar = 0
      return readlink("/proc/\(owner.tgid)/exe", &byte, 1) == 1 || errno == EACCES
    }
  }
}

extension Silo {
  /// The first picoprocess has ended with `status`.
  package func finish(_ status: Int32, first process: Int32) {
    contract.platform.watch.drain()
    observer.finish(status: status, first: process)
  }

  /// The supervisor is a process of its own from here on, and may have threads.
  package func begin() {
    contract.begin { [self] process in
      // One that was ended between an exec's preparation and the exec: nobody will ask for its image.
      state.withLock { _ = $0.pending.removeValue(forKey: process) }
    }
    observer.begin()
  }
}

/// What a silo tells of its picoprocesses: the personalities and the command decide what to make of it.
package protocol SiloObserver: Sendable {
  /// With `--strict`: a call that is not implemented.
  func missing(_ personality: UInt32, _ number: UInt64)
  /// A thread's trace buffer is to be emptied.
  func traced(_ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>)
  /// An image that was taken could not be put into memory.
  func loadFailed(_ path: FileName, _ error: HostErrno)
  /// Before the first ring.
  func begin()
  /// The first picoprocess has ended with an exit status.
  func finish(status: Int32, first process: Int32)
}
