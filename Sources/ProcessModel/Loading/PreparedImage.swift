internal import Glibc

/// A program ready to be loaded: its image open and checked, its interpreters found.
package struct PreparedImage: Sendable {
  /// The file that is mapped.
  package let file: Descriptor
  package let image: ElfImage
  package let system: GuestSystem
  /// The program interpreter of a dynamic image.
  package let interpreter: (file: Descriptor, image: ElfImage)?
  /// What a script puts before its arguments: interpreter, its argument, the script's own path.
  package let scriptWords: [FileName]
  /// Absolute path of the file that is mapped, as far as it is known.
  package let path: FileName
  /// The same as the guest names it.
  package let guestPath: FileName
  /// Whether the process looks names up in the silo's view.
  package let isViewed: Bool
}

/// Why a program cannot be run.
package enum PreparationError: Error {
  case host(HostErrno, path: FileName)
  case image(ImageError, path: FileName)
  /// The image asks for a program interpreter that is not there.
  case interpreterMissing(FileName, HostErrno, path: FileName)
  /// It is dynamic, and no root of its system was named.
  case rootMissing(FileName, GuestSystem, path: FileName)
  case scriptsTooDeep(path: FileName)
  case notServed(GuestSystem, path: FileName)

  /// The errno that exec fails with.
  package var errno: Int32 {
    switch self {
    case .host(let error, _): error.number
    case .image, .notServed: ENOEXEC
    case .interpreterMissing(_, let error, _): error.number
    case .rootMissing: ENOENT
    case .scriptsTooDeep: ELOOP
    }
  }

  /// One line for the user.
  package var description: String {
    switch self {
    case .host(let error, let path): "\(path.text): \(error.text)"
    case .image(let error, let path): "\(path.text): \(error.description)"
    case .interpreterMissing(let interpreter, let error, let path):
      "\(path.text): its program interpreter \(interpreter.text) cannot be opened: \(error.text)"
    case .rootMissing(let interpreter, let system, let path):
      "\(path.text): a dynamic program that needs \(interpreter.text): name a \(system.displayName) root with --root DIR "
        + "(picorun rootfs import base.txz DIR makes one)"
    case .scriptsTooDeep(let path): "\(path.text): too many scripts interpret each other"
    case .notServed(let system, let path):
      "\(path.text): a program for \(system.displayName), which has no personality here"
    }
  }
}

/// Opens and recognises programs.
package struct ImagePreparation: Sendable {
  /// Systems that a personality is there for.
  package let served: [GuestSystem]
  /// What the first image, and later ones without clear marks, are taken for.
  package let forced: GuestSystem?
  /// The names by which guests see the host's files.
  package let view: FileView

  package init(served: [GuestSystem], forced: GuestSystem?, view: FileView) {
    self.served = served
    self.forced = forced
    self.view = view
  }

  /// As deep as Linux follows `#!` lines.
  private static let scriptDepth = 5

  /// Prepares an open file.
  ///
  /// - Parameters: `path` is the guest's name of it; `process` is whose exec it is, nil for the silo's first; `root` is
  ///   that process's root as it has opened it.
  package func prepare(
    _ file: Descriptor, path: FileName, process: Int32?, root: Descriptor? = nil
  ) throws(PreparationError) -> PreparedImage {
    let place = Place(view, process, root)
    return try prepare(file, path: path, words: [], depth: 0, place)
  }

  /// Where an image's process looks names up.
  private struct Place {
    let view: FileView
    /// Relative names start here.
    let directory: FileName
    /// It is for the silo's first process.
    let isFirst: Bool

    /// A process that has changed its root has left the view. One in a mount namespace of its own finds other files by
    /// the host's names; within a view it keeps the view's.
    init(_ view: FileView, _ process: Int32?, _ shown: Descriptor?) {
      isFirst = process == nil
      guard let process else {
        self.view = view
        directory = "."
        return
      }
      directory = FileName("/proc/\(process)/cwd")
      let root = ProcessRoot(of: process, shown: shown)
      let isHosts = root.isHosts && (!view.isEmpty || root.sharesMounts)
      self.view =
        isHosts ? view : FileView(places: [.init(guest: "", host: FileName("/proc/\(process)/root"))], isWhole: true)
    }

    func resolve(_ name: FileName) -> FileName {
      name.isAbsolute ? view.hostName(name) : directory + "/" + name
    }
  }

  private func prepare(
    _ file: Descriptor, path: FileName, words: [FileName], depth: Int, _ place: Place
  ) throws(PreparationError) -> PreparedImage {
    guard depth < Self.scriptDepth else { throw .scriptsTooDeep(path: path) }
    guard let reader = ImageReader(descriptor: file.number) else { throw .image(.unreadable, path: path) }
    let recognised: RecognisedImage
    do throws(ImageError) { recognised = try Recogniser.recognise(reader) } catch { throw .image(error, path: path) }
    switch recognised {
    case .script(let interpreter, let argument):
      let opened: Descriptor
      do throws(HostErrno) { opened = try Self.openProgram(place.resolve(interpreter)) } catch {
        throw .interpreterMissing(interpreter, error, path: path)
      }
      let before = [interpreter] + (argument.map { [$0] } ?? []) + [path] + words.dropFirst()
      return try prepare(opened, path: interpreter, words: before, depth: depth + 1, place)
    case .elf(let image, let recognisedSystem):
      let system = chosen(recognisedSystem, image, reader, isFirst: place.isFirst)
      guard served.contains(system) else { throw .notServed(system, path: path) }
      let hostPath = file.path ?? place.resolve(path)
      return PreparedImage(
        file: file, image: image, system: system,
        interpreter: try interpreter(of: image, system, path: path, place), scriptWords: words, path: hostPath,
        guestPath: place.view.guestName(hostPath), isViewed: !place.view.isEmpty && !place.view.isWhole)
    }
  }

  /// The system whose personality runs an image. What the user says holds for the program named on the command line,
  /// and for those it starts that do not say themselves, or say something nobody serves.
  private func chosen(
    _ recognised: GuestSystem, _ image: ElfImage, _ reader: ImageReader, isFirst: Bool
  ) -> GuestSystem {
    guard let forced else { return recognised }
    guard !isFirst, served.contains(recognised), (try? Recogniser.mark(of: image, file: reader)) != nil else {
      return forced
    }
    return recognised
  }

  private func interpreter(
    of image: ElfImage, _ system: GuestSystem, path: FileName, _ place: Place
  ) throws(PreparationError) -> (file: Descriptor, image: ElfImage)? {
    guard let name = image.interpreter else { return nil }
    let file: Descriptor
    do throws(HostErrno) { file = try Self.openProgram(place.resolve(name)) } catch {
      // Another system's comes with a root of that system.
      if system != .linux && view.isEmpty && error.number == ENOENT {
        throw .rootMissing(name, system, path: path)
      }
      throw .interpreterMissing(name, error, path: path)
    }
    guard let reader = ImageReader(descriptor: file.number) else { throw .image(.unreadable, path: name) }
    do throws(ImageError) { return (file, try ElfImage.parse(reader)) } catch { throw .image(error, path: name) }
  }

  /// Opens what exec would execute: a regular file with execute permission.
  ///
  /// Errors: of open(2); `EACCES` for anything else than a regular file that may be executed.
  package static func openProgram(_ path: FileName) throws(HostErrno) -> Descriptor {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else { throw HostErrno(errno) }
    guard status.st_mode & S_IFMT == S_IFREG, path.withCString({ faccessat(AT_FDCWD, $0, X_OK, AT_EACCESS) }) == 0
    else {
      throw HostErrno(EACCES)
    }
    return try Descriptor.open(path)
  }
}
