internal import Synchronization
internal import SyscallDispatch

/// The kernel's environment: one for all picoprocesses of a supervisor.
extension FreeBSD {
  private static let KENV_GET: Int32 = 0
  private static let KENV_SET: Int32 = 1
  private static let KENV_UNSET: Int32 = 2
  private static let KENV_DUMP: Int32 = 3
  private static let KENV_DUMP_LOADER: Int32 = 4
  private static let KENV_DUMP_STATIC: Int32 = 5
  /// Longest name and value, without their terminators.
  private static let KENV_MNAMELEN = 128
  private static let KENV_MVALLEN = 128
  /// Most variables.
  private static let KENV_SIZE = 512

  private static let environment = Mutex<[(name: [UInt8], value: [UInt8])]>(loaderEnvironment())

  /// `kenv(2)`: the kernel's environment, as a boot loader would have left it.
  ///
  /// - Returns: bytes of the value with its terminator, as many as fit; for `KENV_DUMP` 0 when everything fitted, else
  ///   the bytes that are needed.
  /// - Errors: `ENOENT` for `KENV_DUMP_LOADER` and `KENV_DUMP_STATIC`, which no kernel keeps by default; `EPERM` for a
  ///   change that the superuser does not make; `EFAULT`, `ENAMETOOLONG` of the name; then by action `ENOENT`, `EINVAL`
  ///   for a length below 1, `EFAULT`, `ENAMETOOLONG` of the value; `EINVAL` for no action.
  /// - Source: kenv(2), FreeBSD sys/kern/kern_environment.c `sys_kenv`.
  static func kenv(
    _ call: SupervisedCall, _ what: Int32, _ name: UInt64, _ value: UInt64, _ len: Int32
  ) throws(GuestErrno) -> Int64 {
    switch what {
    case KENV_DUMP: return try dump(call, value, len)
    case KENV_DUMP_LOADER, KENV_DUMP_STATIC: throw .ENOENT
    case KENV_SET, KENV_UNSET: try checkPrivilege(call)
    default: break
    }
    let name = try call.string(name, capacity: KENV_MNAMELEN + 1)
    switch what {
    case KENV_GET:
      guard let found = environment.withLock({ $0.first { $0.name == name } }) else { throw .ENOENT }
      // A negative length is a large one to the kernel's comparison, and then copyout(9) of the whole value.
      let count = len < 0 ? found.value.count + 1 : min(found.value.count + 1, Int(len))
      try call.store(Array((found.value + [0])[..<count]), at: value)
      return Int64(count)
    case KENV_SET:
      if len < 1 { throw .EINVAL }
      let text = try call.string(value, capacity: min(Int(len), KENV_MVALLEN + 1))
      environment.withLock { environment in
        if let place = environment.firstIndex(where: { $0.name == name }) {
          environment[place].value = text
        } else if environment.count < KENV_SIZE {
          environment.append((name, text))
        }
      }
      return 0
    case KENV_UNSET:
      try environment.withLock { (environment) throws(GuestErrno) in
        guard let place = environment.firstIndex(where: { $0.name == name }) else { throw .ENOENT }
        environment.remove(at: place)
      }
      return 0
    default: throw .EINVAL
    }
  }

  /// Every variable as `name=value` with its terminator, one after the other.
  private static func dump(_ call: SupervisedCall, _ value: UInt64, _ len: Int32) throws(GuestErrno) -> Int64 {
    let all = environment.withLock { environment -> [UInt8] in
      environment.flatMap { (variable) -> [UInt8] in variable.name + [0x3d] + variable.value + [0] }
    }
    guard len > 0, value != 0 else { return Int64(all.count) }
    let done = min(all.count, Int(len))
    try call.store(Array(all[..<done]), at: value)
    return done == all.count ? 0 : Int64(all.count)
  }
}
