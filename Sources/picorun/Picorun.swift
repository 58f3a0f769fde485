internal import Glibc

@main
enum Picorun {
  /// Exit status for failures of picorun itself, and for wrong use.
  static let ownFailure: Int32 = 125

  static func main() {
    occupyStandardDescriptors()
    // The one word that is no program: `picorun -- rootfs` runs a program of that name.
    let words = Array(CommandLine.arguments.dropFirst())
    if words.first == "rootfs" { exit(RootfsCommand.run(words.dropFirst())) }
    do throws(OptionReader.Problem) {
      _exit(Front(options: try OptionReader.read(words)).run())
    } catch {
      switch error {
      case .help:
        print(CommandHelp.text, terminator: "")
        exit(0)
      case .wrong(let text):
        complain(text)
        exit(ownFailure)
      }
    }
  }
}

/// A closed standard descriptor would be taken by the next file we open. The program is still to find it closed.
private func occupyStandardDescriptors() {
  var descriptor = open("/dev/null", O_RDWR | O_CLOEXEC)
  while descriptor >= 0 && descriptor <= 2 { descriptor = open("/dev/null", O_RDWR | O_CLOEXEC) }
  if descriptor > 2 { close(descriptor) }
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
