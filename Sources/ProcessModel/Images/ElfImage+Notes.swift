extension ElfImage {
  /// The longest note segment that is looked into. Notes say little; more is not a note.
  private static let maximumNoteSegment: UInt64 = 65536

  /// Reads the entries of a `PT_NOTE` segment, at most `limit`. A malformed entry ends the list: notes are marks
  /// for the recogniser, and an image runs without them.
  static func notes(_ header: ProgramHeader, file: ImageReader, limit: Int) throws(ImageError) -> [Note] {
    guard header.fileSize <= maximumNoteSegment else { return [] }
    let bytes = try file.available(at: header.offset, count: Int(header.fileSize))
    let alignment = header.alignment == 8 ? 8 : 4
    var found: [Note] = []
    var position = 0
    while found.count < limit, bytes.count - position >= 12 {
      let nameSize = Int(bytes.littleEndian(at: position, as: UInt32.self))
      let contentsSize = Int(bytes.littleEndian(at: position + 4, as: UInt32.self))
      let name = position + 12
      let contents = roundedUp(name + nameSize, to: alignment)
      guard nameSize <= bytes.count - name, contents <= bytes.count, contentsSize <= bytes.count - contents else {
        break
      }
      found.append(
        Note(
          owner: String(decoding: bytes[name..<name + nameSize].prefix { $0 != 0 }, as: UTF8.self),
          type: bytes.littleEndian(at: position + 8), contents: Array(bytes[contents..<contents + contentsSize])))
      position = min(bytes.count, roundedUp(contents + contentsSize, to: alignment))
    }
    return found
  }

  private static func roundedUp(_ value: Int, to alignment: Int) -> Int { (value + alignment - 1) & ~(alignment - 1) }
}
