import TableModel

extension SystemWriter {
  /// Functions that turn the guest's flags and enumerations into the host's and back; nil for a system
  /// that needs none.
  package func translators() -> String? {
    let head = swiftNotice + "extension \(system.name) {\n"
    var out = head
    for name in table.flagOrder {
      guard let set = table.flags[name], !set.printOnly, !set.isIdentity else { continue }
      out += set.isEnumeration ? enumeration(set) : flags(set)
    }
    return out == head ? nil : out + "}\n"
  }

  private func enumeration(_ set: FlagSet) -> String {
    var out = """
        /// The host's value of a guest `\(set.name)`; nil where there is none.
        static func host\(set.name)(_ guest: \(set.swift)) -> \(set.swift)? {
          switch guest {

      """
    for entry in set.entries {
      if case .value(let host) = entry.host {
        out += "    case \(number(entry.guest, set)): \(number(host, set))  // \(entry.name)\n"
      }
    }
    let named = set.entries.filter { $0.host == .refused }.map { number($0.guest, set) }
    if set.unknown == .passed {
      if !named.isEmpty { out += "    case \(named.joined(separator: ", ")): nil\n" }
      out += "    default: guest\n"
    } else {
      out += "    default: nil\n"
    }
    out += """
          }
        }

        /// The guest's `\(set.name)` for a host value; one that it has no name for stays as it is.
        static func guest\(set.name)(_ host: \(set.swift)) -> \(set.swift) {
          switch host {

      """
    var seen: Set<Int64> = []
    for entry in set.entries {
      if case .value(let host) = entry.host, seen.insert(host).inserted {
        out += "    case \(number(host, set)): \(number(entry.guest, set))  // \(entry.name)\n"
      }
    }
    return out + "    default: host\n    }\n  }\n\n"
  }

  private func flags(_ set: FlagSet) -> String {
    var out = """
        /// The host's bits for a guest's `\(set.name)`; nil for a combination the guest is refused.
        static func host\(set.name)(_ guest: \(set.swift)) -> \(set.swift)? {

      """
    let start = number(set.always, set)
    let same = set.entries.filter { $0.host == .value($0.guest) }.reduce(0) { $0 | $1.guest }
    let changes =
      !set.fieldEntries.isEmpty
      || set.entries.contains { entry in
        if case .value(let host) = entry.host { host != entry.guest } else { false }
      }
    let known = set.entries.filter { $0.host != .refused }.reduce(set.fieldMask) { $0 | $1.guest }
    if set.unknown == .refused {
      out += "    guard guest & ~\(number(known, set)) == 0 else { return nil }\n"
    } else {
      let refused = set.entries.filter { $0.host == .refused }.reduce(0) { $0 | $1.guest }
      if refused != 0 { out += "    guard guest & \(number(refused, set)) == 0 else { return nil }\n" }
    }
    var first = same == 0 ? start : "guest & \(number(same, set))"
    if same != 0, set.always != 0 { first += " | \(start)" }
    if set.unknown == .passed {
      let all = set.entries.reduce(set.fieldMask) { $0 | $1.guest }
      first += " | guest & ~\(number(all, set))"
    }
    guard changes else { return out + "    return \(first)\n  }\n\n" + reverse(set) }
    out += "    var host: \(set.swift) = \(first)\n"
    if !set.fieldEntries.isEmpty {
      out += "    switch guest & \(number(set.fieldMask, set)) {\n"
      for entry in set.fieldEntries {
        guard case .value(let host) = entry.host else { continue }
        let action = host == 0 ? "break" : "host |= \(number(host, set))"
        out += "    case \(number(entry.guest, set)): \(action)  // \(entry.name)\n"
      }
      out += "    default: return nil\n    }\n"
    }
    for entry in set.entries {
      guard case .value(let host) = entry.host, host != entry.guest else { continue }
      out += "    if guest & \(number(entry.guest, set)) != 0 { host |= \(number(host, set)) }  // \(entry.name)\n"
    }
    return out + "    return host\n  }\n\n" + reverse(set)
  }

  /// Host bits to guest bits. A guest bit made of several host bits is looked for before its parts.
  private func reverse(_ set: FlagSet) -> String {
    var out = """
        /// The guest's `\(set.name)` for host bits; those it has no name for are left out.
        static func guest\(set.name)(_ host: \(set.swift)) -> \(set.swift) {
          var guest: \(set.swift) = 0

      """
    let fieldMask = set.fieldEntries.reduce(Int64(0)) { mask, entry in
      if case .value(let host) = entry.host { mask | host } else { mask }
    }
    if fieldMask != 0 {
      out += "    switch host & \(number(fieldMask, set)) {\n"
      var seen: Set<Int64> = []
      for entry in set.fieldEntries {
        guard case .value(let host) = entry.host, seen.insert(host).inserted else { continue }
        let action = entry.guest == 0 ? "break" : "guest |= \(number(entry.guest, set))"
        out += "    case \(number(host, set)): \(action)  // \(entry.name)\n"
      }
      out += "    default: break\n    }\n"
    }
    let composite = set.entries.contains { $0.hostBits.nonzeroBitCount > 1 }
    if composite { out += "    var host = host\n" }
    for entry in set.entries.sorted(by: { $0.hostBits.nonzeroBitCount > $1.hostBits.nonzeroBitCount })
    where entry.hostBits != 0 {
      let bits = number(entry.hostBits, set)
      let clear = entry.hostBits.nonzeroBitCount > 1 ? "; host &= ~\(bits)" : ""
      out += "    if host & \(bits) == \(bits) { guest |= \(number(entry.guest, set))\(clear) }  // \(entry.name)\n"
    }
    return out + "    return guest\n  }\n\n"
  }

  /// A value as a literal of the set's Swift type.
  private func number(_ value: Int64, _ set: FlagSet) -> String {
    if set.isEnumeration { return value < 0 || value < 0x1000 ? "\(value)" : hex(UInt64(value)) }
    if set.swift == "Int32", value > 0x7fff_ffff { return "Int32(bitPattern: \(hex(UInt64(value))))" }
    return value < 0 ? "\(value)" : hex(UInt64(value))
  }
}

extension FlagSet.Entry {
  fileprivate var hostBits: Int64 { if case .value(let bits) = host { bits } else { 0 } }
}
