internal import Glibc

/// An open descriptor that closes itself.
package final class Descriptor: Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }
  deinit { _ = close(number) }

  /// The absolute path of what it is open on, as the host knows it; nil when it has none.
  package var path: FileName? {
    guard let path = FileName(linkAt: "/proc/self/fd/\(number)"), path.isAbsolute else { return nil }
    return path
  }

  /// Takes a descriptor over. One that only names its file is opened anew for reading, if that is allowed.
  package static func readable(_ number: Int32) -> Descriptor {
    let given = Descriptor(number)
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, flags & 0x20_0000 != 0 else { return given }  // O_PATH
    let opened = Glibc.open("/proc/self/fd/\(number)", O_RDONLY | O_CLOEXEC)
    return opened >= 0 ? Descriptor(opened) : given
  }

  /// Opens a file for reading, close-on-exec. Throws the host's errno.
  package static func open(_ path: FileName) throws(HostErrno) -> Descriptor {
    let number = path.withCString { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
    guard number >= 0 else { throw HostErrno(errno) }
    return Descriptor(number)
  }
}

/// An errno of the host. Personalities turn it into their guest's.
package struct HostErrno: Error, Equatable, Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  /// The C library's text for it.
  package var text: String { String(cString: strerror(number)) }
}
