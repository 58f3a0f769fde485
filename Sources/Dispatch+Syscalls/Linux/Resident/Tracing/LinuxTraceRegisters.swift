import CPicoEntry

/// The requests of `ptrace(2)` for a tracee's registers.
extension Linux {
  static func wholeRegisters(_ t: Thread, _ tracee: Tracing.TraceePointer, _ data: UInt, sets: Bool) -> Int {
    var values = Tracing.Registers()
    if sets {
      guard let wanted = load(data, as: Tracing.Registers.self) else { return Host.EFAULT }
      return Tracing.setRegisters(t, tracee, wanted)
    }
    let result = Tracing.registers(t, tracee, &values)
    return result != 0 ? result : store(values, at: data) ? 0 : Host.EFAULT
  }

  /// `PTRACE_GETREGSET` and `PTRACE_SETREGSET` of `NT_PRSTATUS`: as much as the guest's `iovec` holds.
  static func registerSet(_ t: Thread, _ tracee: Tracing.TraceePointer, _ data: UInt, sets: Bool) -> Int {
    guard let vector = load(data, as: (UInt, UInt).self) else { return Host.EFAULT }
    let size = min(Int(min(vector.1, 4096)), MemoryLayout<Tracing.Registers>.size)
    if vector.1 % 8 != 0 { return Host.EINVAL }
    var values = Tracing.Registers()
    let result = Tracing.registers(t, tracee, &values)
    if result != 0 { return result }
    let done = withUnsafeMutablePointer(to: &values) {
      sets ? copyIn($0, from: vector.0, count: size) : copyOut(to: vector.0, $0, count: size)
    }
    if !done { return Host.EFAULT }
    if sets {
      let set = Tracing.setRegisters(t, tracee, values)
      if set != 0 { return set }
    }
    return store(UInt(size), at: data &+ 8) ? 0 : Host.EFAULT
  }

  /// `PTRACE_PEEKUSER` and `PTRACE_POKEUSER`: a word of the registers; what lies behind them is the host's.
  static func userWord(_ t: Thread, _ tracee: Tracing.TraceePointer, _ addr: UInt, _ data: UInt, sets: Bool) -> Int {
    if addr % 8 != 0 || addr >= UInt(MemoryLayout<Tracing.Registers>.size) {
      return host(Host.ptrace, sets ? 6 : 3, UInt(tracee.pointee.tid), addr, data)
    }
    var values = Tracing.Registers()
    let result = Tracing.registers(t, tracee, &values)
    if result != 0 { return result }
    if sets {
      withUnsafeMutableBytes(of: &values) { $0.storeBytes(of: UInt64(data), toByteOffset: Int(addr), as: UInt64.self) }
      return Tracing.setRegisters(t, tracee, values)
    }
    let word = withUnsafeBytes(of: &values) { $0.load(fromByteOffset: Int(addr), as: UInt64.self) }
    return store(word, at: data) ? 0 : Host.EFAULT
  }
}
