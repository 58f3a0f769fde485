import TableModel

/// How the values of one declared type are written, with every name looked up beforehand.
enum ValueForm: Sendable {
  case number(NumberForm, bits: Int, isSigned: Bool)
  case limit([UInt8], UInt64, bits: Int)
  case enumeration(EnumerationForm)
  case flags(FlagsForm)

  enum NumberForm: Sendable { case decimal, hex, octal, pointer, id, waitStatus, errno }

  /// A type that nobody has declared is written in hexadecimal.
  init(_ type: String, _ table: SystemCallTable) {
    if let set = table.flags[type] {
      self = set.isEnumeration ? .enumeration(EnumerationForm(set)) : .flags(FlagsForm(set))
      return
    }
    guard let scalar = table.scalars[type] else {
      self = .number(.hex, bits: 64, isSigned: false)
      return
    }
    let bits = 8 * (ScalarType.size(ofSwift: scalar.swift) ?? 8)
    let isSigned = scalar.swift.hasPrefix("Int")
    switch scalar.format {
    case .decimal: self = .number(.decimal, bits: bits, isSigned: isSigned)
    case .int32: self = .number(.decimal, bits: 32, isSigned: true)
    case .hex: self = .number(.hex, bits: bits, isSigned: false)
    case .octal: self = .number(.octal, bits: bits, isSigned: false)
    case .pointer: self = .number(.pointer, bits: bits, isSigned: false)
    case .id: self = .number(.id, bits: bits, isSigned: isSigned)
    case .wait: self = .number(.waitStatus, bits: 32, isSigned: true)
    case .errno: self = .number(.errno, bits: bits, isSigned: isSigned)
    case .limit(let name, let value): self = .limit(Array(name.utf8), value, bits: bits)
    }
  }

  var isFlagSet: Bool {
    switch self {
    case .enumeration, .flags: true
    default: false
    }
  }
}

/// Zeros above the width of a type.
func narrowed(_ value: UInt64, bits: Int) -> UInt64 { bits >= 64 ? value : value & (1 << UInt64(bits) - 1) }

/// A set of values each with one name.
final class EnumerationForm: Sendable {
  let bits: Int
  let isSigned, isPointer, isSignal, isAtFD: Bool
  let names: [UInt64: [UInt8]]

  init(_ set: FlagSet) {
    let bits = 8 * (ScalarType.size(ofSwift: set.swift) ?? 8)
    self.bits = bits
    isSigned = set.swift.hasPrefix("Int")
    isPointer = set.swift == "UInt"
    isSignal = set.name == "Signal"
    isAtFD = set.name == "AtFD"
    // The first of several names for a value is the one to show.
    names = Dictionary(
      set.entries.map { (narrowed(UInt64(bitPattern: $0.guest), bits: bits), Array($0.name.utf8)) },
      uniquingKeysWith: { first, _ in first })
  }
}

/// A set of bits each with a name, and at most one field of bits with a value.
final class FlagsForm: Sendable {
  struct Entry: Sendable {
    let bits: UInt64
    let name: [UInt8]

    init(_ entry: FlagSet.Entry) {
      bits = UInt64(bitPattern: entry.guest)
      name = Array(entry.name.utf8)
    }
  }

  let bits: Int
  let zero: [UInt8]?
  let restIsOctal: Bool
  let fieldMask: UInt64
  let fields: [Entry]
  let entries: [Entry]

  init(_ set: FlagSet) {
    bits = 8 * (ScalarType.size(ofSwift: set.swift) ?? 8)
    zero = set.zero.map { Array($0.utf8) }
    restIsOctal = set.restIsOctal
    fieldMask = UInt64(bitPattern: set.fieldMask)
    fields = set.fieldEntries.map(Entry.init)
    entries = set.entries.map(Entry.init).filter { $0.bits != 0 }
  }
}
