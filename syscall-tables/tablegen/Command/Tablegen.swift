import Glibc
import TableGenerator

/// `tablegen` writes what the system-call tables generate; `--check` compares instead; `--residents` lists the
/// handlers that the dispatch calls. Run from the project's root, or name it as the last argument.
@main
struct Tablegen {
  static func main() {
    var words = Array(CommandLine.arguments.dropFirst())
    var mode = ""
    if let first = words.first, first.hasPrefix("--") { mode = words.removeFirst() }
    guard ["", "--check", "--residents"].contains(mode), words.count <= 1 else {
      complain("usage: tablegen [--check | --residents] [ROOT]")
      exit(2)
    }
    let root = words.first ?? "."
    let (files, problems) = generate { readFile("\(root)/\($0)") }
    for problem in problems { complain(problem) }
    guard problems.isEmpty else { exit(2) }
    if mode == "--residents" {
      listResidents(root)
      return
    }
    var drifted = 0
    for file in files where readFile("\(root)/\(file.path)") != file.text {
      drifted += 1
      if mode == "--check" {
        complain("\(file.path) is not what the tables generate")
      } else {
        store(file, below: root)
      }
    }
    if mode == "--check", drifted > 0 { exit(1) }
  }

  private static func listResidents(_ root: String) {
    for system in System.all {
      guard let table = readFile("\(root)/syscall-tables/\(system.table).tbl"),
        let types = readFile("\(root)/syscall-tables/\(system.table).types")
      else { continue }
      let source = Source(tableText: table, typesText: types)
      print("extension \(system.name)")
      for line in SystemWriter(system: system, table: source.table, hostNumbers: [:]).residentSignatures() {
        print("  \(line)")
      }
    }
  }

  private static func store(_ file: GeneratedFile, below root: String) {
    let path = "\(root)/\(file.path)"
    var folder = ""
    for piece in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      folder += piece + "/"
      mkdir(folder, 0o777)
    }
    guard let stream = fopen(path, "w") else {
      complain("\(path): \(String(cString: strerror(errno)))")
      exit(2)
    }
    fputs(file.text, stream)
    fclose(stream)
  }
}

/// The text of a file; nil when it cannot be read.
func readFile(_ path: String) -> String? {
  guard let stream = fopen(path, "r") else { return nil }
  defer { fclose(stream) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, stream)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}

func complain(_ text: String) {
  let line = "tablegen: \(text)\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
