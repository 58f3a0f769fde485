internal import Glibc

/// `picorun rootfs`: root file systems for `--root`.
enum RootfsCommand {
  private static let help = """
    Makes root file systems for picorun --root.

    usage: picorun rootfs import ARCHIVE DIR

    import unpacks an archive of a system's files into a directory that does not
    exist yet or is empty. The archive is a tar file, compressed or not: FreeBSD's
    base.txz, or an exported container. Names that lead out of the directory are
    refused; devices are left out, and programs lose their set-user-ID bits.

    """

  /// - Parameter words: what follows `rootfs`.
  /// - Returns: the exit status.
  static func run(_ words: ArraySlice<String>) -> Int32 {
    if words.isEmpty || words.contains(where: { ["-h", "--help", "help"].contains($0) }) {
      print(help, terminator: "")
      return 0
    }
    guard words.count == 3, words.first == "import", let directory = words.last else {
      complain("rootfs wants import ARCHIVE DIR; see picorun rootfs --help")
      return Picorun.ownFailure
    }
    do throws(ImportProblem) {
      let count = try RootImport(archive: words[words.startIndex + 1], directory: directory).run()
      print("\(directory): \(count) files")
      return 0
    } catch {
      complain(error.text)
      return Picorun.ownFailure
    }
  }
}
