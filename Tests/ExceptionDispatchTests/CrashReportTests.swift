import Testing

@testable import ExceptionDispatch

@Suite("CrashReport")
struct CrashReportTests {
  private func report(framePointer: UInt64, words: [UInt64]) -> CrashReport {
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    return CrashReport(
      process: 7, image: "/bin/guest", signal: "SIGSEGV",
      exception: GuestException(signal: 11, code: 1, address: 8),
      registers: .init(
        named: [("rax", 1), ("rip", 0x401000)], instruction: 0x401000, stack: 0x1000, framePointer: framePointer),
      stackBytes: bytes)
  }

  @Test("follows saved frame pointers upwards")
  func walk() {
    // 0x1000: a local; 0x1008: saved frame pointer 0x1018, return address; 0x1018: the outermost frame.
    let report = report(framePointer: 0x1008, words: [9, 0x1018, 0x401234, 0, 0x405678])
    #expect(report.callers() == [0x401234, 0x405678])
  }

  @Test("ends where a frame pointer leads downwards, in a circle, or out of the stack")
  func hostile() {
    #expect(report(framePointer: 0x1008, words: [0, 0x1008, 0x401234]).callers() == [0x401234])
    #expect(report(framePointer: 0x1008, words: [0, 0x1000, 0x401234]).callers() == [0x401234])
    #expect(report(framePointer: UInt64.max, words: [1, 2, 3]).callers().isEmpty)
    #expect(report(framePointer: UInt64.max - 7, words: [1, 2, 3]).callers().isEmpty)
    #expect(report(framePointer: 0, words: []).callers().isEmpty)
    #expect(report(framePointer: 0x100c, words: [1, 2]).callers().isEmpty)
  }

  @Test("names signal, place, address and registers")
  func text() {
    let lines = report(framePointer: 0, words: []).lines
    #expect(lines == ["/bin/guest (process 7): SIGSEGV at 0x401000, address 0x8, code 1", "  rax=0x1 rip=0x401000"])
  }
}
