import CPicoEntry

/// Trampolines: 64 bytes within reach of the guest's code, which repeat its instructions and go on to the site's block.
enum Trampoline {
  /// Jumps reach 2 GiB; a piece less keeps what follows an instruction within it.
  private static let reach: UInt64 = 0x7ff0_0000

  /// Writes the trampoline of a site. False when there is no room for it; `near` is 1 when it was memory that lacked.
  ///
  /// - Parameters: `code` and `end`: the guest's bytes, the `syscall` at `end`.
  static func make(_ site: Sites.Site, _ candidate: Candidate, _ code: UnsafePointer<UInt8>, _ end: Int) -> Bool {
    let address = site.pointee.address
    guard let near = place(site) else {
      site.pointee.near = 1
      return false
    }
    site.pointee.near = near
    var room: [8 of UInt64] = .init(repeating: 0)
    return withUnsafeMutableBytes(of: &room) { bytes -> Bool in
      let out = Emitter(bytes, at: near)
      var emitter = out
      var left = candidate.chain.length
      for index in 0..<candidate.chain.count {
        let instruction = candidate.chain[index]
        pico_near_offsets(site)[index] = UInt8(truncatingIfNeeded: emitter.count)
        pico_guest_offsets(site)[index] = UInt8(truncatingIfNeeded: left)
        guard emitter.repeats(instruction, code + (end - left), guest: address &- UInt64(left)) else { return false }
        left -= Int(instruction.length)
      }
      site.pointee.count = UInt8(candidate.chain.count)
      // jmp *0(%rip), then the address
      guard emitter.append(0x25ff, 2), emitter.append(0, 4),
        emitter.append(Sites.block(site) &+ UInt64(Block.entry(site, candidate)), 8)
      else { return false }
      return Code.write(near, UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped), count: Int(PICO_NEAR_SIZE))
    }
  }

  /// A free place within reach, or the site's own from before.
  private static func place(_ site: Sites.Site) -> UInt64? {
    let address = site.pointee.address
    let regions = pico_near_regions()
    if site.pointee.near > 1 && owner(site.pointee.near) != nil { return site.pointee.near }
    var free = -1
    for index in 0..<Int(PICO_NEAR_REGIONS) {
      let region = regions[index]
      if region.base == 0 {
        if free < 0 && region.used == 0 { free = index }
        continue
      }
      let distance = region.base > address ? region.base &- address : address &- region.base
      if distance < reach && region.used < UInt32(PICO_NEAR_REGION / PICO_NEAR_SIZE) {
        regions[index].used += 1
        return region.base &+ UInt64(region.used) &* UInt64(PICO_NEAR_SIZE)
      }
    }
    guard free >= 0, let base = map(below: address) else { return nil }
    regions[free] = pico_near_region(base: base, used: 1, pad: 0)
    let state = pico_rewriting()
    if state.pointee.near_low == 0 || base < state.pointee.near_low { state.pointee.near_low = base }
    state.pointee.near_high = max(state.pointee.near_high, base &+ UInt64(PICO_NEAR_REGION))
    return base
  }

  /// Memory where nothing is, below the image the address lies in: above it the heap may want to grow.
  private static func map(below address: UInt64) -> UInt64? {
    guard let range = Text.range(with: address) else { return nil }
    var gap: UInt64 = 0x1_0000
    while gap < reach {
      let base = (range.start & ~0xffff) &- gap
      if base >= range.start || base < 0x1_0000 { break }
      if Code.map(base, UInt64(PICO_NEAR_REGION)) { return base }
      gap *= 2
    }
    // An image at the very bottom, or with neighbours: then above, far from it first.
    gap = 0x4000_0000
    while gap >= 0x1_0000 {
      let base = ((range.end &+ 0xffff) & ~0xffff) &+ gap
      if !reservedOverlap(UInt(base), UInt(PICO_NEAR_REGION)), Code.map(base, UInt64(PICO_NEAR_REGION)) { return base }
      gap /= 2
    }
    return nil
  }

  /// The region a trampoline lies in, unless the guest has it now.
  static func owner(_ near: UInt64) -> Int? {
    for index in 0..<Int(PICO_NEAR_REGIONS) {
      let base = pico_near_regions()[index].base
      if base != 0 && near >= base && near &- base < UInt64(PICO_NEAR_REGION) { return index }
    }
    return nil
  }
}

/// Bytes of code on their way to an address.
private struct Emitter {
  let bytes: UnsafeMutableRawBufferPointer
  let address: UInt64
  var count = 0

  init(_ bytes: UnsafeMutableRawBufferPointer, at address: UInt64) {
    self.bytes = bytes
    self.address = address
  }

  mutating func append(_ value: UInt64, _ size: Int) -> Bool {
    guard count + size <= bytes.count else { return false }
    for index in 0..<size { bytes[count + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    count += size
    return true
  }

  /// Appends an instruction so that it does here what it does at `guest`.
  mutating func repeats(_ instruction: Instruction, _ code: UnsafePointer<UInt8>, guest: UInt64) -> Bool {
    let next = guest &+ UInt64(instruction.length)
    if instruction.isBranch {
      let target = next &+ UInt64(bitPattern: Int64(instruction.displacement))
      guard append(0x0f, 1), append(0x80 | UInt64(instruction.opcode & 0xf), 1) else { return false }
      return appendDistance(to: target)
    }
    guard count + Int(instruction.length) <= bytes.count else { return false }
    for index in 0..<Int(instruction.length) { bytes[count + index] = code[index] }
    count += Int(instruction.length)
    guard instruction.relativeAt != 0 else { return true }
    let behind = count
    count += Int(instruction.relativeAt) - Int(instruction.length)
    let target = next &+ UInt64(bitPattern: Int64(instruction.displacement))
    let done = appendDistance(to: target, from: address &+ UInt64(behind))
    count = behind
    return done
  }

  private mutating func appendDistance(to target: UInt64, from: UInt64? = nil) -> Bool {
    let distance = Int64(bitPattern: target &- (from ?? address &+ UInt64(count) &+ 4))
    guard let short = Int32(exactly: distance) else { return false }
    return append(UInt64(UInt32(bitPattern: short)), 4)
  }
}
