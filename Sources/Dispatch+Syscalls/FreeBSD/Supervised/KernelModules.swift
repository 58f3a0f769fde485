internal import SyscallDispatch
internal import TableModel

/// The module calls: what the one kernel file contains, by the calls that are served.
extension FreeBSD {
  private static let MAXMODNAME = 32
  /// `sizeof(struct module_stat)`, and its first version's, which ends before `data`.
  private static let moduleStatSize: Int32 = 56
  private static let moduleStatSize1: Int32 = 44

  /// Names of the kernel's modules; a module's id is its place, from 1. A feature is a module if the call that it is
  /// known by is served: the image activators always are.
  static let modules: [[UInt8]] = {
    let features = [
      ("elf64", nil), ("shell", nil), ("sysvmsg", "msgsnd"), ("sysvsem", "semop"), ("sysvshm", "shmat"),
      ("aio", "aio_read"), ("mqueuefs", "kmq_open"),
    ]
    return features.compactMap { name, call in
      guard let call else { return Array(name.utf8) }
      let row = systemCalls.rows.first { $0.name == call }
      return row?.status == .full || row?.status == .partial ? Array(name.utf8) : nil
    }
  }()

  private static func checkModule(_ id: Int32) throws(GuestErrno) {
    guard id >= 1, Int(id) <= modules.count else { throw .ENOENT }
  }

  /// `modnext(2)`: the id after `modid`, the first for 0; 0 after the last. Errors: `ENOENT`.
  static func modnext(_ call: SupervisedCall, _ modid: Int32) throws(GuestErrno) -> Int64 {
    if modid == 0 { return 1 }
    try checkModule(modid)
    return Int(modid) < modules.count ? Int64(modid) + 1 : 0
  }

  /// `modfnext(2)`: the next id in the same file; all are in one. Errors: `ENOENT`.
  static func modfnext(_ call: SupervisedCall, _ modid: Int32) throws(GuestErrno) -> Int64 {
    try checkModule(modid)
    return try modnext(call, modid)
  }

  /// `modfind(2)`: a module's id by its name. Errors: `EFAULT`, `ENAMETOOLONG`, `ENOENT`.
  static func modfind(_ call: SupervisedCall, _ name: UInt64) throws(GuestErrno) -> Int64 {
    let name = try call.string(name, capacity: MAXMODNAME)
    guard let place = modules.firstIndex(of: name) else { throw .ENOENT }
    return Int64(place) + 1
  }

  /// `modstat(2)`: name, references and id of a module.
  ///
  /// - Errors: `ENOENT`; `EFAULT`; `EINVAL` for a `version` that is the size of neither version of the structure.
  /// - Source: FreeBSD sys/kern/kern_module.c `sys_modstat`.
  static func modstat(_ call: SupervisedCall, _ modid: Int32, _ stat: UInt64) throws(GuestErrno) -> Int64 {
    try checkModule(modid)
    let version = try call.load(stat, as: Int32.self)
    guard version == moduleStatSize || version == moduleStatSize1 else { throw .EINVAL }
    try call.store(Array((modules[Int(modid) - 1] + [0]).prefix(MAXMODNAME)), at: stat &+ 4)
    try call.store(littleEndian(Int32(1)) + littleEndian(modid), at: stat &+ 36)
    if version == moduleStatSize { try call.store(littleEndian(Int64(0)), at: stat &+ 48) }
    return 0
  }

  /// The bytes of a number in the guest's order.
  static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
