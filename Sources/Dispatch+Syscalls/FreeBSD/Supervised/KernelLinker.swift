internal import SyscallDispatch

/// The linker's calls. One file is there, the kernel, with id 1; nothing can be loaded or unloaded.
extension FreeBSD {
  private static let MAXPATHLEN = 1024
  private static let kernelID: Int32 = 1
  private static let kernelName = Array("kernel".utf8)
  private static let kernelPath = Array("/boot/kernel/kernel".utf8)
  /// Where every amd64 kernel begins, and about how large a GENERIC one is.
  private static let kernelAddress: UInt64 = 0xffff_ffff_8020_0000
  private static let kernelSize: UInt64 = 0x1f3_0000
  /// `sizeof(struct kld_file_stat)`, and its first version's, which ends before `pathname`.
  private static let kldFileStatSize: Int32 = 2080
  private static let kldFileStatSize1: Int32 = 1056
  private static let LINKER_UNLOAD_NORMAL: UInt32 = 0
  private static let LINKER_UNLOAD_FORCE: UInt32 = 1
  private static let KLDSYM_LOOKUP: Int32 = 1

  private static func checkFile(_ id: Int32) throws(GuestErrno) {
    if id != kernelID { throw .ENOENT }
  }

  /// `kldload(2)`. Errors: `EFAULT`, `ENAMETOOLONG`; `EPERM`; `EEXIST` for what the kernel contains; `ENOENT`.
  static func kldload(_ call: SupervisedCall, _ file: UInt64) throws(GuestErrno) -> Int64 {
    let path = try call.string(file, capacity: MAXPATHLEN)
    try checkPrivilege(call)
    var name = path.split(separator: 0x2f).last.map(Array.init) ?? []
    if name.suffix(3) == Array(".ko".utf8)[...] { name.removeLast(3) }
    throw name == kernelName || modules.contains(name) ? .EEXIST : .ENOENT
  }

  /// `kldunload(2)`. Errors: `EPERM`; `ENOENT`; `EBUSY` for what the loader has loaded.
  static func kldunload(_ call: SupervisedCall, _ fileid: Int32) throws(GuestErrno) -> Int64 {
    try checkPrivilege(call)
    try checkFile(fileid)
    throw .EBUSY
  }

  /// `kldunloadf(2)`. Errors: `EINVAL` for other flags than force or none; then those of `kldunload`.
  static func kldunloadf(_ call: SupervisedCall, _ fileid: Int32, _ flags: UInt32) throws(GuestErrno) -> Int64 {
    guard flags == LINKER_UNLOAD_NORMAL || flags == LINKER_UNLOAD_FORCE else { throw .EINVAL }
    return try kldunload(call, fileid)
  }

  /// `kldfind(2)`: a file's id by the last part of its path. Errors: `EFAULT`, `ENAMETOOLONG`, `ENOENT`.
  static func kldfind(_ call: SupervisedCall, _ file: UInt64) throws(GuestErrno) -> Int64 {
    let path = try call.string(file, capacity: MAXPATHLEN)
    let name = path.lastIndex(of: 0x2f).map { Array(path[($0 + 1)...]) } ?? path
    guard name == kernelName else { throw .ENOENT }
    return Int64(kernelID)
  }

  /// `kldnext(2)`: the id after `fileid`, the first for 0; 0 after the last. Errors: `ENOENT`.
  static func kldnext(_ call: SupervisedCall, _ fileid: Int32) throws(GuestErrno) -> Int64 {
    if fileid == 0 { return Int64(kernelID) }
    try checkFile(fileid)
    return 0
  }

  /// `kldstat(2)`: name, references, id, address, size and path of a file.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for a `version` that is the size of neither version of the structure; `ENOENT`.
  /// - Source: FreeBSD sys/kern/kern_linker.c `sys_kldstat`.
  static func kldstat(_ call: SupervisedCall, _ fileid: Int32, _ stat: UInt64) throws(GuestErrno) -> Int64 {
    let version = try call.load(stat, as: Int32.self)
    guard version == kldFileStatSize || version == kldFileStatSize1 else { throw .EINVAL }
    try checkFile(fileid)
    // The kernel fills a structure of its own that begins with zeroes, `version` among them.
    let padded = { (text: [UInt8]) in text + [UInt8](repeating: 0, count: MAXPATHLEN - text.count) }
    var bytes = littleEndian(Int32(0)) + padded(kernelName) + littleEndian(Int32(1)) + littleEndian(kernelID)
    bytes += littleEndian(Int32(0)) + littleEndian(kernelAddress) + littleEndian(kernelSize) + padded(kernelPath)
    try call.store(Array(bytes.prefix(Int(version))), at: stat)
    return 0
  }

  /// `kldfirstmod(2)`: the first module of a file. Errors: `ENOENT`.
  static func kldfirstmod(_ call: SupervisedCall, _ fileid: Int32) throws(GuestErrno) -> Int64 {
    try checkFile(fileid)
    return 1
  }

  /// `kldsym(2)`: no file here has a symbol.
  ///
  /// - Errors: `EFAULT`; `EINVAL` for another version or command; `EFAULT`, `ENAMETOOLONG` of the name; `ENOENT`.
  static func kldsym(
    _ call: SupervisedCall, _ fileid: Int32, _ cmd: Int32, _ data: UInt64
  ) throws(GuestErrno) -> Int64 {
    // struct kld_sym_lookup: version, then at 8 the name's address.
    _ = try call.bytes(data, 32)
    guard try call.load(data, as: Int32.self) == 32, cmd == KLDSYM_LOOKUP else { throw .EINVAL }
    _ = try call.string(call.load(data &+ 8, as: UInt64.self), capacity: MAXPATHLEN)
    throw .ENOENT
  }
}
