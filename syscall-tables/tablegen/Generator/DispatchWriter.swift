package import TableModel

extension SystemWriter {
  /// The stub's `switch` over the numbers.
  package func dispatch() -> String {
    let mux = table.rows.contains { $0.lane == .indirect }
    // A call that Capsicum, or another watcher of descriptors, has to see first.
    let watches = table.flags["CapRights"] != nil
    let nested = "UInt(frame.rsi), UInt(frame.rdx), UInt(frame.r10), UInt(frame.r8), UInt(frame.r9), last, stack &+ 8"
    let watchesNested =
      watches ? "\n        if watched(t) != 0 { return answerWatched(t, \(muxNumber), \(nested)) }" : ""
    var out = swiftNotice + "import CPicoABI\n\nextension \(system.name) {\n"
    out += """
        /// Answers the call whose arguments are in the thread's frame.
        ///
        /// - Returns: the result; a negated host errno, `guestError` or `Restart` code.
        static func dispatch(_ t: Thread, _ number: UInt) -> Int {
          let frame = t.pointee.frame
          let stack = UInt(frame.rsp) &+ 8

      """
    if mux {
      out += """
            if \(muxCondition) {
              // The number is the first argument: the others move up, the sixth is on the stack.
              let last = load(stack, as: UInt.self) ?? 0\(watchesNested)
              return answer(
                t, \(muxNumber), UInt(frame.rsi), UInt(frame.rdx), UInt(frame.r10), UInt(frame.r8), UInt(frame.r9), last, stack &+ 8)
            }

        """
    }
    if watches {
      out += """
            if watched(t) != 0 {
              return answerWatched(
                t, number, UInt(frame.rdi), UInt(frame.rsi), UInt(frame.rdx), UInt(frame.r10), UInt(frame.r8), UInt(frame.r9), stack)
            }

        """
    }
    out += """
          return answer(
            t, number, UInt(frame.rdi), UInt(frame.rsi), UInt(frame.rdx), UInt(frame.r10), UInt(frame.r8), UInt(frame.r9), stack)
        }

        \(watches ? "" : "private ")static func answer(
          _ t: Thread, _ number: UInt, _ a0: UInt, _ a1: UInt, _ a2: UInt, _ a3: UInt, _ a4: UInt, _ a5: UInt, _ stack: UInt
        ) -> Int {
          switch number {

      """
    for row in table.rows { out += cases(row) }
    let missing = table.rows.filter { $0.status == .missing }.flatMap { Array($0.numbers) }
    if !missing.isEmpty {
      out += "    case \(wrapped(missing.map(String.init))):\n      return missingCall(t, number)\n"
    }
    out += "    default:\n      return t.noSuchCall(number)\n    }\n  }\n"
    for (name, text) in helpers where out.contains("\(name)(") { out += "\n" + text }
    return out + "}\n"
  }

  private var muxNumbers: [Int] {
    table.rows.filter { $0.lane == .indirect }.map(\.numbers.lowerBound)
  }

  private var muxCondition: String { muxNumbers.map { "number == \($0)" }.joined(separator: " || ") }

  private var muxNumber: String { "UInt(frame.rdi)" }

  private func cases(_ row: SystemCallRow) -> String {
    let body: String
    switch row.lane {
    case .none, .indirect: return ""
    case .supervised: body = "      return supervisedCall(t, number, a0, a1, a2, a3, a4, a5, stack)\n"
    case .resident(let target): body = residentBody(row, target)
    case .direct(let target): body = directBody(row, target)
    }
    let numbers = row.numbers.map(String.init).joined(separator: ", ")
    return "    case \(numbers):  // \(row.name)\n" + body
  }

  // ---- Resident ----

  private func residentBody(_ row: SystemCallRow, _ target: Target) -> String {
    var out = stackArguments(row) + lookUps(row)
    var passed = ["t"]
    if let arguments = target.arguments {
      for argument in arguments {
        switch argument {
        case .constant(let value): passed.append(value < 0 ? "\(value)" : hex(UInt64(value)))
        case .parameter(let name, let bits):
          let place = row.parameters.firstIndex { $0.name == name }
          let value = place.map { typed(row.parameters[$0], register($0)) } ?? name
          passed.append(bits == 0 ? value : "\(value) | \(hex(bits))")
        }
      }
    } else {
      for (place, parameter) in row.parameters.enumerated() { passed.append(typed(parameter, register(place))) }
    }
    out += "      return \(swiftName(target.name ?? row.name))(\(passed.joined(separator: ", ")))\n"
    return out
  }

  /// Loads what does not fit into registers.
  private func stackArguments(_ row: SystemCallRow) -> String {
    var out = ""
    for place in row.parameters.indices.dropFirst(6) {
      out += "      guard let a\(place) = load(stack &+ \(8 * (place - 6)), as: UInt.self) else { return -14 }\n"
    }
    return out
  }

  private func register(_ place: Int) -> String { "a\(place)" }

  /// A register as the Swift type that the prototype gives the parameter.
  func typed(_ parameter: Parameter, _ register: String) -> String {
    let type = parameter.direction == nil ? table.swiftType(parameter.type.name) ?? "UInt" : "UInt"
    return switch type {
    case "UInt": register
    case "UInt64": "UInt64(\(register))"
    case "Int": "Int(bitPattern: \(register))"
    default: "\(type)(truncatingIfNeeded: \(register))"
    }
  }

  // ---- Direct ----

  private func directBody(_ row: SystemCallRow, _ target: Target) -> String {
    var out = "      direct(t)\n" + stackArguments(row) + lookUps(row)
    var values: [String: String] = [:]
    for (place, parameter) in row.parameters.enumerated() {
      var value = register(place)
      if parameter.direction == nil, let set = table.flags[parameter.type.name], !set.isIdentity {
        out += "      guard let v\(place) = host\(set.name)(\(typed(parameter, value))) else { return -22 }\n"
        value = "UInt(truncatingIfNeeded: v\(place))"
      } else if target.widens, parameter.direction == nil,
        let type = table.swiftType(parameter.type.name), ScalarType.size(ofSwift: type) != 8
      {
        value = "UInt(truncatingIfNeeded: \(type)(truncatingIfNeeded: \(value)))"
      }
      values[parameter.name] = value
    }
    let arguments = target.arguments ?? row.parameters.map { .parameter($0.name, or: 0) }
    let passed = arguments.map { argument -> String in
      switch argument {
      case .constant(let value): value < 0 ? "UInt(bitPattern: \(value))" : "\(value)"
      case .parameter(let name, let bits):
        bits == 0 ? values[name] ?? name : "\(values[name] ?? name) | \(hex(bits))"
      }
    }
    let number = hostNumbers[target.name ?? row.name] ?? 0
    var call = (["\(number)"] + passed).joined(separator: ", ")
    call = target.blocks ? "t.blocking(\(call))" : "host(\(call))"
    if target.blocks, target.restarts { call = "restartable(\(call))" }
    for change in target.errorChanges {
      call = "changed(\(call), \(errorResult(change.from)), to: \(errorResult(change.to)))"
    }
    if target.errorIsResult { call = "errorAsResult(\(call))" }
    call = named(call, row)
    return out + "      return \(call)\n"
  }

  /// A guest error as a handler would return it.
  private func errorResult(_ name: String) -> String {
    guard let error = table.errors.first(where: { $0.name == name }) else { return "-22" }
    return error.host.map { "-\($0)" } ?? "guestError(\(error.number))"
  }

  private var helpers: [(name: String, text: String)] {
    [
      (
        "direct",
        """
          /// Counts a call as direct; what calls the dispatch counts the others.
          @inline(__always)
          private static func direct(_ t: Thread) {
            t.pointee.direct_calls &+= 1
          }

        """
      ),
      (
        "restartable",
        """
          /// `EINTR` of a call that is made again if the guest's action says so.
          @inline(__always)
          private static func restartable(_ result: Int) -> Int { result == -4 ? Restart.ifActionSaysSo : result }

        """
      ),
      (
        "changed",
        """
          /// A result in which one error stands for another.
          @inline(__always)
          private static func changed(_ result: Int, _ from: Int, to: Int) -> Int { result == from ? to : result }

        """
      ),
      (
        "errorAsResult",
        """
          /// The result of a call that fails by returning a positive error number.
          @inline(__always)
          private static func errorAsResult(_ result: Int) -> Int { result < 0 ? guestErrno(result) : result }

        """
      ),
    ]
  }

  // ---- The lean path ----

  /// Whether a call goes to the host as it stands, but for its number.
  package func isLean(_ row: SystemCallRow) -> Bool {
    guard case .direct(let target) = row.lane, target.arguments == nil, !target.widens, !target.errorIsResult,
      target.errorChanges.isEmpty, row.parameters.count <= 6
    else { return false }
    return row.parameters.allSatisfy { $0.direction != nil || table.flags[$0.type.name]?.isIdentity ?? true }
  }

  private func leanRows(_ name: String, _ isIn: (SystemCallRow) -> Bool) -> String {
    var out = "const uint16_t \(name)[PICO_TABLE_ROWS] = {\n"
    for row in table.rows where isLean(row) && isIn(row) {
      guard case .direct(let target) = row.lane, let host = hostNumbers[target.name ?? row.name] else { continue }
      for number in row.numbers { out += "    [\(number)] = \(host) + 1,  // \(row.name)\n" }
    }
    return out + "};\n"
  }

  /// The assembly's tables of lean calls, and the map of errors where the guest has its own.
  package func leanTable() -> String {
    var out = cNotice + "#include \"pico_entry.h\"\n\n"
    out += "/// Host number + 1 of a call that is made as it stands; 0 for one that takes the full path.\n"
    out += leanRows("pico_lean_\(system.symbol)") { _ in true }
    out += "\n/// The same for processes with a view of their own, whose names are looked up on the full path.\n"
    out += leanRows("pico_lean_viewed_\(system.symbol)") { looksUp($0) == false }
    guard !system.hasHostErrors else { return out }
    out += "\n/// Guest error numbers by host error number.\nconst uint8_t pico_errno_\(system.symbol)[4096] = {\n"
    out += "    [0 ... 4095] = \(table.guestError(host: 0)),\n"
    for host in 1..<600 where table.errors.contains(where: { $0.host == host }) {
      out += "    [\(host)] = \(table.guestError(host: host)),\n"
    }
    return out + "};\n"
  }
}
