import Foundation
import SyscallDispatch
import TableModel

/// The committed tables, read from their sources.
enum Tables {
  static let linux = read("linux-x86_64")
  static let freeBSD = read("freebsd-amd64")

  private static func read(_ name: String) -> SystemCallTable {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "syscall-tables")
    func text(_ ending: String) -> String {
      (try? String(contentsOf: folder.appending(path: "\(name).\(ending)"), encoding: .utf8)) ?? ""
    }
    return SystemCallTable(table: text("tbl"), types: text("types"))
  }

  static func number(_ name: String, in table: SystemCallTable) -> UInt64 {
    UInt64(table.rows.first { $0.name == name }?.numbers.lowerBound ?? 9999)
  }
}

/// One call's line as it is printed without a leader.
func line(
  _ name: String, in table: SystemCallTable = Tables.linux, _ arguments: [UInt64] = [], result: Int64 = 0,
  error: UInt32 = 0, neverReturned: Bool = false, captures: [TraceRecord.Capture] = []
) -> String {
  var style = TraceStyle()
  style.leader = .never
  var writer = TraceWriter(style: style, tables: [1: table])
  return writer.line(
    TraceRecord(
      neverReturned: neverReturned, number: Tables.number(name, in: table), arguments: arguments, result: result,
      error: error, captures: captures))
}

extension TraceRecord.Capture {
  static func `in`(_ argument: Int, _ bytes: [UInt8], full: UInt64? = nil, cut: Bool = false) -> Self {
    Self(argument: argument, isTruncated: cut, fullLength: full, bytes: bytes)
  }
  static func `in`(_ argument: Int, _ text: String) -> Self { Self(argument: argument, bytes: Array(text.utf8)) }
  static func out(_ argument: Int, _ bytes: [UInt8], full: UInt64? = nil, cut: Bool = false) -> Self {
    Self(argument: argument, isOutput: true, isTruncated: cut, fullLength: full, bytes: bytes)
  }
}

/// Values laid out one after another, as a machine with little-endian words has them.
func bytes<each Value: FixedWidthInteger>(_ values: repeat each Value) -> [UInt8] {
  var out: [UInt8] = []
  for value in repeat each values {
    for shift in 0..<value.bitWidth / 8 { out.append(UInt8(truncatingIfNeeded: value >> (shift * 8))) }
  }
  return out
}
