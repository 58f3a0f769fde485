import CPicoEntry

/// The host's clocks, read as its own programs read them: by the function the host maps into every process, which
/// takes an eighth of the call's time.
///
/// It may use vector registers, it is where a guest can unmap it, and where the host's clock is none that a program
/// can read it makes the call itself, which traps as a guest's. `pico_host_clock` keeps the registers; whatever goes
/// wrong there is a signal, and `abandon` turns it into a result.
enum HostTime {
  /// Looks for the function in what the host has mapped.
  ///
  /// Under ptrace the tracer takes a call made there for a guest's, so it is not used.
  static func prepare(_ process: UnsafeMutablePointer<pico_process>, _ initial: InitialStack) {
    let isTrap = Silo.header.pointee.platform == 0
    guard isTrap, let base = initial.auxiliaryValue(33) else { return }  // AT_SYSINFO_EHDR
    process.pointee.clock_function = UInt64(symbol("__vdso_clock_gettime", inImageAt: base) ?? 0)
  }

  /// Reads a clock that the function knows without a call.
  ///
  /// - Returns: false when the call has to be made.
  @inline(__always)
  static func read(_ t: Thread, _ clock: UInt, _ time: UnsafeMutableRawPointer) -> Bool {
    let function = t.pointee.process.pointee.clock_function
    // CLOCK_REALTIME, CLOCK_MONOTONIC, their coarse forms, CLOCK_BOOTTIME.
    guard function != 0, clock < 8, 0b1110_0011 & (1 << clock) != 0 else { return false }
    return pico_host_clock(UInt64(clock), time, function) == 0
  }

  /// A signal has found the thread in the function: it is as if it had found it in the stub, and the call is made.
  ///
  /// - Returns: true when the function itself was the reason: then it is not used again.
  static func abandon(_ t: Thread, _ isOwn: Bool, _ context: UnsafeMutablePointer<pico_host_context>) -> Bool {
    context.pointee.rip = pico_clock_abandoned_address()
    context.pointee.rsp = t.pointee.clock_stack
    t.pointee.clock_stack = 0
    if isOwn { t.pointee.process.pointee.clock_function = 0 }
    return isOwn
  }

  /// The address of a function of the image that the host maps into every process.
  ///
  /// - Source: System V ABI, chapter 5; vdso(7). The image is the host's: this runs before any guest code.
  private static func symbol(_ name: StaticString, inImageAt base: UInt) -> UInt? {
    guard let image = UnsafeRawPointer(bitPattern: base) else { return nil }
    let headers = image + Int(image.load(fromByteOffset: 32, as: UInt64.self))
    var bias: UInt?
    var dynamic: UnsafeRawPointer?
    for index in 0..<Int(image.load(fromByteOffset: 56, as: UInt16.self)) {
      let header = headers + index * 56
      let offset = UInt(header.load(fromByteOffset: 8, as: UInt64.self))
      switch header.load(as: UInt32.self) {
      case 1 where bias == nil:  // PT_LOAD
        bias = base &+ offset &- UInt(header.load(fromByteOffset: 16, as: UInt64.self))
      case 2: dynamic = image + Int(offset)  // PT_DYNAMIC
      default: break
      }
    }
    guard let bias, var entry = dynamic else { return nil }
    var strings: UInt = 0
    var symbols: UInt = 0
    while entry.load(as: UInt64.self) != 0 {
      let value = bias &+ UInt(entry.load(fromByteOffset: 8, as: UInt64.self))
      if entry.load(as: UInt64.self) == 5 { strings = value }  // DT_STRTAB
      if entry.load(as: UInt64.self) == 6 { symbols = value }  // DT_SYMTAB
      entry += 16
    }
    // The strings follow the symbols, as every linker has them: so many there are.
    guard symbols != 0, strings > symbols, strings - symbols < 24 * 128 else { return nil }
    for index in 1..<(strings - symbols) / 24 {
      guard let symbol = UnsafeRawPointer(bitPattern: symbols + index * 24) else { return nil }
      let text = UnsafePointer<UInt8>(bitPattern: strings + UInt(symbol.load(as: UInt32.self)))
      guard let text, symbol.load(fromByteOffset: 6, as: UInt16.self) != 0 else { continue }  // SHN_UNDEF
      var length = 0
      while length < name.utf8CodeUnitCount, text[length] == name.utf8Start[length] { length += 1 }
      if length == name.utf8CodeUnitCount, text[length] == 0 {
        return bias &+ UInt(symbol.load(fromByteOffset: 8, as: UInt64.self))
      }
    }
    return nil
  }
}
