import TableModel

extension SystemWriter {
  /// What the stub copies for a trace: a pool of descriptors, and for every number where its own begin.
  package func captureTable() -> String {
    var pool = "    {.kind = PICO_CAPTURE_END},\n"
    var index = ""
    var next = 1
    for row in table.rows where row.lane != .none {
      let captures = row.parameters.indices.compactMap { capture(row, $0) }.prefix(6)
      guard !captures.isEmpty else { continue }
      for number in row.numbers { index += "    [\(number)] = \(next),  // \(row.name)\n" }
      for capture in captures { pool += "    \(capture)\n" }
      pool += "    {.kind = PICO_CAPTURE_END},\n"
      next += captures.count + 1
    }
    return cNotice + """
      #include "pico_trace.h"

      /// Descriptors of what a trace copies; each call's end with PICO_CAPTURE_END.
      const struct pico_capture_descriptor pico_capture_\(system.symbol)[] = {
      \(pool)};

      /// By number: where in the pool a call's descriptors begin; 0 for a call without any.
      const uint16_t pico_capture_index_\(system.symbol)[PICO_TABLE_ROWS] = {
      \(index)};

      """
  }

  private func capture(_ row: SystemCallRow, _ place: Int) -> String? {
    let parameter = row.parameters[place]
    guard let direction = parameter.direction, place < 8 else { return nil }
    let kind: String
    var size = 1
    switch parameter.type.name {
    case "Path", "Entry", "PathText": kind = "PATH"
    case "String": kind = "STRING"
    case "Strings": kind = "STRINGS"
    case "Bytes": kind = "BYTES"
    case "SockAddr": kind = "ITEMS"
    case "FDSet": kind = "BITS"
    case "Iovec" where direction == .in || direction == .out:
      kind = "VECTOR"
      size = 16
    default:
      guard let one = table.size(of: parameter.type.name) else { return nil }
      kind = "ITEMS"
      size = one
    }
    var length = ".length_kind = PICO_LENGTH_CONSTANT, .length = 1"
    switch parameter.type.length {
    case .constant(let count)?: length = ".length_kind = PICO_LENGTH_CONSTANT, .length = \(count)"
    case .result?: length = ".length_kind = PICO_LENGTH_RESULT"
    case .parameter(let name)?: length = ".length_kind = PICO_LENGTH_ARGUMENT, .length = \(index(row, name))"
    case .pointee(let name)?:
      let wide = row.parameters.first { $0.name == name }.flatMap { table.size(of: $0.type.name) } == 8
      length = ".length_kind = PICO_LENGTH_POINTEE\(wide ? "64" : "32"), .length = \(index(row, name))"
    case nil: break
    }
    return
      "{.argument = \(place), .kind = PICO_CAPTURE_\(kind), .direction = PICO_CAPTURE_\(direction.rawValue.uppercased()), .size = \(size), \(length)},"
  }

  private func index(_ row: SystemCallRow, _ name: String) -> Int {
    row.parameters.firstIndex { $0.name == name } ?? 0
  }
}
