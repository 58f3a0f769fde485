import Foundation
import TableGenerator
import TableModel
import Testing

private let system = System(
  name: "FreeBSD", table: "freebsd-amd64", symbol: "freebsd", title: "FreeBSD", hasHostErrors: false)

private func writer(_ rows: String, types: String = "") -> SystemWriter {
  let types =
    "scalar FD Int32 decimal\nscalar Size UInt decimal\n" + types
    + "\nerrors\n EINVAL 22 22 Invalid\n EAGAIN 35 11 Again"
  let table = SystemCallTable(table: rows, types: types)
  #expect(table.problems.isEmpty)
  return SystemWriter(system: system, table: table, hostNumbers: ["read": 0, "close": 3, "preadv": 295, "pread64": 17])
}

@Suite struct GeneratorTests {
  @Test func callsWithoutConversionAreLean() throws {
    let flags = "flags F Int32 unknown=refused\n  A 1 2"
    let writer = writer(
      """
      3 read direct,blocks full (fd: FD, buf: out Bytes[ret], n: Size) -> Size
      4 preadv direct,widens full (fd: FD)
      5 close direct full (fd: FD, f: F)
      6 x direct=pread64(fd) full (fd: FD)
      """, types: flags)
    #expect(writer.table.rows.map(writer.isLean) == [true, false, false, false])
    #expect(writer.leanTable().contains("[3] = 0 + 1,  // read"))
    #expect(writer.leanTable().contains("[11] = 35,"))
  }

  @Test func dispatchDecodesArguments() {
    let text = writer(
      """
      0 syscall indirect full (number: Int32)
      3 read direct,blocks full (fd: FD, buf: out Bytes[ret], n: Size) -> Size
      4 thing resident full (a: Int32, b: UInt64, c: Int64, d: in Bytes[c], e: Size, f: UInt8, g: Int32)
      6 old resident=thing(a,0xff,-1) full (a: Int32)
      8 none - missing () # no reason at all
      """
    ).dispatch()
    #expect(text.contains("return restartable(t.blocking(0, a0, a1, a2))"))
    #expect(text.contains("guard let a6 = load(stack &+ 0, as: UInt.self) else { return -14 }"))
    #expect(
      text.contains(
        "return thing(t, Int32(truncatingIfNeeded: a0), UInt64(a1), Int64(truncatingIfNeeded: a2), a3, a4, "
          + "UInt8(truncatingIfNeeded: a5), Int32(truncatingIfNeeded: a6))"))
    #expect(text.contains("return thing(t, Int32(truncatingIfNeeded: a0), 0xff, -1)"))
    #expect(text.contains("case 8:\n      return missingCall(t, number)"))
    #expect(text.contains("if number == 0 {"))
  }

  @Test func namesAreLookedUpFirst() {
    let flags = """
      scalar AtFD Int32 decimal
      flags At Int32
        AT_SYMLINK_NOFOLLOW 0x200 0x100
        AT_RESOLVE_BENEATH 0x2000 refused
      flags Open Int32
        O_NOFOLLOW 0x100
        O_CREAT 0x200
        O_EXCL 0x800
      """
    let writer = writer(
      """
      3 read direct full (path: in Path)
      4 close direct full (text: in PathText)
      5 open resident full (path: in Path, flags: Open)
      6 stat resident full (fd: AtFD, path: in Path, flag: At)
      7 rename resident full (from: in Entry, to: in Entry)
      8 exec resident full (path: in Path, argv: in Strings)
      """, types: flags)
    #expect(writer.table.rows.map(writer.looksUp) == [true, false, true, true, true, false])
    let text = writer.dispatch()
    #expect(text.contains("FileView.find(t, 0, -100, &a0, follows: true)"))
    #expect(text.contains("follows: a1 & 0x100 == 0 && a1 & 0xa00 != 0xa00"))
    #expect(text.contains("if t.hasView && a2 & 0x2000 == 0 {"))
    #expect(text.contains("FileView.find(t, 0, Int32(truncatingIfNeeded: a0), &a1, follows: a2 & 0x200 == 0)"))
    #expect(text.contains("FileView.find(t, 1, -100, &a1, follows: false)"))
    // The lean path looks nothing up: with a view, calls with names take the long one.
    let tables = writer.leanTable().components(separatedBy: "pico_lean_viewed_freebsd")
    #expect(tables[0].contains("// read") && tables[0].contains("// close"))
    #expect(!tables[1].contains("// read") && tables[1].contains("// close"))
  }

  @Test func translatorsRefuseAndRename() throws {
    let text = try #require(
      writer(
        "",
        types: """
          flags F Int32 unknown=refused
            A 0x1 0x2
            B 0x4 0x4
            C 0x8 refused
          enum E Int32 unknown=passed
            P 0 7
            Q 1 refused
          flags Same Int32
            S 0x1
          """
      ).translators())
    #expect(text.contains("guard guest & ~0x5 == 0 else { return nil }"))
    #expect(text.contains("var host: Int32 = guest & 0x4"))
    #expect(text.contains("if guest & 0x1 != 0 { host |= 0x2 }  // A"))
    #expect(text.contains("case 1: nil"))
    #expect(!text.contains("Same"))
  }

  @Test func capturesSayWhatToCopy() {
    let text = writer(
      "3 read direct full (fd: FD, buf: out Bytes[ret], n: Size, p: in Path, l: inout UInt32, s: out SockAddr[*l])"
    ).captureTable()
    #expect(text.contains(".argument = 1, .kind = PICO_CAPTURE_BYTES, .direction = PICO_CAPTURE_OUT"))
    #expect(text.contains(".kind = PICO_CAPTURE_PATH"))
    #expect(text.contains("PICO_LENGTH_POINTEE32, .length = 4"))
    #expect(text.contains("[3] = 1,  // read"))
  }
}
