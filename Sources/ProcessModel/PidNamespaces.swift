internal import Glibc
internal import PicoProvider

/// Ids of threads in the pid namespaces that guests make.
///
/// - Source: pid_namespaces(7), proc_pid_status(5) `NSpid`.
enum PidNamespaces {
  /// A thread's ids, from the supervisor's namespace to the thread's own, and its process in the supervisor's.
  static func ids(of thread: Int32) -> (process: Int32, ids: [Int32])? {
    let descriptor = open("/proc/\(thread)/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let file = Descriptor(descriptor)
    var room = [UInt8](repeating: 0, count: 4096)
    let length = read(file.number, &room, room.count)
    guard length > 0 else { return nil }
    var process: Int32?
    for line in room[..<length].split(separator: UInt8(ascii: "\n")) {
      let words = line.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
      guard let head = words.first else { continue }
      let numbers = words.dropFirst().compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
      if head.elementsEqual("Tgid:".utf8) { process = numbers.first }
      if head.elementsEqual("NSpid:".utf8), let process, !numbers.isEmpty { return (process, numbers) }
    }
    return nil
  }
}
