internal import CPicoHost
internal import FreeBSDPersonality
internal import Glibc
internal import LinuxPersonality
internal import PicoProvider
internal import ProcessModel
internal import Synchronization
internal import SyscallDispatch
internal import TableModel

/// What of the command line concerns the trace. A class: a start without a trace would have to make the type of a
/// structure like this, only to see that there is none of it.
final class TraceOptions {
  let filter: CallFilter
  var style = TraceStyle()
  let output: String?

  /// Nil when no trace is asked for.
  init?(_ options: RunOptions) throws(CallFilter.Problem) {
    guard let expression = options.expression.last ?? (options.output == nil ? nil : "trace=all") else { return nil }
    filter = try CallFilter(expression, tables: [FreeBSD.callText, Linux.callText])
    output = options.output
    style.clock = [.none, .seconds, .microseconds, .epoch][min(options.time, 3)]
    style.relative = options.relative
    style.durations = options.duration
    style.stringLimit = max(options.stringLimit, 0)
    style.leader = output == nil ? .whenSeveral : .always
  }

  /// What the stubs are told.
  var setting: UInt32 { TraceRing.setting(durations: style.durations, stringLimit: style.stringLimit) }
}

extension CallFilter.Problem {
  /// One line for the user.
  var text: String {
    switch self {
    case .unknown(let word): "\(word): no system has this call or class"
    case .unsupported(let word): "\(word)=: only trace= is known"
    case .empty: "no call is named"
    }
  }
}

/// Prints the calls that the stubs have recorded.
///
/// Records are taken from the rings in one thread and written in another: a guest whose ring is full waits for a copy
/// of it, not for its text.
final class Tracer: Sendable {
  private let memory: SiloMemory
  private let descriptor: Int32
  private let taken = Mutex(TraceBatch())
  private let collector: Mutex<Output>
  /// Posted when there is something to write.
  private let arrival = HostSemaphore()

  private struct Output {
    var collector: TraceCollector
    var text = TraceOutput()
  }

  /// What may wait to be written. Beyond it the guests wait: nothing is lost, and nothing grows.
  private static let backlog = 32 << 20

  /// Opens the output and tells the stubs which calls to record. Nil when the output cannot be opened.
  init?(_ options: TraceOptions, memory: SiloMemory) {
    self.memory = memory
    if let output = options.output {
      descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0o666)
      if descriptor < 0 { return nil }
    } else {
      descriptor = 2
    }
    let tables: [UInt16: @Sendable () -> TableText] = [1: { Linux.callText }, 2: { FreeBSD.callText }]
    collector = Mutex(Output(collector: TraceCollector(style: options.style, tables: tables)))
    for (personality, table) in tables {
      let bytes = options.filter.bytes(for: table(), count: 1024)
      let wanted = pico_traced_calls(memory.header, Int32(personality))
      for (number, byte) in bytes.enumerated() { wanted[number] = byte }
    }
  }

  /// Starts to write: what a full ring hands over at once, and the rest now and then, so that a trace can be watched
  /// while a program waits.
  func begin() {
    RawThread.start { [self] in
      while true {
        arrival.wait(milliseconds: 100)
        take()
        writeTaken()
      }
    }
  }

  /// Empties all rings; a full one is among them.
  func ringIsFull() {
    if take() > Self.backlog { writeTaken() } else { arrival.post() }
  }

  /// Prints what all threads have recorded.
  func drain() {
    take()
    writeTaken()
  }

  /// Prints the last of a process that has ended.
  func finish(status: Int32, first process: Int32) {
    // What a thread leaves behind that has ended without saying so: its last calls, and the one it was in.
    take(unfinished: true)
    writeTaken()
    guard status < 128 else { return }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    collector.withLock { output in
      output.collector.exited(UInt32(process), status: Int(status), at: now, to: &output.text)
      write(&output.text)
    }
  }

  /// Takes the records of all rings. Nobody else reads a ring meanwhile.
  ///
  /// - Returns: bytes that wait to be written.
  @discardableResult
  private func take(unfinished: Bool = false) -> Int {
    taken.withLock { batch in
      for owner in memory.owners() {
        let ring = TraceRing(memory.memory(at: TraceRing.offset(slot: Int(owner.slot))))
        ring.drain(into: &batch)
        if unfinished, pico_thread_exists(owner.tgid, owner.tid) == 0 { ring.drainUnfinished(into: &batch) }
      }
      return batch.count
    }
  }

  private func writeTaken() {
    collector.withLock { output in
      let batch = taken.withLock { batch in
        defer { batch = TraceBatch() }
        return batch
      }
      guard !batch.isEmpty else { return }
      output.collector.write(batch, to: &output.text)
      write(&output.text)
    }
  }

  private func write(_ text: inout TraceOutput) {
    text.bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while let base = rest.baseAddress, rest.count > 0 {
        let done = Glibc.write(descriptor, base, rest.count)
        if done < 0 && errno == EINTR { continue }
        if done <= 0 { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[done...])
      }
    }
    text.removeAll()
  }
}
