import TableModel

/// A whole call: its arguments and its result.
extension TraceText {
  /// Writes `name(arguments)`; for a call that did not come back, as far as its arguments were known when it began.
  ///
  /// - Returns: false when it ends there.
  func call(_ record: TraceRecord, to out: inout TraceOutput) -> Bool {
    guard let form = forms.call(record.number) else {
      out.put("syscall_" as StaticString)
      out.hex(record.number)
      for place in 0..<6 {
        out.put(place == 0 ? "(" as StaticString : ", ")
        out.hex(record.argument(place))
      }
      out.put(0x29)
      return true
    }
    out.put(form.name)
    var isFirst = true
    for (place, parameter) in form.parameters.enumerated() {
      if let making = parameter.making, isUnused(making, record) { continue }
      if !isFirst { out.put(", " as StaticString) }
      if record.neverReturned, parameter.direction == .out, !form.isNever { return false }
      argument(place, parameter, record, to: &out)
      isFirst = false
    }
    let isOver = !record.neverReturned || form.isNever || form.isExec
    if isOver { out.put(0x29) }
    return isOver
  }

  private func isUnused(_ making: (place: Int, flags: [UInt64]), _ record: TraceRecord) -> Bool {
    let given = record.argument(making.place)
    return making.flags.allSatisfy { given & $0 != $0 }
  }

  private func argument(_ place: Int, _ parameter: ParameterForm, _ record: TraceRecord, to out: inout TraceOutput) {
    let raw = record.argument(place)
    guard let direction = parameter.direction else { return value(raw, parameter.value, to: &out) }
    if raw == 0 { return out.put("NULL" as StaticString) }
    let before = record.capture(place, output: false)
    let after = record.error == 0 ? record.capture(place, output: true) : nil
    switch direction {
    case .in:
      if !memory(before, place, parameter, record, to: &out) { out.hex(raw) }
    case .out:
      if !memory(after, place, parameter, record, to: &out) { out.hex(raw) }
    case .inout: exchanged(before, after, place, parameter, record, to: &out)
    }
  }

  /// `[old => new]` where both are known and differ.
  private func exchanged(
    _ before: TraceRecord.Capture?, _ after: TraceRecord.Capture?, _ place: Int, _ parameter: ParameterForm,
    _ record: TraceRecord, to out: inout TraceOutput
  ) {
    let start = out.count
    let hasOld = memory(before, place, parameter, record, to: &out)
    if parameter.isShownWithResult || parameter.isTimeLeft {
      if !hasOld { out.hex(record.argument(place)) }
      return
    }
    let middle = out.count
    let hasNew = memory(after, place, parameter, record, to: &out)
    if !hasOld, !hasNew { return out.hex(record.argument(place)) }
    guard hasOld, hasNew else { return }
    let (old, new) = (start..<middle, middle..<out.count)
    if case .element(let form) = parameter.memory, !form.isStructure, !out.isSame(old, new) {
      // Both are in brackets; they become one pair.
      out.remove(middle - 1..<middle + 1)
      let text = Array(out.bytes[(middle - 1)...])
      out.truncate(to: middle - 1)
      out.put(" => " as StaticString)
      out.put(text)
    } else {
      out.remove(old)
    }
  }

  /// What was captured. False, with nothing written, when it cannot be shown.
  private func memory(
    _ capture: TraceRecord.Capture?, _ place: Int, _ parameter: ParameterForm, _ record: TraceRecord,
    to out: inout TraceOutput
  ) -> Bool {
    guard let capture, !capture.isUnreadable else { return false }
    let bytes = capture.bytes
    switch parameter.memory {
    case .path:
      // A name is shown whole as far as it was copied.
      quoted(bytes, isCut: capture.isTruncated, limit: max(stringLimit, 4096), to: &out)
    case .string: quoted(bytes, isCut: capture.isTruncated, to: &out)
    case .optionValue where bytes.count == 4:
      out.put(0x5b)
      out.decimal(Int(Int32(truncatingIfNeeded: number(bytes))))
      out.put(0x5d)
    case .bytes, .optionValue:
      quoted(bytes, isCut: capture.isTruncated || UInt64(bytes.count) < capture.fullLength, to: &out)
    case .environment:
      out.hex(record.argument(place))
      out.put(" /* " as StaticString)
      out.decimal(capture.fullLength)
      out.put(" vars */" as StaticString)
    case .strings: strings(capture, to: &out)
    case .descriptorSet: descriptorSet(bytes, to: &out)
    case .socketAddress: socketAddress(bytes, to: &out)
    case .vector:
      let transferred = capture.isOutput ? UInt64(bitPattern: max(record.result, 0)) : nil
      vector(capture, count: capture.fullLength / 16, transferred: transferred, to: &out)
    case .pollList: pollList(capture, revents: false, to: &out)
    case .list(let form, let size):
      list(form, size: size, bytes, count: Int(clamping: capture.fullLength / UInt64(size)), to: &out)
    case .element(let form): return bracketed(form, bytes, to: &out)
    case .unknown: return false
    }
    return true
  }

  /// A value that a pointer leads to stands in brackets, a structure in its own braces.
  private func bracketed(_ form: ElementForm, _ bytes: ArraySlice<UInt8>, to out: inout TraceOutput) -> Bool {
    if form.isStructure { return element(form, bytes, to: &out) }
    let start = out.count
    out.put(0x5b)
    guard element(form, bytes, to: &out) else {
      out.truncate(to: start)
      return false
    }
    if out.bytes[start + 1] == 0x5b {
      out.remove(start..<start + 1)
    } else {
      out.put(0x5d)
    }
    return true
  }

  // ---- Results ----

  /// Writes what stands after `= `.
  func result(_ record: TraceRecord, to out: inout TraceOutput) {
    let form = forms.call(record.number)
    if record.neverReturned {
      // An exec that succeeded does not come back either, but into another image.
      return out.put(form?.isExec == true ? 0x30 : 0x3f)
    }
    switch record.error {
    case 0: break
    case 512: return out.put("? ERESTARTSYS (To be restarted if SA_RESTART is set)" as StaticString)
    case 513: return out.put("? ERESTARTNOINTR (To be restarted)" as StaticString)
    default:
      out.put("-1" as StaticString)
      if let error = forms.error(Int(record.error)) { return errorName(error, to: &out) }
      out.put(" errno " as StaticString)
      return out.decimal(UInt64(record.error))
    }
    guard let form else { return out.decimal(record.result) }
    if form.isPipe {
      out.put(0x5b)
      out.decimal(record.result)
      out.put(", " as StaticString)
      out.decimal(record.secondResult)
      out.put(0x5d)
    } else if form.result.isFlagSet {
      out.decimal(record.result)
    } else {
      value(UInt64(bitPattern: record.result), form.result, to: &out)
    }
    if form.hasResultSets { whatCameTrue(form, record, to: &out) }
  }

  /// ` ([{fd=3, revents=POLLIN}])`, ` (in [3], out [4])` or ` (Timeout)`.
  private func whatCameTrue(_ form: CallForm, _ record: TraceRecord, to out: inout TraceOutput) {
    if record.result == 0 { return out.put(" (Timeout)" as StaticString) }
    let start = out.count
    func separate() { out.put(out.count > start ? ", " as StaticString : " (") }
    var sets: [StaticString] = ["except ", "out ", "in "]
    for (place, parameter) in form.parameters.enumerated() where parameter.isShownWithResult {
      var name: StaticString?
      if case .descriptorSet = parameter.memory { name = sets.popLast() }
      guard let capture = record.capture(place, output: true), !capture.isUnreadable else { continue }
      if let name {
        if capture.bytes.allSatisfy({ $0 == 0 }) { continue }
        separate()
        out.put(name)
        descriptorSet(capture.bytes, to: &out)
      } else {
        separate()
        pollList(capture, revents: true, to: &out)
      }
    }
    for (place, parameter) in form.parameters.enumerated() where parameter.isTimeLeft {
      guard case .element(let element) = parameter.memory, let capture = record.capture(place, output: true),
        !capture.isUnreadable
      else { continue }
      let before = out.count
      separate()
      out.put("left " as StaticString)
      if !self.element(element, capture.bytes, to: &out) { out.truncate(to: before) }
    }
    if out.count > start { out.put(0x29) }
  }
}
