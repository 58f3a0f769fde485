import CPicoEntry

/// Process descriptors are the host's pidfds.
extension FreeBSD {
  private static let PD_DAEMON: Int32 = 1
  private static let PD_CLOEXEC: Int32 = 2

  /// `pdfork(2)`: a child whose end is told by a descriptor, stored at `fdp`, and not by SIGCHLD.
  ///
  /// Without `PD_DAEMON` the child is killed when the descriptor is closed for the last time.
  ///
  /// - Errors: `EINVAL` for unknown flags; `EFAULT`; those of fork; `EMFILE`.
  /// - Differs: a descriptor that a child of fork, or a receiver of `SCM_RIGHTS`, has does not keep the child alive.
  /// - Source: pdfork(2); FreeBSD sys/kern/sys_procdesc.c.
  static func pdfork(_ t: Thread, _ fdp: UInt, _ flags: Int32) -> Int {
    if flags & ~(PD_DAEMON | PD_CLOEXEC) != 0 { return Host.EINVAL }
    var arguments = pico_clone_args()
    arguments.flags = Clone.PIDFD
    arguments.pidfd = UInt64(fdp)
    let pipe = flags & PD_DAEMON == 0 ? Leashes.makePipe() : nil
    if flags & PD_DAEMON == 0 && pipe == nil { return HostError.EMFILE }
    let result = t.create(&arguments) { frame in
      frame.rax = 0
      frame.rdx = 1
      frame.rflags &= ~1
    }
    if let pipe {
      if result == 0 {
        Leashes.hang(t, pipe)
      } else if result > 0, let descriptor = load(fdp, as: Int32.self) {
        Leashes.hold(t, descriptor, pipe, closesOnExec: flags & PD_CLOEXEC != 0)
      } else {
        host(Host.close, word(pipe.reader))
        host(Host.close, word(pipe.writer))
      }
    }
    if result > 0 { Families.awaitBirth(result) }
    if result >= 0 {
      t.pointee.second_result = result == 0 ? 1 : 0
      t.pointee.second_result_valid = 1
    }
    if result > 0 && flags & PD_CLOEXEC == 0, let descriptor = load(fdp, as: Int32.self) {
      host(Host.fcntl, UInt(bitPattern: Int(descriptor)), 2, 0)  // F_SETFD: the host's begin close-on-exec
    }
    return result
  }

  /// `pdkill(2)`. Errors: `EINVAL` for a number that is no signal; `EBADF`; `ESRCH`; `EPERM`.
  static func pdkill(_ t: Thread, _ fd: Int32, _ signum: Int32) -> Int {
    guard signum == 0 || hostSignal(signum) != nil else { return Host.EINVAL }
    return host(424, UInt(bitPattern: Int(fd)), UInt(hostSignal(signum) ?? 0), 0, 0)  // pidfd_send_signal
  }

  /// `pdgetpid(2)`: the number of the process, as an int at `pidp`. Errors: `EBADF`; `ESRCH` after its end; `EFAULT`.
  static func pdgetpid(_ t: Thread, _ fd: Int32, _ pidp: UInt) -> Int {
    let alive = host(424, UInt(bitPattern: Int(fd)), 0, 0, 0)
    if alive < 0 { return alive }
    // The host tells it in /proc/self/fdinfo/N, in a line "Pid:\tP".
    return withScratchPage { page -> Int in
      guard let room = page.baseAddress else { return Host.EFAULT }
      var path = descriptorPath(Int(fd), information: true)
      let information = withUnsafePointer(to: &path) {
        host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: $0), 0x8_0000)
      }
      if information < 0 { return information }
      let length = host(Host.read, UInt(bitPattern: information), UInt(bitPattern: room), 4000)
      host(Host.close, UInt(bitPattern: information))
      guard let process = number(after: "\nPid:\t", in: room, max(length, 0)) else { return -9 }  // EBADF
      return store(process, at: pidp) ? 0 : Host.EFAULT
    }
  }

  private static func number(after mark: StaticString, in text: UnsafeMutableRawPointer, _ length: Int) -> Int32? {
    let size = mark.utf8CodeUnitCount
    var at = 0
    while at + size < length {
      var same = 0
      while same < size, text.load(fromByteOffset: at + same, as: UInt8.self) == mark.utf8Start[same] { same += 1 }
      if same == size {
        var value: Int32 = 0
        at += size
        while at < length {
          let byte = text.load(fromByteOffset: at, as: UInt8.self)
          guard byte >= 0x30, byte <= 0x39 else { break }
          value = value &* 10 &+ Int32(byte - 0x30)
          at += 1
        }
        return value
      }
      at += 1
    }
    return nil
  }
}
