import CPicoEntry

/// The guest's view of the host's files: `--root` and `--bind` put directories of the host under other names.
///
/// A guest's absolute name is looked up in the bound directory it lies in, else in the root and, where that lacks it, on
/// the host under the same name. What is to be made is made in the root where that has the directory. The dispatch
/// replaces names by the host's before any handler sees them, so a handler knows nothing of views.
enum FileView {
  static let ENOENT = -2
  static let ELOOP = -40
  static let ENAMETOOLONG = -36
  static let AT_FDCWD: Int32 = -100

  /// Puts the host's name in the place of a guest's.
  ///
  /// - Parameters:
  ///   - slot: which of the call's names it is, 0 or 1: where the host's is kept until the call is over.
  ///   - directory: what a relative name starts from, as openat(2) has it.
  ///   - path: address of the guest's name; afterwards that of the host's. What is null, empty or unreadable stays as
  ///     it is, for the call itself to judge.
  ///   - follows: whether a symbolic link at the end is followed.
  /// - Returns: 0, or a negated host errno: `ENAMETOOLONG`, `ELOOP`, and what a `..` behind a missing file gives.
  static func find(_ t: Thread, _ slot: Int, _ directory: Int32, _ path: inout UInt, follows: Bool) -> Int {
    var name = NameText(t, .given)
    let length = copyString(name.start, from: path, limit: NameText.capacity)
    guard length > 0 else { return length == ENAMETOOLONG ? length : 0 }
    name.count = length
    var whole = name
    if !name.isAbsolute {
      guard let joined = join(t, directory, name) else { return 0 }
      whole = joined
      if whole.count < 0 { return ENAMETOOLONG }
    }
    var result = NameText(t, slot == 0 ? .first : .second)
    let failure = locate(t, whole, &result, follows: follows)
    if failure == 0 { path = UInt(bitPattern: result.start) }
    return failure
  }

  /// Makes a relative name absolute. Nil where the host may take it as it is: its directory lies outside the view, and
  /// the name does not leave it. Its count is negative when it is too long.
  private static func join(_ t: Thread, _ directory: Int32, _ name: NameText) -> NameText? {
    let base = NameText(t, .link)
    var length: Int
    if directory == AT_FDCWD {
      length = host(79, UInt(bitPattern: base.start), UInt(NameText.capacity)) - 1  // getcwd
    } else {
      var link = descriptorPath(Int(directory))
      length = withUnsafePointer(to: &link) {
        host(89, UInt(bitPattern: $0), UInt(bitPattern: base.start), UInt(NameText.capacity - 1))  // readlink
      }
    }
    // Nameless, removed or out of reach: only the host knows the way.
    guard length > 0, base.start[0] == 0x2f else { return nil }
    base.start[length] = 0
    if host(21, UInt(bitPattern: base.start), 0) == ENOENT { return nil }  // access
    var whole = NameText(t, .whole)
    let isInside = guestName(base.start, length, &whole)
    if !isInside && !name.hasParents { return nil }
    if !whole.append(0x2f) || !whole.append(name.start, name.count) { whole.count = -1 }
    return whole
  }

  /// Finds where an absolute name leads.
  private static func locate(_ t: Thread, _ name: NameText, _ result: inout NameText, follows: Bool) -> Int {
    var verdict = name.hasParents ? .walk : judge(t, name, &result, follows: follows)
    var found = name
    if verdict == .walk {
      var walked = NameText(t, .walked)
      let failure = walk(t, name, &walked, &result, follows: follows)
      if failure != 0 { return failure }
      found = walked
      // No link is left but one that is not to be followed.
      verdict = judge(t, walked, &result, follows: false)
    }
    switch verdict {
    case .tooLong: return ENAMETOOLONG
    case .native:
      result.count = 0
      return result.append(found.start, found.count) ? 0 : ENAMETOOLONG
    case .inView, .walk: return 0
    }
  }

  private enum Verdict {
    /// The host's name has been put together.
    case inView
    /// The host's own file of that name.
    case native
    /// A symbolic link is in the way.
    case walk
    case tooLong
  }

  /// Says where a name leads that has no links on its way, and puts the host's name of it together.
  private static func judge(_ t: Thread, _ name: NameText, _ host: inout NameText, follows: Bool) -> Verdict {
    let place = compose(name, &host)
    if place == .none { return .native }
    if host.count < 0 { return .tooLong }
    let there = probe(host.start, follows: follows)
    if there == ELOOP { return .walk }
    guard there == ENOENT, place == .root else { return .inView }
    if exists(t, name.start, follows: follows) { return .native }
    // To be made, perhaps: where its directory is.
    var parent = NameText(t, .scratch)
    _ = parent.append(host.start, host.count)
    parent.dropLast()
    switch probe(parent.start, follows: true) {
    case ENOENT: return .native
    case ELOOP: return .walk
    default: return .inView
    }
  }

  /// Whether a file of the host is there, reached without a symbolic link: 0, `ELOOP`, or the host's error.
  private static func probe(_ path: UnsafeMutablePointer<UInt8>, follows: Bool) -> Int {
    // struct open_how: O_PATH | O_CLOEXEC, O_NOFOLLOW; RESOLVE_NO_SYMLINKS
    var how: (UInt64, UInt64, UInt64) = (follows ? 0x28_0000 : 0x2a_0000, 0, 4)
    let opened = withUnsafePointer(to: &how) {
      host(437, UInt(bitPattern: -100), UInt(bitPattern: path), UInt(bitPattern: $0), 24)  // openat2
    }
    if opened >= 0 {
      host(Host.close, UInt(bitPattern: opened))
      return 0
    }
    // No descriptor to be had: the links are looked at one by one.
    return opened == -24 || opened == -23 ? ELOOP : opened
  }

  /// Whether the host has a file of this name.
  static func exists(_ t: Thread, _ path: UnsafeMutablePointer<UInt8>, follows: Bool) -> Bool {
    let status = UInt(bitPattern: NameText(t, .scratch).start)
    return host(332, UInt(bitPattern: -100), UInt(bitPattern: path), follows ? 0 : 0x100, 0, status) == 0  // statx
  }
}

extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Whether this thread's process sees files under other names than the host's.
  @inline(__always)
  var hasView: Bool { pointee.process.pointee.viewed != 0 }

  /// From here on the process sees files by the host's names: its root has changed.
  func leaveView() { pointee.process.pointee.viewed = 0 }
}
