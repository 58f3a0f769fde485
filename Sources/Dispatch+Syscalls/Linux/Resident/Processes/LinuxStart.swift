import CPicoEntry

extension Linux {
  /// Start state of a Linux image: argc at RSP, then the vectors, then the auxiliary vector with what is the guest's.
  ///
  /// - Source: Linux fs/binfmt_elf.c `create_elf_tables`; x86-64 System V ABI 3.4.1.
  static func enter(_ t: Thread, _ initial: InitialStack, _ start: pico_start) -> Bool {
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
      case 31: value = executableName(initial, value)  // AT_EXECFN
      default: break
      }
      auxiliary[out * 2] = key
      auxiliary[out * 2 + 1] = value
      out += 1
    }
    auxiliary[out * 2] = 0
    auxiliary[out * 2 + 1] = 0
    t.pointee.frame = pico_frame()
    t.pointee.frame.rip = start.entry
    t.pointee.frame.rsp = UInt64(base)
    t.pointee.frame.rflags = 0x202
    return true
  }

  /// The kernel names what it executed, the stub; the guest is to see its own path. Its first argument is the nearest
  /// that the stack already holds.
  private static func executableName(_ initial: InitialStack, _ kernels: UInt) -> UInt {
    initial.argumentCount > 0 ? initial.argument(0) : kernels
  }
}
