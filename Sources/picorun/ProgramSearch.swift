internal import Glibc
internal import ProcessModel

/// Finds the program that the command line names, as a shell does.
struct ProgramSearch {
  let view: FileView

  /// Looks a name without a slash up along PATH.
  ///
  /// - Returns: the guest's name of it; or nil, and the exit status that says why.
  func find(_ name: FileName) -> (path: FileName?, status: Int32) {
    if name.isEmpty { return (nil, 127) }
    if name.hasSlash {
      return hostName(name).withCString({ access($0, F_OK) }) == 0 ? (name, 0) : (nil, errno == EACCES ? 126 : 127)
    }
    let list = getenv("PATH").map { FileName(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    for directory in list.bytes.split(separator: 0x3a, omittingEmptySubsequences: false) {
      let path = (directory.isEmpty ? "." : FileName(bytes: directory)) + "/" + name
      if hostName(path).withCString({ access($0, X_OK) }) == 0 { return (path, 0) }
    }
    return (nil, 127)
  }

  /// The host's name of a guest's, which may start at the working directory.
  func hostName(_ name: FileName) -> FileName {
    if view.isEmpty { return name }
    if name.isAbsolute { return view.hostName(name) }
    guard let directory = Self.currentDirectory else { return name }
    return view.hostName(view.guestName(directory) + "/" + name)
  }

  static var currentDirectory: FileName? {
    guard let buffer = getcwd(nil, 0) else { return nil }
    defer { free(buffer) }
    return FileName(cString: buffer)
  }
}
