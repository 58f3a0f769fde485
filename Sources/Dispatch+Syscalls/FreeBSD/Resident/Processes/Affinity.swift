/// Which processors threads may run on (`sys/cpuset.h`).
extension FreeBSD {
  private static let CPU_LEVEL_ROOT: Int32 = 1
  private static let CPU_LEVEL_CPUSET: Int32 = 2
  private static let CPU_LEVEL_WHICH: Int32 = 3
  private static let CPU_WHICH_TID: Int32 = 1
  private static let CPU_WHICH_PID: Int32 = 2
  private static let CPU_WHICH_CPUSET: Int32 = 3
  private static let CPU_WHICH_TIDPID: Int32 = 9

  /// A set of 1,024 processors, as large as the guest's kernel has them.
  private typealias ProcessorSet = InlineArray<16, UInt64>

  /// `cpuset_getaffinity(2)`: of a thread or process, by its number or -1 for the caller. Sets larger than the
  /// thread's own are the same: nobody is confined to less than that.
  ///
  /// Errors: `EINVAL` for an unknown level or kind, `ESRCH`, `ERANGE` for a size that processors in the set exceed or
  /// that is more than the largest set, `EFAULT`.
  static func cpuset_getaffinity(
    _ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ cpusetsize: UInt, _ mask: UInt
  ) -> Int {
    guard cpusetsize > 0, cpusetsize <= 1024 else { return HostError.ERANGE }
    guard let thread = affinityThread(level, which, id) else { return HostError.EINVAL }
    var set = ProcessorSet(repeating: 0)
    return withUnsafeMutableBytes(of: &set) { bytes in
      let got = host(
        HostProcess.sched_getaffinity, argument(thread), UInt(bitPattern: bytes.count),
        UInt(bitPattern: bytes.baseAddress))
      guard got >= 0 else { return got }
      let size = Int(cpusetsize)
      for index in min(size, bytes.count)..<bytes.count where bytes[index] != 0 { return HostError.ERANGE }
      guard copyOut(to: mask, bytes.baseAddress.unsafelyUnwrapped, count: min(size, bytes.count)) else {
        return HostError.EFAULT
      }
      var offset = bytes.count
      while offset < size {
        guard store(UInt8(0), at: mask &+ UInt(bitPattern: offset)) else { return HostError.EFAULT }
        offset &+= 1
      }
      return 0
    }
  }

  /// `cpuset_setaffinity(2)`: of a thread, or of every thread of the calling process; another process's first thread.
  ///
  /// Errors: `ERANGE`, `EFAULT`, `EINVAL` for an unknown kind, for bits beyond the largest set or for a set without a
  /// processor (`EDEADLK` in FreeBSD when none is left), `EPERM` for a set that others share, `ESRCH`.
  static func cpuset_setaffinity(
    _ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ cpusetsize: UInt, _ mask: UInt
  ) -> Int {
    guard cpusetsize > 0, cpusetsize <= 1024 else { return HostError.ERANGE }
    guard level == CPU_LEVEL_WHICH else {
      return level == CPU_LEVEL_ROOT || level == CPU_LEVEL_CPUSET ? HostError.EPERM : HostError.EINVAL
    }
    guard let thread = affinityThread(level, which, id) else { return HostError.EINVAL }
    var set = ProcessorSet(repeating: 0)
    return withUnsafeMutableBytes(of: &set) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      guard copyIn(start, from: mask, count: min(Int(cpusetsize), bytes.count)) else { return HostError.EFAULT }
      var offset = bytes.count
      while offset < Int(cpusetsize) {
        guard let byte = load(mask &+ UInt(bitPattern: offset), as: UInt8.self) else { return HostError.EFAULT }
        guard byte == 0 else { return HostError.EINVAL }
        offset &+= 1
      }
      let own = host(HostProcess.getpid)
      guard which == CPU_WHICH_PID, thread == 0 || Int(thread) == own else {
        return host(
          HostProcess.sched_setaffinity, argument(thread), UInt(bitPattern: bytes.count), UInt(bitPattern: start))
      }
      var result = 0
      NumberedDirectory.forEach(ShortPath("/proc/self/task")) {
        let set = host(
          HostProcess.sched_setaffinity, argument($0), UInt(bitPattern: bytes.count), UInt(bitPattern: start))
        // A thread that ended meanwhile wants no processor.
        if set < 0 && set != HostError.ESRCH { result = set }
      }
      return result
    }
  }

  /// The host's thread number, 0 for the caller; nil for a level, kind or number that is none.
  private static func affinityThread(_ level: Int32, _ which: Int32, _ id: Int64) -> Int32? {
    guard level >= CPU_LEVEL_ROOT, level <= CPU_LEVEL_WHICH else { return nil }
    switch which {
    case CPU_WHICH_TID, CPU_WHICH_PID, CPU_WHICH_TIDPID:
      if id == -1 { return 0 }
      return id > 0 && id <= Int64(Int32.max) ? Int32(id) : nil
    case CPU_WHICH_CPUSET:
      return level != CPU_LEVEL_WHICH || id == -1 || id == 1 ? 0 : nil
    default: return nil
    }
  }

  /// `cpuset_getid(2)`: everybody is in set 1. Errors: `EINVAL`, `EFAULT`.
  static func cpuset_getid(_ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ setid: UInt) -> Int {
    guard affinityThread(level, which, id) != nil else { return HostError.EINVAL }
    return store(Int32(1), at: setid) ? 0 : HostError.EFAULT
  }

  /// `sched_getcpu(2)`: the processor the caller runs on.
  static func sched_getcpu(_ t: Thread) -> Int {
    var processor: UInt32 = 0
    let result = withUnsafeMutablePointer(to: &processor) { host(HostProcess.getcpu, UInt(bitPattern: $0), 0, 0) }
    return result < 0 ? result : Int(processor)
  }
}
