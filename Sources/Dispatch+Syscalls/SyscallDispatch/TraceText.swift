package import TableModel

/// Writes guest values as text, in strace's manner.
package struct TraceText: Sendable {
  package let table: SystemCallTable
  /// Bytes of a string that are shown.
  package var stringLimit: Int
  /// Structures are shown whole.
  package var verbose: Bool
  /// Elements of an array that are shown.
  let arrayLimit = 32

  package init(table: SystemCallTable, stringLimit: Int = 32, verbose: Bool = false) {
    self.table = table
    self.stringLimit = stringLimit
    self.verbose = verbose
  }

  // ---- Numbers ----

  /// A value of a declared type, of which only as many bits count as the type has.
  func value(_ raw: UInt64, of type: String) -> String {
    if let set = table.flags[type] { return set.isEnumeration ? enumeration(raw, set) : flags(raw, set) }
    guard let scalar = table.scalars[type] else { return hex(raw) }
    let number = narrowed(raw, scalar.swift)
    switch scalar.format {
    case .decimal: return decimal(number, scalar.swift)
    case .int32: return String(Int32(truncatingIfNeeded: raw))
    case .hex: return hex(number)
    case .octal: return number == 0 ? "0" : "0" + String(number, radix: 8)
    case .pointer: return pointer(number)
    case .id: return UInt32(truncatingIfNeeded: raw) == .max ? "-1" : decimal(number, scalar.swift)
    case .wait: return "[\(waitStatus(Int32(truncatingIfNeeded: raw)))]"
    case .errno: return errorName(Int(truncatingIfNeeded: number))
    case .limit(let name, let value): return limit(number, name, value)
    }
  }

  private func decimal(_ number: UInt64, _ swift: String) -> String {
    switch swift {
    case "Int8": String(Int8(truncatingIfNeeded: number))
    case "Int16": String(Int16(truncatingIfNeeded: number))
    case "Int32": String(Int32(truncatingIfNeeded: number))
    case "Int64", "Int": String(Int64(bitPattern: number))
    default: String(number)
    }
  }

  private func narrowed(_ raw: UInt64, _ swift: String) -> UInt64 {
    switch ScalarType.size(ofSwift: swift) {
    case 1: raw & 0xff
    case 2: raw & 0xffff
    case 4: raw & 0xffff_ffff
    default: raw
    }
  }

  func pointer(_ value: UInt64) -> String { value == 0 ? "NULL" : hex(value) }

  func hex(_ value: UInt64) -> String { value == 0 ? "0" : "0x" + String(value, radix: 16) }

  private func limit(_ number: UInt64, _ name: String, _ infinity: UInt64) -> String {
    if number == infinity { return name }
    return number > 1024 && number % 1024 == 0 ? "\(number / 1024)*1024" : String(number)
  }

  private func enumeration(_ raw: UInt64, _ set: FlagSet) -> String {
    let number = narrowed(raw, set.swift)
    if let entry = set.entries.first(where: { narrowed(UInt64(bitPattern: $0.guest), set.swift) == number }) {
      return entry.name
    }
    if set.name == "Signal" { return signalName(Int(Int32(truncatingIfNeeded: number))) }
    if set.swift == "UInt" { return pointer(number) }
    return set.name == "AtFD" || number < 1024 ? decimal(number, set.swift) : hex(number)
  }

  private func flags(_ raw: UInt64, _ set: FlagSet) -> String {
    var rest = narrowed(raw, set.swift)
    if rest == 0, let zero = set.zero { return zero }
    var names: [String] = []
    if !set.fieldEntries.isEmpty {
      let mask = UInt64(bitPattern: set.fieldMask)
      if let entry = set.fieldEntries.first(where: { UInt64(bitPattern: $0.guest) == rest & mask }) {
        rest &= ~mask
        if entry.name != "0" || rest == 0 { names.append(entry.name) }
      }
    }
    for entry in set.entries {
      let bits = UInt64(bitPattern: entry.guest)
      if bits != 0, rest & bits == bits {
        names.append(entry.name)
        rest &= ~bits
      }
    }
    if rest != 0 { names.append(set.restIsOctal ? "0" + String(rest, radix: 8) : hex(rest)) }
    return names.isEmpty ? "0" : names.joined(separator: "|")
  }

  // ---- Signals, statuses and errors ----

  /// `SIGTERM`, or `SIGRT_3` for a real-time one; a number where there is no name.
  package func signalName(_ number: Int) -> String {
    if let entry = table.flags["Signal"]?.entries.first(where: { $0.guest == number }) { return entry.name }
    let first = firstRealTimeSignal
    if number == first { return "SIGRTMIN" }
    return number > first && number < first + 62 ? "SIGRT_\(number - first)" : String(number)
  }

  /// Linux counts real-time signals from 32, FreeBSD from 65.
  private var firstRealTimeSignal: Int { table.structs["SigSet"]?.size == 8 ? 32 : 65 }

  /// A set of signals, given as its bytes; the names of those that are not in it where that is shorter.
  func signals(_ bytes: ArraySlice<UInt8>) -> String {
    let members = (0..<bytes.count * 8).filter { bytes[bytes.startIndex + $0 / 8] >> ($0 % 8) & 1 != 0 }.map { $0 + 1 }
    let inverted = members.count > bytes.count * 8 / 2
    let shown = inverted ? (1...bytes.count * 8).filter { !members.contains($0) } : members
    let names = shown.map { number in
      let name = signalName(number)
      return name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
    }
    return (inverted ? "~[" : "[") + names.joined(separator: " ") + "]"
  }

  private func waitStatus(_ status: Int32) -> String {
    let signal = Int(status & 0x7f)
    if status & 0xff == 0x7f {
      return "{WIFSTOPPED(s) && WSTOPSIG(s) == \(signalName(Int(status >> 8 & 0xff)))}"
    }
    if status == 0xffff || status == 0x13 && table.structs["SigSet"]?.size == 16 { return "{WIFCONTINUED(s)}" }
    if signal == 0 { return "{WIFEXITED(s) && WEXITSTATUS(s) == \(status >> 8 & 0xff)}" }
    let dumped = status & 0x80 != 0 ? " && WCOREDUMP(s)" : ""
    return "{WIFSIGNALED(s) && WTERMSIG(s) == \(signalName(signal))\(dumped)}"
  }

  func errorName(_ number: Int) -> String {
    number == 0 ? "0" : table.error(number).map { "\(number) \($0.name) (\($0.text))" } ?? String(number)
  }
}
