import CPicoEntry

/// exec: the stub itself is executed again, so that the kernel does to threads, descriptors and signal actions what
/// exec must do; the fresh stub then asks the supervisor for the image prepared here.
///
/// - Parameters: `directory` and `path` name the image as openat(2) does (`flags`: `AT_EMPTY_PATH`,
///   `AT_SYMLINK_NOFOLLOW`); `arguments` and `environment` are the guest's vectors, and stay where they are.
/// - Returns: only on failure, a negated host errno.
/// - Errors: of opening the path; `EACCES` for what is not a regular file or not executable; `ETXTBSY` where the host
///   tells (6.14); `ENOEXEC` for an image nobody recognises; `E2BIG`, `EFAULT`, `ENOMEM` of the host's exec.
func execute(_ t: Thread, _ directory: Int32, _ path: UInt, _ arguments: UInt, _ environment: UInt, _ flags: UInt)
  -> Int
{
  let length = path == 0 && flags & 0x1000 != 0 ? 0 : copyString(t.payload, from: path, limit: 4096)
  if length < 0 { return length }
  if length == 0 { t.payload.storeBytes(of: 0, as: UInt8.self) }
  let room = ExecRoom(t)
  let variables = namedEnvironment(t, directory, length, environment, room)
  if variables < 0 { return variables }
  let result = executeStub(t, directory, length, arguments, UInt(bitPattern: variables), flags, room)
  room.free()
  return result
}

/// The guest's environment and what the fresh stub is to know; the path as the guest gave it is in the payload.
private func namedEnvironment(
  _ t: Thread, _ directory: Int32, _ length: Int, _ environment: UInt, _ room: ExecRoom
) -> Int {
  var room = room
  var flags = (t.pointee.mask & Host.synchronous) << 32
  flags |= UInt64(t.pointee.transfer.pointee.cpuset & 0xff) << InheritedState.cpusetShift
  if t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_LINUX), Linux.hasNoNewPrivileges(t) {
    flags |= InheritedState.noNewPrivileges
  }
  if t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_FREEBSD), FreeBSD.Capsicum.isInCapabilityMode(t) {
    flags |= InheritedState.capabilityMode
  }
  let isAbsolute = length > 0 && t.payload.load(as: UInt8.self) == 0x2f
  if length > 0 && (directory == -100 || isAbsolute) {
    return InheritedState.environment(t, environment, flags: flags, name: t.payload, nameLength: length, &room)
  }
  // "/dev/fd/N", or "/dev/fd/N/path".
  return withScratchPage { page in
    guard let text = page.baseAddress else { return Host.ENOMEM }
    var name = descriptorPath(Int(directory))
    var at = 8
    text.storeBytes(of: 0x2f64_662f_7665_642f, as: UInt64.self)
    withUnsafeBytes(of: &name) { digits in
      while at - 8 + 14 < 32, digits[at - 8 + 14] != 0 {
        text.storeBytes(of: digits[at - 8 + 14], toByteOffset: at, as: UInt8.self)
        at += 1
      }
    }
    if length == 0 {
      flags |= InheritedState.namelessExec
    } else {
      text.storeBytes(of: 0x2f, toByteOffset: at, as: UInt8.self)
      at += 1
      let piece = min(length, 4096 - at)
      (text + at).copyMemory(from: t.payload, byteCount: piece)
      at += piece
    }
    return InheritedState.environment(t, environment, flags: flags, name: text, nameLength: at, &room)
  }
}

private func executeStub(
  _ t: Thread, _ directory: Int32, _ pathLength: Int, _ arguments: UInt, _ environment: UInt, _ flags: UInt,
  _ room: ExecRoom
) -> Int {
  let transfer = t.pointee.transfer
  var length = pathLength
  var hasHostName = false
  if length > 0 && t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_LINUX) {
    // "/proc/self/exe" is the stub on the host.
    hasHostName = Linux.replaceExecutableLink(t, directory, &length)
  }
  // The supervisor is told the guest's name: a script's interpreter is to get that.
  var place = UInt(bitPattern: t.payload)
  if t.hasView && length > 0 && !hasHostName {
    let failure = FileView.find(t, 0, directory, &place, follows: flags & 0x100 == 0)
    if failure != 0 { return failure }
  }
  let descriptor = openImage(place, directory, length, flags)
  if descriptor < 0 { return descriptor }
  transfer.pointee.args.0 = UInt64(descriptor)
  transfer.pointee.args.1 = UInt64(UInt(bitPattern: Int(directory)))
  // Where the interpreter's name is looked up: the supervisor believes what it is shown, and no number of ours.
  var here: UInt16 = 0x2f  // "/"
  let root = withUnsafeMutablePointer(to: &here) {
    host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: $0), 0x28_0000)  // O_PATH, O_CLOEXEC
  }
  transfer.pointee.args.2 = UInt64(UInt(bitPattern: root))
  transfer.pointee.payload_length = UInt32(length)
  // Where tracing is restricted, the supervisor may take the descriptor only by our leave: PR_SET_PTRACER.
  if Silo.header.pointee.yama != 0 { host(Host.prctl, 0x5961_6d61, UInt.max) }
  // The same for a process that has made itself undumpable; exec makes it dumpable in any case.
  let dumpable = host(Host.prctl, 3)  // PR_GET_DUMPABLE
  if dumpable != 1 { host(Host.prctl, 4, 1) }  // PR_SET_DUMPABLE
  let result = executePrepared(t, descriptor, root, arguments, environment, room)
  if dumpable == 0 { host(Host.prctl, 4, 0) }
  return result
}

private func executePrepared(
  _ t: Thread, _ descriptor: Int, _ root: Int, _ arguments: UInt, _ environment: UInt, _ room: ExecRoom
) -> Int {
  let transfer = t.pointee.transfer
  var reply = t.ring(PICO_EXEC)
  if root >= 0 {
    host(Host.close, UInt(bitPattern: root))
    if reply >= 0, transfer.pointee.result == Int64(Host.EMFILE) {
      // The guest's kernel needs no descriptor for an exec. The supervisor does without this one.
      transfer.pointee.args.0 = UInt64(descriptor)
      transfer.pointee.args.2 = UInt64.max
      reply = t.ring(PICO_EXEC)
    }
  }
  host(Host.close, UInt(bitPattern: descriptor))
  if reply < 0 { return reply }
  if transfer.pointee.result < 0 { return Int(transfer.pointee.result) }

  let stub = Int(truncatingIfNeeded: transfer.pointee.args.0)
  // A script: its interpreter, an optional argument and its own path stand before what the guest gave.
  let words = min(Int(transfer.pointee.args.1), 16)
  var vector = arguments
  if words > 0 {
    let strings = t.payload + Int(PICO_SLOT_SIZE - PICO_SLOT_PAYLOAD) / 2
    let made = scriptArguments(strings, words, arguments, room)
    if made < 0 {
      host(Host.close, UInt(bitPattern: stub))
      return made
    }
    vector = UInt(bitPattern: made)
  }
  traceFlush(t)
  t.flushCounters()
  Rewriting.flush()
  if t.pointee.traced_by_exec != 0 { host(101, 0) }  // PTRACE_TRACEME
  FreeBSD.Kqueues.beforeExec(t)
  // The fresh image has no handler for it at first.
  t.blockHostSignal(Host.everyThread)
  Actions.inheritIgnored(t.pointee.process, Host.everyThread)
  let vforked = t.pointee.process.pointee.vforked
  if vforked != 0 { t.pointee.process.pointee.vforked = 3 }
  var empty: UInt8 = 0
  let result = withUnsafePointer(to: &empty) {
    // AT_EMPTY_PATH. A signal that came first is delivered first: its handler would be gone after exec.
    t.blocking(Host.execveat, UInt(bitPattern: stub), UInt(bitPattern: $0), vector, environment, 0x1000)
  }
  t.pointee.process.pointee.vforked = vforked
  FreeBSD.Kqueues.afterFailedExec(t)
  Actions.install(Host.everyThread, restarts: Host.SA_RESTART)
  t.setHostMask(t.pointee.mask)
  host(Host.close, UInt(bitPattern: stub))
  return result == Host.EINTR ? Restart.always : result
}

/// Opens the image for reading and checks that it may be executed.
private func openImage(_ path: UInt, _ directory: Int32, _ length: Int, _ flags: UInt) -> Int {
  let at = UInt(bitPattern: Int(directory))
  if length == 0 && flags & 0x1000 == 0 { return -2 }  // ENOENT
  let refused = refusal(at, path, flags)
  if refused < 0 { return refused }
  if length == 0 {
    // The descriptor may be O_PATH: open anew what it stands for.
    var name = descriptorPath(Int(directory))
    return withUnsafePointer(to: &name) { host(Host.openat, 0, UInt(bitPattern: $0), 0x8_0000) }
  }
  let mode: UInt = 0x8_0000 | (flags & 0x100 != 0 ? 0x2_0000 : 0)  // O_CLOEXEC, O_NOFOLLOW
  let opened = host(Host.openat, at, path, mode)
  // What may be executed and not read, the supervisor may still be allowed to read: O_PATH.
  return opened == Host.EACCES ? host(Host.openat, at, path, mode | 0x20_0000) : opened
}

/// Why the host would not execute a path: 0 or a negated host errno.
private func refusal(_ at: UInt, _ path: UInt, _ flags: UInt) -> Int {
  // AT_EXECVE_CHECK (Linux 6.14): all that the kernel itself looks at before it reads the image, in its order:
  // permissions, mount options, who has it open for writing, and the events for those who watch it.
  var word: UInt8 = 0
  let checked = withUnsafePointer(to: &word) { word in
    withUnsafePointer(to: (UInt(bitPattern: word), UInt(0))) {
      host(Host.execveat, at, path, UInt(bitPattern: $0), 0, flags & 0x1100 | 0x1_0000)
    }
  }
  if checked != Host.EINVAL { return checked }
  // struct stat: 144 bytes, st_mode at 24.
  var status: [36 of UInt32] = .init(repeating: 0)
  let found = withUnsafeMutablePointer(to: &status) {
    host(262, at, path, UInt(bitPattern: $0), flags & 0x1100)  // newfstatat
  }
  if found < 0 { return found }
  if status[6] & 0xf000 == 0xa000 { return -40 }  // ELOOP: AT_SYMLINK_NOFOLLOW
  if status[6] & 0xf000 != 0x8000 { return Host.EACCES }
  // X_OK for the effective ids: what exec itself asks.
  return host(Host.faccessat2, at, path, 1, 0x200 | flags & 0x1100)
}

/// "/proc/self/fd/N", or "/proc/self/fdinfo/N", with its terminator.
func descriptorPath(_ descriptor: Int, information: Bool = false) -> (UInt64, UInt64, UInt64, UInt64) {
  var path: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  let descriptor = max(descriptor, 0)
  withUnsafeMutableBytes(of: &path) { bytes in
    let prefix: StaticString = information ? "/proc/self/fdinfo/" : "/proc/self/fd/"
    var at = 0
    while at < prefix.utf8CodeUnitCount {
      bytes[at] = prefix.utf8Start[at]
      at += 1
    }
    var divisor = 1
    while descriptor / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes[at] = UInt8(truncatingIfNeeded: 0x30 + descriptor / divisor % 10)
      divisor /= 10
      at += 1
    }
  }
  return path
}

/// Builds the argument vector of a script from `words` strings that stand one after the other at `strings`.
private func scriptArguments(
  _ strings: UnsafeMutableRawPointer, _ words: Int, _ arguments: UInt, _ room: ExecRoom
) -> Int {
  let count = InheritedState.countVector(arguments)
  if count < 0 { return count }
  guard let vector = room.take(bytes: (count + words + 2) * 8) else { return Host.ENOMEM }
  let slots = vector.assumingMemoryBound(to: UInt.self)
  var at = 0
  for index in 0..<words {
    slots[index] = UInt(bitPattern: strings + at)
    while at < Int(PICO_SLOT_SIZE - PICO_SLOT_PAYLOAD) / 2 - 1, (strings + at).load(as: UInt8.self) != 0 { at += 1 }
    at += 1
  }
  if count > 1 {
    guard copyIn(vector + words * 8, from: arguments &+ 8, count: (count - 1) * 8) else { return Host.EFAULT }
  }
  slots[words + max(count - 1, 0)] = 0
  return Int(bitPattern: vector)
}
