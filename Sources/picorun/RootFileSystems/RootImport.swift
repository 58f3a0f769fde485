internal import Glibc
internal import ProcessModel

/// Why an archive could not be unpacked.
enum ImportProblem: Error {
  case archive(String, HostErrno)
  case directory(String, HostErrno)
  case notEmpty(String)
  case noTar(HostErrno)
  case tar(String)
  case container(String)

  /// One line for the user.
  var text: String {
    switch self {
    case .archive(let path, let error), .directory(let path, let error): "\(path): \(error.text)"
    case .notEmpty(let path): "\(path): there is something in it already; name a new directory"
    case .noTar(let error): "the host's tar cannot be started: \(error.text)"
    case .tar(let line): "the archive cannot be unpacked: \(line)"
    case .container(let path):
      "\(path): a container image of several layers; export a container's files and import those"
    }
  }
}

/// Unpacks an archive with the host's tar, which strips leading slashes, refuses names with `..` in them, and makes
/// links that lead elsewhere only after everything else, so that no member is written through one.
struct RootImport {
  let archive: String
  let directory: String

  /// What of its messages is no failure: devices need a privilege, and are not wanted anyway.
  private static let harmless = ["Cannot mknod", "Exiting with failure status due to previous errors"]

  /// - Returns: how many files there are now.
  func run() throws(ImportProblem) -> Int {
    guard access(archive, R_OK) == 0 else { throw .archive(archive, HostErrno(errno)) }
    if mkdir(directory, 0o755) != 0 && errno != EEXIST { throw .directory(directory, HostErrno(errno)) }
    guard let names = FolderContents.names(FileName(directory)) else { throw .directory(directory, HostErrno(errno)) }
    guard names.isEmpty else { throw .notEmpty(directory) }
    let messages = try unpack()
    var skipped = messages.filter { $0.contains("Cannot mknod") }.count
    if let problem = messages.first(where: { line in !Self.harmless.contains { line.contains($0) } }) {
      throw .tar(problem)
    }
    var walk = RootCleaning()
    walk.clean(FileName(directory))
    skipped += walk.devices
    if skipped > 0 { complain("\(skipped) devices of the archive were left out") }
    // What an image is packed as, not what it holds.
    let layered = ["oci-layout", "manifest.json"].contains { access(directory + "/" + $0, F_OK) == 0 }
    if layered && access(directory + "/bin", F_OK) != 0 && access(directory + "/usr", F_OK) != 0 {
      throw .container(archive)
    }
    return walk.files
  }

  /// Runs tar. Returns what it said.
  private func unpack() throws(ImportProblem) -> [String] {
    // A name that begins with a dash, or has a colon in it, is a file's all the same.
    let words = [
      "tar", "--extract", "--force-local", "--no-same-owner", "--same-permissions", "--warning=no-unknown-keyword",
      "--warning=no-timestamp", "--file=\(archive)", "--directory=\(directory)",
    ]
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .noTar(HostErrno(errno)) }
    ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var child = pid_t()
    setenv("LC_ALL", "C", 1)
    let started = posix_spawnp(&child, "tar", &actions, nil, &arguments, environ)
    close(ends[1])
    guard started == 0 else { throw .noTar(HostErrno(started)) }
    let lines = Self.lines(of: ends[0])
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    if status != 0 && lines.isEmpty { throw .tar("tar ended with status \(status >> 8)") }
    return lines
  }

  private static func lines(of descriptor: Int32) -> [String] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      if bytes.count < 1 << 20 { bytes += buffer[..<count] }
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { !$0.contains("Removing leading `") }
  }
}
