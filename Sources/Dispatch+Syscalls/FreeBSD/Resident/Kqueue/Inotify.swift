extension FreeBSD {
  /// The host's inotify(7).
  enum Inotify {
    static var IN_ACCESS: UInt32 { 0x1 }
    static var IN_MODIFY: UInt32 { 0x2 }
    static var IN_ATTRIB: UInt32 { 0x4 }
    static var IN_CLOSE_WRITE: UInt32 { 0x8 }
    static var IN_CLOSE_NOWRITE: UInt32 { 0x10 }
    static var IN_OPEN: UInt32 { 0x20 }
    static var IN_NAMES: UInt32 { 0x3c0 }  // moved from, moved to, created, deleted
    static var IN_DELETE: UInt32 { 0x200 }
    static var IN_MOVED: UInt32 { 0xc0 }
    static var IN_DELETE_SELF: UInt32 { 0x400 }
    static var IN_MOVE_SELF: UInt32 { 0x800 }
    static var IN_UNMOUNT: UInt32 { 0x2000 }
    static var IN_IGNORED: UInt32 { 0x8000 }
    static var IN_MASK_ADD: UInt32 { 0x2000_0000 }
    static var IN_ISDIR: UInt32 { 0x4000_0000 }

    /// What has to be watched for a knote.
    static func interest(_ knote: Knote) -> UInt32 {
      if knote.filter != EVFILT_VNODE { return IN_MODIFY }
      var mask = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_NAMES
      if knote.savedFflags & NOTE_OPEN != 0 { mask |= IN_OPEN }
      if knote.savedFflags & NOTE_CLOSE != 0 { mask |= IN_CLOSE_NOWRITE }
      if knote.savedFflags & NOTE_CLOSE_WRITE != 0 { mask |= IN_CLOSE_WRITE }
      if knote.savedFflags & NOTE_READ != 0 { mask |= IN_ACCESS }
      return mask
    }
  }
}
