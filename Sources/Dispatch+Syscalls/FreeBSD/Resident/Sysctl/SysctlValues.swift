import CPicoABI

/// The values of system variables.
extension FreeBSD {
  private static let CTLTYPE_ULONG: UInt32 = 8

  /// Answers with a row's value. `arguments` are the numbers after the row's own.
  static func put(_ row: SysctlRow, _ arguments: SysctlName, _ request: inout SysctlRequest) -> Int {
    switch row.value {
    case .node: return ENOENT
    case .int(let value): return request.put(value)
    case .unsigned(let value): return request.put(value)
    case .long(let value): return request.put(value)
    case .text(let value): return request.put(text: value)
    case .quantity(let quantity):
      if case .routeTable = quantity { return putRouteTable(arguments, &request) }
      if case .swapDevice = quantity { return putSwapDevice(arguments, &request) }
      if row.takesArguments { return putProcess(quantity, row.oid[2], arguments, &request) }
      if let number = number(quantity, request.t) {
        let isLong = row.kind & 0xf == CTLTYPE_ULONG
        return isLong ? request.put(number) : request.put(Int32(truncatingIfNeeded: min(number, Int(Int32.max))))
      }
      return putStructure(quantity, &request)
    }
  }

  /// A quantity that is one number; nil for the others.
  private static func number(_ quantity: SysctlQuantity, _ t: Thread) -> Int? {
    switch quantity {
    case .usrstack: return Int(truncatingIfNeeded: t.pointee.process.pointee.stack_top)
    case .maxproc: return nth(0, "/proc/sys/kernel/pid_max")
    case .maxfiles: return nth(0, "/proc/sys/fs/file-max")
    case .openfiles: return nth(0, "/proc/sys/fs/file-nr")
    case .maxfilesperproc: return hardLimit(7)  // RLIMIT_NOFILE
    case .maxprocperuid: return hardLimit(6)  // RLIMIT_NPROC
    case .ncpu: return processors()
    case .physmem: return memory(.total)
    case .physpages: return memory(.total) / 4096
    case .freePages: return memory(.free) / 4096
    case .swapTotal: return memory(.swap)
    case .somaxconn: return nth(0, "/proc/sys/net/core/somaxconn")
    case .forwarding: return nth(0, "/proc/sys/net/ipv4/ip_forward")
    case .portFirst: return nth(0, "/proc/sys/net/ipv4/ip_local_port_range")
    case .portLast: return nth(1, "/proc/sys/net/ipv4/ip_local_port_range")
    case .lastProcess:
      let text = HostText("/proc/loadavg")
      var position = text.endOfLine(0)
      while position > 0 && text[position - 1] != 0x20 { position -= 1 }
      return text.number(at: &position)
    case .cycleRate:
      let text = HostText("/proc/cpuinfo")
      guard var position = text.value(of: "cpu MHz") else { return 0 }
      return text.number(at: &position) &* 1_000_000
    case .activePages: return kilobytes("Active:") / 4
    case .inactivePages: return kilobytes("Inactive:") / 4
    case .wiredPages: return (kilobytes("Unevictable:") &+ kilobytes("Slab:") &+ kilobytes("PageTables:")) / 4
    case .bufferBytes: return kilobytes("Buffers:") &* 1024
    case .sharedMemoryMost: return nth(0, "/proc/sys/kernel/shmmax")
    case .sharedMemoryPages: return nth(0, "/proc/sys/kernel/shmall")
    case .sharedMemoryCount: return nth(0, "/proc/sys/kernel/shmmni")
    case .messageSize: return nth(0, "/proc/sys/kernel/msgmax")
    case .messageQueues: return nth(0, "/proc/sys/kernel/msgmni")
    case .messageBytes: return nth(0, "/proc/sys/kernel/msgmnb")
    case .semaphoresInSet: return nth(0, "/proc/sys/kernel/sem")
    case .semaphores: return nth(1, "/proc/sys/kernel/sem")
    case .semaphoreOperations: return nth(2, "/proc/sys/kernel/sem")
    case .semaphoreSets: return nth(3, "/proc/sys/kernel/sem")
    case .clockrateMHz:
      let text = HostText("/proc/cpuinfo")
      guard var position = text.value(of: "cpu MHz") else { return 0 }
      return text.number(at: &position)
    default: return nil
    }
  }

  /// One of the numbers in a file's first line, the first being 0.
  private static func nth(_ place: Int, _ path: StaticString) -> Int {
    let text = HostText(path)
    var position = 0
    for _ in 0..<place { _ = text.number(at: &position) }
    return text.number(at: &position)
  }

  private static func putStructure(_ quantity: SysctlQuantity, _ request: inout SysctlRequest) -> Int {
    switch quantity {
    case .hostname:
      // The host's struct utsname: six strings of 65 bytes, the node's name the second.
      var names: [49 of UInt64] = .init(repeating: 0)
      return withUnsafeMutablePointer(to: &names) {
        host(63, UInt(bitPattern: $0))  // uname
        let name = UnsafeRawPointer($0) + 65
        var length = 0
        while length < 64 && name.load(fromByteOffset: length, as: UInt8.self) != 0 { length += 1 }
        return request.put(name, length + 1)
      }
    case .hostuuid: return putHostUUID(&request)
    case .boottime:
      guard let now = read(clock: CLOCK_REALTIME) else { return Host.EINVAL }
      var since = timespec()
      _ = withUnsafeMutablePointer(to: &since) { host(228, 7, UInt(bitPattern: $0)) }  // CLOCK_BOOTTIME
      let start = now - since
      return request.put(timeval(tv_sec: start.tv_sec, tv_usec: start.tv_nsec / 1000))
    case .clockrate:
      // struct clockinfo: hz, tick in microseconds, spare, statistics and profiling clock.
      let rates: (Int32, Int32, Int32, Int32, Int32) = (hz, 1_000_000 / hz, 0, 127, 8126)
      return request.put(rates)
    case .arandom:
      var bytes: [32 of UInt64] = .init(repeating: 0)
      let count = Int(min(request.old == 0 ? 0 : request.room, 256))
      return withUnsafeMutablePointer(to: &bytes) {
        host(318, UInt(bitPattern: $0), UInt(count), 0) == count ? request.put($0, count) : Host.EINVAL  // getrandom
      }
    case .model:
      let text = HostText("/proc/cpuinfo")
      guard let start = text.value(of: "model name") else { return request.put(text: "unknown") }
      let result = text.withBytes(start, text.endOfLine(start)) { request.put($0, $1) }
      return result == 0 ? request.put(UInt8(0)) : result
    case .processorTime: return putProcessorTimes(each: false, &request)
    case .processorTimes: return putProcessorTimes(each: true, &request)
    case .congestionControl:
      let text = HostText("/proc/sys/net/ipv4/tcp_congestion_control")
      let result = text.withBytes(0, text.endOfLine(0)) { request.put($0, $1) }
      return result == 0 ? request.put(UInt8(0)) : result
    case .pagesizes: return request.put((4096, 0x20_0000, 0) as (UInt, UInt, UInt))
    case .loadavg:
      // The host counts in 65536ths, the guest in 2048ths.
      let loads = systemInformation()
      let averages = (
        UInt32(truncatingIfNeeded: loads[1] >> 5), UInt32(truncatingIfNeeded: loads[2] >> 5),
        UInt32(truncatingIfNeeded: loads[3] >> 5), UInt32(0), 2048 as UInt64
      )
      return request.put(averages)
    default: return ENOENT
    }
  }

  /// The host's machine id, 32 hexadecimal digits, in the groups of a UUID. Without one it is all zeros.
  private static func putHostUUID(_ request: inout SysctlRequest) -> Int {
    let text = HostText("/etc/machine-id")
    var result = 0
    for index in 0..<32 where result == 0 {
      if index == 8 || index == 12 || index == 16 || index == 20 { result = request.put(UInt8(ascii: "-")) }
      if result == 0 { result = request.put(text.count >= 32 ? text[index] : UInt8(ascii: "0")) }
    }
    return result == 0 ? request.put(UInt8(0)) : result
  }

  /// A line of the host's account of its memory.
  private static func kilobytes(_ key: StaticString) -> Int {
    withHostLines("/proc/meminfo") { lines in
      while lines.next() {
        if lines.take(key) { return Int(truncatingIfNeeded: min(lines.decimal() ?? 0, 1 << 50)) }
      }
      return 0
    }
  }

  /// What processors spent their time on, in the statistics clock's ticks: user, nice, system, interrupts, idle. Of
  /// all together, or of each.
  private static func putProcessorTimes(each: Bool, _ request: inout SysctlRequest) -> Int {
    withHostLines("/proc/stat") { lines in
      while lines.next(), lines.take("cpu") {
        guard lines.beginsWithBlank != each else { continue }
        if each { lines.skipWord() }
        // user, nice, system, idle, waiting, interrupts, software interrupts, in hundredths of a second
        var times: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        func next() -> UInt64 { (lines.decimal() ?? 0) &* 127 / 100 }
        times.0 = next()
        times.1 = next()
        times.2 = next()
        times.4 = next()
        times.4 &+= next()
        times.3 = next()
        times.3 &+= next()
        let result = request.put(times)
        if result != 0 || !each { return result }
      }
      return 0
    }
  }

  private static func hardLimit(_ resource: UInt) -> Int {
    var limit: (UInt64, UInt64) = (0, 0)
    _ = withUnsafeMutablePointer(to: &limit) { host(97, resource, UInt(bitPattern: $0)) }  // getrlimit
    return Int(truncatingIfNeeded: min(limit.1, UInt64(Int32.max)))
  }

  /// The processors this process may run on.
  private static func processors() -> Int {
    var set: [16 of UInt64] = .init(repeating: 0)
    let bytes = withUnsafeMutablePointer(to: &set) { host(204, 0, 128, UInt(bitPattern: $0)) }  // sched_getaffinity
    var count = 0
    for index in 0..<max(0, min(bytes / 8, 16)) { count += set[index].nonzeroBitCount }
    return max(count, 1)
  }

  private enum MemoryKind: Int {
    case total = 4
    case free = 5
    case swap = 8
  }

  /// The host's struct sysinfo: uptime, three loads, then memory in units whose size stands at the end.
  private static func systemInformation() -> [14 of UInt64] {
    var words: [14 of UInt64] = .init(repeating: 0)
    _ = withUnsafeMutablePointer(to: &words) { host(99, UInt(bitPattern: $0)) }
    return words
  }

  private static func memory(_ kind: MemoryKind) -> Int {
    let words = systemInformation()
    let (bytes, overflow) = words[kind.rawValue].multipliedReportingOverflow(by: words[13] & 0xffff_ffff)
    return overflow ? Int.max : Int(truncatingIfNeeded: bytes & UInt64(Int.max))
  }
}
