internal import Glibc
internal import ProcessModel

/// What `--root` and `--bind` say, and the environment in their place.
struct ViewOptions {
  let root: FileName?
  let binds: [FileName]

  /// What is wrong with them.
  enum Problem: Error {
    case missing(option: String, path: FileName, HostErrno)
    case noName(FileName)

    /// One line for the user.
    var text: String {
      switch self {
      case .missing(let option, let path, let error): "\(option): \(path.text): \(error.text)"
      case .noName(let path): "--bind: \(path.text): the guest's name has to be absolute, without .."
      }
    }
  }

  /// Tools that pass no options set `PICORUN_ROOT`, and `PICORUN_BIND` with commas between.
  init(_ options: RunOptions) {
    root = options.root.map { FileName($0) } ?? Self.variable("PICORUN_ROOT")
    let more = Self.variable("PICORUN_BIND")?.bytes.split(separator: 0x2c).map { FileName(bytes: $0) } ?? []
    binds = options.bind.isEmpty ? more : options.bind.map { FileName($0) }
  }

  private static func variable(_ name: String) -> FileName? {
    getenv(name).map { FileName(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  func view() throws(Problem) -> FileView {
    var places: [FileView.Place] = []
    if let root {
      let host = try Self.canonical(root, option: "--root")
      if (host + "/.").withCString({ access($0, F_OK) }) != 0 {
        throw .missing(option: "--root", path: root, HostErrno(errno))
      }
      // "/" is what there is without the option.
      if host != "/" { places.append(.init(guest: "", host: host)) }
    }
    for bind in binds { places.append(try Self.place(bind)) }
    return FileView(places: places)
  }

  /// `HOST:GUEST`, or `HOST` alone, which is bound under its own name.
  private static func place(_ bind: FileName) throws(Problem) -> FileView.Place {
    // The last colon before a slash: names of the host may have colons of their own.
    let bytes = bind.bytes
    let colon = bytes.indices.dropLast().last { bytes[$0] == 0x3a && bytes[$0 + 1] == FileName.slash }
    let host = try canonical(FileName(bytes: bytes[..<(colon ?? bytes.endIndex)]), option: "--bind")
    let given = colon.map { bind.dropFirst($0 + 1) } ?? (bind.isAbsolute ? bind : host)
    let words = given.components.filter { $0 != "." }
    guard !words.isEmpty, !words.contains("..") else { throw .noName(given) }
    return .init(guest: FileName(components: words), host: host == "/" ? "" : host)
  }

  private static func canonical(_ path: FileName, option: String) throws(Problem) -> FileName {
    guard let resolved = path.withCString({ realpath($0, nil) }) else {
      throw .missing(option: option, path: path, HostErrno(errno))
    }
    defer { free(resolved) }
    return FileName(cString: resolved)
  }
}
