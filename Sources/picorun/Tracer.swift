internal import CPicoHost
internal import FreeBSDPersonality
internal import Glibc
internal import LinuxPersonality
internal import PicoProvider
internal import ProcessModel
internal import Synchronization
internal import SyscallDispatch
internal import TableModel

/// What of the command line concerns the trace.
struct TraceOptions {
  let filter: CallFilter
  var style = TraceStyle()
  let output: String?

  /// Nil when no trace is asked for.
  init?(_ options: Picorun) throws(CallFilter.Problem) {
    guard let expression = options.expression.last ?? (options.output == nil ? nil : "trace=all") else { return nil }
    filter = try CallFilter(expression, tables: [FreeBSD.systemCalls, Linux.systemCalls])
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
final class Tracer: Sendable {
  private let memory: SiloMemory
  private let descriptor: Int32
  private let collector: Mutex<TraceCollector>

  /// Opens the output and tells the stubs which calls to record. Nil when the output cannot be opened.
  init?(_ options: TraceOptions, memory: SiloMemory) {
    self.memory = memory
    if let output = options.output {
      descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0o666)
      if descriptor < 0 { return nil }
    } else {
      descriptor = 2
    }
    let tables: [UInt16: SystemCallTable] = [1: Linux.systemCalls, 2: FreeBSD.systemCalls]
    collector = Mutex(TraceCollector(style: options.style, tables: tables))
    for (personality, table) in tables {
      let bytes = options.filter.bytes(for: table, count: 1024)
      let wanted = pico_traced_calls(memory.header, Int32(personality))
      for (number, byte) in bytes.enumerated() { wanted[number] = byte }
    }
  }

  /// Prints what is there now and then, so that a trace can be watched while a program waits.
  func begin() {
    RawThread.start { [self] in
      while true {
        usleep(100_000)
        drain()
      }
    }
  }

  /// Prints what all threads have recorded.
  func drain() {
    collector.withLock { collector in
      write(collector.text(from: memory.owners().map { ring(Int($0.slot)) }))
    }
  }

  /// Prints the last of a process that has ended.
  func finish(status: Int32, first process: Int32) {
    drain()
    collector.withLock { collector in
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
      for owner in memory.owners() where pico_thread_exists(owner.tgid, owner.tid) == 0 {
        write(collector.lastText(from: ring(Int(owner.slot))))
      }
      if status < 128 { write(collector.exited(UInt32(process), status: Int(status), at: now)) }
    }
  }

  private func ring(_ slot: Int) -> TraceRing { TraceRing(memory.memory(at: TraceRing.offset(slot: slot))) }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let base = rest.baseAddress, rest.count > 0 {
        let done = Glibc.write(descriptor, base, rest.count)
        if done < 0 && errno == EINTR { continue }
        if done <= 0 { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[done...])
      }
    }
  }
}
