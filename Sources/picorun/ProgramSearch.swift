internal import Glibc
internal import ProcessModel

/// Finds the program that the command line names, as a shell does.
struct ProgramSearch {
  let view: FileView

  /// Looks a name without a slash up along PATH.
  ///
  /// - Returns: the guest's name of it; or nil, and the exit status that says why.
  func find(_ name: String) -> (path: String?, status: Int32) {
    if name.isEmpty { return (nil, 127) }
    if name.contains("/") {
      return access(hostName(name), F_OK) == 0 ? (name, 0) : (nil, errno == EACCES ? 126 : 127)
    }
    let list = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    for directory in list.split(separator: ":", omittingEmptySubsequences: false) {
      let path = (directory.isEmpty ? "." : String(directory)) + "/" + name
      if access(hostName(path), X_OK) == 0 { return (path, 0) }
    }
    return (nil, 127)
  }

  /// The host's name of a guest's, which may start at the working directory.
  func hostName(_ name: String) -> String {
    if view.isEmpty { return name }
    if name.hasPrefix("/") { return view.hostName(name) }
    guard let directory = Self.currentDirectory else { return name }
    return view.hostName(view.guestName(directory) + "/" + name)
  }

  static var currentDirectory: String? {
    guard let buffer = getcwd(nil, 0) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }
}
