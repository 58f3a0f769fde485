import Testing

@testable import ProcessModel

/// Names as the system has them: bytes.
struct FileNameTests {
  @Test("Keeps what is no text, and ends at a zero")
  func bytes() {
    let name = FileName(bytes: [0x2f, 0xe9, 0xff, 0, 0x61][...])
    #expect(name.bytes == [0x2f, 0xe9, 0xff])
    #expect(name.withCString { FileName(cString: $0) } == name)
    #expect(name.text == "/\u{fffd}\u{fffd}")
  }

  @Test("Names that only look the same differ")
  func looks() {
    #expect(FileName("/caf\u{e9}") != FileName("/cafe\u{301}"))
    #expect(!FileName("/caf\u{e9}/x").lies(below: "/cafe\u{301}"))
  }

  @Test("A slash divides, whatever stands behind it")
  func components() {
    #expect(FileName("//a/./\u{301}b/").components == ["a", ".", "\u{301}b"])
    #expect(FileName(components: ["a", "b"]) == "/a/b")
    #expect(FileName(components: []) == "/")
  }

  @Test("Lies below whole components only")
  func below() {
    #expect(FileName("/src/a").lies(below: "/src"))
    #expect(FileName("/src").lies(below: "/src"))
    #expect(!FileName("/srcs").lies(below: "/src"))
    #expect(FileName("/any").lies(below: ""))
  }

  @Test("Absent links hold nothing")
  func links() {
    #expect(FileName(linkAt: "/proc/self/exe")?.isAbsolute == true)
    #expect(FileName(linkAt: "/absent") == nil)
  }
}
