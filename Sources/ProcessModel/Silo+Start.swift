internal import CPicoABI
internal import CPicoHost
internal import Glibc
internal import PicoProvider
internal import Synchronization

/// How an image comes to run: an exec is prepared, the stub executes itself anew and says hello, and gets the script
/// that loads the image.
extension Silo {
  /// Prepares an exec: the image that the stub has opened is looked at here; the stub then executes itself anew.
  func exec(
    _ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>, _ channel: some RingChannel
  ) -> Int64 {
    let room = memory.payload(transfer)
    let length = min(Int(transfer.pointee.payload_length), 4096)
    let path = FileName(bytes: Array(room[..<length])[...])
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
      keep(image, for: host)
      transfer.pointee.args.1 = UInt64(image.scriptWords.count)
      transfer.pointee.result = 0
    } catch {
      transfer.pointee.result = -Int64(error.errno)
    }
    return 0
  }

  /// Keeps an image until its process asks for it, or ends: which may have been told already.
  private func keep(_ image: PreparedImage, for process: HostProcess) {
    state.withLock { $0.pending[process] = image }
    if contract.platform.watch.known(process.pid) != process {
      state.withLock { _ = $0.pending.removeValue(forKey: process) }
    }
  }

  /// A fresh stub is given a slot, the memory to find that in, and there the script that loads its image.
  func hello(_ process: Int32, isRandom: Bool, _ channel: some RingChannel) -> Int64 {
    guard let host = contract.platform.watch.process(process),
      let image = state.withLock({ $0.pending.removeValue(forKey: host) ?? $0.first.take() })
    else { return -3 }  // ESRCH
    guard let slot = memory.take(for: process), let transfer = memory.transfer(slot) else { return -12 }  // ENOMEM
    do { _ = try contract.start(process, image) } catch { return error.hostErrno }
    let installed = channel.install(memory.descriptor)
    if installed < 0 { return Int64(installed) }
    let result = load(image, transfer, isRandom: isRandom, channel)
    if result == -24 {  // EMFILE: it asks again when the descriptor of this memory is closed
      transfer.pointee.step_count = 0
      keep(image, for: host)
    } else if result < 0 {
      return result
    }
    return Int64(slot) << 32 | Int64(installed)
  }

  /// The script of a process for which `hello` found no room.
  func start(
    _ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>, _ channel: some RingChannel
  ) -> Int64 {
    guard let host = contract.platform.watch.process(process),
      let image = state.withLock({ $0.pending.removeValue(forKey: host) })
    else { return -3 }  // ESRCH
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

  /// The process that is about to execute an image, as its provider's: so that its parent is known, and what the exec
  /// ends is ended for the right one.
  private func adopt(_ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>) {
    guard let system = GuestSystem(personality: transfer.pointee.personality) else { return }
    _ = try? contract.process(process, system, parent: Int32(truncatingIfNeeded: transfer.pointee.control.parent_tgid))
  }

  /// Puts a script's words into the upper half of the payload, each with its terminator.
  private func writeWords(_ words: [FileName], to room: UnsafeMutableRawBufferPointer) -> Bool {
    let bytes: [UInt8] = words.flatMap { $0.bytes + [0] }
    let half = room.count / 2
    guard bytes.count <= half else { return false }
    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: room[half...]).copyMemory(from: $0) }
    return true
  }
}
