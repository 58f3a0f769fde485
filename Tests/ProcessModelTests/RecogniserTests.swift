import Glibc
import Testing

@testable import ProcessModel

@Suite("Recogniser")
struct RecogniserTests {
  private func system(_ elf: ElfBytes) throws -> GuestSystem? {
    guard case .elf(_, let system) = try Recogniser.recognise(ImageReader(bytes: elf.encoded())) else { return nil }
    return system
  }

  private func recognise(_ text: String) throws -> RecognisedImage {
    try Recogniser.recognise(ImageReader(bytes: Array(text.utf8)))
  }

  @Test("an image without marks is Linux's")
  func unmarked() throws { #expect(try system(.program) == .linux) }

  @Test(
    "by OS/ABI byte",
    arguments: [(2, .netbsd), (3, .linux), (6, .solaris), (9, .freebsd), (12, .openbsd), (77, .linux)]
      as [(UInt8, GuestSystem)])
  func osabi(value: UInt8, expected: GuestSystem) throws {
    var elf = ElfBytes.program
    elf.osabi = value
    #expect(try system(elf) == expected)
  }

  @Test(
    "by note, whatever the OS/ABI byte says",
    arguments: [
      ("FreeBSD", [0, 0, 0, 0], GuestSystem.freebsd), ("NetBSD", [0, 0, 0, 0], .netbsd),
      ("OpenBSD", [0, 0, 0, 0], .openbsd), ("DragonFly", [0, 0, 0, 0], .dragonfly),
      ("GNU", [0, 0, 0, 0, 3, 0, 0, 0], .linux), ("GNU", [3, 0, 0, 0], .freebsd), ("Go", [1, 2, 3, 4], .solaris),
    ] as [(String, [UInt8], GuestSystem)])
  func note(owner: String, contents: [UInt8], expected: GuestSystem) throws {
    var elf = ElfBytes.program
    elf.osabi = 6
    elf.addContents(ElfBytes.note(owner: owner, type: 1, contents: contents), type: 4)
    #expect(try system(elf) == expected)
  }

  @Test(
    "by interpreter",
    arguments: [
      ("/libexec/ld-elf.so.1", GuestSystem.freebsd), ("/usr/libexec/ld-elf.so.2", .dragonfly),
      ("/libexec/ld.elf_so", .netbsd), ("/usr/libexec/ld.so", .openbsd), ("/lib/amd64/ld.so.1", .solaris),
      ("/lib64/ld-linux-x86-64.so.2", .linux), ("/lib/ld-musl-x86_64.so.1", .linux), ("/opt/own", .linux),
    ])
  func interpreter(path: String, expected: GuestSystem) throws {
    var elf = ElfBytes.program
    elf.addContents(Array(path.utf8) + [0], type: 3)
    #expect(try system(elf) == expected)
  }

  @Test("by Go's build information", arguments: [("dragonfly", GuestSystem.dragonfly), ("illumos", .solaris)])
  func goBuild(name: String, expected: GuestSystem) throws {
    func counted(_ text: [UInt8]) -> [UInt8] { [UInt8(text.count & 0x7f | 0x80), UInt8(text.count >> 7)] + text }
    let mark = [UInt8](repeating: 0x30, count: 16)
    let module = mark + Array("path\tx\nbuild\tGOARCH=amd64\nbuild\tGOOS=\(name)\n".utf8) + mark
    var elf = ElfBytes.program
    elf.headers[0].flags = 6
    elf.contents =
      [0xff] + Array(" Go buildinf:".utf8) + [8, 2] + Array(repeating: 0, count: 16)
      + counted(Array("go1.27".utf8)) + counted(module)
    #expect(try system(elf) == expected)
  }

  @Test("splits the first line of a script")
  func script() throws {
    #expect(try recognise("#!/bin/sh") == .script(interpreter: "/bin/sh", argument: nil))
    #expect(try recognise("#! /bin/sh  -e -x \t\necho") == .script(interpreter: "/bin/sh", argument: "-e -x"))
    #expect(throws: ImageError.scriptWithoutInterpreter) { try recognise("#! \n/bin/sh") }
    let long = String(repeating: "x", count: 300)
    #expect(throws: ImageError.scriptLineTooLong) { try recognise("#!/" + long) }
    #expect(
      try recognise("#!/bin/sh " + long)
        == .script(interpreter: "/bin/sh", argument: FileName(String(repeating: "x", count: 246))))
  }

  @Test("names foreign formats")
  func foreign() {
    #expect(throws: ImageError.foreign(.portableExecutable)) { try recognise("MZ\u{1}\u{2}") }
    #expect(throws: ImageError.foreign(.actuallyPortable)) { try recognise("MZqFpD='\n") }
    #expect(throws: ImageError.foreign(.plan9)) { try Recogniser.recognise(ImageReader(bytes: [0, 0, 0x8a, 0x97])) }
    #expect(throws: ImageError.foreign(.machO)) {
      try Recogniser.recognise(ImageReader(bytes: [0xcf, 0xfa, 0xed, 0xfe, 7]))
    }
    #expect(throws: ImageError.notAnImage) { try recognise("hello") }
    #expect(throws: ImageError.empty) { try recognise("") }
  }

  @Test("reads an open file")
  func descriptor() throws {
    let descriptor = unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let reader = try #require(ImageReader(descriptor: descriptor))
    guard case .elf(let image, let system) = try Recogniser.recognise(reader) else {
      Issue.record("not recognised as a program")
      return
    }
    #expect(system == .linux)
    #expect(image.interpreter?.isEmpty == false)
    #expect(try reader.available(at: reader.size, count: 16).isEmpty)
  }
}
