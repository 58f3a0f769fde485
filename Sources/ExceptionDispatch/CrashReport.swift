package import PicoProvider

/// What is told of a picoprocess that an exception has ended: the second chance's default.
package struct CrashReport: Sendable {
  package let process: Int32
  package let image: String
  /// The guest's name of the signal.
  package let signal: String
  package let exception: PicoExceptionRecord
  package let frame: GuestRegisters
  private let memory: (any PicoGuestMemory)?
  private let images: GuestImages

  package init(
    process: Int32, image: String, signal: String, exception: PicoExceptionRecord, frame: GuestRegisters,
    memory: (any PicoGuestMemory)?, images: GuestImages = GuestImages(images: [])
  ) {
    self.images = images
    self.process = process
    self.image = image
    self.signal = signal
    self.exception = exception
    self.frame = frame
    self.memory = memory
  }

  /// Return addresses, innermost first.
  package func callers(limit: Int = 32) -> [UInt64] {
    guard let memory else { return [] }
    return StackWalk.callers(frame, process: process, memory, images, limit: limit)
  }

  /// The report's lines.
  package var lines: [String] {
    // The address of a fault is the record's second parameter; an exception without one has none.
    let address = exception.parameters.count > 1 ? exception.parameters[1] : 0
    var lines = [
      "\(image) (process \(process)): \(signal) at \(hexadecimal(frame.rip)),"
        + " address \(hexadecimal(address)), code \(exception.hostCode)"
    ]
    let cells = frame.named.map { "\($0.name)=\(hexadecimal($0.value))" }
    for start in stride(from: 0, to: cells.count, by: 4) {
      lines.append("  " + cells[start..<min(start + 4, cells.count)].joined(separator: " "))
    }
    let callers = callers()
    // A return address stands behind the call that it belongs to.
    let names = places(of: [frame.rip] + callers.map { $0 &- 1 })
    if let name = names[0] { lines.append("  in \(text(name, back: 0))") }
    for (address, name) in zip(callers, names.dropFirst()) {
      lines.append("  called from \(hexadecimal(address))\(name.map { " " + text($0, back: 1) } ?? "")")
    }
    return lines
  }

  private func text(_ place: (image: String, place: SymbolTable.Place), back: UInt64) -> String {
    "\(place.place.name)+\(hexadecimal(place.place.offset + back)) (\(place.image))"
  }

  /// The functions that hold addresses, each file being looked into once.
  private func places(of addresses: [UInt64]) -> [(image: String, place: SymbolTable.Place)?] {
    let found = addresses.map { images.image(at: $0) }
    var places = [(image: String, place: SymbolTable.Place)?](repeating: nil, count: addresses.count)
    for path in Set(found.compactMap { $0?.path }) {
      let indices = addresses.indices.filter { found[$0]?.path == path }
      let named = SymbolTable.places(of: indices.map { addresses[$0] &- (found[$0]?.bias ?? 0) }, in: path)
      for (index, place) in zip(indices, named) { places[index] = place.map { (path, $0) } }
    }
    return places
  }

  private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

extension GuestRegisters {
  /// Names and values, in the order of a report.
  fileprivate var named: [(name: String, value: UInt64)] {
    [
      ("rax", rax), ("rbx", rbx), ("rcx", rcx), ("rdx", rdx), ("rsi", rsi), ("rdi", rdi), ("rbp", rbp), ("rsp", rsp),
      ("r8", r8), ("r9", r9), ("r10", r10), ("r11", r11), ("r12", r12), ("r13", r13), ("r14", r14), ("r15", r15),
      ("rip", rip), ("rflags", rflags),
    ]
  }
}
