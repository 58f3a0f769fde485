/// The first line of a `#!` script.
struct Script: Equatable {
  /// As much of the file as is looked at, from its first byte.
  static let maximumLine = 256

  var interpreter: FileName
  /// The rest of the line as one word, blanks inside it included.
  var argument: FileName?

  /// Parses the line that starts with `#!`.
  ///
  /// - Throws: `.scriptWithoutInterpreter`, or `.scriptLineTooLong` when the interpreter's path does not end within
  ///   the first 256 bytes. An argument that does not is cut, as Linux cuts it.
  /// - Source: Linux 6.12 `fs/binfmt_script.c`.
  init(firstLine start: [UInt8]) throws(ImageError) {
    let bytes = start.prefix(Self.maximumLine)
    let line = bytes.dropFirst(2).prefix { $0 != 0x0a && $0 != 0 }
    let isWhole = line.endIndex < bytes.endIndex || bytes.count < Self.maximumLine
    let words = line.drop(while: Self.isBlank)
    let path = words.prefix { !Self.isBlank($0) }
    guard !path.isEmpty else { throw .scriptWithoutInterpreter }
    guard isWhole || path.endIndex < words.endIndex else { throw .scriptLineTooLong }
    interpreter = FileName(bytes: path)
    var rest = words[path.endIndex...].drop(while: Self.isBlank)
    while let last = rest.last, Self.isBlank(last) { rest.removeLast() }
    argument = rest.isEmpty ? nil : FileName(bytes: rest)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
