import CPicoEntry

/// What a picoprocess keeps across exec that the host does not know of. It travels as environment strings behind the
/// guest's own, and the fresh stub takes them away again before the guest sees its stack.
///
/// The last string is `PICORUN_STATE=`, the flags and the number of strings before it in hexadecimal (16 and 4 digits),
/// and the name that exec was called with. The strings before it are the personality's.
struct InheritedState {
  /// The guest has set `PR_SET_NO_NEW_PRIVS`.
  static let noNewPrivileges: UInt64 = 1
  /// The thread is named after the image's path: exec was given a descriptor and no name.
  static let namelessExec: UInt64 = 2
  /// The string before the state names the set-up socket: this is the silo's first picoprocess.
  static let first: UInt64 = 4
  /// A FreeBSD process is in capability mode.
  static let capabilityMode: UInt64 = 8
  /// Where in the flags the number of the set of processors is: 8 bits.
  static let cpusetShift: UInt64 = 16

  /// Signals in the guest's mask that are never in the host's.
  var heldMask: UInt64 { flags >> 32 & Host.synchronous }

  private static let mark: StaticString = "PICORUN_STATE="
  private static let headLength = 14 + 16 + 4

  var flags: UInt64 = 0
  /// Address of the name that exec was called with, 0 when nobody has written a state.
  var name: UInt = 0
  /// Index of the first of the personality's strings in the environment, and how many there are.
  var firstString = 0
  var stringCount = 0

  var isNamedByPath: Bool { name != 0 && flags & Self.namelessExec == 0 }

  /// Finds the state in the environment of a fresh image, and hides it from the guest.
  static func take(_ initial: inout InitialStack) -> InheritedState {
    var state = InheritedState()
    let count = initial.environmentCount
    guard count > 0, let word = UnsafePointer<UInt8>(bitPattern: initial.environment(count - 1)) else { return state }
    for at in 0..<mark.utf8CodeUnitCount where word[at] != mark.utf8Start[at] { return state }
    state.flags = hexadecimal(word + 14, 16)
    let strings = Int(truncatingIfNeeded: hexadecimal(word + 30, 4))
    guard strings < count else { return state }
    state.name = initial.environment(count - 1) + UInt(headLength)
    state.firstString = count - 1 - strings
    state.stringCount = strings
    initial.hideEnvironment(strings + 1)
    return state
  }

  /// Reads `count` hexadecimal digits; what is not one counts as zero.
  static func hexadecimal(_ digits: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for at in 0..<count {
      value = value << 4 | UInt64(hexadecimalDigit(digits[at]) ?? 0)
    }
    return value
  }

  /// Writes `count` hexadecimal digits.
  static func writeHexadecimal(_ value: UInt64, _ to: UnsafeMutablePointer<UInt8>, _ count: Int) {
    for at in 0..<count {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - at) * 4) & 15)
      to[at] = digit < 10 ? 0x30 + digit : 0x57 + digit
    }
  }

  /// Builds the environment for an exec: the guest's strings, then the state.
  ///
  /// - Parameter name: what exec was called with, `nameLength` bytes without a terminator.
  /// - Returns: the new vector's address; `-EFAULT`, `-E2BIG`, `-ENOMEM`.
  static func environment(
    _ t: Thread, _ guest: UInt, flags: UInt64, name: UnsafeRawPointer, nameLength: Int, _ room: inout ExecRoom
  ) -> Int {
    let count = countVector(guest)
    if count < 0 { return count }
    let filters = t.pointee.process.pointee.personality == UInt32(PICO_PERSONALITY_LINUX) ? Linux.filterCount(t) : 0
    let vectorBytes = (count + filters + 2) * 8
    let stringBytes = filters == 0 ? 0 : Linux.filterStringBytes(t)
    guard let at = room.take(bytes: vectorBytes + stringBytes + headLength + nameLength + 1) else { return Host.ENOMEM }
    let vector = at.assumingMemoryBound(to: UInt.self)
    if count > 0 && !copyIn(at, from: guest, count: count * 8) { return Host.EFAULT }
    var strings = (at + vectorBytes).assumingMemoryBound(to: UInt8.self)
    if filters > 0 { strings = Linux.writeFilterStrings(t, vector + count, strings) }
    vector[count + filters] = UInt(bitPattern: strings)
    vector[count + filters + 1] = 0
    for at in 0..<mark.utf8CodeUnitCount { strings[at] = mark.utf8Start[at] }
    writeHexadecimal(flags, strings + 14, 16)
    writeHexadecimal(UInt64(filters), strings + 30, 4)
    UnsafeMutableRawPointer(strings + headLength).copyMemory(from: name, byteCount: nameLength)
    strings[headLength + nameLength] = 0
    return Int(bitPattern: vector)
  }

  /// The number of pointers before the null that ends a vector; none at address 0, as Linux has it.
  static func countVector(_ vector: UInt) -> Int {
    var count = 0
    while vector != 0 {
      guard let word = load(vector &+ UInt(count) &* 8, as: UInt.self) else { return Host.EFAULT }
      if word == 0 { break }
      count += 1
      if count > 0x20_0000 { return Host.E2BIG }
    }
    return count
  }
}

/// Memory that an exec needs until it has happened. A child of `vfork` leaves it in its parent's memory, so the thread
/// area says where it is.
struct ExecRoom {
  private let thread: Thread

  init(_ thread: Thread) {
    self.thread = thread
    free()
  }

  /// Takes zeroed room. Each exec takes at most two pieces.
  func take(bytes: Int) -> UnsafeMutableRawPointer? {
    let size = (bytes + 4095) & ~4095
    guard let pages = allocatePages(bytes: size) else { return nil }
    if thread.pointee.exec_room.0 == 0 {
      thread.pointee.exec_room = (UInt64(UInt(bitPattern: pages)), UInt64(size), 0, 0)
    } else {
      thread.pointee.exec_room.2 = UInt64(UInt(bitPattern: pages))
      thread.pointee.exec_room.3 = UInt64(size)
    }
    return pages
  }

  func free() { Self.free(thread) }

  /// Gives back what an exec in `thread` has taken: after it failed, or in the parent of a `vfork` that is over.
  static func free(_ thread: Thread) {
    let room = thread.pointee.exec_room
    thread.pointee.exec_room = (0, 0, 0, 0)
    if let pages = UnsafeMutableRawPointer(bitPattern: UInt(room.0)) { freePages(pages, bytes: Int(room.1)) }
    if let pages = UnsafeMutableRawPointer(bitPattern: UInt(room.2)) { freePages(pages, bytes: Int(room.3)) }
  }
}
