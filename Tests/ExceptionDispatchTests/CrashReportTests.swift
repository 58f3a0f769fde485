import PicoProvider
import Testing

@testable import ExceptionDispatch

@Suite("CrashReport")
struct CrashReportTests {
  private func report(framePointer: UInt64, words: [UInt64]) -> CrashReport {
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    var frame = GuestRegisters()
    frame.rax = 1
    frame.rip = 0x401000
    frame.rsp = 0x1000
    frame.rbp = framePointer
    return CrashReport(
      process: 7, image: "/bin/guest", signal: "SIGSEGV",
      exception: PicoExceptionRecord(hostSignal: 11, hostCode: 1, instruction: 0x401000, address: 8, trapError: 4),
      // Process 0 is nobody: what was not captured cannot be read.
      frame: frame, memory: CapturedMemory(process: 0, address: 0x1000, bytes: bytes))
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
    #expect(lines[0] == "/bin/guest (process 7): SIGSEGV at 0x401000, address 0x8, code 1")
    #expect(lines[1] == "  rax=0x1 rbx=0x0 rcx=0x0 rdx=0x0")
    #expect(lines.last == "  rip=0x401000 rflags=0x0")
  }

  @Test("tells what was done to which address")
  func record() {
    let write = PicoExceptionRecord(hostSignal: 11, hostCode: 1, instruction: 4, address: 8, trapError: 6)
    #expect(write.code == .STATUS_ACCESS_VIOLATION && write.parameters == [1, 8])
    let execute = PicoExceptionRecord(hostSignal: 11, hostCode: 2, instruction: 8, address: 8, trapError: 0x14)
    #expect(execute.parameters == [8, 8])
    let divide = PicoExceptionRecord(hostSignal: 8, hostCode: 1, instruction: 4, address: 4, trapError: 0)
    #expect(divide.code == .STATUS_INTEGER_DIVIDE_BY_ZERO && divide.parameters.isEmpty)
  }
}
