import CPicoEntry

/// Changes of user and group numbers that take two or three at once. FreeBSD keeps them by process, so every thread of
/// it makes the host's change. The number -1 (all bits) leaves one as it is.
extension FreeBSD {
  private static let unchanged = UInt(UInt32.max)

  /// `setreuid(2)`. Errors: `EPERM`.
  static func setreuid(_ t: Thread, _ ruid: UInt32, _ euid: UInt32) -> Int {
    everyThread(t, 113, UInt(ruid), UInt(euid), 0)
  }

  /// `setregid(2)`. Errors: `EPERM`.
  static func setregid(_ t: Thread, _ rgid: UInt32, _ egid: UInt32) -> Int {
    everyThread(t, 114, UInt(rgid), UInt(egid), 0)
  }

  /// `seteuid(2)`. Errors: `EPERM`.
  static func seteuid(_ t: Thread, _ euid: UInt32) -> Int {
    changing(t, HostProcess.setresuid, unchanged, UInt(euid), unchanged)
  }

  /// `setegid(2)`. Errors: `EPERM`.
  static func setegid(_ t: Thread, _ egid: UInt32) -> Int {
    changing(t, HostProcess.setresgid, unchanged, UInt(egid), unchanged)
  }

  /// `setresuid(2)`. Errors: `EPERM`.
  static func setresuid(_ t: Thread, _ ruid: UInt32, _ euid: UInt32, _ suid: UInt32) -> Int {
    changing(t, HostProcess.setresuid, UInt(ruid), UInt(euid), UInt(suid))
  }

  /// `setresgid(2)`. Errors: `EPERM`.
  static func setresgid(_ t: Thread, _ rgid: UInt32, _ egid: UInt32, _ sgid: UInt32) -> Int {
    changing(t, HostProcess.setresgid, UInt(rgid), UInt(egid), UInt(sgid))
  }
}
