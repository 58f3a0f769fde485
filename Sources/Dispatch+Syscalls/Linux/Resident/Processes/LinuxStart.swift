import CPicoEntry

extension Linux {
  /// Start state of a Linux image: argc at RSP, then the vectors, then the auxiliary vector with what is the guest's.
  ///
  /// - Source: Linux fs/binfmt_elf.c `create_elf_tables`; x86-64 System V ABI 3.4.1.
  static func enter(_ t: Thread, _ initial: InitialStack, _ start: pico_start, _ inherited: InheritedState) -> Bool {
    if !inherit(t, initial, inherited) { return false }
    let base = UInt(bitPattern: initial.base)
    var auxiliaryCount = 0
    while initial.auxiliary[auxiliaryCount * 2] != 0 { auxiliaryCount += 1 }
    // The kernel's vectors are a little longer than the guest's: they are rewritten in place, front to back.
    let vectors = initial.base
    let environment = 1 + initial.argumentCount + 1
    vectors[environment + initial.environmentCount] = 0
    let auxiliary = vectors + environment + initial.environmentCount + 1
    var out = 0
    for index in 0..<auxiliaryCount {
      let key = initial.auxiliary[index * 2]
      var value = initial.auxiliary[index * 2 + 1]
      switch key {
      case 3: value = UInt(start.program_headers)  // AT_PHDR
      case 4: value = UInt(start.program_header_size)  // AT_PHENT
      case 5: value = UInt(start.program_header_count)  // AT_PHNUM
      case 7: value = UInt(start.interpreter_base)  // AT_BASE
      case 9: value = UInt(start.image_entry)  // AT_ENTRY
      case 31: value = executableName(inherited)  // AT_EXECFN
      default: break
      }
      auxiliary[out * 2] = key
      auxiliary[out * 2 + 1] = value
      out += 1
    }
    auxiliary[out * 2] = 0
    auxiliary[out * 2 + 1] = 0
    tellHost(t, initial, start, auxiliary, auxiliaryBytes: (out + 1) * 16)
    t.pointee.frame = pico_frame()
    t.pointee.frame.rip = start.entry
    t.pointee.frame.rsp = UInt64(base)
    t.pointee.frame.rflags = 0x202
    return true
  }

  /// What the picoprocess had before exec and keeps. False without memory for it.
  private static func inherit(_ t: Thread, _ initial: InitialStack, _ inherited: InheritedState) -> Bool {
    if inherited.flags & InheritedState.noNewPrivileges != 0 { words(t).pointee.flags |= noNewPrivileges }
    // The oldest filter is the last string.
    for index in (0..<inherited.stringCount).reversed() {
      if !inheritFilter(t, initial.environment(inherited.firstString + index)) { return false }
    }
    t.selectLeanTable()
    return true
  }

  /// The kernel names what it executed, the stub; the guest is to see what exec was called with.
  private static func executableName(_ inherited: InheritedState) -> UInt {
    inherited.name != 0 ? inherited.name : UInt(bitPattern: pico_guest_path_address())
  }

  /// Tells the host which memory is the program's, as exec would have: for `brk`, and for what `/proc` shows as its
  /// environment, auxiliary vector, heap and addresses. A host without `CONFIG_CHECKPOINT_RESTORE` cannot be told.
  private static func tellHost(
    _ t: Thread, _ initial: InitialStack, _ start: pico_start, _ auxiliary: UnsafeMutablePointer<UInt>,
    auxiliaryBytes: Int
  ) {
    let count = initial.argumentCount
    let environment = initial.environmentCount > 0 ? initial.environment(0) : initial.stringsEnd
    let argument = count > 0 ? initial.argument(0) : environment
    // struct prctl_mm_map: code, data, break, stack, arguments, environment, auxiliary vector, its size and -1 for "no
    // other executable file".
    var map: [13 of UInt64] = [
      start.code_start, start.code_end, start.data_start, start.data_end, start.break_start, start.break_start,
      UInt64(UInt(bitPattern: initial.base)), UInt64(argument), UInt64(environment), UInt64(environment),
      UInt64(max(initial.stringsEnd, environment)), UInt64(UInt(bitPattern: auxiliary)),
      UInt64(auxiliaryBytes) | 0xffff_ffff << 32,
    ]
    let told = withUnsafeMutablePointer(to: &map) {
      host(Host.prctl, 35, 14, UInt(bitPattern: $0), 104)  // PR_SET_MM, PR_SET_MM_MAP
    }
    t.pointee.process.pointee.kernel_break = told == 0 ? 1 : 0
  }
}
