import Testing

@testable import ProcessModel

@Suite("Mutated images", .timeLimit(.minutes(1)))
struct ImageMutationTests {
  /// Numbers that upset careless arithmetic.
  private static let nasty: [UInt64] = [
    0, 1, 0xfff, 0x1000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_f000, 0x7e00_0000_0000,
    0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_f000, 0xffff_ffff_ffff_ffff,
  ]

  private static var seeds: [[UInt8]] {
    var dynamic = ElfBytes.program
    dynamic.type = 3
    dynamic.addContents(Array("/libexec/ld-elf.so.1".utf8) + [0], type: 3)
    dynamic.addContents([0, 0, 0], type: 0)
    dynamic.addContents(ElfBytes.note(owner: "FreeBSD", type: 1, contents: [0, 0, 0, 0]), type: 4)
    dynamic.contents += Array(repeating: 0, count: 16 - dynamic.contents.count % 16)
    dynamic.contents += [0xff] + Array(" Go buildinf:".utf8) + [8, 2] + Array(repeating: 1, count: 64)
    dynamic.headers[0].flags = 6
    return [ElfBytes.program.encoded(), dynamic.encoded(), Array("#!/bin/sh -e\n".utf8)]
  }

  @Test("give an error or a plan that stays in user memory", arguments: 0..<3)
  func mutations(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 20)
    let original = Self.seeds[seed]
    for _ in 0..<6_000 {
      var bytes = original
      for _ in 0...Int(random.next() % 3) { mutate(&bytes, &random) }
      let file = ImageReader(bytes: bytes)
      do throws(ImageError) {
        guard case .elf(let image, _) = try Recogniser.recognise(file) else { continue }
        try check(image, in: file)
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    let head = min(bytes.count, random.next() % 4 == 0 ? bytes.count : 0x1a0)
    let position = Int(random.next() % UInt64(max(1, head)))
    switch random.next() % 8 {
    case 0...3: bytes[position] = UInt8(truncatingIfNeeded: random.next())
    case 4: bytes[position] ^= 1 << UInt8(random.next() % 8)
    case 5, 6:
      let value = Self.nasty[Int(random.next() % UInt64(Self.nasty.count))]
      for index in 0..<8 where position & ~7 + index < bytes.count {
        bytes[position & ~7 + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    default:
      if bytes.count > 1 && random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count - 1))) }
    }
  }

  private func check(_ image: ElfImage, in file: ImageReader) throws(ImageError) {
    let bias: UInt64 = image.kind == .fixed ? 0 : 0x5555_0000_0000
    for step in try image.mappingPlan(bias: bias) {
      switch step {
      case .file(let address, let length, _, let offset):
        #expect(address % 4096 == 0 && length % 4096 == 0 && offset % 4096 == 0 && length > 0)
        #expect(offset < file.size)
        checkRange(address, length)
      case .anonymous(let address, let length, _), .protect(let address, let length, _):
        #expect(address % 4096 == 0 && length % 4096 == 0 && length > 0)
        checkRange(address, length)
      case .zero(let address, let length):
        #expect(length < 4096)
        checkRange(address, length)
      }
    }
  }

  private func checkRange(_ address: UInt64, _ length: UInt64) {
    #expect(address >= UserMemory.lowest && address + length <= UserMemory.end)
    #expect(address + length <= UserMemory.reserved.lowerBound || address >= UserMemory.reserved.upperBound)
  }
}

/// A small generator whose sequence is the same everywhere.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
