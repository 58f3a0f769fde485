import CPicoEntry

/// `/proc/PID/status`: which signals are caught and ignored, and what seccomp does, as far as the guests know.
struct ProcStatus {
  private let reader: Thread
  private var tgid = 0
  private var pid = 0

  init(_ reader: Thread) { self.reader = reader }

  mutating func copyLine(_ text: inout ProcText, _ line: UnsafeMutableRawPointer, _ length: Int) {
    if starts(line, length, "Tgid:") { tgid = number(line, length) }
    if starts(line, length, "Pid:") { pid = number(line, length) }
    if starts(line, length, "NoNewPrivs:") {
      text.append("NoNewPrivs:", decimal: (words?.flags ?? 0) & Linux.noNewPrivileges == 0 ? 0 : 1)
    } else if starts(line, length, "Seccomp:") {
      let words = words
      let isStrict = (words?.flags ?? 0) & Linux.strictSeccomp != 0
      text.append("Seccomp:", decimal: isStrict ? 1 : words?.filters ?? 0 != 0 ? 2 : 0)
    } else if starts(line, length, "Seccomp_filters:") {
      text.append("Seccomp_filters:", decimal: filters)
    } else if starts(line, length, "SigIgn:") {
      text.append("SigIgn:", hexadecimal: signals(line, ignored: true))
    } else if starts(line, length, "SigCgt:") {
      text.append("SigCgt:", hexadecimal: signals(line, ignored: false))
    } else {
      text.append(line, length)
    }
  }

  /// The area of the thread the text is about, if it is one of this picoprocess.
  private var thread: Thread? {
    guard tgid == Int(reader.pointee.process.pointee.tgid) else { return nil }
    var found: Thread?
    ThreadArea.forEach { if Int($0.pointee.tid) == pid { found = $0 } }
    return found
  }

  private var words: Linux.ThreadWords? {
    guard let thread else { return nil }
    return Linux.words(thread).pointee
  }

  private var filters: Int {
    guard let thread else { return 0 }
    return Linux.filterCount(thread)
  }

  /// A set of signals: the host's, but for those that the stub handles whatever the guest wants.
  private func signals(_ line: UnsafeMutableRawPointer, ignored: Bool) -> UInt64 {
    let stubs = Host.synchronous | Host.bit(Host.everyThread)
    var set = InheritedState.hexadecimal((line + 8).assumingMemoryBound(to: UInt8.self), 16) & ~stubs
    for signal in Int32(1)...64 where stubs & Host.bit(signal) != 0 {
      let handler = handler(of: signal)
      if handler == Host.SIG_IGN ? ignored : handler != Host.SIG_DFL && !ignored { set |= Host.bit(signal) }
    }
    return set
  }

  private func handler(of signal: Int32) -> UInt64 {
    if tgid == Int(reader.pointee.process.pointee.tgid) { return Actions.get(reader.pointee.process, signal).handler }
    // Another picoprocess has its actions where this one has them.
    var action = pico_action()
    let main = pico_main_process_address()
    let place = UInt(bitPattern: pico_action_at(main, signal))
    let read = withUnsafeMutablePointer(to: &action) { action -> Int in
      withUnsafePointer(to: (UInt(bitPattern: action), UInt(32))) { local in
        withUnsafePointer(to: (place, UInt(32))) {
          host(310, UInt(bitPattern: tgid), UInt(bitPattern: local), 1, UInt(bitPattern: $0), 1)  // process_vm_readv
        }
      }
    }
    return read == 32 && action.handler != Actions.unknown ? action.handler : Host.SIG_DFL
  }

  private func starts(_ line: UnsafeMutableRawPointer, _ length: Int, _ label: StaticString) -> Bool {
    length > label.utf8CodeUnitCount && ProcEntry.equals(line, label.utf8CodeUnitCount, label)
  }

  /// The number that stands behind a label.
  private func number(_ line: UnsafeMutableRawPointer, _ length: Int) -> Int {
    var value = 0
    for at in 0..<length {
      let byte = line.load(fromByteOffset: at, as: UInt8.self)
      if byte >= 0x30 && byte <= 0x39 { value = (value &* 10 &+ Int(byte - 0x30)) & 0xffff_ffff }
    }
    return value
  }
}
