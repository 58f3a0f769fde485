/// What `picorun --help` prints.
enum CommandHelp {
  /// Where the words about an option begin, and where a line ends at the latest.
  private static let column = 26, width = 80

  static var text: String {
    var text = """
      Runs a program of another operating system, or of Linux, as a picoprocess.

      usage: picorun [options] [--] PROGRAM [ARGUMENTS]
             picorun rootfs import ARCHIVE DIR


      """
    for option in CommandOption.all { text += entry(option.name + (option.value.map { " " + $0 } ?? ""), option.help) }
    text += entry("-h, --help", "Print this.")
    text += """

      The exit status is the program's own; 128+N when signal N killed it, 127 when it
      was not found, 126 when it cannot be run, 125 when picorun itself failed.

      """
    return text
  }

  private static func entry(_ name: String, _ help: String) -> String {
    var text = ""
    var line = "  " + name
    if line.count >= column { (text, line) = (line + "\n", "") }
    for word in help.split(separator: " ") {
      if line.count + 1 + word.count > width {
        text += line + "\n"
        line = ""
      }
      line += line.count < column ? String(repeating: " ", count: column - line.count) : " "
      line += word
    }
    return text + line + "\n"
  }
}
