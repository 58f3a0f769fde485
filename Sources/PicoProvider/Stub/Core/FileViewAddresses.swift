import CPicoEntry

/// Unix socket addresses laid out as the host has them: a family of two bytes, then the path.
extension FileView {
  private static let AF_UNIX: UInt16 = 1
  /// Bytes of the host's longest address, which needs no terminator.
  private static let longest = 110

  /// Puts an address with the host's name in the place of a guest's, if it is one with a path.
  ///
  /// - Returns: 0, or a negated host errno: of the look-up; `ENAMETOOLONG` past the host's 108 bytes.
  static func findAddress(_ t: Thread, _ address: inout UInt, _ length: inout UInt) -> Int {
    let count = Int(UInt32(truncatingIfNeeded: length))
    guard count > 3, count <= longest, let family = load(address, as: UInt16.self), family == AF_UNIX else { return 0 }
    let given = NameText(t, .second)
    // The path may end without a terminator.
    guard copyIn(given.start, from: address, count: count), given.start[2] != 0 else { return 0 }
    given.start[count] = 0
    var path = UInt(bitPattern: given.start + 2)
    let failure = find(t, 0, AT_FDCWD, &path, follows: true)
    if failure != 0 { return failure }
    let copied = copyString(given.start + 2, from: path, limit: longest - 1)
    guard copied >= 0, copied <= longest - 2 else { return ENAMETOOLONG }
    address = UInt(bitPattern: given.start)
    length = UInt(min(copied + 3, longest))
    return 0
  }

  /// Puts the guest's name in the place of the host's in an address that a call has stored.
  ///
  /// - Returns: the call's result.
  static func nameAddress(_ t: Thread, _ result: Int, _ address: UInt, _ lengthAt: UInt) -> Int {
    guard result >= 0, t.hasView, address != 0, let length = load(lengthAt, as: UInt32.self), length > 3,
      length <= longest, let family = load(address, as: UInt16.self), family == AF_UNIX
    else { return result }
    let text = NameText(t, .first)
    guard copyIn(text.start, from: address, count: Int(length)) else { return result }
    text.start[Int(length)] = 0
    var end = 2
    while text.start[end] != 0 { end += 1 }
    let named = toGuest(t, text.start + 2, end - 2, room: longest)
    // A longer name would be more than the host has found room for.
    guard named > 0, named < end - 2 else { return result }
    if copyOut(to: address, text.start, count: named + 3) { _ = store(UInt32(named + 3), at: lengthAt) }
    return result
  }
}
