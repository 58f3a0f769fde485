internal import ArgumentParser
internal import Glibc
internal import ProcessModel

@main
struct Picorun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "picorun",
    abstract: "Runs a program of another operating system, or of Linux, as a picoprocess.",
    discussion: """
      The exit status is the program's own; 128+N when signal N killed it, 127 when it was not found, 126 when it \
      cannot be run, 125 when picorun itself failed.
      """)

  @Option(help: "How system calls are caught: trap (seccomp) or ptrace.")
  var platform: PlatformName = .trap

  @Option(help: "Take the program for this system's, whatever its marks say: freebsd or linux.")
  var personality: PersonalityName?

  @Option(help: "A directory that the program sees as \"/\": the root file system of its own system.")
  var root: String?

  @Option(help: "A directory or file of the host that the program sees as it is, or as GUEST: --bind HOST[:GUEST].")
  var bind: [String] = []

  @Flag(help: "Report a call that is not implemented at once.")
  var strict = false

  @Flag(help: "At the end, print how many calls were made and how many crossed to the supervisor.")
  var stats = false

  @Flag(
    inversion: .prefixedNo,
    help: "Rewrite call sites that have trapped. A program that reads its own code sees it changed.")
  var rewrite = true

  @Option(name: .customShort("e"), help: "Trace system calls: trace=all, trace=open,read, trace=%file, trace=!futex.")
  var expression: [String] = []

  @Option(name: .customShort("o"), help: "Write the trace to a file instead of standard error.")
  var output: String?

  @Flag(name: .customShort("f"), help: "Follow forks (always done; accepted for habit).")
  var follow = false

  @Flag(
    name: .customShort("t"),
    help: "Begin each line of the trace with the time; twice: with microseconds; three times: seconds since 1970.")
  var time: Int

  @Flag(name: .customShort("r"), help: "Begin each line of the trace with the time since the line before.")
  var relative = false

  @Flag(name: .customShort("T"), help: "End each line of the trace with the time spent in the call.")
  var duration = false

  @Option(name: .customShort("s"), help: "Longest string to print, in bytes.")
  var stringLimit = 32

  @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
  var program: [String] = []

  /// Exit status for failures of picorun itself.
  static let ownFailure: Int32 = 125

  mutating func run() throws {
    if program.first == "--" {
      program.removeFirst()
    } else if let word = program.first, ["-h", "--help"].contains(word) {
      // What is captured is no more looked at.
      throw CleanExit.helpRequest(self)
    } else if let word = program.first, word.hasPrefix("-") {
      complain("unknown option \(word); see picorun --help")
      throw ExitCode(Self.ownFailure)
    }
    guard !program.isEmpty else {
      complain("no program given; see picorun --help")
      throw ExitCode(Self.ownFailure)
    }
    throw ExitCode(Front(options: options).run())
  }

  private var options: RunOptions {
    RunOptions(
      platform: platform, personality: personality, root: root, bind: bind, strict: strict, stats: stats,
      rewrite: rewrite,
      expression: expression, output: output, time: time, relative: relative, duration: duration,
      stringLimit: stringLimit, program: Self.lastWords(program.count))
  }

  /// The end of the command line as it was given: `CommandLine.arguments` has other bytes for what is no text.
  private static func lastWords(_ count: Int) -> [FileName] {
    let all = Int(CommandLine.argc)
    return (all - count..<all).compactMap { CommandLine.unsafeArgv[$0].map { FileName(cString: $0) } }
  }

  static func main() {
    occupyStandardDescriptors()
    // The one word that is no program: `picorun -- rootfs` runs a program of that name.
    let words = Array(CommandLine.arguments.dropFirst())
    if words.first == "rootfs" {
      perform(RootfsCommand.self, Array(words.dropFirst()))
    } else if let word = words.first, !word.isEmpty, !word.hasPrefix("-") {
      // No option, as tools mostly call it. Setting the parser up takes as long as all the rest (decision 0005).
      _exit(Front(options: RunOptions(program: lastWords(words.count))).run())
    } else {
      perform(Self.self, words)
    }
  }

  private static func perform<Command: ParsableCommand>(_ type: Command.Type, _ words: [String]) {
    do {
      var command = try type.parseAsRoot(words)
      try command.run()
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)
    } catch {
      if type.exitCode(for: error).rawValue == 0 {
        print(type.fullMessage(for: error))
        Glibc.exit(0)
      }
      complain(type.message(for: error).split(separator: "\n").first.map(String.init) ?? "wrong use")
      Glibc.exit(ownFailure)
    }
  }
}

/// A closed standard descriptor would be taken by the next file we open. The program is still to find it closed.
private func occupyStandardDescriptors() {
  var descriptor = open("/dev/null", O_RDWR | O_CLOEXEC)
  while descriptor >= 0 && descriptor <= 2 { descriptor = open("/dev/null", O_RDWR | O_CLOEXEC) }
  if descriptor > 2 { close(descriptor) }
}

enum PlatformName: String, ExpressibleByArgument, CaseIterable {
  case trap, ptrace
}

enum PersonalityName: String, ExpressibleByArgument, CaseIterable {
  case freebsd, linux

  var system: GuestSystem { self == .freebsd ? .freebsd : .linux }
}

/// One line on standard error, in picorun's name. File names and the like come from anywhere: what a terminal would
/// act on is shown by its number.
func complain(_ text: String) {
  let shown = text.unicodeScalars.map { scalar -> String in
    scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      ? "\\x" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16) : String(scalar)
  }
  let line = Array("picorun: \(shown.joined())\n".utf8)
  _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
