extension FreeBSD {
  /// Numbers that the guest asks for.
  struct SysctlName {
    private let numbers: UnsafePointer<Int32>
    let count: Int

    init(_ numbers: UnsafePointer<Int32>, _ count: Int) {
      self.numbers = numbers
      self.count = count
    }

    subscript(_ level: Int) -> Int32 { numbers[level] }

    func dropping(_ levels: Int) -> SysctlName { SysctlName(numbers + min(levels, count), max(0, count - levels)) }

    func starts(with oid: SysctlOID) -> Bool {
      guard oid.count <= count else { return false }
      for level in 0..<oid.count where oid[level] != numbers[level] { return false }
      return true
    }

    /// Whether `oid` comes after this in the order of the tree, a branch before what it holds.
    func comes(before oid: SysctlOID) -> Bool {
      for level in 0..<min(count, oid.count) where oid[level] != numbers[level] { return oid[level] > numbers[level] }
      return oid.count > count
    }
  }

  /// A number in decimal, without memory of its own.
  struct Digits {
    private var bytes: [20 of UInt8] = .init(repeating: 0)
    private var start = 20

    init(_ number: Int) {
      var rest = number.magnitude
      repeat {
        start -= 1
        bytes[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if number < 0 {
        start -= 1
        bytes[start] = UInt8(ascii: "-")
      }
    }

    mutating func withBytes<Result>(_ body: (UnsafeRawPointer, Int) -> Result) -> Result {
      let start = start
      return withUnsafePointer(to: &bytes) { body(UnsafeRawPointer($0) + start, 20 - start) }
    }
  }
}
