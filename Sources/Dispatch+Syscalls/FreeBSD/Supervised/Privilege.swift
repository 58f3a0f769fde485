internal import Glibc
internal import PicoProvider
internal import SyscallDispatch

extension FreeBSD {
  /// priv_check(9): whether the calling thread is the superuser's. Errors: `EPERM`.
  ///
  /// The thread waits for us, so what the host says of it stays true. A thread that has ended meanwhile has no rights.
  static func checkPrivilege(_ call: SupervisedCall) throws(GuestErrno) {
    guard effectiveUser(of: call.thread.host.tid) == 0 else { throw .EPERM }
  }

  private static func effectiveUser(of tid: Int32) -> UInt32? {
    guard let file = fopen("/proc/\(tid)/status", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix("Uid:") else { continue }
      // Real, effective, saved, file system.
      let words = text.split(whereSeparator: { $0 == "\t" || $0 == "\n" })
      return words.count > 2 ? UInt32(words[2]) : nil
    }
    return nil
  }
}
