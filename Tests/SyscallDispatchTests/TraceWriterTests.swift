import SyscallDispatch
import TableModel
import Testing

private func writer(_ change: (inout TraceStyle) -> Void) -> TraceWriter {
  var style = TraceStyle()
  change(&style)
  return TraceWriter(style: style, tables: [1: { Tables.linuxText }])
}

@Suite struct TraceWriterTests {
  private func getpid(tid: UInt32 = 5632, late: UInt64 = 0) -> [UInt8] {
    recordBytes(
      tid: tid, start: 1_700_000_000_123_456_789 + late, end: 1_700_000_000_123_580_000, number: 39, result: 5632)
  }

  @Test func leadersAppearWithTheSecondThread() {
    var writer = writer { _ in }
    #expect(writer.line(getpid()).hasPrefix("getpid()"))
    #expect(writer.line(getpid(tid: 77)).hasPrefix("[pid    77] getpid() "))
    #expect(writer.text { $0.exited(77, status: 3, at: 0, to: &$1) } == "[pid    77] +++ exited with 3 +++\n")
    #expect(writer.line(getpid()).hasPrefix("getpid()"))
    #expect(
      writer.text { $0.killed(5632, signal: 15, personality: 1, at: 0, to: &$1) } == "+++ killed by SIGTERM +++\n")
  }

  @Test func filesNameTheThreadOnEveryLine() {
    var writer = writer { $0.leader = .always }
    #expect(writer.line(getpid()) == "5632  getpid()                          = 5632\n")
  }

  @Test func times() {
    var epoch = writer {
      $0.clock = .epoch
      $0.durations = true
    }
    #expect(epoch.line(getpid()) == "1700000000.123456 getpid()              = 5632 <0.000123>\n")
    var relative = writer { $0.relative = true }
    #expect(relative.line(getpid()).hasPrefix("     0.000000 getpid() "))
    #expect(relative.line(getpid(late: 682_000)).hasPrefix("     0.000682 getpid() "))
  }
}

@Suite struct CallFilterTests {
  private let tables = [Tables.linuxText, Tables.freeBSDText]

  private func names(_ text: String) throws -> Set<String> {
    let filter = try CallFilter(text, tables: tables)
    return Set(Tables.linux.rows.filter(filter.includes).map(\.name))
  }

  @Test func selects() throws {
    #expect(try names("trace=read,write") == ["read", "write"])
    #expect(try names("%file").isSuperset(of: ["open", "openat", "execve", "stat", "getcwd"]))
    #expect(try !names("%file").contains("read"))
    #expect(try names("!%network,read").isDisjoint(with: ["socket", "read", "connect"]))
    #expect(try names("all").count == Set(Tables.linux.rows.map(\.name)).count)
    #expect(try names("none").isEmpty)
    #expect(try names("kevent,?nothing,getpid") == ["getpid"])
  }

  @Test func refuses() {
    #expect(throws: CallFilter.Problem.unknown("raed")) { try CallFilter("raed", tables: tables) }
    #expect(throws: CallFilter.Problem.unknown("%nets")) { try CallFilter("%nets", tables: tables) }
    #expect(throws: CallFilter.Problem.unsupported("signal")) { try CallFilter("signal=all", tables: tables) }
    #expect(throws: CallFilter.Problem.empty) { try CallFilter("trace=", tables: tables) }
  }

  @Test func givesTheStubOneByteANumber() throws {
    let bytes = try CallFilter("read,kevent", tables: tables).bytes(for: Tables.freeBSDText, count: 1024)
    #expect(bytes.count == 1024 && bytes[3] == 1 && bytes[560] == 1 && bytes.reduce(0) { $0 + Int($1) } == 2)
    let others = try CallFilter("!read", tables: tables).bytes(for: Tables.freeBSDText, count: 1024)
    #expect(others[3] == 0 && others[4] == 1 && others[1000] == 1)
    #expect(try CallFilter("all", tables: tables).bytes(for: Tables.linuxText, count: 1024)[1000] == 1)
  }
}

@Suite struct CoverageTests {
  @Test func counts() {
    let coverage = Coverage(of: Tables.freeBSD)
    #expect(
      coverage.full + coverage.partial + coverage.stub == coverage.direct + coverage.resident + coverage.supervised)
    #expect(coverage.missing > 0 && coverage.obsolete > 0)
  }

  @Test func missingCallsAreSortedByNeed() {
    var counts = [UInt32](repeating: 0, count: 1024)
    counts[26] = 1
    counts[338] = 5
    counts[1000] = 1
    let missing = MissingCall.all(in: Tables.freeBSD, counts: counts)
    #expect(missing.map(\.name) == ["jail", "ptrace", "number 1000"])
    #expect(missing[0].count == 5 && !missing[0].reason.isEmpty)
  }
}
