import CPicoEntry

/// Following symbolic links in the guest's terms: an absolute link leads to the view's "/", and ".." does not leave it.
extension FileView {
  /// As many links as the host follows.
  private static let mostLinks = 40

  /// Resolves an absolute name: links followed, `.` and `..` gone.
  ///
  /// - Parameters: `out` becomes the guest's name of what was found, `host` is used on the way.
  /// - Returns: 0, `ELOOP`, `ENAMETOOLONG`, or what is wrong with the file before a `..`.
  static func walk(_ t: Thread, _ name: NameText, _ out: inout NameText, _ host: inout NameText, follows: Bool) -> Int {
    var rest = NameText(t, .rest)
    guard rest.append(name.start, name.count) else { return ENAMETOOLONG }
    var at = 0
    var links = 0
    while true {
      while at < rest.count, rest.start[at] == 0x2f { at += 1 }
      if at == rest.count { break }
      var end = at
      while end < rest.count, rest.start[end] != 0x2f { end += 1 }
      let component = rest.start + at
      let length = end - at
      at = end
      if length == 1, component[0] == 0x2e { continue }
      if length == 2, component[0] == 0x2e, component[1] == 0x2e {
        let failure = leave(t, &out, &host)
        if failure != 0 { return failure }
        continue
      }
      guard out.append(0x2f), out.append(component, length) else { return ENAMETOOLONG }
      // A slash behind the last component asks for what a link leads to.
      if end == rest.count && !follows { break }
      let link = NameText(t, .link)
      let size = readLink(out, &host, link)
      guard size > 0 else { continue }
      links += 1
      if links > mostLinks { return ELOOP }
      if link.start[0] == 0x2f { out.count = 0 } else { dropComponent(&out) }
      // What is left of the name stands behind the link's text.
      var spliced = NameText(t, .scratch)
      guard spliced.append(link.start, size), spliced.append(rest.start + at, rest.count - at) else {
        return ENAMETOOLONG
      }
      rest.count = 0
      _ = rest.append(spliced.start, spliced.count)
      at = 0
    }
    if rest.count > 0, rest.start[rest.count - 1] == 0x2f || out.count == 0 {
      guard out.append(0x2f) else { return ENAMETOOLONG }
    }
    return 0
  }

  /// Goes up by one directory, if it is one.
  private static func leave(_ t: Thread, _ out: inout NameText, _ host: inout NameText) -> Int {
    if out.count == 0 { return 0 }
    let before = out.count
    guard out.append(0x2f), out.append(0x2e) else { return ENAMETOOLONG }
    let kind = readLink(out, &host, NameText(t, .link))
    out.count = before
    guard kind == Host.EINVAL else { return kind < 0 ? kind : -20 }  // ENOTDIR
    dropComponent(&out)
    return 0
  }

  /// Takes the last component away with its slash.
  private static func dropComponent(_ out: inout NameText) {
    var end = out.count
    while end > 0, out.start[end - 1] != 0x2f { end -= 1 }
    out.count = max(end - 1, 0)
  }

  /// Reads a link of the view: its length, `EINVAL` for another file, or the host's error.
  private static func readLink(_ name: NameText, _ composed: inout NameText, _ link: NameText) -> Int {
    let place = compose(name, &composed)
    if composed.count < 0 { return ENAMETOOLONG }
    let room = UInt(NameText.capacity - 1)
    var result = ENOENT
    if place != .none {
      result = host(89, UInt(bitPattern: composed.start), UInt(bitPattern: link.start), room)  // readlink
    }
    if result == ENOENT && place != .bound {
      result = host(89, UInt(bitPattern: name.start), UInt(bitPattern: link.start), room)
    }
    return result
  }
}
