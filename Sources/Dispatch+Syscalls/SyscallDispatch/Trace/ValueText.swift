package import TableModel

/// Writes guest values as text, in strace's manner.
package struct TraceText {
  let forms: CallForms
  /// Bytes of a string that are shown.
  let stringLimit: Int
  /// Structures are shown whole.
  let verbose: Bool
  /// Elements of an array that are shown.
  let arrayLimit = 32

  init(_ forms: CallForms, stringLimit: Int, verbose: Bool) {
    self.forms = forms
    self.stringLimit = stringLimit
    self.verbose = verbose
  }

  /// For names alone.
  package init(table: TableText) { self.init(CallForms(table), stringLimit: 32, verbose: false) }

  // ---- Numbers ----

  /// A value of a declared type, of which only as many bits count as the type has.
  func value(_ raw: UInt64, _ form: ValueForm, to out: inout TraceOutput) {
    switch form {
    case .number(let format, let bits, let isSigned): number(raw, format, bits, isSigned, to: &out)
    case .enumeration(let set): enumeration(raw, set, to: &out)
    case .flags(let set): flags(raw, set, to: &out)
    case .limit(let name, let infinity, let bits):
      let number = narrowed(raw, bits: bits)
      if number == infinity { return out.put(name) }
      guard number > 1024, number % 1024 == 0 else { return out.decimal(number) }
      out.decimal(number / 1024)
      out.put("*1024" as StaticString)
    }
  }

  private func number(
    _ raw: UInt64, _ format: ValueForm.NumberForm, _ bits: Int, _ isSigned: Bool, to out: inout TraceOutput
  ) {
    let value = narrowed(raw, bits: bits)
    switch format {
    case .decimal: decimal(value, bits, isSigned, to: &out)
    case .hex: out.hex(value)
    case .octal:
      if value != 0 { out.put(0x30) }
      out.digits(value, radix: 8, atLeast: 1)
    case .pointer: pointer(value, to: &out)
    case .id:
      if UInt32(truncatingIfNeeded: raw) == .max { return out.put("-1" as StaticString) }
      decimal(value, bits, isSigned, to: &out)
    case .waitStatus:
      out.put(0x5b)
      out.put(waitStatus(Int32(truncatingIfNeeded: raw)))
      out.put(0x5d)
    case .errno:
      out.decimal(Int(truncatingIfNeeded: value))
      if let error = forms.error(Int(truncatingIfNeeded: value)), value != 0 { errorName(error, to: &out) }
    }
  }

  private func decimal(_ value: UInt64, _ bits: Int, _ isSigned: Bool, to out: inout TraceOutput) {
    guard isSigned else { return out.decimal(value) }
    let shift = UInt64(64 - min(bits, 64))
    out.decimal(Int64(bitPattern: value << shift) >> Int64(shift))
  }

  func pointer(_ value: UInt64, to out: inout TraceOutput) {
    if value == 0 { out.put("NULL" as StaticString) } else { out.hex(value) }
  }

  private func enumeration(_ raw: UInt64, _ set: EnumerationForm, to out: inout TraceOutput) {
    let number = narrowed(raw, bits: set.bits)
    if let name = set.names[number] {
      out.put(name)
    } else if set.isSignal {
      out.put(signalName(Int(Int32(truncatingIfNeeded: number))))
    } else if set.isPointer {
      pointer(number, to: &out)
    } else if set.isAtFD || number < 1024 {
      decimal(number, set.bits, set.isSigned, to: &out)
    } else {
      out.hex(number)
    }
  }

  private func flags(_ raw: UInt64, _ set: FlagsForm, to out: inout TraceOutput) {
    var rest = narrowed(raw, bits: set.bits)
    if rest == 0, let zero = set.zero { return out.put(zero) }
    let start = out.count
    func name(_ text: [UInt8]) {
      if out.count > start { out.put(0x7c) }
      out.put(text)
    }
    if let entry = set.fields.first(where: { $0.bits == rest & set.fieldMask }) {
      rest &= ~set.fieldMask
      if entry.name != [0x30] || rest == 0 { name(entry.name) }
    }
    for entry in set.entries where rest & entry.bits == entry.bits {
      name(entry.name)
      rest &= ~entry.bits
    }
    if rest != 0 {
      if out.count > start { out.put(0x7c) }
      if set.restIsOctal {
        out.put(0x30)
        out.digits(rest, radix: 8, atLeast: 1)
      } else {
        out.hex(rest)
      }
    } else if out.count == start {
      out.put(0x30)
    }
  }

  // ---- Signals, statuses and errors ----

  /// `SIGTERM`, or `SIGRT_3` for a real-time one; a number where there is no name.
  package func signalName(_ number: Int) -> String {
    if let name = forms.signalNames[number] { return name }
    let first = forms.firstRealTimeSignal
    if number == first { return "SIGRTMIN" }
    return number > first && number < first + 62 ? "SIGRT_\(number - first)" : String(number)
  }

  /// A set of signals, given as its bytes; the names of those that are not in it where that is shorter.
  func signals(_ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) {
    func holds(_ signal: Int) -> Bool {
      bytes[bytes.startIndex + (signal - 1) / 8] >> UInt8((signal - 1) % 8) & 1 != 0
    }
    let all = bytes.count * 8
    let inverted = bytes.reduce(0) { $0 + $1.nonzeroBitCount } > all / 2
    out.put(inverted ? "~[" as StaticString : "[")
    let start = out.count
    for signal in 1...max(all, 1) where all > 0 && holds(signal) != inverted {
      if out.count > start { out.put(0x20) }
      let name = signalName(signal)
      out.put(name.hasPrefix("SIG") ? name.utf8.dropFirst(3).map { $0 }[...] : Array(name.utf8)[...])
    }
    out.put(0x5d)
  }

  private func waitStatus(_ status: Int32) -> String {
    let signal = Int(status & 0x7f)
    if status & 0xff == 0x7f {
      return "{WIFSTOPPED(s) && WSTOPSIG(s) == \(signalName(Int(status >> 8 & 0xff)))}"
    }
    if status == 0xffff || status == 0x13 && forms.hasContinuedStatus { return "{WIFCONTINUED(s)}" }
    if signal == 0 { return "{WIFEXITED(s) && WEXITSTATUS(s) == \(status >> 8 & 0xff)}" }
    let dumped = status & 0x80 != 0 ? " && WCOREDUMP(s)" : ""
    return "{WIFSIGNALED(s) && WTERMSIG(s) == \(signalName(signal))\(dumped)}"
  }

  /// ` NAME (text)`.
  func errorName(_ error: (name: [UInt8], text: [UInt8]), to out: inout TraceOutput) {
    out.put(0x20)
    out.put(error.name)
    out.put(" (" as StaticString)
    out.put(error.text)
    out.put(0x29)
  }
}
