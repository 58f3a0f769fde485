import Glibc
package import TableModel

/// Turns records into lines as `strace -f` prints them. Belongs to one thread.
package struct TraceWriter {
  private let style: TraceStyle
  /// By personality; read when its first call comes.
  private var texts: [TraceText?] = []
  private let tables: [UInt16: @Sendable () -> TableText]
  private var threads: Set<UInt32> = []
  /// The thread of the line before: most lines are its too.
  private var lastThread: UInt32?
  private var lastTime: UInt64?
  private var clock = LocalClock()
  /// Where `=` stands unless a call is longer.
  private let resultColumn = 40

  /// - Parameter tables: the systems' tables by the number of their personality.
  package init(style: TraceStyle, tables: [UInt16: @Sendable () -> TableText]) {
    self.style = style
    self.tables = tables
  }

  /// Writes the line of a call, with its newline.
  package mutating func line(_ record: TraceRecord, to out: inout TraceOutput) {
    let start = out.count
    leader(record.tid, at: record.start, to: &out)
    guard let text = text(record.personality) else {
      out.put("syscall_" as StaticString)
      out.decimal(record.number)
      return out.put("() = ?\n" as StaticString)
    }
    guard text.call(record, to: &out) else { return out.put(" <unfinished ...>\n" as StaticString) }
    out.put(0x20)
    out.pad(to: resultColumn, from: start)
    out.put("= " as StaticString)
    text.result(record, to: &out)
    if style.durations, !record.neverReturned {
      out.put(" <" as StaticString)
      fraction(record.end >= record.start ? record.end - record.start : 0, to: &out)
      out.put(0x3e)
    }
    out.put(0x0a)
  }

  /// Writes the line of a signal that reached a guest.
  package mutating func signal(
    _ number: Int, tid: UInt32, personality: UInt16, at time: UInt64, to out: inout TraceOutput
  ) {
    let name = text(personality)?.signalName(number) ?? String(number)
    leader(tid, at: time, to: &out)
    out.put("--- \(name) {si_signo=\(name)} ---\n")
  }

  /// Writes the line of a thread or process that ended by itself.
  package mutating func exited(_ tid: UInt32, status: Int, at time: UInt64, to out: inout TraceOutput) {
    leader(tid, at: time, to: &out)
    out.put("+++ exited with \(status) +++\n")
    forget(tid)
  }

  /// Writes the line of a process that a signal ended; the signal in its own system's number.
  package mutating func killed(
    _ tid: UInt32, signal number: Int, dumped: Bool = false, personality: UInt16, at time: UInt64,
    to out: inout TraceOutput
  ) {
    let name = text(personality)?.signalName(number) ?? String(number)
    leader(tid, at: time, to: &out)
    out.put("+++ killed by \(name)\(dumped ? " (core dumped)" : "") +++\n")
    forget(tid)
  }

  private mutating func text(_ personality: UInt16) -> TraceText? {
    if Int(personality) < texts.count, let text = texts[Int(personality)] { return text }
    guard let table = tables[personality] else { return nil }
    while texts.count <= Int(personality) { texts.append(nil) }
    let text = TraceText(CallForms(table()), stringLimit: style.stringLimit, verbose: style.verbose)
    texts[Int(personality)] = text
    return text
  }

  private mutating func forget(_ tid: UInt32) {
    threads.remove(tid)
    lastThread = nil
  }

  // ---- What stands before a call ----

  private mutating func leader(_ tid: UInt32, at time: UInt64, to out: inout TraceOutput) {
    if lastThread != tid {
      threads.insert(tid)
      lastThread = tid
    }
    let start = out.count
    switch style.leader {
    case .always:
      out.decimal(UInt64(tid))
      out.pad(to: 5, from: start)
      out.put(0x20)
    case .whenSeveral:
      if threads.count > 1 {
        out.put("[pid " as StaticString)
        out.spaces(5 - decimalDigits(tid))
        out.decimal(UInt64(tid))
        out.put("] " as StaticString)
      }
    case .never: break
    }
    if style.clock != .none {
      clockText(time, to: &out)
      out.put(0x20)
    }
    if style.relative {
      let since = lastTime.map { time >= $0 ? time - $0 : 0 } ?? 0
      // With a clock as well, the difference stands in parentheses after it.
      if style.clock != .none { out.put("(+" as StaticString) }
      out.spaces(13 - 7 - decimalDigits(UInt32(truncatingIfNeeded: since / 1_000_000_000)))
      fraction(since, to: &out)
      out.put(style.clock == .none ? " " as StaticString : ") ")
    }
    lastTime = time
  }

  private func decimalDigits(_ number: UInt32) -> Int {
    var (count, rest) = (1, number / 10)
    while rest != 0 { (count, rest) = (count + 1, rest / 10) }
    return count
  }

  /// Seconds with six digits of a fraction.
  private func fraction(_ nanoseconds: UInt64, to out: inout TraceOutput) {
    out.decimal(nanoseconds / 1_000_000_000)
    out.put(0x2e)
    out.digits(nanoseconds % 1_000_000_000 / 1000, radix: 10, atLeast: 6)
  }

  private mutating func clockText(_ nanoseconds: UInt64, to out: inout TraceOutput) {
    if style.clock == .epoch { return fraction(nanoseconds, to: &out) }
    clock.put(nanoseconds / 1_000_000_000, to: &out)
    guard style.clock == .microseconds else { return }
    out.put(0x2e)
    out.digits(nanoseconds % 1_000_000_000 / 1000, radix: 10, atLeast: 6)
  }
}

/// `HH:MM:SS` of the user's time zone; the second before is kept, since most lines have the same.
private struct LocalClock {
  private var seconds: UInt64?
  private var text = TraceOutput()

  mutating func put(_ now: UInt64, to out: inout TraceOutput) {
    if seconds != now {
      var time = time_t(truncatingIfNeeded: now)
      var local = tm()
      localtime_r(&time, &local)
      text.removeAll()
      for (place, part) in [local.tm_hour, local.tm_min, local.tm_sec].enumerated() {
        if place > 0 { text.put(0x3a) }
        text.digits(UInt64(truncatingIfNeeded: part), radix: 10, atLeast: 2)
      }
      seconds = now
    }
    out.put(text.bytes)
  }
}
