import Foundation
import TableGenerator
import TableModel
import Testing

/// The project's root, found from this file.
private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path()

func readBelowRoot(_ path: String) -> String? {
  try? String(contentsOfFile: root + path, encoding: .utf8)
}

@Suite struct DriftTests {
  @Test func committedFilesAreWhatTheTablesGenerate() {
    let (files, problems) = generate(reading: readBelowRoot)
    #expect(problems.isEmpty)
    #expect(files.count >= 11)
    for file in files { #expect(readBelowRoot(file.path) == file.text, "\(file.path): run `swift run tablegen`") }
  }

  @Test(arguments: System.all) func tightenedTextSaysTheSame(_ system: System) throws {
    let source = Source(
      tableText: try #require(readBelowRoot("syscall-tables/\(system.table).tbl")),
      typesText: try #require(readBelowRoot("syscall-tables/\(system.table).types")))
    let writer = SystemWriter(system: system, table: source.table, hostNumbers: [:])
    let blocks = writer.tableText(source).components(separatedBy: "\"\"\"")
    let again = SystemCallTable(table: blocks[1], types: blocks[3])
    #expect(again.problems.isEmpty)
    #expect(again.rows == source.table.rows)
    #expect(again.flags == source.table.flags)
    #expect(again.structs == source.table.structs)
    #expect(again.errors == source.table.errors)
  }

  @Test(arguments: System.all) func excerptsSayWhatTheWholeSays(_ system: System) throws {
    let text = TableText(
      table: try #require(readBelowRoot("syscall-tables/\(system.table).tbl")),
      types: try #require(readBelowRoot("syscall-tables/\(system.table).types")))
    let whole = SystemCallTable(text)
    for number in UInt64(0)..<1024 {
      let part = text.excerpt(call: number)
      let row = whole.row(number)
      #expect(part?.row(number) == row)
      for type in (row?.parameters.map(\.type.name) ?? []) + [row?.result ?? "never"] {
        #expect(part == nil || part?.flags[type] == whole.flags[type] && part?.scalars[type] == whole.scalars[type])
        #expect(part == nil || part?.structs[type] == whole.structs[type])
        #expect(part == nil || part?.size(of: type) == whole.size(of: type))
      }
      #expect(text.error(Int(number)) == whole.error(Int(number)))
      if let row { #expect(text.numbers(of: row.name).contains { $0 == row.numbers }) }
    }
    #expect(text.excerpt(types: []).socketAddresses == whole.socketAddresses)
    #expect(text.numbers(of: "nothing").isEmpty && text.excerpt(call: .max) == nil && text.error(4000) == nil)
  }

  @Test func everyNumberHasARow() throws {
    for (name, numbers) in [("freebsd-amd64", [0...588]), ("linux-x86_64", [0...334, 424...462])] {
      let table = SystemCallTable(
        table: try #require(readBelowRoot("syscall-tables/\(name).tbl")),
        types: try #require(readBelowRoot("syscall-tables/\(name).types")))
      for number in numbers.joined() { #expect(table.row(UInt64(number)) != nil, "\(name) \(number)") }
      #expect(table.row(5000) == nil)
    }
  }
}
