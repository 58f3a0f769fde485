/// Reads what stands before the program's name, as `getopt_long` does: `--name value`, `--name=value`, `-n value`,
/// `-nvalue`, letters without a value in one word, `--` as the end.
struct OptionReader {
  /// One line for the user, or the wish for help.
  enum Problem: Error, Equatable {
    case help
    case wrong(String)
  }

  private var rest: ArraySlice<String>
  private var options = RunOptions()
  private let known: [CommandOption]

  /// - Parameter words: the command line without the command's own name.
  static func read(_ words: [String]) throws(Problem) -> RunOptions {
    var reader = OptionReader(rest: words[...], known: words.first?.first == "-" ? CommandOption.all : [])
    while let word = reader.rest.first, word.utf8.first == 0x2d {
      reader.rest.removeFirst()
      if word == "--" { break }
      if word.utf8.dropFirst().first == 0x2d {
        try reader.long(word)
      } else {
        try reader.letters(word)
      }
    }
    guard !reader.rest.isEmpty else { throw .wrong("no program given; see picorun --help") }
    reader.options.program = Array(reader.rest)
    return reader.options
  }

  private init(rest: ArraySlice<String>, known: [CommandOption]) {
    (self.rest, self.known) = (rest, known)
  }

  private mutating func long(_ word: String) throws(Problem) {
    let equals = word.firstIndex(of: "=")
    let name = String(word[..<(equals ?? word.endIndex)])
    let option = try option(name)
    let given = equals.map { String(word[word.index(after: $0)...]) }
    if option.value == nil, given != nil { throw .wrong("\(name) takes no value") }
    try apply(option, given)
  }

  private mutating func letters(_ word: String) throws(Problem) {
    var letters = word.dropFirst()
    guard !letters.isEmpty else { throw .wrong("unknown option -; see picorun --help") }
    while let letter = letters.popFirst() {
      let option = try option("-\(letter)")
      guard option.value != nil else {
        try apply(option, nil)
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      return try apply(option, letters.isEmpty ? nil : String(letters))
    }
  }

  private func option(_ name: String) throws(Problem) -> CommandOption {
    if name == "--help" || name == "-h" { throw .help }
    guard let option = known.first(where: { $0.name == name }) else {
      throw .wrong("unknown option \(name); see picorun --help")
    }
    return option
  }

  private mutating func apply(_ option: CommandOption, _ given: String?) throws(Problem) {
    guard let name = option.value else {
      _ = option.apply(&options, "")
      return
    }
    guard let value = given ?? rest.popFirst() else { throw .wrong("\(option.name) wants \(name)") }
    if !option.apply(&options, value) { throw .wrong("\(option.name) wants \(name), not \(value)") }
  }
}
