import CPicoEntry

extension Linux {
  /// `set_tid_address(2)`: the host clears and wakes the word itself.
  static func set_tid_address(_ t: Thread, _ tidptr: UInt) -> Int { host(218, tidptr) }

  /// `set_robust_list(2)`: the host walks the list itself when the thread ends.
  static func set_robust_list(_ t: Thread, _ head: UInt, _ len: UInt) -> Int { host(273, head, len) }

  /// `uname(2)`: the host's, which is the system the guest was built for.
  static func uname(_ t: Thread, _ name: UInt) -> Int { host(63, name) }

  /// `personality(2)`. What it says of addresses holds for the next image: its loader asks for it.
  ///
  /// - Differs: `ADDR_COMPAT_LAYOUT` and `MMAP_PAGE_ZERO` take effect on the stub's exec alone.
  static func personality(_ t: Thread, _ persona: UInt32) -> Int { host(135, UInt(persona)) }

  /// `restart_syscall(2)`: the host restarts its own calls; a guest that makes this one has none to restart.
  static func restart_syscall(_ t: Thread) -> Int { Host.EINTR }

  /// `close_range(2)`.
  static func close_range(_ t: Thread, _ fd: UInt32, _ max_fd: UInt32, _ flags: UInt32) -> Int {
    host(436, UInt(fd), UInt(max_fd), UInt(flags))
  }
}
