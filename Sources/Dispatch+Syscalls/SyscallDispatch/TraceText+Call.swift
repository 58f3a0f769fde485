import TableModel

/// A whole call: its arguments and its result.
extension TraceText {
  /// `name(arguments)`; for a call that did not come back, as far as its arguments were known when it began.
  func call(_ record: TraceRecord) -> (text: String, isFinished: Bool) {
    guard let row = table.row(record.number), row.name != "reserved" else {
      let raw = record.arguments.prefix(6).map(hex).joined(separator: ", ")
      return ("syscall_\(hex(record.number))(\(raw))", true)
    }
    var parts: [String] = []
    for (place, parameter) in row.parameters.enumerated() {
      if isUnusedMode(parameter, row, record) { continue }
      if record.neverReturned, parameter.direction == .out, row.result != "never" {
        return ("\(row.name)(" + parts.map { $0 + ", " }.joined(), false)
      }
      parts.append(argument(place, parameter, row, record))
    }
    let isOver = !record.neverReturned || row.result == "never" || row.name.contains("exec")
    return ("\(row.name)(" + parts.joined(separator: ", ") + (isOver ? ")" : ""), isOver)
  }

  /// The mode of an open counts only where a file is made.
  private func isUnusedMode(_ parameter: Parameter, _ row: SystemCallRow, _ record: TraceRecord) -> Bool {
    guard parameter.type.name == "Mode", let place = row.parameters.firstIndex(where: { $0.type.name == "OpenFlags" }),
      let set = table.flags["OpenFlags"]
    else { return false }
    let making = set.entries.filter { $0.name == "O_CREAT" || $0.name == "O_TMPFILE" }
    return making.allSatisfy { record.argument(place) & UInt64($0.guest) != UInt64($0.guest) }
  }

  private func argument(_ place: Int, _ parameter: Parameter, _ row: SystemCallRow, _ record: TraceRecord) -> String {
    let raw = record.argument(place)
    guard let direction = parameter.direction else { return value(raw, of: parameter.type.name) }
    if raw == 0 { return "NULL" }
    let before = record.capture(place, output: false)
    let after = record.error == 0 ? record.capture(place, output: true) : nil
    switch direction {
    case .in: return memory(before, place, parameter, row, record) ?? hex(raw)
    case .out: return memory(after, place, parameter, row, record) ?? hex(raw)
    case .inout:
      let old = memory(before, place, parameter, row, record)
      if isShownWithResult(parameter) || isTimeLeft(parameter) { return old ?? hex(raw) }
      let new = memory(after, place, parameter, row, record)
      guard let old, let new, old != new, table.structs[parameter.type.name] == nil else {
        return new ?? old ?? hex(raw)
      }
      return "[\(old.dropFirst().dropLast()) => \(new.dropFirst().dropLast())]"
    }
  }

  /// Sets of descriptors and of polled events are repeated after the result, as far as they came true.
  private func isShownWithResult(_ parameter: Parameter) -> Bool {
    parameter.direction == .inout && (parameter.type.name == "FDSet" || parameter.type.name == "Pollfd")
  }

  /// A time to wait, in which the call stores what was left of it.
  private func isTimeLeft(_ parameter: Parameter) -> Bool {
    parameter.direction == .inout && (parameter.type.name == "Timespec" || parameter.type.name == "Timeval")
  }

  private func memory(
    _ capture: TraceRecord.Capture?, _ place: Int, _ parameter: Parameter, _ row: SystemCallRow, _ record: TraceRecord
  ) -> String? {
    guard let capture, !capture.isUnreadable else { return nil }
    let bytes = capture.bytes[...]
    switch parameter.type.name {
    case "Path", "Entry", "PathText":
      // A name is shown whole as far as it was copied.
      return TraceText(table: table, stringLimit: max(stringLimit, 4096)).quoted(bytes, isCut: capture.isTruncated)
    case "String": return quoted(bytes, isCut: capture.isTruncated)
    case "Bytes":
      if capture.bytes.count == 4, row.classes.contains("network"), parameter.name.hasSuffix("val") {
        return "[\(Int32(truncatingIfNeeded: number(bytes)))]"
      }
      return quoted(bytes, isCut: capture.isTruncated || UInt64(bytes.count) < capture.fullLength)
    case "Strings":
      if parameter.name.hasPrefix("env") { return "\(hex(record.argument(place))) /* \(capture.fullLength) vars */" }
      return strings(capture)
    case "FDSet": return descriptorSet(bytes)
    case "SockAddr": return socketAddress(bytes)
    case "Iovec" where parameter.direction != .inout:
      let transferred = capture.isOutput ? UInt64(bitPattern: max(record.result, 0)) : nil
      return vector(capture, count: capture.fullLength / 16, transferred: transferred)
    case "Pollfd": return pollList(bytes, capture, revents: false)
    default: break
    }
    guard let size = table.size(of: parameter.type.name), size > 0 else { return nil }
    if parameter.type.length != nil {
      return list(parameter.type.name, bytes, count: Int(clamping: capture.fullLength / UInt64(size)))
    }
    guard let text = element(parameter.type.name, bytes) else { return nil }
    return table.structs[parameter.type.name] == nil && !text.hasPrefix("[") ? "[\(text)]" : text
  }

  private func pollList(_ bytes: ArraySlice<UInt8>, _ capture: TraceRecord.Capture, revents: Bool) -> String {
    var parts: [String] = []
    var rest = bytes
    while rest.count >= 8 {
      let happened = number(rest.dropFirst(6).prefix(2))
      let descriptor = Int32(truncatingIfNeeded: number(rest.prefix(4)))
      let asked = value(number(rest.dropFirst(4).prefix(2)), of: "PollEvents")
      switch (revents, happened) {
      case (false, _): parts.append("{fd=\(descriptor), events=\(asked)}")
      case (true, 0): break
      case (true, _): parts.append("{fd=\(descriptor), revents=\(value(happened, of: "PollEvents"))}")
      }
      rest = rest.dropFirst(8)
    }
    if UInt64(bytes.count) < capture.fullLength { parts.append("...") }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  // ---- Results ----

  /// What stands after `= `.
  func result(_ record: TraceRecord) -> String {
    if record.neverReturned {
      // An exec that succeeded does not come back either, but into another image.
      return table.row(record.number)?.name.contains("exec") == true ? "0" : "?"
    }
    switch record.error {
    case 0: break
    case 512: return "? ERESTARTSYS (To be restarted if SA_RESTART is set)"
    case 513: return "? ERESTARTNOINTR (To be restarted)"
    default:
      let error = table.error(Int(record.error))
      return "-1 " + (error.map { "\($0.name) (\($0.text))" } ?? "errno \(record.error)")
    }
    guard let row = table.row(record.number) else { return String(record.result) }
    var text = value(UInt64(bitPattern: record.result), of: row.result)
    if table.flags[row.result] != nil { text = String(record.result) }
    if row.name == "freebsd10_pipe" { text = "[\(record.result), \(record.secondResult)]" }
    return text + whatCameTrue(row, record)
  }

  /// ` ([{fd=3, revents=POLLIN}])`, ` (in [3], out [4])` or ` (Timeout)`.
  private func whatCameTrue(_ row: SystemCallRow, _ record: TraceRecord) -> String {
    guard row.parameters.contains(where: isShownWithResult) else { return "" }
    if record.result == 0 { return " (Timeout)" }
    var parts: [String] = []
    var sets = ["in", "out", "except"].makeIterator()
    for (place, parameter) in row.parameters.enumerated() where isShownWithResult(parameter) {
      let name = parameter.type.name == "FDSet" ? sets.next() : nil
      guard let capture = record.capture(place, output: true), !capture.isUnreadable else { continue }
      guard let name else {
        parts.append(pollList(capture.bytes[...], capture, revents: true))
        continue
      }
      let text = descriptorSet(capture.bytes[...])
      if text != "[]" { parts.append("\(name) \(text)") }
    }
    for (place, parameter) in row.parameters.enumerated() where isTimeLeft(parameter) {
      guard let capture = record.capture(place, output: true), !capture.isUnreadable,
        let text = element(parameter.type.name, capture.bytes[...])
      else { continue }
      parts.append("left \(text)")
    }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}
