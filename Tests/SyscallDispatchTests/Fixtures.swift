import Foundation
import SyscallDispatch
import TableModel

/// The committed tables, read from their sources.
enum Tables {
  static let linuxText = read("linux-x86_64")
  static let freeBSDText = read("freebsd-amd64")
  static let linux = SystemCallTable(linuxText)
  static let freeBSD = SystemCallTable(freeBSDText)

  private static func read(_ name: String) -> TableText {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "syscall-tables")
    func text(_ ending: String) -> String {
      (try? String(contentsOf: folder.appending(path: "\(name).\(ending)"), encoding: .utf8)) ?? ""
    }
    return TableText(table: text("tbl"), types: text("types"))
  }

  static func number(_ name: String, in table: TableText) -> UInt64 {
    UInt64(table.numbers(of: name).first?.lowerBound ?? 9999)
  }
}

/// A capture as a test gives it.
struct TestCapture {
  var argument: Int
  var isOutput = false
  var isTruncated = false
  var fullLength: UInt64
  var bytes: [UInt8]

  static func `in`(_ argument: Int, _ bytes: [UInt8], full: UInt64? = nil, cut: Bool = false) -> Self {
    Self(argument: argument, isTruncated: cut, fullLength: full ?? UInt64(bytes.count), bytes: bytes)
  }
  static func `in`(_ argument: Int, _ text: String) -> Self { .in(argument, Array(text.utf8)) }
  static func out(_ argument: Int, _ bytes: [UInt8], full: UInt64? = nil, cut: Bool = false) -> Self {
    Self(
      argument: argument, isOutput: true, isTruncated: cut, fullLength: full ?? UInt64(bytes.count), bytes: bytes)
  }

  /// As a stub lays it out.
  var laidOut: [UInt8] {
    [UInt8(truncatingIfNeeded: argument), isOutput ? 2 : 1, isTruncated ? 1 : 0, 0]
      + SyscallDispatchTests.bytes(UInt32(bytes.count), fullLength) + bytes
      + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
  }
}

/// A record as a stub lays it out.
func recordBytes(
  tid: UInt32 = 7, tgid: UInt32 = 6, flags: UInt16 = 0, sequence: UInt64 = 1, start: UInt64 = 10, end: UInt64 = 20,
  number: UInt64, arguments: [UInt64] = [], result: Int64 = 0, error: UInt32 = 0, captures: [TestCapture] = []
) -> [UInt8] {
  let body = captures.flatMap(\.laidOut)
  var words: [UInt8] = []
  for place in 0..<8 { words += bytes(place < arguments.count ? arguments[place] : 0) }
  return bytes(UInt32(136 + body.count), tid, tgid, UInt16(1), flags, sequence, start, end, number) + words
    + bytes(result, 0 as UInt64, error, UInt32(captures.count)) + body
}

/// One call's line as it is printed without a leader.
func line(
  _ name: String, in table: TableText = Tables.linuxText, _ arguments: [UInt64] = [], result: Int64 = 0,
  error: UInt32 = 0, neverReturned: Bool = false, captures: [TestCapture] = []
) -> String {
  var style = TraceStyle()
  style.leader = .never
  var writer = TraceWriter(style: style, tables: [1: { table }])
  return writer.line(
    recordBytes(
      flags: neverReturned ? 1 : 0, number: Tables.number(name, in: table), arguments: arguments, result: result,
      error: error, captures: captures))
}

extension TraceWriter {
  /// The line of a record as a stub lays it out; empty when it is none.
  mutating func line(_ bytes: [UInt8]) -> String {
    guard let record = TraceRecord(bytes[...]) else { return "" }
    return text { $0.line(record, to: &$1) }
  }

  /// What `body` writes.
  mutating func text(_ body: (inout TraceWriter, inout TraceOutput) -> Void) -> String {
    var out = TraceOutput()
    body(&self, &out)
    return out.text
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
