internal import CPicoABI
internal import CPicoHost
internal import ExceptionDispatch
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

  init(_ options: RunOptions) {
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

  /// The second chance of an exception: the process ends after it.
  func exception(_ information: PicoExceptionInformation, _ record: PicoExceptionRecord, isFreeBSD: Bool) {
    tracer?.drain()
    let isDefect = record.address >> 32 == UInt64(PICO_STUB_HIGH)
    guard isDefect || options.strict else { return }
    if isDefect { complain("a defect of picorun: the following happened in its stub") }
    let names = TraceText(table: isFreeBSD ? FreeBSD.callText : Linux.callText)
    let process = information.thread.process
    let image = process.createInfo.map { String(decoding: $0.ImageFileName, as: UTF8.self) }
    let report = CrashReport(
      process: process.host.pid, image: image ?? "image unknown",
      signal: names.signalName(Int(isFreeBSD ? FreeBSD.guestSignal(record.hostSignal) : record.hostSignal)),
      exception: record, frame: information.frame, memory: information.memory,
      images: information.memory.map { GuestImages(process: process.host.pid, memory: $0) } ?? GuestImages(images: []))
    report.lines.forEach(complain)
  }

  func missing(_ personality: UInt32, _ number: UInt64) {
    let row = Self.table(personality).row(number)
    let reason = row?.reason ?? ""
    complain("\(row?.name ?? "number \(number)"): not implemented\(reason.isEmpty ? "" : " (\(reason))")")
  }

  func traced(_ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>) { tracer?.ringIsFull() }

  func loadFailed(_ path: FileName, _ error: HostErrno) {
    complain("\(path.text): cannot be loaded: \(error.text)")
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
    reportSites(all)
    complain("\(totals.direct) direct, \(totals.resident) resident")
    let line = Array(
      "calls: \(all) total, \(totals.supervised) crossed, \(tenths / 10).\(tenths % 10) % inside\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}

extension Reporter {
  /// What became of the `syscall` instructions that trapped.
  private func reportSites(_ calls: UInt64) {
    let header = memory.header
    let names = [
      "nothing before it to overwrite", "not in a file's code", "signal return", "unaligned, with threads",
      "no memory near", "too many", "its calls are to be seen first",
    ]
    let left = UnsafeBufferPointer(start: pico_sites_left(header), count: names.count)
    let reasons = zip(left, names).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let restored = header.pointee.sites_restored
    complain(
      "call sites: \(header.pointee.sites_seen) trapped, \(header.pointee.sites_patched) rewritten"
        + (restored > 0 ? ", \(restored) put back" : "")
        + (reasons.isEmpty ? "" : "; left: \(reasons.joined(separator: ", "))"))
    let traps = min(header.pointee.total_traps, calls)
    complain("\(traps) calls by trap, \(calls - traps) by jump")
  }
}
