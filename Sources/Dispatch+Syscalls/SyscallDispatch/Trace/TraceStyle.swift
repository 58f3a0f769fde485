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
