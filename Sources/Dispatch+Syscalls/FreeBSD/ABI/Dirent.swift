/// Directory records: the guest's two layouts made from the host's `struct linux_dirent64`.
extension FreeBSD {
  /// Which of the guest's layouts a call hands out.
  package enum DirentLayout {
    /// `struct dirent` since FreeBSD 12: 8-byte number and offset, names from byte 24, records rounded to 8.
    case ino64
    /// `struct freebsd11_dirent`: 4-byte number, no offset, names from byte 8, records rounded to 4.
    case freebsd11

    /// The size of the record for a name of `length` bytes.
    @inline(__always)
    package func recordSize(nameLength length: Int) -> Int {
      switch self {
      case .ino64: (24 &+ length &+ 1 &+ 7) & ~7
      case .freebsd11: (8 &+ length &+ 1 &+ 3) & ~3
      }
    }
  }

  /// One record of the host's, read in place.
  package struct HostDirent {
    package var d_ino: UInt64
    package var d_off: Int64
    package var d_reclen: Int
    package var d_type: UInt8
    package var name: UnsafeRawPointer
    package var nameLength: Int

    /// The record at `offset` of what `getdents64` wrote; nil past the end.
    package init?(in records: UnsafeRawPointer, at offset: Int, end: Int) {
      guard end &- offset >= 19 else { return nil }
      let record = records + offset
      d_ino = record.loadUnaligned(as: UInt64.self)
      d_off = record.loadUnaligned(fromByteOffset: 8, as: Int64.self)
      d_reclen = Int(record.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
      d_type = record.loadUnaligned(fromByteOffset: 18, as: UInt8.self)
      guard d_reclen > 19, d_reclen <= end &- offset else { return nil }
      name = record + 19
      nameLength = 0
      while nameLength < d_reclen &- 19, name.load(fromByteOffset: nameLength, as: UInt8.self) != 0 { nameLength &+= 1 }
    }
  }

  /// Writes a record's fixed part, name and zero padding at `to`, which has room for `recordSize`.
  package static func writeDirent(_ record: HostDirent, as layout: DirentLayout, to: UnsafeMutableRawPointer) {
    let size = layout.recordSize(nameLength: record.nameLength)
    let nameOffset: Int
    switch layout {
    case .ino64:
      nameOffset = 24
      to.storeBytes(of: record.d_ino, as: UInt64.self)
      // As in the guest, the offset is where the next record begins.
      to.storeBytes(of: record.d_off, toByteOffset: 8, as: Int64.self)
      to.storeBytes(of: UInt16(truncatingIfNeeded: size), toByteOffset: 16, as: UInt16.self)
      to.storeBytes(of: UInt16(record.d_type), toByteOffset: 18, as: UInt16.self)
      to.storeBytes(of: UInt32(truncatingIfNeeded: record.nameLength), toByteOffset: 20, as: UInt32.self)
    case .freebsd11:
      nameOffset = 8
      to.storeBytes(of: UInt32(truncatingIfNeeded: record.d_ino), as: UInt32.self)
      to.storeBytes(of: UInt16(truncatingIfNeeded: size), toByteOffset: 4, as: UInt16.self)
      to.storeBytes(of: record.d_type, toByteOffset: 6, as: UInt8.self)
      to.storeBytes(of: UInt8(truncatingIfNeeded: record.nameLength), toByteOffset: 7, as: UInt8.self)
    }
    (to + nameOffset).copyMemory(from: record.name, byteCount: record.nameLength)
    var padding = nameOffset &+ record.nameLength
    while padding < size {
      to.storeBytes(of: 0, toByteOffset: padding, as: UInt8.self)
      padding &+= 1
    }
  }
}
