import CPicoABI

extension FreeBSD {
  /// `struct kinfo_proc`, 1088 bytes, filled from the host's `/proc`. Kernel addresses in it are null.
  ///
  /// - Source: FreeBSD 14 `sys/sys/user.h`.
  struct KernelProcess: BitwiseCopyable {
    private var words: [136 of UInt64] = .init(repeating: 0)

    /// Nil when there is no such process.
    init?(_ process: Int32) {
      let stat = HostText(process: process, "stat")
      // The command's name stands in parentheses and may hold any byte: the last one closes it.
      var open = 0
      while open < stat.count && stat[open] != UInt8(ascii: "(") { open += 1 }
      var close = stat.count - 1
      while close > open && stat[close] != UInt8(ascii: ")") { close -= 1 }
      guard close > open else { return nil }
      var position = close + 4
      var fields: [22 of Int] = .init(repeating: 0)
      for index in 0..<22 { fields[index] = stat.number(at: &position) }

      set(0, Int32(1088))
      set(72, process)
      set(76, Int32(truncatingIfNeeded: fields[0]))  // parent
      set(80, Int32(truncatingIfNeeded: fields[1]))  // process group
      set(84, Int32(truncatingIfNeeded: fields[4]))  // the terminal's process group
      set(88, Int32(truncatingIfNeeded: fields[2]))  // session
      set(92, fields[3] == 0 ? 0 : Int32(truncatingIfNeeded: fields[2]))
      set(100, fields[3] == 0 ? UInt32.max : UInt32(truncatingIfNeeded: fields[3]))
      set(560, fields[3] == 0 ? UInt64.max : UInt64(truncatingIfNeeded: fields[3]))
      set(256, fields[19])  // virtual size
      set(264, fields[20])  // resident pages
      setTimes(user: fields[10], system: fields[11], childUser: fields[12], childSystem: fields[13], start: fields[18])
      set(388, Self.state(stat[close + 2]))
      set(389, Int8(truncatingIfNeeded: fields[15]))
      set(568, Int32(-1))  // on no processor
      set(596, Int32(truncatingIfNeeded: fields[16]))  // threads
      set(600, process)
      set(604, 0x7878_7803 as UInt32)  // time-sharing, priority 120
      for index in 0..<min(19, close - open - 1) { set(447 + index, stat[open + 1 + index]) }
      for index in 0..<min(16, close - open - 1) { set(394 + index, stat[open + 1 + index]) }
      setText(467, "FreeBSD ELF64")
      setText(484, "default")
      setIdentity(process)
    }

    func int(at offset: Int) -> Int32 { Int32(truncatingIfNeeded: words[offset / 8] >> UInt64(offset % 8 * 8)) }

    private mutating func set<Value: BitwiseCopyable>(_ offset: Int, _ value: Value) {
      withUnsafeMutablePointer(to: &words) {
        UnsafeMutableRawPointer($0).storeBytes(of: value, toByteOffset: offset, as: Value.self)
      }
    }

    private mutating func setText(_ offset: Int, _ text: StaticString) {
      for index in 0..<text.utf8CodeUnitCount { set(offset + index, text.utf8Start[index]) }
    }

    /// `SRUN` 2, `SSLEEP` 3, `SSTOP` 4, `SZOMB` 5.
    private static func state(_ letter: UInt8) -> UInt8 {
      switch letter {
      case UInt8(ascii: "R"): 2
      case UInt8(ascii: "T"), UInt8(ascii: "t"): 4
      case UInt8(ascii: "Z"), UInt8(ascii: "X"): 5
      default: 3
      }
    }

    /// The host counts in hundredths of a second, the start from when it was booted.
    private mutating func setTimes(user: Int, system: Int, childUser: Int, childSystem: Int, start: Int) {
      func time(_ ticks: Int) -> timeval {
        timeval(tv_sec: Int64(max(0, ticks) / 100), tv_usec: Int64(max(0, ticks) % 100) * 10_000)
      }
      set(328, (max(0, user) &+ max(0, system)) &* 10_000)
      set(608, time(user))
      set(624, time(system))
      set(752, time(childUser))
      set(768, time(childSystem))
      guard let now = FreeBSD.read(clock: CLOCK_REALTIME) else { return }
      var since = timespec()
      _ = withUnsafeMutablePointer(to: &since) { host(228, 7, UInt(bitPattern: $0)) }  // CLOCK_BOOTTIME
      let age = since - timespec(tv_sec: Int64(max(0, start) / 100), tv_nsec: Int64(max(0, start) % 100) * 10_000_000)
      let began = now - age
      set(336, timeval(tv_sec: began.tv_sec, tv_usec: began.tv_nsec / 1000))
    }

    /// User and group ids: the host's lines hold the real, the effective and the saved one.
    private mutating func setIdentity(_ process: Int32) {
      let status = HostText(process: process, "status")
      if var position = status.value(of: "Uid") {
        let real = status.number(at: &position)
        set(168, Int32(truncatingIfNeeded: status.number(at: &position)))
        set(172, Int32(truncatingIfNeeded: real))
        set(176, Int32(truncatingIfNeeded: status.number(at: &position)))
      }
      if var position = status.value(of: "Gid") {
        set(180, Int32(truncatingIfNeeded: status.number(at: &position)))
        set(192, Int32(truncatingIfNeeded: status.number(at: &position)))
        set(184, Int32(truncatingIfNeeded: status.number(at: &position)))
        set(188, Int16(1))
      }
    }
  }
}
