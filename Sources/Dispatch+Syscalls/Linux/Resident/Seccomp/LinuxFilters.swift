import CPicoEntry

/// A thread's seccomp filters: a chain, newest first, that only ever grows. They live in private memory, which fork copies
/// and threads share; exec carries them over as strings.
///
/// They are asked in the stub, with the guest's own numbers and addresses, before a call is dispatched. As all of the
/// stub that is compatibility, not a boundary: the guest's memory holds them.
extension Linux {
  struct FilterHead {
    var next: UInt64
    /// Number of instructions behind the head.
    var length: UInt64
  }

  private typealias Head = UnsafeMutablePointer<FilterHead>

  private static func newest(_ t: Thread) -> Head? { Head(bitPattern: UInt(words(t).pointee.filters)) }

  private static func program(_ head: Head) -> Program {
    UnsafeMutableRawPointer(head + 1).assumingMemoryBound(to: sock_filter.self)
  }

  /// Room for a filter; its instructions are the caller's to fill in.
  private static func makeFilter(_ length: Int) -> Head? {
    let bytes = (MemoryLayout<FilterHead>.size + length * 8 + 4095) & ~4095
    guard let pages = allocatePages(bytes: bytes) else { return nil }
    let head = pages.assumingMemoryBound(to: FilterHead.self)
    head.pointee = FilterHead(next: 0, length: UInt64(length))
    return head
  }

  private static func discard(_ head: Head) {
    let bytes = (MemoryLayout<FilterHead>.size + Int(head.pointee.length) * 8 + 4095) & ~4095
    freePages(UnsafeMutableRawPointer(head), bytes: bytes)
  }

  /// Adds the filter that a `sock_fprog` of the guest names.
  ///
  /// - Returns: 0; `EFAULT`; `EINVAL` for a program that is not sound; `ENOMEM` past the kernel's total of 32768
  ///   instructions.
  static func addFilter(_ t: Thread, _ address: UInt) -> Int {
    guard let header = load(address, as: sock_fprog.self) else { return Host.EFAULT }
    let length = Int(header.len)
    if length == 0 || length > BPF_MAXINSNS || header.filter == 0 { return Host.EINVAL }
    var total = length
    var earlier = newest(t)
    while let head = earlier {
      total += Int(head.pointee.length) + 4
      earlier = Head(bitPattern: UInt(head.pointee.next))
    }
    if total > 32768 { return Host.ENOMEM }
    guard let head = makeFilter(length) else { return Host.ENOMEM }
    var result = 0
    if !copyIn(program(head), from: UInt(header.filter), count: length * 8) {
      result = Host.EFAULT
    } else if !isSound(program(head), length) {
      result = Host.EINVAL
    }
    if result != 0 {
      discard(head)
      return result
    }
    head.pointee.next = words(t).pointee.filters
    words(t).pointee.filters = UInt64(UInt(bitPattern: head))
    Rewriting.see(t, .all)
    t.selectLeanTable()
    return 0
  }

  /// Whether a thread's filters are the last ones of another's chain: then it can be brought in step.
  static func isAncestor(_ older: UInt64, of newer: UInt64) -> Bool {
    var at = newer
    while at != older {
      guard let head = Head(bitPattern: UInt(at)) else { return false }
      at = head.pointee.next
    }
    return true
  }

  /// What the filters say of a call: the strictest answer, the newest filter's among equals.
  static func judge(_ t: Thread, _ data: UnsafePointer<UInt32>) -> UInt32 {
    var strictest = SECCOMP_RET_ALLOW
    var at = newest(t)
    while let head = at {
      let answer = run(program(head), data)
      if Int32(bitPattern: answer & SECCOMP_RET_ACTION_FULL) < Int32(bitPattern: strictest & SECCOMP_RET_ACTION_FULL) {
        strictest = answer
      }
      at = Head(bitPattern: UInt(head.pointee.next))
    }
    return strictest
  }

  // MARK: - Across exec

  static func filterCount(_ t: Thread) -> Int {
    var count = 0
    var at = newest(t)
    while let head = at, count < 0xffff {
      count += 1
      at = Head(bitPattern: UInt(head.pointee.next))
    }
    return count
  }

  /// Bytes that `writeFilterStrings` takes, terminators included.
  static func filterStringBytes(_ t: Thread) -> Int {
    var bytes = 0
    var at = newest(t)
    while let head = at {
      bytes += Int(head.pointee.length) * 16 + 1
      at = Head(bitPattern: UInt(head.pointee.next))
    }
    return bytes
  }

  /// Writes each filter as a string of hexadecimal digits, newest first, and its address into `vector`.
  ///
  /// - Returns: the end of the strings.
  static func writeFilterStrings(
    _ t: Thread, _ vector: UnsafeMutablePointer<UInt>, _ room: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var out = room
    var index = 0
    var at = newest(t)
    while let head = at, index < 0xffff {
      vector[index] = UInt(bitPattern: out)
      let instructions = UnsafeMutableRawPointer(program(head)).assumingMemoryBound(to: UInt64.self)
      for place in 0..<Int(head.pointee.length) {
        InheritedState.writeHexadecimal(instructions[place], out, 16)
        out += 16
      }
      out.pointee = 0
      out += 1
      index += 1
      at = Head(bitPattern: UInt(head.pointee.next))
    }
    return out
  }

  /// Reads a filter back that `writeFilterStrings` wrote. False when it is none, or there is no memory.
  static func inheritFilter(_ t: Thread, _ string: UInt) -> Bool {
    guard let digits = UnsafePointer<UInt8>(bitPattern: string) else { return false }
    var length = 0
    while digits[length] != 0 { length += 1 }
    guard length % 16 == 0, let head = makeFilter(length / 16) else { return false }
    let instructions = UnsafeMutableRawPointer(program(head)).assumingMemoryBound(to: UInt64.self)
    for place in 0..<length / 16 { instructions[place] = InheritedState.hexadecimal(digits + place * 16, 16) }
    guard isSound(program(head), length / 16) else {
      discard(head)
      return false
    }
    head.pointee.next = words(t).pointee.filters
    words(t).pointee.filters = UInt64(UInt(bitPattern: head))
    Rewriting.see(t, .all)
    return true
  }
}
