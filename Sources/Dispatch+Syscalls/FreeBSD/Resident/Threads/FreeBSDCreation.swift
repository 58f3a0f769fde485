import CPicoEntry

extension FreeBSD {
  private static let SIGCHLDHost: UInt64 = 17

  /// `fork(2)`. The child's second result is 1, the parent's 0.
  static func fork(_ t: Thread) -> Int { create(t, flags: 0) }

  /// `vfork(2)`.
  static func vfork(_ t: Thread) -> Int { create(t, flags: Clone.VM | Clone.VFORK) }

  /// `rfork(2)`.
  ///
  /// - Errors: `EINVAL` for flags that are not defined, that contradict each other (`RFSPAWN` stands alone), or ask for what is not had:
  ///   memory shared with a child that has no stack of its own, or a change of the caller alone.
  /// - Source: FreeBSD sys/kern/kern_fork.c `sys_rfork`.
  static func rfork(_ t: Thread, _ flags: Int32) -> Int {
    let RFFDG: Int32 = 1 << 2
    let RFPROC: Int32 = 1 << 4
    let RFMEM: Int32 = 1 << 5
    let RFNOWAIT: Int32 = 1 << 6
    let RFCFDG: Int32 = 1 << 12
    let RFSPAWN: Int32 = .min
    // What posix_spawn(3) asks for: a vfork whose child begins without handlers.
    if flags == RFSPAWN { return create(t, flags: Clone.VM | Clone.VFORK | Clone.CLEAR_SIGHAND) }
    if flags & RFPROC == 0 || flags & (RFMEM | RFNOWAIT) != 0 { return Host.EINVAL }
    if flags & ~(RFPROC | RFFDG | RFCFDG) != 0 || flags & (RFFDG | RFCFDG) == (RFFDG | RFCFDG) { return Host.EINVAL }
    if flags & RFCFDG != 0 { return Host.EINVAL }
    return create(t, flags: flags & RFFDG != 0 ? 0 : 0x400)  // CLONE_FILES
  }

  private static func create(_ t: Thread, flags: UInt64) -> Int {
    var arguments = pico_clone_args()
    arguments.flags = flags
    arguments.exit_signal = SIGCHLDHost
    // posix_spawn(3) asks with WNOHANG for a child that could not execute.
    let result = t.create(&arguments, awaitsEnd: true) { frame in
      frame.rax = 0
      frame.rdx = 1
      frame.rflags &= ~1
    }
    if result > 0 { Families.awaitBirth(result) }
    if result >= 0 {
      t.pointee.second_result = result == 0 ? 1 : 0
      t.pointee.second_result_valid = 1
    }
    return result
  }

  /// The child of a fork: what FreeBSD does not let it inherit goes.
  static func forkChild(_ t: Thread) {
    kqueueForkChild(t)
    t.pointee.traced_by_exec = 0
    Aio.forkChild(t)
    Leashes.forkChild(t)
  }

  /// `_exit(2)`.
  static func exit(_ t: Thread, _ rval: Int32) -> Int { exitProcess(t, status: rval) }

  /// `execve(2)`.
  static func execve(_ t: Thread, _ fname: UInt, _ argv: UInt, _ envv: UInt) -> Int {
    // FreeBSD copies the strings before it looks for the file.
    guard canRead(strings: argv), envv == 0 || canRead(strings: envv) else { return Host.EFAULT }
    return execute(t, -100, fname, argv, envv, 0)
  }

  /// Whether a vector of strings can be read up to its null, and each string at its beginning.
  private static func canRead(strings vector: UInt) -> Bool {
    for index in 0..<UInt(0x4_0000) {
      guard let string = load(vector &+ index &* 8, as: UInt.self) else { return false }
      if string == 0 { return true }
      if load(string, as: UInt8.self) == nil { return false }
    }
    return true
  }

  /// `fexecve(2)`.
  static func fexecve(_ t: Thread, _ fd: Int32, _ argv: UInt, _ envv: UInt) -> Int {
    execute(t, fd, 0, argv, envv, 0x1000)  // AT_EMPTY_PATH
  }
}
