internal import CPicoABI
internal import CPicoHost
internal import Glibc
internal import PicoProvider
internal import ProcessModel

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

  func exception(
    _ process: Int32, _ transfer: UnsafeMutablePointer<pico_transfer>, _ stack: UnsafeMutableRawBufferPointer,
    _ image: String?
  ) {
    let frame = transfer.pointee.frame
    let signal = Int32(truncatingIfNeeded: transfer.pointee.args.0)
    let place = "0x" + String(frame.rip, radix: 16)
    if frame.rip >> 32 == UInt64(PICO_STUB_HIGH) {
      complain("defect: signal \(signal) in the stub at \(place), call \(transfer.pointee.number), process \(process) (\(image ?? "?"))")
    }
  }

  func missing(_ personality: UInt32, _ number: UInt64) {
    complain("system call \(number) is not implemented")
  }

  func traced(_ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>) {}

  func loadFailed(_ path: String, _ error: HostErrno) {
    complain("\(path): cannot be loaded: \(error.text)")
  }

  /// At the end of the first picoprocess.
  func finish(status: Int32) {
    if options.stats {
      let totals = memory.totals
      let all = totals.direct + totals.resident
      let inside = all == 0 ? 100.0 : Double(all - min(all, totals.supervised)) * 100 / Double(all)
      let tenths = Int((inside * 10).rounded(.down))
      complain("lean \(totals.direct), full \(totals.resident), supervised \(totals.supervised)")
      let line = Array("calls: \(all) total, \(totals.supervised) crossed, \(tenths / 10).\(tenths % 10) % inside\n".utf8)
      _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
  }
}
