internal import Glibc
internal import ProcessModel

/// Takes out of an unpacked root what does not belong there: devices, and the right to change one's identity.
struct RootCleaning {
  private(set) var files = 0
  private(set) var devices = 0

  /// Goes through a directory without following links.
  mutating func clean(_ directory: FileName) {
    for name in FolderContents.names(directory) ?? [] {
      let path = directory + "/" + name
      var status = stat()
      guard path.withCString({ lstat($0, &status) }) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFBLK, S_IFCHR:
        _ = path.withCString { unlink($0) }
        devices += 1
        continue
      case S_IFREG where status.st_mode & (S_ISUID | S_ISGID) != 0:
        _ = path.withCString { chmod($0, status.st_mode & 0o777) }
      case S_IFDIR:
        // Whoever imported it is to be able to remove it again.
        if status.st_mode & 0o700 != 0o700 { _ = path.withCString { chmod($0, status.st_mode & 0o7777 | 0o700) } }
        clean(path)
      default: break
      }
      files += 1
    }
  }
}

/// What a directory holds.
enum FolderContents {
  /// The names in it but `.` and `..`; nil, and `errno`, when it cannot be read.
  static func names(_ directory: FileName) -> [FileName]? {
    guard let stream = directory.withCString({ opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var names: [FileName] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { FileName(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
