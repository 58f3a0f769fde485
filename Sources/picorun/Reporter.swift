internal import CPicoABI
internal import CPicoHost
internal import FreeBSDPersonality
internal import Glibc
internal import LinuxPersonality
internal import PicoProvider
internal import ProcessModel
internal import SyscallDispatch
internal import TableModel

/// What of the command line concerns reports.
struct ReportOptions {
  let stats: Bool
  let strict: Bool

  init(_ options: Picorun) {
    stats = options.stats
    strict = options.strict
  }
}

/// Tells the user on standard error what the silo observes. Nothing goes to standard output.
struct Reporter: SiloObserver {
  let options: ReportOptions
  let memory: SiloMemory
  let tracer: Tracer?

  /// The table of a personality, read only when it is needed.
  private static func table(_ personality: UInt32) -> SystemCallTable {
    personality == UInt32(PICO_PERSONALITY_FREEBSD) ? FreeBSD.systemCalls : Linux.systemCalls
  }

  func begin() { tracer?.begin() }

  func exception(
    _ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>, _ stack: UnsafeMutableRawBufferPointer,
    _ image: String?
  ) {
    tracer?.drain()
    let frame = transfer.pointee.frame
    guard frame.rip >> 32 == UInt64(PICO_STUB_HIGH) else { return }
    let signal = Int32(truncatingIfNeeded: transfer.pointee.args.0)
    let place = "0x" + String(frame.rip, radix: 16)
    complain("defect: signal \(signal) in the stub at \(place), process \(process), \(image ?? "image unknown")")
  }

  func missing(_ personality: UInt32, _ number: UInt64) {
    let row = Self.table(personality).row(number)
    let reason = row?.reason ?? ""
    complain("\(row?.name ?? "number \(number)"): not implemented\(reason.isEmpty ? "" : " (\(reason))")")
  }

  func traced(_ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>) { tracer?.drain() }

  func loadFailed(_ path: String, _ error: HostErrno) {
    complain("\(path): cannot be loaded: \(error.text)")
  }

  func finish(status: Int32, first process: Int32) {
    tracer?.finish(status: status, first: process)
    if status != 0 && !options.strict { reportMissing() }
    if options.stats { reportCalls() }
  }

  /// One line when a program failed that had asked for calls there are none of.
  private func reportMissing() {
    var words: [String] = []
    for personality in [UInt32(PICO_PERSONALITY_LINUX), UInt32(PICO_PERSONALITY_FREEBSD)] {
      let counts = UnsafeBufferPointer(
        start: pico_missing_counts(memory.header, Int32(personality)), count: Int(PICO_TABLE_ROWS))
      let unknown = pico_word(pico_unknown_count(memory.header, Int32(personality)))
      if unknown > 0 {
        words.append("number \(pico_word(pico_unknown_number(memory.header, Int32(personality)))) (\(unknown) times)")
      }
      guard counts.contains(where: { $0 > 0 }) else { continue }
      words += MissingCall.all(in: Self.table(personality), counts: counts).map { "\($0.name) (\($0.count) times)" }
    }
    if !words.isEmpty { complain("calls that are not implemented: \(words.joined(separator: ", "))") }
  }

  private func reportCalls() {
    let totals = memory.totals
    let all = totals.direct + totals.resident
    let inside = all == 0 ? 1 : Double(all - min(all, totals.supervised)) / Double(all)
    let tenths = Int(inside * 1000)
    complain("\(totals.direct) direct, \(totals.resident) resident")
    let line = Array(
      "calls: \(all) total, \(totals.supervised) crossed, \(tenths / 10).\(tenths % 10) % inside\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}
