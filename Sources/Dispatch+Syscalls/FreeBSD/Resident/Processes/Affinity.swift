import CPicoEntry

/// Which processors threads may run on (`sys/cpuset.h`). Source: FreeBSD 14 sys/kern/kern_cpuset.c.
extension FreeBSD {
  private static let CPU_LEVEL_ROOT: Int32 = 1
  private static let CPU_LEVEL_CPUSET: Int32 = 2
  private static let CPU_LEVEL_WHICH: Int32 = 3
  private static let CPU_WHICH_TID: Int32 = 1
  private static let CPU_WHICH_PID: Int32 = 2
  private static let CPU_WHICH_CPUSET: Int32 = 3
  private static let CPU_WHICH_JAIL: Int32 = 5
  private static let CPU_WHICH_DOMAIN: Int32 = 6
  private static let CPU_WHICH_TIDPID: Int32 = 9

  /// Whom a call means.
  private enum Subject {
    /// A thread or a process's first one; 0 is the caller.
    case thread(Int32)
    case set(Int32)
  }

  /// - Errors: `EINVAL` for a kind of number that is none; `ESRCH` for a number that nobody has.
  private static func subject(_ t: Thread, _ which: Int32, _ id: Int64, _ error: inout Int) -> Subject? {
    error = HostError.ESRCH
    switch which {
    case CPU_WHICH_TID, CPU_WHICH_PID, CPU_WHICH_TIDPID:
      if id == -1 { return .thread(0) }
      guard id > 0, id <= Int64(Int32.max), CpuSets.of(t, Int32(id)) != nil else { return nil }
      return .thread(Int32(id))
    case CPU_WHICH_CPUSET:
      if id == -1 { return .set(CpuSets.of(t, 0) ?? 1) }
      guard id >= 0, id <= Int64(Int32.max), CpuSets.mask(Int32(id)) != nil else { return nil }
      return .set(Int32(id))
    case CPU_WHICH_JAIL, CPU_WHICH_DOMAIN:
      // There is one of each, of all processors.
      return id == -1 || id == 0 ? .set(0) : nil
    default:
      error = HostError.EINVAL
      return nil
    }
  }

  /// `cpuset_getaffinity(2)`: of a thread or process, by its number or -1 for the caller, of its set, or of all.
  ///
  /// Errors: `ERANGE` for a size that processors in the set exceed or that is more than the largest set, `EINVAL` for an
  /// unknown level or kind, `ESRCH`, `EFAULT`.
  static func cpuset_getaffinity(
    _ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ cpusetsize: UInt, _ mask: UInt
  ) -> Int {
    guard cpusetsize > 0, cpusetsize <= 1024 else { return HostError.ERANGE }
    guard level >= CPU_LEVEL_ROOT, level <= CPU_LEVEL_WHICH else { return HostError.EINVAL }
    var error = 0
    guard let subject = subject(t, which, id, &error) else { return error }
    var found: ProcessorSet?
    switch (level, subject) {
    case (CPU_LEVEL_ROOT, _): found = CpuSets.machine
    case (CPU_LEVEL_CPUSET, .thread(let thread)): found = CpuSets.mask(CpuSets.of(t, thread) ?? 1)
    case (_, .thread(let thread)): found = CpuSets.affinity(thread)
    case (_, .set(let set)): found = CpuSets.mask(set)
    }
    guard var set = found else { return HostError.ESRCH }
    return withUnsafeMutableBytes(of: &set) { bytes in
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

  /// `cpuset_setaffinity(2)`: of a thread, of every thread of the calling process or another process's first one, or of a
  /// set with all who are in it.
  ///
  /// Errors: `ERANGE`, `EFAULT`, `EINVAL` for an unknown level or kind and for processors that are not in the set above,
  /// `EDEADLK` for a set without a processor, `EPERM` for the sets that everybody is in, `ESRCH`.
  static func cpuset_setaffinity(
    _ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ cpusetsize: UInt, _ mask: UInt
  ) -> Int {
    guard cpusetsize > 0, cpusetsize <= 1024 else { return HostError.ERANGE }
    var set = ProcessorSet(repeating: 0)
    let copied = withUnsafeMutableBytes(of: &set) { bytes -> Int in
      guard copyIn(bytes.baseAddress.unsafelyUnwrapped, from: mask, count: min(Int(cpusetsize), bytes.count)) else {
        return HostError.EFAULT
      }
      var offset = bytes.count
      while offset < Int(cpusetsize) {
        guard let byte = load(mask &+ UInt(bitPattern: offset), as: UInt8.self) else { return HostError.EFAULT }
        guard byte == 0 else { return HostError.EINVAL }
        offset &+= 1
      }
      return 0
    }
    if copied != 0 { return copied }
    if CpuSets.isEmpty(set) { return HostError.EDEADLK }
    guard level >= CPU_LEVEL_ROOT, level <= CPU_LEVEL_WHICH else { return HostError.EINVAL }
    var error = 0
    guard let subject = subject(t, which, id, &error) else { return error }
    switch (level, subject) {
    case (CPU_LEVEL_ROOT, _): return HostError.EPERM
    case (CPU_LEVEL_CPUSET, .thread(let thread)): return modify(CpuSets.of(t, thread) ?? 1, set)
    case (_, .set(let number)): return modify(number, set)
    case (_, .thread(let thread)):
      guard let above = CpuSets.mask(CpuSets.of(t, thread) ?? 1) else { return HostError.ESRCH }
      if !CpuSets.isSame(CpuSets.common(above, set), set) { return HostError.EINVAL }
      guard which == CPU_WHICH_PID, thread == 0 || Int(thread) == host(HostProcess.getpid) else {
        return CpuSets.setAffinity(thread, set)
      }
      var result = 0
      NumberedDirectory.forEach(ShortPath("/proc/self/task")) {
        let changed = CpuSets.setAffinity($0, set)
        // A thread that ended meanwhile wants no processor.
        if changed < 0 && changed != HostError.ESRCH { result = changed }
      }
      return result
    }
  }

  /// Changes a numbered set, and where those run who are in it.
  private static func modify(_ number: Int32, _ set: ProcessorSet) -> Int {
    if number <= 1 { return HostError.EPERM }
    guard let before = CpuSets.mask(number) else { return HostError.ESRCH }
    if !CpuSets.isSame(CpuSets.common(CpuSets.machine, set), set) { return HostError.EINVAL }
    let result = CpuSets.apply(before, set) { $0.pointee.cpuset == UInt32(number) }
    if result == 0 { CpuSets.change(number, set) }
    return result
  }

  /// `cpuset(2)`: a new set of all processors, which the calling process moves into. Errors: `ENFILE` for too many;
  /// `EFAULT`; `EDEADLK`.
  static func cpuset(_ t: Thread, _ setid: UInt) -> Int {
    guard let id = CpuSets.make() else { return -23 }  // ENFILE
    if !store(id, at: setid) { return HostError.EFAULT }
    return move(t, 0, to: id)
  }

  /// `cpuset_setid(2)`: moves a process into a set. Errors: `EINVAL` for another kind than a process; `ESRCH`; `EDEADLK`;
  /// `EPERM`.
  static func cpuset_setid(_ t: Thread, _ which: Int32, _ id: Int64, _ setid: Int32) -> Int {
    guard which == CPU_WHICH_PID else { return HostError.EINVAL }
    guard CpuSets.mask(setid) != nil else { return HostError.ESRCH }
    guard id == -1 || id > 0 && id <= Int64(Int32.max), CpuSets.of(t, id == -1 ? 0 : Int32(id)) != nil else {
      return HostError.ESRCH
    }
    return move(t, id == -1 ? 0 : Int32(id), to: setid)
  }

  private static func move(_ t: Thread, _ process: Int32, to id: Int32) -> Int {
    let target = process == 0 ? t.pointee.process.pointee.tgid : UInt32(bitPattern: process)
    guard let before = CpuSets.mask(CpuSets.of(t, process) ?? 1), let after = CpuSets.mask(id) else {
      return HostError.ESRCH
    }
    let result = CpuSets.apply(before, after) { $0.pointee.tgid == target }
    if result == 0 {
      CpuSets.forEachThread { _, transfer in
        if transfer.pointee.tgid == target { transfer.pointee.cpuset = UInt32(bitPattern: id) }
      }
    }
    return result
  }

  /// `cpuset_getid(2)`. Errors: `EINVAL`, also for the level of a thread's own mask, which has no number; `ESRCH`,
  /// `EFAULT`.
  static func cpuset_getid(_ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ setid: UInt) -> Int {
    guard level >= CPU_LEVEL_ROOT, level <= CPU_LEVEL_WHICH, level != CPU_LEVEL_WHICH || which == CPU_WHICH_CPUSET,
      which != CPU_WHICH_DOMAIN
    else { return HostError.EINVAL }
    var error = 0
    guard let subject = subject(t, which, id, &error) else { return error }
    var number: Int32 = 0
    switch subject {
    case .thread(let thread): number = CpuSets.of(t, thread) ?? 1
    case .set(let set): number = set
    }
    // The set above all is everybody's first one.
    if level == CPU_LEVEL_ROOT { number = 0 }
    return store(number, at: setid) ? 0 : HostError.EFAULT
  }

  /// `sched_getcpu(2)`: the processor the caller runs on.
  static func sched_getcpu(_ t: Thread) -> Int {
    var processor: UInt32 = 0
    let result = withUnsafeMutablePointer(to: &processor) { host(HostProcess.getcpu, UInt(bitPattern: $0), 0, 0) }
    return result < 0 ? result : Int(processor)
  }

  /// `cpuset_getdomain(2)`: there is one memory domain, and memory comes from it.
  ///
  /// Errors: `ERANGE` for a size below 8 or above 32; `EINVAL`; `ESRCH`; `EFAULT`.
  static func cpuset_getdomain(
    _ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ domainsetsize: UInt, _ mask: UInt, _ policy: UInt
  ) -> Int {
    guard domainsetsize >= 8, domainsetsize <= 32 else { return HostError.ERANGE }
    guard level >= CPU_LEVEL_ROOT, level <= CPU_LEVEL_WHICH else { return HostError.EINVAL }
    var error = 0
    guard subject(t, which, id, &error) != nil else { return error }
    var domains: (UInt64, UInt64, UInt64, UInt64) = (1, 0, 0, 0)
    guard copyOut(to: mask, &domains, count: Int(domainsetsize)) else { return HostError.EFAULT }
    return store(Int32(2), at: policy) ? 0 : HostError.EFAULT  // DOMAINSET_POLICY_FIRSTTOUCH
  }

  /// `cpuset_setdomain(2)`: any policy over the one domain there is, which changes nothing.
  ///
  /// Errors: `ERANGE`; `EFAULT`; `EINVAL` for a level, a kind, a policy or a domain that is none, or for no domain at all;
  /// `EPERM` for the sets that everybody is in; `ESRCH`.
  static func cpuset_setdomain(
    _ t: Thread, _ level: Int32, _ which: Int32, _ id: Int64, _ domainsetsize: UInt, _ mask: UInt, _ policy: Int32
  ) -> Int {
    guard domainsetsize >= 8, domainsetsize <= 32 else { return HostError.ERANGE }
    guard level >= CPU_LEVEL_ROOT, level <= CPU_LEVEL_WHICH else { return HostError.EINVAL }
    var domains: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    guard copyIn(&domains, from: mask, count: Int(domainsetsize)) else { return HostError.EFAULT }
    // ROUNDROBIN, FIRSTTOUCH, PREFER, INTERLEAVE
    guard policy >= 1, policy <= 4, domains == (1, 0, 0, 0) else { return HostError.EINVAL }
    var error = 0
    guard let subject = subject(t, which, id, &error) else { return error }
    if level == CPU_LEVEL_ROOT { return HostError.EPERM }
    if case .set(let number) = subject, number <= 1 { return HostError.EPERM }
    return 0
  }
}
