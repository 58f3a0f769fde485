package import CPicoABI

/// Writes the script by which a fresh stub loads an image.
package struct LoadScript {
  /// Where a relocatable image goes, and where its interpreter: Linux's own choice for the one, below the stub's region
  /// for the other, both moved by a random number of pages.
  private static let imageBase: UInt64 = 0x5555_5555_4000
  private static let interpreterBase: UInt64 = 0x7d00_0000_0000
  private static let mapFixed: UInt64 = 0x12  // MAP_PRIVATE | MAP_FIXED
  private static let mapFixedNoReplace: UInt64 = 0x10_0002
  private static let mapAnonymous: UInt64 = 0x20
  private static let closeCall: UInt64 = 3

  private struct Mapping {
    let address: UInt64
    let length: UInt64
  }

  private var steps: [pico_step] = []
  private var mapped: [Mapping] = []
  private var payload: [UInt8] = []

  /// Composes the script for `prepared`. `install` gives the picoprocess a descriptor: its number there, or less than 0.
  ///
  /// - Parameter isRandom: whether addresses are left to chance.
  /// - Throws: what is wrong with the image's addresses. Nil when the picoprocess is gone.
  package static func compose(
    _ prepared: PreparedImage, imageID: UInt64, isRandom: Bool = true, install: (Int32) -> Int32
  ) throws(ImageError) -> LoadScript? {
    var script = LoadScript()
    func randomPages(_ bits: UInt64) -> UInt64 { isRandom ? UInt64.random(in: 0..<1 << bits) << 12 : 0 }
    let image = prepared.image
    let bias = image.kind == .fixed ? 0 : aligned(imageBase + randomPages(28), image.alignment)
    guard try script.map(image, prepared.file, bias: bias, install) else { return nil }
    var start = pico_start()
    start.personality = UInt64(prepared.system == .freebsd ? PICO_PERSONALITY_FREEBSD : PICO_PERSONALITY_LINUX)
    start.image_entry = image.entry + bias
    start.entry = start.image_entry
    start.image_base = bias
    start.program_headers = (image.programHeaders ?? 0) + (image.programHeaders == nil ? 0 : bias)
    start.program_header_size = UInt64(ElfImage.programHeaderSize)
    start.program_header_count = UInt64(image.programHeaderCount)
    // Linux leaves a page at least between the image and its break, and the rest to chance. FreeBSD begins at the
    // image's end: sbrk there takes it for granted.
    start.break_start = image.endPage + bias + (prepared.system == .freebsd || !isRandom ? 0 : 4096 + randomPages(13))
    start.code_start = image.lowestPage + bias
    start.code_end = (image.segments.filter { $0.protection & 4 != 0 }.map(\.fileEnd).max() ?? 0) + bias
    start.data_start = (image.segments.map(\.address).max() ?? 0) + bias
    start.data_end = (image.segments.map(\.fileEnd).max() ?? 0) + bias
    start.stack_flags = UInt64(image.stackFlags ?? 6)
    start.image_id = imageID
    if let interpreter = prepared.interpreter {
      let base = interpreter.image.kind == .fixed ? 0 : interpreterBase + randomPages(26)
      guard try script.map(interpreter.image, interpreter.file, bias: base, install) else { return nil }
      start.interpreter_base = base
      start.entry = interpreter.image.entry + base
    }
    // Offset 0 stands for none.
    script.payload += [0]
    start.executable_path = UInt64(script.payload.count)
    script.payload += prepared.path.bytes + [0]
    start.guest_path = UInt64(script.payload.count)
    script.payload += prepared.guestPath.bytes + [0]
    start.viewed = prepared.isViewed ? 1 : 0
    let at = (script.payload.count + 7) & ~7
    script.payload += [UInt8](repeating: 0, count: at - script.payload.count)
    withUnsafeBytes(of: start) { script.payload += $0 }
    script.add(PICO_STEP_ENTER, UInt64(at))
    return script
  }

  /// Writes the script where the stub finds it. False when it is too long.
  package func write(to transfer: UnsafeMutablePointer<pico_transfer>, _ room: UnsafeMutableRawBufferPointer) -> Bool {
    guard steps.count <= Int(PICO_SCRIPT_MAX), payload.count <= room.count else { return false }
    let list = pico_steps(transfer)
    for (index, step) in steps.enumerated() { list[index] = step }
    payload.withUnsafeBytes { room.copyMemory(from: $0) }
    transfer.pointee.step_count = UInt32(steps.count)
    return true
  }

  private mutating func add(
    _ kind: pico_step_kind, _ a0: UInt64 = 0, _ a1: UInt64 = 0, _ a2: UInt64 = 0, _ a3: UInt64 = 0, _ a4: UInt64 = 0,
    _ a5: UInt64 = 0
  ) {
    steps.append(pico_step(kind: UInt64(kind.rawValue), a: (a0, a1, a2, a3, a4, a5)))
  }

  private mutating func map(
    _ image: ElfImage, _ file: Descriptor, bias: UInt64, _ install: (Int32) -> Int32
  ) throws(ImageError) -> Bool {
    let plan = try image.mappingPlan(bias: bias)
    let installed = install(file.number)
    guard installed >= 0 else { return false }
    let number = UInt64(installed)
    for step in plan {
      switch step {
      case .file(let address, let length, let protection, let offset):
        add(PICO_STEP_MMAP, address, length, UInt64(protection), flags(address, length), number, offset)
      case .anonymous(let address, let length, let protection):
        let flags = flags(address, length) | Self.mapAnonymous
        add(PICO_STEP_MMAP, address, length, UInt64(protection), flags, UInt64.max, 0)
      case .zero(let address, let length):
        add(PICO_STEP_ZERO, address, length)
      case .protect(let address, let length, let protection):
        add(PICO_STEP_CALL, 10, address, length, UInt64(protection))  // mprotect
      }
    }
    add(PICO_STEP_CALL, Self.closeCall, number)
    return true
  }

  /// Pieces of one image may share a page; nothing else may be in their way.
  private mutating func flags(_ address: UInt64, _ length: UInt64) -> UInt64 {
    let overlaps = mapped.contains { $0.address < address + length && address < $0.address + $0.length }
    mapped.append(Mapping(address: address, length: length))
    return overlaps ? Self.mapFixed : Self.mapFixedNoReplace
  }

  private static func aligned(_ address: UInt64, _ alignment: UInt64) -> UInt64 {
    (address + alignment - 1) & ~(alignment - 1)
  }
}
