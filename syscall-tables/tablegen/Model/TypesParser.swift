extension SystemCallTable {
  /// Reads the declarations of a `.types` file.
  mutating func parse(types text: String) {
    var open = Open.nothing
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let indented = line.first == " "
      let isFine = indented ? parse(member: words, of: &open) : parse(head: words, open: &open)
      if !isFine { problems.append("types \(number + 1): cannot read “\(line)”") }
    }
    close(&open)
  }

  /// The declaration whose indented lines are being read.
  private enum Open {
    case nothing, errors
    case flags(FlagSet, inField: Bool)
    case layout(StructLayout)
  }

  private mutating func close(_ open: inout Open) {
    switch open {
    case .flags(let set, _):
      if flags.updateValue(set, forKey: set.name) != nil { problems.append("types: two of \(set.name)") }
      flagOrder.append(set.name)
    case .layout(let layout):
      if structs.updateValue(layout, forKey: layout.name) != nil { problems.append("types: two of \(layout.name)") }
    case .nothing, .errors: break
    }
    open = .nothing
  }

  private mutating func parse(head words: [String], open: inout Open) -> Bool {
    close(&open)
    switch words[0] {
    case "scalar":
      guard words.count == 4, ScalarType.size(ofSwift: words[2]) != nil, let format = scalarFormat(words[3])
      else { return false }
      scalars[words[1]] = ScalarType(name: words[1], swift: words[2], format: format)
    case "flags", "enum":
      guard words.count >= 3, ScalarType.size(ofSwift: words[2]) != nil else { return false }
      var set = FlagSet(name: words[1], swift: words[2], isEnumeration: words[0] == "enum")
      for option in words.dropFirst(3) where !parse(option: option, into: &set) { return false }
      open = .flags(set, inField: false)
    case "struct":
      guard words.count >= 3, let size = Int(words[2]) else { return false }
      open = .layout(StructLayout(name: words[1], size: size, isSignalSet: words.dropFirst(3).first == "signals"))
    case "sockaddr":
      guard words.count == 3, let family = Int(words[2]) else { return false }
      socketAddresses = SocketAddressStyle(hasLengthByte: words[1] == "bsd", internet6: family)
    case "errors": open = .errors
    default: return false
    }
    return true
  }

  private func scalarFormat(_ word: String) -> ScalarFormat? {
    switch word {
    case "decimal": return .decimal
    case "hex": return .hex
    case "octal": return .octal
    case "pointer": return .pointer
    case "wait": return .wait
    case "errno": return .errno
    case "int32": return .int32
    case "id": return .id
    default:
      let parts = word.split(separator: ":").map(String.init)
      guard parts.count == 3, parts[0] == "limit", let value = integer(parts[2]) else { return nil }
      return .limit(parts[1], UInt64(bitPattern: value))
    }
  }

  private func parse(option: String, into set: inout FlagSet) -> Bool {
    let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
    switch (parts[0], parts.dropFirst().first) {
    case ("print", nil): set.printOnly = true
    case ("unknown", let value?):
      guard let unknown = FlagSet.Unknown(rawValue: value) else { return false }
      set.unknown = unknown
    case ("always", let value?):
      guard let bits = integer(value) else { return false }
      set.always = bits
    case ("zero", let value?): set.zero = value
    case ("rest", "octal"?): set.restIsOctal = true
    default: return false
    }
    return true
  }

  private mutating func parse(member words: [String], of open: inout Open) -> Bool {
    switch open {
    case .nothing: return false
    case .errors:
      guard words.count >= 3, let number = Int(words[1]) else { return false }
      let text = words.dropFirst(3).joined(separator: " ")
      errors.append(SystemError(name: words[0], number: number, host: Int(words[2]), text: text))
    case .flags(var set, let inField):
      if words == ["bits"] {
        open = .flags(set, inField: false)
        return true
      }
      if words.count == 2, words[0] == "field", let mask = integer(words[1]) {
        set.fieldMask = mask
        open = .flags(set, inField: true)
        return true
      }
      guard words.count == 2 || words.count == 3, let guest = integer(words[1]) else { return false }
      let host: FlagSet.Host
      switch words.dropFirst(2).first {
      case nil: host = .value(guest)
      case "refused": host = .refused
      case "ignored": host = .ignored
      case let word?:
        guard let value = integer(word) else { return false }
        host = .value(value)
      }
      let entry = FlagSet.Entry(name: words[0], guest: guest, host: host)
      if inField { set.fieldEntries.append(entry) } else { set.entries.append(entry) }
      open = .flags(set, inField: inField)
    case .layout(var layout):
      guard words.count == 3 || words.count == 4, let offset = Int(words[1]), let type = typeReference(words[2]),
        words.count == 3 || words[3] == "verbose"
      else { return false }
      layout.fields.append(.init(name: words[0], offset: offset, type: type, verbose: words.count == 4))
      open = .layout(layout)
    }
    return true
  }
}

/// A number as the tables write it: decimal, or hexadecimal after `0x`, with an optional sign.
func integer(_ word: some StringProtocol) -> Int64? {
  if word.hasPrefix("-") { return integer(word.dropFirst()).map { 0 &- $0 } }
  if word.hasPrefix("0x") { return UInt64(word.dropFirst(2), radix: 16).map(Int64.init(bitPattern:)) }
  return Int64(word)
}

/// `Name`, `Name[4]`, `Name[ret]`, `Name[count]` or `Name[*count]`.
func typeReference(_ word: some StringProtocol) -> TypeReference? {
  guard let bracket = word.firstIndex(of: "[") else {
    return word.isEmpty ? nil : TypeReference(name: String(word), length: nil)
  }
  guard word.hasSuffix("]") else { return nil }
  let inner = word[word.index(after: bracket)...].dropLast()
  let length: Length
  switch inner {
  case "": return nil
  case "ret": length = .result
  case _ where inner.hasPrefix("*"): length = .pointee(String(inner.dropFirst()))
  default: length = Int(inner).map(Length.constant) ?? .parameter(String(inner))
  }
  return TypeReference(name: String(word[..<bracket]), length: length)
}
