/// What a file is, as far as running it is concerned.
package enum RecognisedImage: Equatable, Sendable {
  /// A program, and the system it was built for.
  case elf(ElfImage, GuestSystem)
  /// A `#!` script: the interpreter's path and the rest of the line, if any.
  case script(interpreter: FileName, argument: FileName?)
}

/// Tells what a file is and whose program it is.
package enum Recogniser {
  /// Looks at the first bytes, and for an ELF image at all its marks.
  ///
  /// - Throws: `ImageError` for everything that cannot be run, with foreign formats named.
  package static func recognise(_ file: ImageReader) throws(ImageError) -> RecognisedImage {
    let start = try file.available(at: 0, count: Script.maximumLine)
    guard !start.isEmpty else { throw .empty }
    if start.starts(with: [0x23, 0x21]) {
      let script = try Script(firstLine: start)
      return .script(interpreter: script.interpreter, argument: script.argument)
    }
    if let format = foreignFormat(start) { throw .foreign(format) }
    let image = try ElfImage.parse(file)
    return .elf(image, try system(of: image, file: file))
  }

  /// The system `image` was built for. Marks are asked in the order of their weight: notes, the OS/ABI byte, the
  /// interpreter, Go's build information. An image without any is taken for Linux's, which marks hardly anything.
  package static func system(of image: ElfImage, file: ImageReader) throws(ImageError) -> GuestSystem {
    try mark(of: image, file: file) ?? .linux
  }

  /// The system that an image says it was built for; nil when it does not say.
  package static func mark(of image: ElfImage, file: ImageReader) throws(ImageError) -> GuestSystem? {
    if let system = image.notes.lazy.compactMap(system(noted:)).first { return system }
    if let system = system(osabi: image.osabi) { return system }
    if let path = image.interpreter, let system = system(interpreter: path) { return system }
    return try GoBuildInformation.read(from: image, file: file)?.system
  }

  private static func system(noted note: ElfImage.Note) -> GuestSystem? {
    switch (note.owner, note.type) {
    case ("FreeBSD", 1): .freebsd
    case ("NetBSD", 1): .netbsd
    case ("OpenBSD", 1): .openbsd
    case ("DragonFly", 1): .dragonfly
    case ("Android", 1): .linux
    case ("GNU", 1):
      // NT_GNU_ABI_TAG: which kernel a GNU C library was built for. Hurd (1) is nobody's here.
      switch note.contents.count >= 4 ? note.contents.littleEndian(at: 0, as: UInt32.self) : nil {
      case 0: .linux
      case 2: .solaris
      case 3: .freebsd
      case 4: .netbsd
      default: nil
      }
    default: nil
    }
  }

  private static func system(osabi: UInt8) -> GuestSystem? {
    switch osabi {
    case 2: .netbsd
    case 3: .linux
    case 6: .solaris
    case 9: .freebsd
    case 12: .openbsd
    default: nil
    }
  }

  private static func system(interpreter path: FileName) -> GuestSystem? {
    switch path.text {
    case "/libexec/ld-elf.so.1", "/usr/libexec/ld-elf.so.1": return .freebsd
    case "/libexec/ld-elf.so.2", "/usr/libexec/ld-elf.so.2": return .dragonfly
    case "/libexec/ld.elf_so", "/usr/libexec/ld.elf_so": return .netbsd
    case "/usr/libexec/ld.so": return .openbsd
    case "/lib/amd64/ld.so.1", "/usr/lib/amd64/ld.so.1", "/lib/64/ld.so.1": return .solaris
    default:
      let name = path.text.split(separator: "/").last ?? ""
      return name.hasPrefix("ld-linux") || name.hasPrefix("ld-musl") ? .linux : nil
    }
  }

  private static func foreignFormat(_ start: [UInt8]) -> ImageError.ForeignFormat? {
    if start.starts(with: Array("MZqFpD=".utf8)) { return .actuallyPortable }
    if start.starts(with: [0x4d, 0x5a]) { return .portableExecutable }
    if start.starts(with: Array("!<arch>\n".utf8)) { return .archive }
    guard start.count >= 4 else { return nil }
    switch start.littleEndian(at: 0, as: UInt32.self) {
    case 0xfeed_face, 0xfeed_facf, 0xcefa_edfe, 0xcffa_edfe: return .machO
    // The a.out magics of Plan 9's amd64 (with the extended header) and 386 compilers, stored big-endian.
    case 0x978a_0000, 0xeb01_0000: return .plan9
    default: return nil
    }
  }
}
