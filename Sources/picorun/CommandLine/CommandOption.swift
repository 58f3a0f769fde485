internal import ProcessModel

/// An option of the command: the one place that knows its name, what it does and what the help says of it.
struct CommandOption {
  /// With its hyphens; one hyphen before a single letter.
  let name: String
  /// What its value is called; nil for one that has none.
  var value: String?
  let help: String
  /// Changes the options by a value, empty where there is none. False: it takes no such value.
  let apply: (inout RunOptions, String) -> Bool

  private init(_ name: String, _ value: String, _ help: String, apply: @escaping (inout RunOptions, String) -> Bool) {
    (self.name, self.value, self.help, self.apply) = (name, value, help, apply)
  }

  private init(_ name: String, _ help: String, apply: @escaping (inout RunOptions) -> Void) {
    (self.name, self.help) = (name, help)
    self.apply = { options, _ in
      apply(&options)
      return true
    }
  }

  /// In the order of the help. Made only for a command line that has options.
  static var all: [CommandOption] {
    [
      CommandOption("--platform", "trap|ptrace", "How system calls are caught: by seccomp (the default) or ptrace.") {
        guard let platform = PlatformName(rawValue: $1) else { return false }
        $0.platform = platform
        return true
      },
      CommandOption(
        "--personality", "freebsd|linux", "Take the program for this system's, whatever its marks say."
      ) {
        guard let personality = PersonalityName(rawValue: $1) else { return false }
        $0.personality = personality
        return true
      },
      CommandOption(
        "--root", "DIR", "A directory that the program sees as \"/\": the root file system of its own system."
      ) {
        $0.root = $1
        return true
      },
      CommandOption(
        "--bind", "HOST[:GUEST]", "A directory or file of the host that the program sees as it is, or as GUEST."
      ) {
        $0.bind.append($1)
        return true
      },
      CommandOption("--strict", "Report a call that is not implemented at once.") { $0.strict = true },
      CommandOption("--stats", "At the end, print how many calls were made and how many crossed to the supervisor.") {
        $0.stats = true
      },
      CommandOption("--rewrite", "Rewrite call sites that have trapped (the default).") { $0.rewrite = true },
      CommandOption("--no-rewrite", "Rewrite none: a program that reads its own code sees the change.") {
        $0.rewrite = false
      },
      CommandOption("-e", "EXPRESSION", "Trace system calls: trace=all, trace=open,read, trace=%file, trace=!futex.") {
        $0.expression.append($1)
        return true
      },
      CommandOption("-o", "FILE", "Write the trace to a file instead of standard error.") {
        $0.output = $1
        return true
      },
      CommandOption("-f", "Follow forks (always done; accepted for habit).") { _ in },
      CommandOption(
        "-t",
        "Begin each line of the trace with the time; twice: with microseconds; three times: seconds since 1970."
      ) { $0.time += 1 },
      CommandOption("-r", "Begin each line of the trace with the time since the line before.") { $0.relative = true },
      CommandOption("-T", "End each line of the trace with the time spent in the call.") { $0.duration = true },
      CommandOption("-s", "SIZE", "Longest string to print, in bytes; 32 when not given.") {
        guard let limit = Int($1) else { return false }
        $0.stringLimit = limit
        return true
      },
    ]
  }
}

enum PlatformName: String {
  case trap, ptrace
}

enum PersonalityName: String {
  case freebsd, linux

  var system: GuestSystem { self == .freebsd ? .freebsd : .linux }
}
