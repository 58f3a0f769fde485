internal import CPicoHost
internal import Glibc
internal import PicoProvider

/// Ends all picoprocesses of a silo.
enum PicoprocessEnd {
  /// Kills every process that the silo's memory names and that runs the stub, until none is left or two seconds have
  /// passed: one that forks meanwhile is found in the next round.
  static func killAll(_ memory: SiloMemory) {
    for _ in 0..<200 {
      var found = false
      for owner in memory.owners() where owner.tgid > 1 && runsStub(owner.tgid) {
        found = true
        kill(owner.tgid, SIGKILL)
      }
      if !found { return }
      usleep(10_000)
    }
  }

  /// Whether no process that the silo's memory names is alive. One that may not be looked at counts as alive.
  static func isOver(_ memory: SiloMemory) -> Bool {
    var buffer = [CChar](repeating: 0, count: 4096)
    return !memory.owners().contains { $0.tgid > 1 && ![-ENOENT, -ESRCH].contains(executable($0.tgid, &buffer)) }
  }

  /// The memory is the guests' to write: only what really is a picoprocess may be killed.
  private static func runsStub(_ process: Int32) -> Bool {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = executable(process, &buffer)
    return length > 0
      && String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self).contains("/picostub")
  }
  /// The length of the path of what a process runs, or the negated errno: a dead one, reaped or not, has none.
  private static func executable(_ process: Int32, _ buffer: inout [CChar]) -> Int32 {
    pico_read_link("/proc/\(process)/exe", &buffer, 4096)
  }
}
