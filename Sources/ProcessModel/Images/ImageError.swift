/// Why a file cannot be loaded as a program. `description` is the one line shown to the user.
package enum ImageError: Error, Equatable {
  /// What a file that is no ELF image turned out to be.
  package enum ForeignFormat: Equatable, Sendable {
    case portableExecutable, actuallyPortable, machO, plan9, archive
  }

  case empty
  case unreadable
  case notAnImage
  case foreign(ForeignFormat)
  case truncated(part: String)
  case thirtyTwoBit
  case wrongByteOrder
  case wrongVersion
  case wrongMachine(UInt16)
  case notExecutable(type: UInt16)
  case badHeaderSize(UInt16)
  case noHeaders
  case tooManyHeaders(Int, limit: Int)
  case tooManySegments(Int, limit: Int)
  case noLoadableSegment
  case segmentOutsideFile(Int)
  case segmentSmallerThanFile(Int)
  case segmentMisaligned(Int)
  case segmentTooLarge(Int)
  case segmentOutsideMemory(Int)
  case segmentInReservedRegion(Int)
  case segmentsOverlap(Int, Int)
  case entryOutside(UInt64)
  case interpreterTooLong(UInt64)
  case interpreterNotTerminated
  case interpreterEmpty
  case scriptWithoutInterpreter
  case scriptLineTooLong
  case unalignedBias(UInt64)
}

extension ImageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty: "the file is empty"
    case .unreadable: "the file cannot be read"
    case .notAnImage: "not an ELF image or a script"
    case .foreign(let format): format.description
    case .truncated(let part): "truncated: the file ends inside its \(part)"
    case .thirtyTwoBit: "a 32-bit ELF image: only 64-bit ones can run"
    case .wrongByteOrder: "a big-endian ELF image: only little-endian ones can run"
    case .wrongVersion: "an ELF image of an unknown version"
    case .wrongMachine(let machine): "an ELF image for \(machineName(machine)), not for x86-64"
    case .notExecutable(let type): "an ELF \(typeName(type)), not a program"
    case .badHeaderSize(let size): "program headers of \(size) bytes each, not 56"
    case .noHeaders: "an ELF image without program headers"
    case .tooManyHeaders(let count, let limit): "\(count) program headers: at most \(limit) can be loaded"
    case .tooManySegments(let count, let limit): "\(count) loadable segments: at most \(limit) can be loaded"
    case .noLoadableSegment: "an ELF image with no loadable segment"
    case .segmentOutsideFile(let index): "segment \(index) lies outside the file"
    case .segmentSmallerThanFile(let index): "segment \(index) is smaller in memory than in the file"
    case .segmentMisaligned(let index): "segment \(index): address and file offset differ within the page"
    case .segmentTooLarge(let index): "segment \(index) makes the image absurdly large"
    case .segmentOutsideMemory(let index): "segment \(index) lies outside user memory"
    case .segmentInReservedRegion(let index): "segment \(index) lies in the region reserved for picorun"
    case .segmentsOverlap(let first, let second): "segments \(first) and \(second) overlap"
    case .entryOutside(let address): "the entry point \(hexadecimal(address)) lies in no segment"
    case .interpreterTooLong(let length): "an interpreter path of \(length) bytes"
    case .interpreterNotTerminated: "an interpreter path without its end mark"
    case .interpreterEmpty: "an empty interpreter path"
    case .scriptWithoutInterpreter: "a script whose first line names no interpreter"
    case .scriptLineTooLong: "a script whose interpreter path is longer than 253 bytes"
    case .unalignedBias(let bias): "a load address \(hexadecimal(bias)) that is not on a page boundary"
    }
  }
}

extension ImageError.ForeignFormat: CustomStringConvertible {
  package var description: String {
    switch self {
    case .portableExecutable: "a Windows or DOS program (MZ): there is no personality for it"
    case .actuallyPortable: "an Actually Portable Executable: turn it into an ELF image first (--assimilate)"
    case .machO: "a Mach-O program for macOS: there is no personality for it"
    case .plan9: "a Plan 9 program (a.out): there is no personality for it"
    case .archive: "an archive, not a program"
    }
  }
}

private func machineName(_ machine: UInt16) -> String {
  switch machine {
  case 3: "x86 (32-bit)"
  case 8: "MIPS"
  case 20: "PowerPC"
  case 21: "PowerPC 64"
  case 22: "S/390"
  case 40: "ARM (32-bit)"
  case 43: "SPARC 64"
  case 183: "AArch64"
  case 243: "RISC-V"
  case 258: "LoongArch"
  default: "machine \(machine)"
  }
}

private func typeName(_ type: UInt16) -> String {
  switch type {
  case 1: "object file"
  case 4: "core dump"
  default: "file of type \(type)"
  }
}

private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
