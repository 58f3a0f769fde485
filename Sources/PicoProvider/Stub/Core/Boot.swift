import CPicoEntry

/// The first code of a fresh stub image: after `execveat` by picorun for a silo's first picoprocess, or by the stub
/// itself when a guest calls exec.
///
/// `stack` is what the kernel made: argc, argv, NULL, envp, NULL, auxv. The guest's own vectors are built below it by
/// its personality; the strings stay where the kernel put them.
@c func pico_boot(_ stack: UnsafeMutablePointer<UInt>) -> Never {
  var initial = InitialStack(stack)
  var inherited = InheritedState.take(&initial)
  let socket = inherited.flags & InheritedState.first != 0 ? initial.takeSetupSocket() : -1
  // The filter needs it on the host; before, it tells whether the user had asked for it.
  if inherited.flags & InheritedState.first != 0 && host(Host.prctl, 39) == 1 {  // PR_GET_NO_NEW_PRIVS
    inherited.flags |= InheritedState.noNewPrivileges
  }
  // A first picoprocess has no filter yet, so nobody hears the bell.
  let mask = HostSignals.blockAtStart()
  let persona = UInt32(truncatingIfNeeded: host(135, 0xffff_ffff))  // personality: what it is
  var reply = hello(persona)
  if reply == Host.ENOSYS {
    installFilter(socket: socket)
    reply = hello(persona)
  } else if socket >= 0 {
    host(Host.close, UInt(bitPattern: socket))
  }
  if reply < 0 { die("the supervisor has no image for it") }
  let slot = UInt32(truncatingIfNeeded: reply >> 32)
  if !Silo.map(descriptor: UInt(reply & 0xffff_ffff), slot) { die("no memory for the stub") }

  let process = pico_main_process_address()
  process.pointee.tgid = UInt32(truncatingIfNeeded: host(Host.getpid))
  guard let thread = ThreadArea.take(process: process) else { die("no room for its first thread") }
  thread.pointee.slot = slot
  thread.adopt()
  // Its first use would read it: a page of zeros, and then another to write to.
  pico_text_ranges().pointee.start = 0
  HostSignals.install(thread, mask)
  thread.pointee.mask |= inherited.heldMask
  thread.pointee.transfer.pointee.cpuset = UInt32(inherited.flags >> InheritedState.cpusetShift & 0xff)

  let transfer = thread.pointee.transfer
  thread.pointee.supervised_calls = 1
  if transfer.pointee.step_count == 0 {
    // The descriptor table was full. There is room now: the silo's is closed, and so is what had come already.
    let stray = Int(Int64(bitPattern: transfer.pointee.args.0))
    if stray >= 0 { host(Host.close, UInt(bitPattern: stray)) }
    transfer.pointee.args.1 = UInt64(persona)
    if thread.ring(PICO_START) < 0 { die("the supervisor has no image for it") }
  }
  var start = pico_start()
  let loaded = runScript(thread, &start)
  if loaded != 0 {
    transfer.pointee.args.0 = UInt64(-loaded)
    _ = thread.ring(PICO_LOAD_FAILED)
    end(126)
  }
  process.pointee.personality = UInt32(truncatingIfNeeded: start.personality)
  process.pointee.image_id = start.image_id
  process.pointee.viewed = UInt32(truncatingIfNeeded: start.viewed)
  process.pointee.break_start = start.break_start
  process.pointee.break_now = start.break_start
  process.pointee.stack_top = UInt64(UInt(bitPattern: stack))
  transfer.pointee.personality = process.pointee.personality
  transfer.pointee.image_id = start.image_id
  thread.selectLeanTable()
  Actions.takeDefaults(process)
  thread.setHostMask(thread.pointee.mask)
  keepExecutablePath(thread, start)
  setName(inherited.isNamedByPath ? inherited.name : UInt(bitPattern: pico_executable_path_address()))
  if inherited.flags & InheritedState.capabilityMode != 0,
    start.personality == UInt64(PICO_PERSONALITY_FREEBSD), FreeBSD.cap_enter(thread) != 0
  {
    die("no memory for its capabilities")
  }
  let entered =
    start.personality == UInt64(PICO_PERSONALITY_FREEBSD)
    ? FreeBSD.enter(thread, initial, start) : Linux.enter(thread, initial, start, inherited)
  if !entered { die("no memory for its start") }
  FreeBSD.Families.hasExecuted()
  thread.stopAfterExec()
  pico_exit()
}

/// Ends a picoprocess that could not be set up, with one line on standard error.
func die(_ reason: StaticString) -> Never {
  complain("picorun: a picoprocess cannot begin: ")
  complain(reason)
  complain("\n")
  end(125)
}

private func complain(_ text: StaticString) {
  host(1, 2, UInt(bitPattern: text.utf8Start), UInt(bitPattern: text.utf8CodeUnitCount))  // write
}

private func end(_ status: UInt) -> Never {
  while true { host(Host.exit_group, status) }
}

/// Tells the supervisor of a fresh stub.
///
/// - Returns: the reply to `PICO_HELLO`, or a negated host errno.
private func hello(_ persona: UInt32) -> Int {
  while true {
    let reply = host(Int(PICO_DOORBELL), UInt(PICO_HELLO.rawValue), UInt(persona))
    if reply != Host.EINTR { return reply }
  }
}

/// Names the thread after the guest's program, as exec would have.
private func setName(_ path: UInt) {
  guard let path = UnsafePointer<UInt8>(bitPattern: path) else { return }
  var name = 0
  var at = 0
  while path[at] != 0 {
    if path[at] == 0x2f { name = at + 1 }  // /
    at += 1
  }
  host(Host.prctl, 15, UInt(bitPattern: path + name))  // PR_SET_NAME
}
