internal import Glibc
internal import ProcessModel

/// What `--root` and `--bind` say.
enum ViewOptions {
  /// What is wrong with them.
  enum Problem: Error {
    case noDirectory(option: String, path: String, HostErrno)
    case notAbsolute(String)

    /// One line for the user.
    var text: String {
      switch self {
      case .noDirectory(let option, let path, let error): "\(option): \(path): \(error.text)"
      case .notAbsolute(let path): "--bind: \(path): the guest's name has to be absolute"
      }
    }
  }

  static func view(root: String?, binds: [String]) throws(Problem) -> FileView {
    var places: [FileView.Place] = []
    if let root {
      let host = try canonical(root, option: "--root")
      if access(host + "/.", F_OK) != 0 {
        throw .noDirectory(option: "--root", path: root, HostErrno(errno))
      }
      // "/" is what there is without the option.
      if host != "/" { places.append(.init(guest: "", host: host)) }
    }
    for bind in binds {
      // A name with a colon in it may be bound under another name only.
      let colon = bind.range(of: ":/", backwards: true)
      let host = try canonical(colon.map { String(bind[..<$0]) } ?? bind, option: "--bind")
      let name = colon.map { String(bind[bind.index(after: $0)...]) } ?? bind
      let guest = name.hasPrefix("/") ? name : host
      guard colon != nil || !bind.contains(":") || bind.hasPrefix("/") else { throw .notAbsolute(bind) }
      let words = guest.split(separator: "/")
      guard !words.contains(".."), !words.isEmpty else { throw .notAbsolute(guest) }
      places.append(
        .init(guest: "/" + words.filter { $0 != "." }.joined(separator: "/"), host: host == "/" ? "" : host))
    }
    return FileView(places: places)
  }

  private static func canonical(_ path: String, option: String) throws(Problem) -> String {
    guard let resolved = realpath(path, nil) else {
      throw .noDirectory(option: option, path: path, HostErrno(errno))
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

extension String {
  /// The last place where `text` stands; nil when it is nowhere.
  fileprivate func range(of text: String, backwards: Bool) -> Index? {
    var at = endIndex
    while at > startIndex {
      at = index(before: at)
      if self[at...].hasPrefix(text) { return at }
    }
    return nil
  }
}
