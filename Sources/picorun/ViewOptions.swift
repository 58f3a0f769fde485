internal import Glibc
internal import ProcessModel

/// What `--root` and `--bind` say, and the environment in their place.
struct ViewOptions {
  let root: String?
  let binds: [String]

  /// What is wrong with them.
  enum Problem: Error {
    case missing(option: String, path: String, HostErrno)
    case noName(String)

    /// One line for the user.
    var text: String {
      switch self {
      case .missing(let option, let path, let error): "\(option): \(path): \(error.text)"
      case .noName(let path): "--bind: \(path): the guest's name has to be absolute, without .."
      }
    }
  }

  /// Tools that pass no options set `PICORUN_ROOT`, and `PICORUN_BIND` with commas between.
  init(_ options: RunOptions) {
    root = options.root ?? Self.variable("PICORUN_ROOT")
    let more = Self.variable("PICORUN_BIND")?.split(separator: ",").map(String.init) ?? []
    binds = options.bind.isEmpty ? more : options.bind
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  func view() throws(Problem) -> FileView {
    var places: [FileView.Place] = []
    if let root {
      let host = try Self.canonical(root, option: "--root")
      if access(host + "/.", F_OK) != 0 { throw .missing(option: "--root", path: root, HostErrno(errno)) }
      // "/" is what there is without the option.
      if host != "/" { places.append(.init(guest: "", host: host)) }
    }
    for bind in binds { places.append(try Self.place(bind)) }
    return FileView(places: places)
  }

  /// `HOST:GUEST`, or `HOST` alone, which is bound under its own name.
  private static func place(_ bind: String) throws(Problem) -> FileView.Place {
    var end = bind.endIndex
    var guest: String?
    // The last colon before a slash: names of the host may have colons of their own.
    for at in bind.indices.reversed() where guest == nil && bind[at...].hasPrefix(":/") {
      end = at
      guest = String(bind[bind.index(after: at)...])
    }
    let host = try canonical(String(bind[..<end]), option: "--bind")
    let given = guest ?? (bind.hasPrefix("/") ? bind : host)
    let words = given.split(separator: "/").filter { $0 != "." }
    guard !words.isEmpty, !words.contains("..") else { throw .noName(given) }
    return .init(guest: "/" + words.joined(separator: "/"), host: host == "/" ? "" : host)
  }

  private static func canonical(_ path: String, option: String) throws(Problem) -> String {
    guard let resolved = realpath(path, nil) else {
      throw .missing(option: option, path: path, HostErrno(errno))
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
