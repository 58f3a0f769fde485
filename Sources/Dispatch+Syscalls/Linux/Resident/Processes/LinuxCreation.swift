import CPicoEntry

extension Linux {
  private static let SIGCHLD: UInt64 = 17

  /// `clone(2)`, x86-64's argument order.
  static func clone(
    _ t: Thread, _ flags: UInt, _ newsp: UInt, _ parent_tid: UInt, _ child_tid: UInt, _ tls: UInt
  ) -> Int {
    var arguments = pico_clone_args()
    arguments.flags = UInt64(flags) & 0xffff_ff00
    // clone3 refuses a signal where clone has no use for one.
    arguments.exit_signal = UInt64(flags) & (Clone.PARENT | Clone.THREAD) != 0 ? 0 : UInt64(flags) & 0xff
    arguments.pidfd = UInt64(parent_tid)
    arguments.parent_tid = UInt64(parent_tid)
    arguments.child_tid = UInt64(child_tid)
    arguments.tls = UInt64(tls)
    if arguments.flags & Clone.PIDFD == 0 { arguments.pidfd = 0 }
    if arguments.flags & Clone.PARENT_SETTID == 0 { arguments.parent_tid = 0 }
    // CLONE_DETACHED has no meaning since 2.5; clone3 refuses it.
    arguments.flags &= ~0x40_0000
    return make(t, &arguments, stack: UInt64(newsp))
  }

  /// `clone3(2)`.
  ///
  /// - Errors: `EINVAL` for a size below 64, a stack without size or the reverse; `E2BIG` for set bytes past what is
  ///   known; `EFAULT`; those of the host.
  static func clone3(_ t: Thread, _ cl_args: UInt, _ size: UInt) -> Int {
    if size > 4096 { return Host.E2BIG }
    if size < 64 { return Host.EINVAL }
    var arguments = pico_clone_args()
    let known = MemoryLayout<pico_clone_args>.size
    let copied = withUnsafeMutablePointer(to: &arguments) {
      copyIn(UnsafeMutableRawPointer($0), from: cl_args, count: min(Int(size), known))
    }
    if !copied { return Host.EFAULT }
    var at = known
    while at < Int(size) {
      guard let byte = load(cl_args &+ UInt(at), as: UInt8.self) else { return Host.EFAULT }
      if byte != 0 { return Host.E2BIG }
      at += 1
    }
    if (arguments.stack == 0) != (arguments.stack_size == 0) { return Host.EINVAL }
    return make(t, &arguments, stack: arguments.stack &+ arguments.stack_size)
  }

  /// `fork(2)`.
  static func fork(_ t: Thread) -> Int {
    var arguments = pico_clone_args()
    arguments.exit_signal = SIGCHLD
    return make(t, &arguments, stack: 0)
  }

  /// `vfork(2)`.
  static func vfork(_ t: Thread) -> Int {
    var arguments = pico_clone_args()
    arguments.flags = Clone.VM | Clone.VFORK
    arguments.exit_signal = SIGCHLD
    return make(t, &arguments, stack: 0)
  }

  private static func make(_ t: Thread, _ arguments: inout pico_clone_args, stack: UInt64) -> Int {
    t.create(&arguments) { frame in
      frame.rax = 0
      if stack != 0 { frame.rsp = stack }
    }
  }

  /// `exit(2)`: ends the calling thread; the last one ends the process.
  static func exit(_ t: Thread, _ status: Int32) -> Int { exitThread(t, status: status) }

  /// `exit_group(2)`.
  static func exit_group(_ t: Thread, _ status: Int32) -> Int { exitProcess(t, status: status) }

  /// `execve(2)`.
  static func execve(_ t: Thread, _ filename: UInt, _ argv: UInt, _ envp: UInt) -> Int {
    execute(t, -100, filename, argv, envp, 0)
  }

  /// `execveat(2)`. Errors: `EINVAL` for unknown flags, then those of `execve`.
  static func execveat(_ t: Thread, _ fd: Int32, _ filename: UInt, _ argv: UInt, _ envp: UInt, _ flags: Int32) -> Int {
    if flags & ~0x1100 != 0 { return Host.EINVAL }
    return execute(t, fd, filename, argv, envp, UInt(UInt32(bitPattern: flags)))
  }

  /// `arch_prctl(2)`: FS is the kernel's; GS is remembered and swapped, since the stub lives behind it.
  ///
  /// - Errors: `EPERM` for an address outside user space; `EFAULT`; the host's for all other codes.
  static func arch_prctl(_ t: Thread, _ code: Int32, _ addr: UInt) -> Int {
    switch code {
    case 0x1001:  // ARCH_SET_GS
      if addr >= 0x7fff_ffff_f000 { return Host.EPERM }
      t.pointee.guest_gs = UInt64(addr)
      t.pointee.flags |= UInt32(PICO_THREAD_OWNS_GS)
      t.selectLeanTable()
      return 0
    case 0x1004:  // ARCH_GET_GS
      return store(t.pointee.guest_gs, at: addr) ? 0 : Host.EFAULT
    default:
      return host(Host.arch_prctl, UInt(bitPattern: Int(code)), addr)
    }
  }
}
