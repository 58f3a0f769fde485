package import TableModel

/// Writes how the names among a call's arguments are looked up in the guest's view of the files.
extension SystemWriter {
  /// Whether names among the call's arguments are looked up.
  package func looksUp(_ row: SystemCallRow) -> Bool {
    !names(of: row).isEmpty || row.parameters.contains { $0.type.name == "SockAddr" }
  }

  /// The places of the parameters that name files. What a program is executed from, exec looks up by itself.
  private func names(of row: SystemCallRow) -> [Int] {
    if row.parameters.contains(where: { $0.type.name == "Strings" }) { return [] }
    return row.parameters.indices.filter {
      row.parameters[$0].direction == .in && ["Path", "Entry"].contains(row.parameters[$0].type.name)
    }
  }

  /// Statements that put the host's names into the place of the guest's, where the process has a view of its own.
  func lookUps(_ row: SystemCallRow) -> String {
    let places = names(of: row)
    guard !places.isEmpty else { return addressLookUp(row) }
    var out = places.map { "      var a\($0) = a\($0)\n" }.joined()
    out += "      if t.hasView\(condition(row)) {\n"
    for (slot, place) in places.enumerated() {
      let directory =
        place > 0 && row.parameters[place - 1].type.name == "AtFD" ? "Int32(truncatingIfNeeded: a\(place - 1))" : "-100"
      let follows = follows(row, place, isFirst: slot == 0)
      out += "        let f\(place) = FileView.find(t, \(slot), \(directory), &a\(place), follows: \(follows))\n"
      out += "        if f\(place) != 0 { return f\(place) }\n"
    }
    return out + "      }\n"
  }

  /// The same for a Unix socket's address, where the guest lays addresses out as the host does.
  private func addressLookUp(_ row: SystemCallRow) -> String {
    guard case .direct = row.lane, let (place, length) = address(row, .in) else { return "" }
    return """
            var a\(place) = a\(place)
            var a\(length) = a\(length)
            if t.hasView {
              let f\(place) = FileView.findAddress(t, &a\(place), &a\(length))
              if f\(place) != 0 { return f\(place) }
            }

      """
  }

  /// A host call, and after it the guest's name in the place of the host's in an address that the call has stored.
  func named(_ call: String, _ row: SystemCallRow) -> String {
    guard let (place, length) = address(row, .out) else { return call }
    return "FileView.nameAddress(t, \(call), a\(place), a\(length))"
  }

  private func address(_ row: SystemCallRow, _ direction: Direction) -> (place: Int, length: Int)? {
    guard let place = row.parameters.firstIndex(where: { $0.direction == direction && $0.type.name == "SockAddr" })
    else { return nil }
    switch row.parameters[place].type.length {
    case .parameter(let name)?, .pointee(let name)?:
      return row.parameters.firstIndex { $0.name == name }.map { (place, $0) }
    default: return nil
    }
  }

  /// A look-up that must stay beneath a directory is left to the host, which knows no other names there.
  private func condition(_ row: SystemCallRow) -> String {
    guard let (place, bits) = bit(row, endingIn: "_RESOLVE_BENEATH") else { return "" }
    return " && a\(place) & \(hex(bits)) == 0"
  }

  /// Whether a symbolic link at the end of the name is followed, as a Swift expression.
  private func follows(_ row: SystemCallRow, _ place: Int, isFirst: Bool) -> String {
    if row.parameters[place].type.name == "Entry" {
      // Only calls that link take this flag, and their first name.
      guard isFirst, row.name == "linkat", let (flags, bits) = bit(row, endingIn: "AT_SYMLINK_FOLLOW") else {
        return "false"
      }
      return "a\(flags) & \(hex(bits)) != 0"
    }
    if let (flags, bits) = bit(row, endingIn: "AT_SYMLINK_NOFOLLOW") { return "a\(flags) & \(hex(bits)) == 0" }
    guard let (flags, stays) = bit(row, endingIn: "O_NOFOLLOW"), let (_, makes) = bit(row, endingIn: "O_CREAT"),
      let (_, alone) = bit(row, endingIn: "O_EXCL")
    else { return "true" }
    return "a\(flags) & \(hex(stays)) == 0 && a\(flags) & \(hex(makes | alone)) != \(hex(makes | alone))"
  }

  /// The parameter whose flags have one of this name, and that flag's bits.
  private func bit(_ row: SystemCallRow, endingIn name: String) -> (place: Int, bits: UInt64)? {
    for (place, parameter) in row.parameters.enumerated() where parameter.direction == nil {
      guard let entry = table.flags[parameter.type.name]?.entries.first(where: { $0.name.hasSuffix(name) }) else {
        continue
      }
      return (place, UInt64(bitPattern: entry.guest))
    }
    return nil
  }
}
