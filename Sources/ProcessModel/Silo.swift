package import CPicoABI
internal import CPicoHost
internal import Glibc
package import PicoProvider
internal import Synchronization

/// All picoprocesses under one supervisor: answers their stubs, and knows which images they run.
package final class Silo: RingService {
  package let memory: SiloMemory
  /// The stub image that every picoprocess executes.
  private let stub: Descriptor
  private let preparation: ImagePreparation
  let observer: any SiloObserver
  package let contract: SiloContract
  private let state: Mutex<State>
  private let sharedPages = SharedPages()

  private struct State {
    /// The silo's first image, until its picoprocess has started.
    var first: PreparedImage?
    /// Images prepared for exec, by process.
    var pending: [Int32: PreparedImage] = [:]
    /// Paths and files of the images that run or ran, by image number.
    var images: [KnownImage] = []
  }

  private struct KnownImage: Equatable {
    let path: String
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
  package func path(ofImage number: UInt64) -> String? {
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
    guard let transfer = memory.transfer(ring.argument), Int32(bitPattern: transfer.pointee.tid) == ring.tid else {
      return -22  // EINVAL: a slot that is not this thread's
    }
    let process = Int32(bitPattern: transfer.pointee.tgid)
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
    let bytes = Array(path.utf8) + [0]
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

  /// A fresh stub is given a slot, the memory to find that in, and there the script that loads its image.
  private func hello(_ process: Int32, isRandom: Bool, _ channel: some RingChannel) -> Int64 {
    guard let image = state.withLock({ $0.pending.removeValue(forKey: process) ?? $0.first.take() }) else {
      return -3  // ESRCH
    }
    guard let slot = memory.take(for: process), let transfer = memory.transfer(slot) else { return -12 }  // ENOMEM
    do { _ = try contract.start(process, image) } catch { return error.hostErrno }
    let installed = channel.install(memory.descriptor)
    if installed < 0 { return Int64(installed) }
    let result = load(image, transfer, isRandom: isRandom, channel)
    if result == -24 {  // EMFILE: it asks again when the descriptor of this memory is closed
      transfer.pointee.step_count = 0
      state.withLock { $0.pending[process] = image }
    } else if result < 0 {
      return result
    }
    return Int64(slot) << 32 | Int64(installed)
  }

  /// The script of a process for which `hello` found no room.
  private func start(
    _ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>, _ channel: some RingChannel
  ) -> Int64 {
    guard let image = state.withLock({ $0.pending.removeValue(forKey: process) }) else { return -3 }  // ESRCH
    return load(image, transfer, isRandom: transfer.pointee.args.1 & 0x4_0000 == 0, channel)
  }

  /// Writes the script that loads an image.
  ///
  /// - Returns: 0; `-EMFILE` when the process has room for too few descriptors: then `args.0` is one it has been given,
  ///   or -1; another negated host errno.
  private func load(
    _ image: PreparedImage, _ transfer: UnsafeMutablePointer<pico_transfer>, isRandom: Bool, _ channel: some RingChannel
  ) -> Int64 {
    let number = note(image)
    transfer.pointee.image_id = number
    transfer.pointee.args.0 = .max
    var isFull = false
    do throws(ImageError) {
      let script = try LoadScript.compose(image, imageID: number, isRandom: isRandom) {
        let installed = channel.install($0)
        if installed >= 0 { transfer.pointee.args.0 = UInt64(installed) }
        isFull = installed == -EMFILE
        return installed
      }
      if script == nil && isFull { return -24 }
      guard let script, script.write(to: transfer, memory.payload(transfer)) else { return -8 }  // ENOEXEC
      return 0
    } catch {
      observer.loadFailed(image.path, HostErrno(8))
      return -8
    }
  }

  /// The number of an image that is going to run.
  private func note(_ image: PreparedImage) -> UInt64 {
    var status = stat()
    _ = fstat(image.file.number, &status)
    let known = KnownImage(path: image.path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    memory.noteExecuted(device: known.device, inode: known.inode)
    return state.withLock { state in
      if let number = state.images.firstIndex(of: known) { return UInt64(number) }
      state.images.append(known)
      return UInt64(state.images.count - 1)
    }
  }

  /// Prepares an exec: the image that the stub has opened is looked at here; the stub then executes itself anew.
  private func exec(
    _ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>, _ channel: some RingChannel
  ) -> Int64 {
    let room = memory.payload(transfer)
    let length = min(Int(transfer.pointee.payload_length), 4096)
    let path = String(decoding: room[..<length], as: UTF8.self)
    let watch = contract.platform.watch
    guard let host = watch.process(process) else { return -3 }  // ESRCH
    let number = watch.take(Int32(truncatingIfNeeded: transfer.pointee.args.0), of: host)
    guard number >= 0 else {
      transfer.pointee.result = Int64(number)
      return 0
    }
    let shown = watch.take(Int32(truncatingIfNeeded: transfer.pointee.args.2), of: host)
    let root = shown < 0 ? nil : Descriptor(shown)
    do throws(PreparationError) {
      let image = try preparation.prepare(Descriptor.readable(number), path: path, process: process, root: root)
      guard writeWords(image.scriptWords, to: room) else {
        transfer.pointee.result = -7  // E2BIG
        return 0
      }
      let installed = channel.install(stub.number)
      guard installed >= 0 else {
        transfer.pointee.result = Int64(installed)
        return 0
      }
      transfer.pointee.args.0 = UInt64(installed)
      adopt(process, transfer)
      state.withLock { $0.pending[process] = image }
      transfer.pointee.args.1 = UInt64(image.scriptWords.count)
      transfer.pointee.result = 0
    } catch {
      transfer.pointee.result = -Int64(error.errno)
    }
    return 0
  }

  /// The process that is about to execute an image, as its provider's: so that its parent is known, and what the exec
  /// ends is ended for the right one.
  private func adopt(_ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>) {
    guard let system = GuestSystem(personality: transfer.pointee.personality) else { return }
    _ = try? contract.process(process, system, parent: Int32(truncatingIfNeeded: transfer.pointee.control.parent_tgid))
  }

  /// Puts a script's words into the upper half of the payload, each with its terminator.
  private func writeWords(_ words: [String], to room: UnsafeMutableRawBufferPointer) -> Bool {
    let bytes: [UInt8] = words.flatMap { (word: String) -> [UInt8] in Array(word.utf8) + [0] }
    let half = room.count / 2
    guard bytes.count <= half else { return false }
    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: room[half...]).copyMemory(from: $0) }
    return true
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
    contract.begin()
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
  func loadFailed(_ path: String, _ error: HostErrno)
  /// Before the first ring.
  func begin()
  /// The first picoprocess has ended with an exit status.
  func finish(status: Int32, first process: Int32)
}
