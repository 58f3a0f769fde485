import Testing

@testable import ProcessModel

@Suite("ElfImage")
struct ElfImageTests {
  private func parse(_ elf: ElfBytes) throws -> ElfImage { try ElfImage.parse(ImageReader(bytes: elf.encoded())) }

  private func failure(_ elf: ElfBytes) -> ImageError? {
    do throws(ImageError) {
      _ = try ElfImage.parse(ImageReader(bytes: elf.encoded()))
      return nil
    } catch {
      return error
    }
  }

  private func failure(bytes: [UInt8]) -> ImageError? {
    do throws(ImageError) {
      _ = try ElfImage.parse(ImageReader(bytes: bytes))
      return nil
    } catch {
      return error
    }
  }

  @Test("reads a fixed program with its headers' address")
  func fixedProgram() throws {
    let image = try parse(.program)
    #expect(image.kind == .fixed)
    #expect(image.entry == 0x400100)
    #expect(image.programHeaders == 0x400040)
    #expect(image.programHeaderCount == 2)
    #expect(image.segments.map(\.protection) == [5, 3])
    #expect(image.lowestPage == 0x400000)
    #expect(image.endPage == 0x406000)
  }

  @Test("maps file pieces, clears the tail of the last file page and adds empty pages")
  func mappingPlan() throws {
    #expect(
      try parse(.program).mappingPlan(bias: 0) == [
        .file(address: 0x400000, length: 0x1000, protection: 5, offset: 0),
        .file(address: 0x402000, length: 0x2000, protection: 3, offset: 0x1000),
        .zero(address: 0x403100, length: 0xf00),
        .anonymous(address: 0x404000, length: 0x2000, protection: 3),
      ])
  }

  @Test("clears the tail of a read-only segment while it can be written")
  func readOnlyTail() throws {
    var elf = ElfBytes.program
    elf.headers[1].flags = 4
    elf.headers[1].memorySize = 0x300
    #expect(
      try parse(elf).mappingPlan(bias: 0).dropFirst() == [
        .file(address: 0x402000, length: 0x2000, protection: 3, offset: 0x1000),
        .zero(address: 0x403100, length: 0xf00),
        .protect(address: 0x402000, length: 0x2000, protection: 1),
      ])
  }

  @Test("adds the bias of a relocatable image and checks where it leads")
  func bias() throws {
    var elf = ElfBytes.program
    elf.type = 3
    let image = try parse(elf)
    #expect(
      try image.mappingPlan(bias: 0x1000_0000).first
        == .file(address: 0x1040_0000, length: 0x1000, protection: 5, offset: 0))
    #expect(throws: ImageError.unalignedBias(8)) { try image.mappingPlan(bias: 8) }
    #expect(throws: ImageError.segmentOutsideMemory(0)) { try image.mappingPlan(bias: 0x7fff_ffff_f000) }
    #expect(throws: ImageError.segmentOutsideMemory(0)) { try image.mappingPlan(bias: .max & ~0xfff) }
    #expect(throws: ImageError.segmentInReservedRegion(0)) { try image.mappingPlan(bias: 0x7e00_0000_0000) }
    #expect(throws: ImageError.segmentInReservedRegion(1)) { try image.mappingPlan(bias: 0x7dff_ffbf_b000) }
  }

  @Test("reads interpreter, thread-local storage, stack flags and notes")
  func otherHeaders() throws {
    var elf = ElfBytes.program
    elf.addContents(Array("/libexec/ld-elf.so.1".utf8) + [0], type: 3)
    elf.addContents([0, 0, 0], type: 0)
    elf.addContents(ElfBytes.note(owner: "FreeBSD", type: 1, contents: [0x38, 0x5b, 0x12, 0]), type: 4)
    elf.headers.append(ElfBytes.Header(type: 7, address: 0x402f00, fileSize: 8, memorySize: 24, alignment: 8))
    elf.headers.append(ElfBytes.Header(type: 0x6474_e551, flags: 6))
    let image = try parse(elf)
    #expect(image.interpreter == "/libexec/ld-elf.so.1")
    #expect(
      image.threadLocalStorage == .init(address: 0x402f00, memorySize: 24, fileSize: 8, alignment: 8))
    #expect(image.stackFlags == 6)
    #expect(image.notes == [.init(owner: "FreeBSD", type: 1, contents: [0x38, 0x5b, 0x12, 0])])
  }

  @Test("says what is wrong with the identification")
  func identification() {
    let good = ElfBytes.program.encoded()
    func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[index] = value
      return bytes
    }
    #expect(failure(bytes: []) == .empty)
    #expect(failure(bytes: [0x7f, 0x45, 0x4c]) == .notAnImage)
    #expect(failure(bytes: Array(good[..<12])) == .truncated(part: "ELF header"))
    #expect(failure(bytes: Array(good[..<40])) == .truncated(part: "ELF header"))
    #expect(failure(bytes: Array(good[..<70])) == .truncated(part: "program headers"))
    #expect(failure(bytes: changed(4, 1)) == .thirtyTwoBit)
    #expect(failure(bytes: changed(5, 2)) == .wrongByteOrder)
    #expect(failure(bytes: changed(6, 9)) == .wrongVersion)
    #expect(failure(bytes: changed(18, 183)) == .wrongMachine(183))
    #expect(failure(bytes: changed(16, 1)) == .notExecutable(type: 1))
    #expect(failure(bytes: changed(54, 32)) == .badHeaderSize(32))
    #expect(failure(bytes: changed(56, 0)) == .noHeaders)
    #expect(failure(bytes: changed(57, 0xff)) == .tooManyHeaders(0xff02, limit: ElfImage.maximumHeaders))
  }

  /// The second header of `ElfBytes.program` with one field changed.
  private static func second(
    offset: UInt64 = 0x1f00, address: UInt64 = 0x402f00, fileSize: UInt64 = 0x200, memorySize: UInt64 = 0x3000
  ) -> ElfBytes.Header {
    ElfBytes.Header(flags: 6, offset: offset, address: address, fileSize: fileSize, memorySize: memorySize)
  }

  @Test(
    "refuses segments that do not fit",
    arguments: [
      (second(offset: 0xffff_ffff_ffff_ff00), .segmentOutsideFile(1)),
      (second(fileSize: 0x2000), .segmentOutsideFile(1)),
      (second(memorySize: 0x100), .segmentSmallerThanFile(1)),
      (second(offset: 0x1e00), .segmentMisaligned(1)),
      (second(memorySize: 1 << 50), .segmentTooLarge(1)),
      (second(address: 0xffff_ffff_ffff_ff00), .segmentOutsideMemory(1)),
      (second(address: 0xf00), .segmentOutsideMemory(1)),
      (second(address: 0x7e00_0000_0f00), .segmentInReservedRegion(1)),
      (second(address: 0x7dff_ffff_ef00), .segmentInReservedRegion(1)),
      (second(address: 0x7000_0000_0f00), .segmentTooLarge(1)),
      (second(address: 0x400f00), .segmentsOverlap(0, 1)),
    ] as [(ElfBytes.Header, ImageError)])
  func badSegment(header: ElfBytes.Header, error: ImageError) {
    var elf = ElfBytes.program
    elf.headers[1] = header
    #expect(failure(elf) == error)
  }

  @Test("refuses images with no segment, too many, or an entry elsewhere")
  func wholeImage() {
    var elf = ElfBytes.program
    elf.headers = [ElfBytes.Header(type: 2)]
    #expect(failure(elf) == .noLoadableSegment)
    elf.headers = (0..<29).map { ElfBytes.Header(offset: 0, address: 0x400000 + $0 * 0x1000) }
    #expect(failure(elf) == .tooManySegments(29, limit: 28))
    elf = .program
    elf.entry = 0x401000
    #expect(failure(elf) == .entryOutside(0x401000))
  }

  @Test("refuses interpreter paths that are too long, empty or without end")
  func badInterpreter() {
    var elf = ElfBytes.program
    elf.addContents(Array("/lib/ld".utf8), type: 3)
    #expect(failure(elf) == .interpreterNotTerminated)
    elf.headers[2].fileSize = 5000
    #expect(failure(elf) == .interpreterTooLong(5000))
    elf.headers[2].fileSize = 0
    #expect(failure(elf) == .interpreterEmpty)
    elf.headers[2].fileSize = 8
    elf.headers[2].offset = 0x2ffc
    #expect(failure(elf) == .truncated(part: "interpreter path"))
  }

  @Test("a malformed note ends the list and harms nothing")
  func badNotes() throws {
    var elf = ElfBytes.program
    var bytes = ElfBytes.note(owner: "GNU", type: 3, contents: [1, 2, 3, 4])
    bytes += [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0x41]
    elf.addContents(bytes, type: 4)
    #expect(try parse(elf).notes.map(\.type) == [3])
  }
}
