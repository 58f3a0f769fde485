/// A 64-bit little-endian x86-64 ELF program, checked: every number in it can be added and mapped without harm.
package struct ElfImage: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// `ET_EXEC`: goes where its headers say.
    case fixed
    /// `ET_DYN`: goes where there is room.
    case relocatable
  }

  /// A `PT_LOAD` header.
  package struct Segment: Equatable, Sendable {
    /// Its place among all program headers.
    package var index: Int
    package var address: UInt64
    package var memorySize: UInt64
    package var fileSize: UInt64
    package var offset: UInt64
    /// `PROT_READ` 1, `PROT_WRITE` 2, `PROT_EXEC` 4.
    package var protection: UInt32
    package var alignment: UInt64

    /// The first address after the segment.
    package var end: UInt64 { address + memorySize }
    package var fileEnd: UInt64 { address + fileSize }
    package var isWritable: Bool { protection & 2 != 0 }
  }

  /// The `PT_TLS` header.
  package struct ThreadLocalStorage: Equatable, Sendable {
    package var address: UInt64
    package var memorySize: UInt64
    package var fileSize: UInt64
    package var alignment: UInt64
  }

  /// One entry of a `PT_NOTE` segment.
  package struct Note: Equatable, Sendable {
    package var owner: String
    package var type: UInt32
    package var contents: [UInt8]
  }

  package var kind: Kind
  /// Entry address, before a load bias.
  package var entry: UInt64
  /// `EI_OSABI`: 0 none, 2 NetBSD, 3 GNU, 6 Solaris, 9 FreeBSD, 12 OpenBSD.
  package var osabi: UInt8
  package var segments: [Segment]
  /// Path of the program interpreter (`PT_INTERP`).
  package var interpreter: FileName?
  package var threadLocalStorage: ThreadLocalStorage?
  /// Flags of `PT_GNU_STACK`, as in the header (1 execute, 2 write, 4 read); nil when there is none.
  package var stackFlags: UInt32?
  /// Address of the program headers in memory, before a load bias; nil when no segment holds them.
  package var programHeaders: UInt64?
  package var programHeaderCount: Int
  package var notes: [Note]

  /// Size of one program header in bytes.
  package static let programHeaderSize = 56
  /// As many headers as fit into 64 KiB, Linux's limit.
  package static let maximumHeaders = 65536 / programHeaderSize
  /// So many that their mapping plan fits into one script of the stub.
  package static let maximumSegments = 28
  /// The longest interpreter path, with its end mark.
  package static let maximumInterpreterPath = 4096
  /// How far apart the first and the last byte of an image may lie.
  package static let maximumSpan: UInt64 = 1 << 44

  /// Lowest address of any segment, rounded down to a page.
  package var lowestPage: UInt64 { segments.reduce(UInt64.max) { min($0, $1.address) } & ~(UserMemory.pageSize - 1) }
  /// First page boundary after every segment. The break starts there.
  package var endPage: UInt64 { UserMemory.pageRoundedUp(segments.reduce(0) { max($0, $1.end) }) }
  /// The alignment a load bias should have: the largest of the segments', a power of two from one page to 1 GiB.
  package var alignment: UInt64 {
    segments.reduce(UserMemory.pageSize) { best, segment in
      let wanted = segment.alignment
      return wanted > best && wanted <= 1 << 30 && wanted & (wanted - 1) == 0 ? wanted : best
    }
  }

  /// Whether `address` lies in a segment.
  package func contains(_ address: UInt64) -> Bool {
    segments.contains { $0.address <= address && address < $0.end }
  }
}
