/// The operating system a program was built for.
package enum GuestSystem: String, CaseIterable, Sendable {
  case linux, freebsd, netbsd, openbsd, dragonfly, solaris

  /// The system's name as its makers write it.
  package var displayName: String {
    switch self {
    case .linux: "Linux"
    case .freebsd: "FreeBSD"
    case .netbsd: "NetBSD"
    case .openbsd: "OpenBSD"
    case .dragonfly: "DragonFly"
    case .solaris: "Solaris"
    }
  }
}
