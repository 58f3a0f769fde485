internal import CPicoHost
internal import Glibc

/// Where the names of a process begin, compared with the supervisor's own.
struct ProcessRoot {
  /// It is the same directory; true where the host does not tell.
  let isHosts: Bool
  /// It is in the supervisor's mount namespace; true where the host does not tell.
  let sharesMounts: Bool

  /// Looks at a process's root.
  ///
  /// - Parameter shown: the root as the process itself has opened it. Who can open the supervisor's root can reach all
  ///   below it, so this is to be believed; and a mount is in one namespace only. Nil: `/proc` is asked, which takes ten
  ///   times as long.
  init(of process: Int32, shown: Descriptor?) {
    var own = pico_place()
    var other = pico_place()
    if let shown, pico_place_of(-1, &own) == 0, pico_place_of(shown.number, &other) == 0, own.mount != 0 {
      isHosts = own.device == other.device && own.inode == other.inode
      sharesMounts = own.mount == other.mount
      return
    }
    isHosts = Self.isSame("/", "/proc/\(process)/root")
    sharesMounts = Self.isSame("/proc/self/ns/mnt", "/proc/\(process)/ns/mnt")
  }

  private static func isSame(_ first: String, _ second: String) -> Bool {
    var one = stat()
    var other = stat()
    guard stat(first, &one) == 0, stat(second, &other) == 0 else { return true }
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }
}
