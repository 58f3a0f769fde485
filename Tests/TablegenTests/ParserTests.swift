import TableModel
import Testing

private let types = """
  scalar FD Int32 decimal
  scalar Size UInt decimal
  flags OpenFlags Int32 unknown=ignored always=0x100
    field 0x3
    O_RDONLY 0 0
    O_WRONLY 1 1
    bits
    O_NONBLOCK 0x4 0x800
    O_EMPTY_PATH 0x2000000 refused
  struct Timespec 16
    tv_sec 0 Int64
    tv_nsec 8 Int64 verbose
  errors
    EPERM 1 1 Operation not permitted
    EAGAIN 35 11 Resource temporarily unavailable
    EINVAL 22 22 Invalid argument
  """

private func table(_ rows: String) -> SystemCallTable { SystemCallTable(table: rows, types: types) }

@Suite struct ParserTests {
  @Test func rowsAreRead() throws {
    let table = table(
      """
      # a comment
      3  read   direct,blocks  full  (fd: FD, buf: out Bytes[ret], n: Size) -> Size %network
      5  open   resident       partial (path: in Path, flags: OpenFlags) -> FD
                               # one reason
      7-9 gone  -              obsolete ()
      """)
    #expect(table.problems.isEmpty)
    let read = try #require(table.row(3))
    #expect(read.name == "read" && read.result == "Size" && read.selectors == ["network", "desc"])
    #expect(read.parameters[1].direction == .out && read.parameters[1].type.length == .result)
    guard case .direct(let target) = read.lane else { throw Unexpected() }
    #expect(target.blocks && target.restarts)
    #expect(table.row(5)?.reason == "one reason")
    #expect(table.row(5)?.selectors == ["file", "desc"])
    #expect(table.row(8)?.name == "gone")
    #expect(table.row(4) == nil)
  }

  @Test func targetsAreRead() throws {
    let table = table(
      "14 mkfifo direct=mknod(path,mode|0x1000,-1),norestart,errno=EAGAIN:EPERM full (path: in Path, mode: Size)")
    #expect(table.problems.isEmpty)
    guard case .direct(let target) = try #require(table.row(14)).lane else { throw Unexpected() }
    #expect(target.name == "mknod")
    #expect(target.arguments == [.parameter("path", or: 0), .parameter("mode", or: 0x1000), .constant(-1)])
    #expect(!target.restarts)
    #expect(target.errorChanges == [ErrorChange(from: "EAGAIN", to: "EPERM")])
  }

  @Test(
    arguments: [
      "3 read direct full", "x read direct full ()", "3 read sideways full ()", "3 read direct splendid ()",
      "3 read direct,slowly full ()", "3 read direct full (fd FD)", "3 read direct full (fd: Nothing)",
      "3 read - full ()", "3 read direct missing () # why", "3 read resident partial ()", "3 read direct full () # why",
      "3 read direct full (b: out Bytes[n])", "3 read direct full (a: FD, a: FD)", "3 read direct full () -> Nothing",
      "3 a direct full ()\n3 b direct full ()",
    ])
  func mistakesAreTold(_ rows: String) {
    #expect(!table(rows).problems.isEmpty)
  }

  @Test func typesAreRead() throws {
    let table = table("")
    let flags = try #require(table.flags["OpenFlags"])
    #expect(!flags.isIdentity && flags.always == 0x100 && flags.fieldMask == 3 && flags.fieldEntries.count == 2)
    #expect(flags.entries.last?.host == .refused)
    #expect(table.structs["Timespec"]?.fields.last?.verbose == true)
    #expect(table.size(of: "Timespec") == 16 && table.size(of: "Size") == 8 && table.size(of: "Path") == nil)
    #expect(table.guestError(host: 11) == 35 && table.guestError(host: 4000) == 22)
  }
}

struct Unexpected: Error {}
