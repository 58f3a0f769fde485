/// Names that the host tells, where the guest sees files under other names.
extension Linux {
  /// `getcwd(2)`. Errors: `ERANGE`, `EFAULT`, `ENOENT` when the directory was removed.
  static func getcwd(_ t: Thread, _ buf: UInt, _ size: UInt) -> Int {
    guard t.hasView else { return host(79, buf, size) }
    let text = NameText(t, .given)
    let length = host(79, UInt(bitPattern: text.start), UInt(NameText.capacity))
    guard length > 0 else { return length }
    let result = FileView.toGuest(t, text.start, length - 1, room: NameText.capacity)
    guard result >= 0 else { return result }
    guard UInt(result) < size else { return -34 }  // ERANGE
    return copyOut(to: buf, text.start, count: result + 1) ? result + 1 : Host.EFAULT
  }

  /// `chroot(2)`: from then on the new root is the host's own, and no view is left.
  static func chroot(_ t: Thread, _ filename: UInt) -> Int {
    let result = host(161, filename)
    if result == 0 { t.leaveView() }
    return result
  }

  /// `readlink(2)`: what links in `/proc` lead to is named by the host.
  static func readViewedLink(_ t: Thread, _ dfd: Int32, _ path: UInt, _ buf: UInt, _ room: Int) -> Int {
    let text = NameText(t, .rest)
    let size = UInt(NameText.capacity - 1)
    var length = host(267, UInt(bitPattern: Int(dfd)), path, UInt(bitPattern: text.start), size)
    guard length >= 0 else { return length }
    if let word = load(path, as: UInt64.self), word & 0xffff_ffff_ffff == 0x2f63_6f72_702f {  // "/proc/"
      length = FileView.toGuest(t, text.start, length, room: NameText.capacity)
      guard length >= 0 else { return length }
    }
    let count = min(length, room)
    return copyOut(to: buf, text.start, count: count) ? count : Host.EFAULT
  }
}
