import CPicoEntry

/// Where a jump can be put so that it is taken on the way to a `syscall`.
struct Candidate {
  var chain: Chain
  /// Bytes from the jump to the `syscall`.
  var distance: Int { chain.length }
  /// Bytes to overwrite: 5 for a jump to the trampoline, 2 for one to `pad`.
  var size = 5
  /// Where, as an offset in the bytes looked at, five bytes of padding stand that no instruction reaches.
  var pad = -1

  init(_ chain: Chain) { self.chain = chain }

  /// The nearest single instruction of five bytes or more that certainly stands there.
  ///
  /// Bytes may look like an instruction and be the tail of another. So the trapped registers must bear out what the
  /// instruction did, and no longer one that ends with it may be possible too.
  ///
  /// - Parameters:
  ///   - bytes: guest code around the `syscall`, which stands at `end`; readable from `begin` on.
  ///   - accepts: whether the jump can be written there.
  static func long(
    _ bytes: UnsafePointer<UInt8>, begin: Int, end: Int, _ context: UnsafeMutablePointer<pico_host_context>,
    _ address: UInt64, accepts: (Chain) -> Bool
  ) -> Candidate? {
    var distance = 5
    while distance <= Chain.reach && end - distance >= begin {
      let start = end - distance
      distance += 1
      guard let chain = Chain(bytes, from: start, to: end), chain[0].length >= 5 else { continue }
      let evidence = chain.evidence(context, address)
      if evidence.any != .confirms { continue }
      if evidence.first != .confirms && !isUnmistakable(chain[0]) { continue }
      if mayBeTail(bytes, begin, start, chain, context, address) || !accepts(chain) { continue }
      return Candidate(chain)
    }
    return nil
  }

  /// `cmpb $0, d32(%rip)` and nops of five bytes and more leave no trace but have enough bytes of their own.
  private static func isUnmistakable(_ instruction: Instruction) -> Bool {
    instruction.isLongNop || instruction.opcode == 0x80 && instruction.relativeAt != 0 && !instruction.isPrefixed
  }

  /// Whether the first instruction may be the end of a longer one.
  private static func mayBeTail(
    _ bytes: UnsafePointer<UInt8>, _ begin: Int, _ start: Int, _ chain: Chain,
    _ context: UnsafeMutablePointer<pico_host_context>, _ address: UInt64
  ) -> Bool {
    let end = start + Int(chain[0].length)
    for more in 1...10 where start - more >= begin {
      guard let longer = Instruction(bytes, at: start - more, end: end),
        Int(longer.length) == Int(chain[0].length) + more
      else { continue }
      let next = address &- UInt64(chain.length - Int(chain[0].length))
      if longer.evidence(context, changed: chain.changedBehindFirst, next: next) != .contradicts { return true }
    }
    return false
  }

  /// A short jump over the first two bytes of an instruction, to padding nearby.
  ///
  /// Certain is only what is decoded from a known boundary: here the begin of a function that is aligned to 16 bytes
  /// and follows padding of `int3`, which nothing falls through. The padding jumped to is of the same kind.
  static func short(
    _ bytes: UnsafePointer<UInt8>, begin: Int, end: Int, limit: Int, _ context: UnsafeMutablePointer<pico_host_context>,
    _ address: UInt64
  ) -> Candidate? {
    for distance in 2...Chain.reach where end - distance > begin {
      let start = end - distance
      guard (address &- UInt64(distance)) & 15 == 0, bytes[start - 1] == 0xcc else { continue }
      guard var chain = Chain(bytes, from: start, to: end), chain.evidence(context, address).first != .contradicts
      else {
        return nil
      }
      var last = chain.count - 1
      while last >= 0 {
        var tail = chain
        tail.drop(last)
        // Both bytes in one aligned word, to be written at once.
        if tail[0].length >= 2 && (address &- UInt64(tail.length)) & 7 != 7 {
          chain = tail
          break
        }
        last -= 1
      }
      guard last >= 0 else { return nil }
      let from = end - chain.length + 2
      guard let pad = padding(bytes, from, max(begin, from - 128), min(limit, from + 127), address &- UInt64(end))
      else {
        return nil
      }
      var candidate = Candidate(chain)
      candidate.size = 2
      candidate.pad = pad
      return candidate
    }
    return nil
  }

  /// Five bytes of a run of `int3` between two functions: it ends where an aligned one begins.
  private static func padding(
    _ bytes: UnsafePointer<UInt8>, _ from: Int, _ low: Int, _ high: Int, _ base: UInt64
  ) -> Int? {
    var at = low
    while at + 5 <= high {
      if bytes[at] != 0xcc {
        at += 1
        continue
      }
      var end = at
      while end < high && bytes[end] == 0xcc { end += 1 }
      let isBounded = (base &+ UInt64(end)) & 15 == 0 && (end == high || bytes[end] != 0xcc)
      if isBounded && end - at >= 5 && end - at < 32 { return at }
      at = end
    }
    return nil
  }
}
