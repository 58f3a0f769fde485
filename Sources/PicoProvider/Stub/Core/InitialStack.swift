/// The vectors the kernel built for a fresh image.
struct InitialStack {
  let base: UnsafeMutablePointer<UInt>
  let argumentCount: Int
  private(set) var environmentCount: Int
  /// Where the strings end that are the guest's: behind them stand ours, then the kernel's.
  private(set) var stringsEnd: UInt = 0

  init(_ base: UnsafeMutablePointer<UInt>) {
    self.base = base
    argumentCount = Int(bitPattern: base[0])
    var count = 0
    while base[2 + argumentCount + count] != 0 { count += 1 }
    environmentCount = count
    auxiliary = base + 2 + argumentCount + count + 1
  }

  /// The auxiliary vector: pairs of key and value, ended by key 0.
  let auxiliary: UnsafeMutablePointer<UInt>

  func argument(_ index: Int) -> UInt { base[1 + index] }
  func environment(_ index: Int) -> UInt { base[2 + argumentCount + index] }

  /// The value of an auxiliary key; nil when the kernel gave none.
  func auxiliaryValue(_ key: UInt) -> UInt? {
    var at = 0
    while auxiliary[at] != 0 {
      if auxiliary[at] == key { return auxiliary[at + 1] }
      at += 2
    }
    return nil
  }

  /// Takes the last `count` environment strings away from the guest.
  mutating func hideEnvironment(_ count: Int) {
    guard count > 0, count <= environmentCount else { return }
    environmentCount -= count
    stringsEnd = environment(environmentCount)
  }

  /// The last environment string of a first start carries the set-up socket's number; the guest never sees it.
  ///
  /// - Returns: -1 when there is none.
  mutating func takeSetupSocket() -> Int {
    guard environmentCount > 0, let word = UnsafePointer<UInt8>(bitPattern: environment(environmentCount - 1)) else {
      return -1
    }
    let mark: StaticString = "PICORUN_SETUP_FD="
    for at in 0..<mark.utf8CodeUnitCount where word[at] != mark.utf8Start[at] { return -1 }
    hideEnvironment(1)
    var number = 0
    var at = mark.utf8CodeUnitCount
    while word[at] >= 0x30, word[at] <= 0x39, number < 0x10_0000 {
      number = number * 10 + Int(word[at] - 0x30)
      at += 1
    }
    return number
  }
}
