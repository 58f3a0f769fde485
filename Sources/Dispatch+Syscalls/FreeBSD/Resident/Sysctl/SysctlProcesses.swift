import CPicoABI

/// `kern.proc`: what there is to know of processes, from the host's `/proc`.
extension FreeBSD {
  /// Answers a variable under `kern.proc`, whose number there is `which`.
  static func putProcess(
    _ quantity: SysctlQuantity, _ which: Int32, _ arguments: SysctlName, _ request: inout SysctlRequest
  ) -> Int {
    if quantity == .processes { return putProcesses(which, arguments, &request) }
    guard arguments.count == (quantity == .processLimit ? 2 : 1) else { return Host.EINVAL }
    let own = Int32(bitPattern: request.t.pointee.process.pointee.tgid)
    let process = arguments[0] == -1 || arguments[0] == 0 ? own : arguments[0]
    guard process > 0 else { return ESRCH }
    switch quantity {
    case .processArguments: return putFile(process, "cmdline", &request)
    case .processEnvironment: return putFile(process, "environ", &request)
    default: break
    }
    let found = host(62, UInt(process), 0)  // kill
    guard process == own || found == 0 || found == Host.EPERM else { return ESRCH }
    switch quantity {
    case .processMemory: return putMemoryMap(process, &request)
    case .processFiles: return putFiles(process, &request)
    case .processFileCount: return putFileCount(process, &request)
    case .processDirectory: return putWorkingDirectory(process, &request)
    case .processLimit: return putLimit(process, arguments[1], &request)
    case .processMask: return putMask(process, &request)
    case .processEmulation: return request.put(text: "FreeBSD ELF64")
    case .processRelease: return request.put(__FreeBSD_version)
    case .processSignalCode:
      // struct kinfo_sigtramp: start, end and four spare words.
      let start = UInt(truncatingIfNeeded: request.t.pointee.process.pointee.signal_code)
      guard process == own, start != 0 else { return ENOENT }
      return request.put((start, start &+ 32, 0, 0, 0, 0) as (UInt, UInt, UInt, UInt, UInt, UInt))
    case .processPathname:
      // Other picoprocesses all run the same host image: only the supervisor knows theirs.
      guard process == own else { return ENOENT }
      return withScratchPage {
        let path = $0.baseAddress.unsafelyUnwrapped
        let length = executablePath(request.t, path, 4096)
        return length > 0 ? request.put(path, length + 1) : ENOENT
      }
    case .processGroups:
      guard process == own else { return Host.EPERM }
      return putGroups(&request)
    default: return ENOENT
    }
  }

  /// Copies a file of a process whole.
  private static func putFile(_ process: Int32, _ file: StaticString, _ request: inout SysctlRequest) -> Int {
    var path = ProcessPath(process, file)
    let descriptor = path.withAddress { host(Host.openat, UInt(bitPattern: -100), $0, 0x8_0000) }  // O_CLOEXEC
    guard descriptor >= 0 else { return descriptor == Host.EACCES ? Host.EPERM : ESRCH }
    let result = withScratchPage { buffer -> Int in
      let bytes = buffer.baseAddress.unsafelyUnwrapped
      while true {
        let got = host(Host.read, UInt(descriptor), UInt(bitPattern: bytes), 2048)
        if got == Host.EINTR { continue }
        if got <= 0 { return got < 0 ? Host.EPERM : 0 }
        let result = request.put(bytes, got)
        if result != 0 { return result }
      }
    }
    host(Host.close, UInt(descriptor))
    return result
  }

  private static func putGroups(_ request: inout SysctlRequest) -> Int {
    var result = request.put(Int32(truncatingIfNeeded: host(108)))  // getegid
    if result != 0 { return result }
    var groups: [1024 of Int32] = .init(repeating: 0)
    let count = withUnsafeMutablePointer(to: &groups) { host(115, 1024, UInt(bitPattern: $0)) }  // getgroups
    for index in 0..<max(0, count) where result == 0 { result = request.put(groups[index]) }
    return result
  }

  // MARK: struct kinfo_proc

  private static let kinfoSize = 1088

  /// Answers with one `struct kinfo_proc` a process.
  ///
  /// - Source: FreeBSD 14 `sys/kern/kern_proc.c`, `sysctl_kern_proc`.
  private static func putProcesses(_ which: Int32, _ arguments: SysctlName, _ request: inout SysctlRequest) -> Int {
    let isOne = which & ~0x10 == 1  // KERN_PROC_PID, KERN_PROC_INC_THREAD
    let isAll = which == 0 || which == 8  // KERN_PROC_ALL, KERN_PROC_PROC
    guard isAll ? arguments.count <= 1 : arguments.count == 1 else { return Host.EINVAL }
    let wanted = arguments.count > 0 ? arguments[0] : 0
    if isOne { return putProcess(wanted, &request) { _ in true } }
    if request.old == 0 { request.reserve(kinfoSize * 5) }
    let path: StaticString = "/proc"
    // AT_FDCWD; O_CLOEXEC | O_DIRECTORY
    let directory = host(Host.openat, UInt(bitPattern: -100), UInt(bitPattern: path.utf8Start), 0x9_0000)
    guard directory >= 0 else { return Host.EPERM }
    var result = 0
    withScratchPage { buffer in
      let entries = buffer.baseAddress.unsafelyUnwrapped
      while result == 0 {
        let got = host(217, UInt(directory), UInt(bitPattern: entries), 2048)  // getdents64
        if got <= 0 { return }
        var at = 0
        while result == 0 && at + 19 < got {
          let process = number(entries + at + 19)
          at += max(19, Int(entries.load(fromByteOffset: at + 16, as: UInt16.self)))
          if process == 0 { continue }
          let put = putProcess(process, &request) { isSelected($0, which, wanted) }
          if put != ESRCH { result = put }
        }
      }
    }
    host(Host.close, UInt(directory))
    return result
  }

  /// The number a directory entry's name is; 0 when it is none.
  private static func number(_ name: UnsafeRawPointer) -> Int32 {
    var value: Int32 = 0
    var index = 0
    while case let byte = name.load(fromByteOffset: index, as: UInt8.self), byte != 0 {
      guard byte >= 0x30, byte <= 0x39, index < 9 else { return 0 }
      value = value &* 10 &+ Int32(byte &- 0x30)
      index += 1
    }
    return value
  }

  private static func isSelected(_ info: KernelProcess, _ which: Int32, _ wanted: Int32) -> Bool {
    switch which {
    case 2: info.int(at: 80) == wanted  // KERN_PROC_PGRP
    case 3: info.int(at: 88) == wanted  // KERN_PROC_SESSION
    case 5: info.int(at: 168) == wanted  // KERN_PROC_UID
    case 6: info.int(at: 172) == wanted  // KERN_PROC_RUID
    default: true
    }
  }

  private static func putProcess(
    _ process: Int32, _ request: inout SysctlRequest, where isWanted: (KernelProcess) -> Bool
  ) -> Int {
    guard process > 0, let info = KernelProcess(process) else { return ESRCH }
    return isWanted(info) ? request.put(info) : 0
  }
}
