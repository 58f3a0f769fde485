import CPicoEntry

extension FreeBSD {
  /// Code that FreeBSD's kernel maps for returning from handlers: calls the handler whose address is on the stack, then
  /// `sigreturn` with the context above it.
  private static let signalCode: (UInt64, UInt64, UInt64, UInt64) = (
    0x1024_7c8d_4824_14ff,  // call *(%rsp); lea 16(%rsp), %rdi
    0x0001_a1c0_c748_006a,  // push $0; mov $417, %rax
    0xfdeb_f405_0f00,  // syscall; hlt; jmp back
    0
  )

  /// Start state of a FreeBSD image: RDI names the argument block, RSP is 8 below a multiple of 16.
  ///
  /// - Source: FreeBSD sys/amd64/amd64/exec_machdep.c `exec_setregs`, sys/kern/imgact_elf.c `elf64_freebsd_copyout_auxargs`.
  static func enter(_ t: Thread, _ initial: InitialStack, _ start: pico_start) -> Bool {
    guard mapSignalCode(t) else { return false }
    HostTime.prepare(t.pointee.process, initial)
    let auxiliaryWords = 40
    let words = 1 + initial.argumentCount + 1 + initial.environmentCount + 1 + auxiliaryWords
    // Page sizes (2 words) and the canary (8 words) lie above the vectors.
    let top = UInt(bitPattern: initial.base)
    let block = (top &- UInt(words + 10) &* 8) & ~15
    guard let at = UnsafeMutablePointer<UInt>(bitPattern: block) else { return false }
    let extra = at + words
    extra[0] = 4096
    extra[1] = 0x20_0000
    host(318, UInt(bitPattern: extra + 2), 64, 0)  // getrandom

    at[0] = UInt(initial.argumentCount)
    var out = at + 1
    for index in 0..<initial.argumentCount { out = append(out, initial.argument(index)) }
    out = append(out, 0)
    for index in 0..<initial.environmentCount { out = append(out, initial.environment(index)) }
    out = append(out, 0)
    let entries: [20 of (UInt, UInt)] = [
      (3, UInt(start.program_headers)), (4, UInt(start.program_header_size)), (5, UInt(start.program_header_count)),
      (6, 4096), (7, UInt(start.interpreter_base)), (8, 0), (9, UInt(start.image_entry)),
      (15, UInt(bitPattern: pico_guest_path_address())), (16, UInt(bitPattern: extra + 2)), (17, 64),
      (18, UInt(UInt32(bitPattern: __FreeBSD_version))), (19, UInt(bitPattern: processorCount())),
      (20, UInt(bitPattern: extra)), (21, 16), (23, 3), (24, 0),
      (25, initial.auxiliaryValue(16) ?? 0), (26, initial.auxiliaryValue(26) ?? 0), (27, 0), (0, 0),
    ]
    for index in 0..<20 {
      out = append(out, entries[index].0)
      out = append(out, entries[index].1)
    }
    t.pointee.frame = pico_frame()
    t.pointee.frame.rdi = UInt64(block)
    t.pointee.frame.rsp = UInt64((block &- 8) & ~15) &+ 8
    t.pointee.frame.rip = start.entry
    t.pointee.frame.rflags = 0x202
    return true
  }

  private static func append(_ at: UnsafeMutablePointer<UInt>, _ value: UInt) -> UnsafeMutablePointer<UInt> {
    at.pointee = value
    return at + 1
  }

  private static func mapSignalCode(_ t: Thread) -> Bool {
    let base = UInt(PICO_CODE_BASE)
    // PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
    guard host(Host.mmap, base, 4096, 3, 0x10_0022, UInt.max, 0) == Int(PICO_CODE_BASE) else { return false }
    guard store(signalCode, at: base) else { return false }
    t.pointee.process.pointee.signal_code = UInt64(base)
    return host(Host.mprotect, base, 4096, 5) == 0  // PROT_READ | PROT_EXEC
  }

  private static func processorCount() -> Int {
    var set: [16 of UInt64] = .init(repeating: 0)
    let bytes = withUnsafeMutablePointer(to: &set) { host(204, 0, 128, UInt(bitPattern: $0)) }  // sched_getaffinity
    guard bytes > 0 else { return 1 }
    var count = 0
    for index in 0..<min(bytes / 8, 16) { count += set[index].nonzeroBitCount }
    return max(count, 1)
  }
}
