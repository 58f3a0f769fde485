internal import ArgumentParser
internal import Glibc

/// `picorun rootfs`: root file systems for `--root`.
struct RootfsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "picorun rootfs", abstract: "Makes root file systems for picorun --root.",
    subcommands: [Import.self])

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Unpacks an archive of a system's files into a directory.",
      discussion: """
        The archive is a tar file, compressed or not: FreeBSD's base.txz, or an exported container. Names that lead out \
        of the directory are refused; devices are left out, and programs lose their set-user-ID bits.
        """)

    @Argument(help: "The archive: .tar, .txz, .tar.gz, .tar.zst, .tar.xz.")
    var archive: String

    @Argument(help: "The directory to make. It may exist if it is empty.")
    var directory: String

    func run() throws {
      do throws(ImportProblem) {
        let count = try RootImport(archive: archive, directory: directory).run()
        print("\(directory): \(count) files")
      } catch {
        complain(error.text)
        throw ExitCode(Picorun.ownFailure)
      }
    }
  }
}
