import Glibc
package import TableModel

/// How a trace looks.
package struct TraceStyle: Sendable {
  package enum Clock: Sendable { case none, seconds, microseconds, epoch }
  package enum Leader: Sendable {
    /// `[pid N] ` as soon as there are two threads.
    case whenSeveral
    /// `N ` before every line, as in a file.
    case always
    case never
  }

  /// `-t`, `-tt`, `-ttt`.
  package var clock = Clock.none
  /// `-r`: the time since the line before.
  package var relative = false
  /// `-T`: the time a call took.
  package var durations = false
  package var leader = Leader.whenSeveral
  /// `-s`: bytes of a string that are shown.
  package var stringLimit = 32
  /// `-v`: structures are shown whole.
  package var verbose = false

  package init() {}
}

/// Turns records into lines as `strace -f` prints them. Belongs to one thread.
package struct TraceWriter {
  private let style: TraceStyle
  private let texts: [UInt16: TraceText]
  private var threads: Set<UInt32> = []
  private var lastTime: UInt64?
  /// Where `=` stands unless a call is longer.
  private let resultColumn = 40

  /// - Parameter tables: the systems' tables by the number of their personality.
  package init(style: TraceStyle, tables: [UInt16: SystemCallTable]) {
    self.style = style
    texts = tables.mapValues { TraceText(table: $0, stringLimit: style.stringLimit, verbose: style.verbose) }
  }

  /// The line of a call, with its newline.
  package mutating func line(_ record: TraceRecord) -> String {
    threads.insert(record.tid)
    var line = leader(record.tid, at: record.start)
    guard let text = texts[record.personality] else { return line + "syscall_\(record.number)() = ?\n" }
    let (call, isFinished) = text.call(record)
    line += call
    guard isFinished else { return line + " <unfinished ...>\n" }
    line += " "
    if line.utf8.count < resultColumn { line += String(repeating: " ", count: resultColumn - line.utf8.count) }
    line += "= " + text.result(record)
    if style.durations, !record.neverReturned {
      line += " <" + fraction(record.end >= record.start ? record.end - record.start : 0) + ">"
    }
    return line + "\n"
  }

  /// The line of a signal that reached a guest.
  package mutating func signal(_ number: Int, tid: UInt32, personality: UInt16, at time: UInt64) -> String {
    let name = texts[personality]?.signalName(number) ?? String(number)
    return leader(tid, at: time) + "--- \(name) {si_signo=\(name)} ---\n"
  }

  /// The line of a thread or process that ended by itself.
  package mutating func exited(_ tid: UInt32, status: Int, at time: UInt64) -> String {
    let line = leader(tid, at: time) + "+++ exited with \(status) +++\n"
    threads.remove(tid)
    return line
  }

  /// The line of a process that a signal ended; the signal in its own system's number.
  package mutating func killed(
    _ tid: UInt32, signal number: Int, dumped: Bool = false, personality: UInt16, at time: UInt64
  ) -> String {
    let name = texts[personality]?.signalName(number) ?? String(number)
    let line = leader(tid, at: time) + "+++ killed by \(name)\(dumped ? " (core dumped)" : "") +++\n"
    threads.remove(tid)
    return line
  }

  // ---- What stands before a call ----

  private mutating func leader(_ tid: UInt32, at time: UInt64) -> String {
    var out = ""
    switch style.leader {
    case .always: out += padded(tid, left: false) + " "
    case .whenSeveral: if threads.count > 1 { out += "[pid \(padded(tid, left: true))] " }
    case .never: break
    }
    let clock = clockText(time)
    if style.relative {
      let since = lastTime.map { time >= $0 ? time - $0 : 0 } ?? 0
      let text = fraction(since)
      let aligned = String(repeating: " ", count: max(0, 13 - text.utf8.count)) + text
      // With a clock as well, the difference stands in parentheses after it.
      out += clock.isEmpty ? aligned + " " : "\(clock) (+\(aligned)) "
    } else if !clock.isEmpty {
      out += clock + " "
    }
    lastTime = time
    return out
  }

  private func padded(_ number: UInt32, left: Bool) -> String {
    let text = String(number)
    let spaces = String(repeating: " ", count: max(0, 5 - text.utf8.count))
    return left ? spaces + text : text + spaces
  }

  /// Seconds with six digits of a fraction.
  private func fraction(_ nanoseconds: UInt64) -> String {
    "\(nanoseconds / 1_000_000_000)." + sixDigits(nanoseconds)
  }

  private func sixDigits(_ nanoseconds: UInt64) -> String {
    let text = String(nanoseconds % 1_000_000_000 / 1000)
    return String(repeating: "0", count: 6 - text.utf8.count) + text
  }

  private func clockText(_ nanoseconds: UInt64) -> String {
    switch style.clock {
    case .none: return ""
    case .epoch: return fraction(nanoseconds)
    case .seconds, .microseconds:
      var seconds = time_t(truncatingIfNeeded: nanoseconds / 1_000_000_000)
      var local = tm()
      localtime_r(&seconds, &local)
      let parts = [local.tm_hour, local.tm_min, local.tm_sec].map { $0 < 10 ? "0\($0)" : String($0) }
      let text = parts.joined(separator: ":")
      return style.clock == .seconds ? text : text + "." + sixDigits(nanoseconds)
    }
  }
}
