/// A guest system's calls and the types they speak in.
package struct SystemCallTable: Sendable {
  package internal(set) var rows: [SystemCallRow] = []
  package internal(set) var scalars: [String: ScalarType] = [:]
  package internal(set) var flags: [String: FlagSet] = [:]
  package internal(set) var structs: [String: StructLayout] = [:]
  package internal(set) var errors: [SystemError] = []
  package internal(set) var socketAddresses = SocketAddressStyle(hasLengthByte: false, internet6: 10)
  /// Flag sets in the order of their declaration.
  package internal(set) var flagOrder: [String] = []
  /// What is wrong with the text, as `line: message`.
  package internal(set) var problems: [String] = []
  private var rowByNumber: [Int16] = []

  /// Types that need no declaration: what a pointer to text or bytes may point to.
  package static let memoryTypes: Set<String> = [
    "Path", "Entry", "PathText", "String", "Strings", "Bytes", "FDSet", "SockAddr",
  ]
  /// Those of them that are printed as the name of a file.
  package static let pathTypes: Set<String> = ["Path", "Entry", "PathText"]

  /// Reads a table and its types. Never fails: what it could not read is in `problems`.
  package init(table: String, types: String) {
    self.init()
    parse(types: types)
    parse(table: table)
    index()
    validate()
  }

  /// Reads all of a text.
  package init(_ text: TableText) { self.init(table: text.table, types: text.types) }

  /// A table of nothing but the types that need no declaration.
  init() {
    for name in ["Int8", "Int16", "Int32", "Int64", "Int", "UInt8", "UInt16", "UInt32", "UInt64", "UInt"] {
      scalars[name] = ScalarType(name: name, swift: name, format: .decimal)
    }
    scalars["Char"] = ScalarType(name: "Char", swift: "UInt8", format: .decimal)
  }

  /// The row of a number; nil when the guest system has no such call.
  package func row(_ number: UInt64) -> SystemCallRow? {
    guard number < UInt64(rowByNumber.count), rowByNumber[Int(number)] >= 0 else { return nil }
    return rows[Int(rowByNumber[Int(number)])]
  }

  /// The numbers that have a row, and the first one past them.
  package var numbers: Range<Int> { 0..<rowByNumber.count }

  /// The Swift type of a scalar or flag set; nil for what lives in memory only.
  package func swiftType(_ name: String) -> String? {
    scalars[name]?.swift ?? flags[name]?.swift
  }

  /// Bytes of one value; nil when it depends on the call.
  package func size(of name: String) -> Int? {
    swiftType(name).flatMap(ScalarType.size(ofSwift:)) ?? structs[name]?.size
  }

  /// The error of a guest number.
  package func error(_ number: Int) -> SystemError? { errors.first { $0.number == number } }

  /// The guest's error for a host number; its `EINVAL` when it has none.
  package func guestError(host: Int) -> Int {
    errors.first { $0.host == host }?.number ?? errors.first { $0.name == "EINVAL" }?.number ?? 22
  }

  mutating func index() {
    for (place, row) in rows.enumerated() where row.numbers.upperBound < 4096 {
      while rowByNumber.count <= row.numbers.upperBound { rowByNumber.append(-1) }
      for number in row.numbers {
        if rowByNumber[number] >= 0 { problems.append("\(number): there are two rows of this number") }
        rowByNumber[number] = Int16(truncatingIfNeeded: place)
      }
    }
  }
}
