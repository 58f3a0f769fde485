import CPicoABI

extension FreeBSD {
  /// What a small text file of the host says, as far as it fits: 2 KiB.
  struct HostText {
    static let capacity = 2048

    private var bytes: [2048 of UInt8] = .init(repeating: 0)
    private(set) var count = 0

    init(_ path: StaticString) { read(UInt(bitPattern: path.utf8Start)) }

    /// A file by the address of its path.
    init(at path: UInt) { read(path) }

    /// A file of a process in `/proc`.
    init(process: Int32, _ file: StaticString) {
      var path = ProcessPath(process, file)
      path.withAddress { read($0) }
    }

    private mutating func read(_ path: UInt) {
      let descriptor = host(Host.openat, UInt(bitPattern: -100), path, 0x8_0000)  // AT_FDCWD, O_CLOEXEC
      guard descriptor >= 0 else { return }
      var filled = 0
      withUnsafeMutablePointer(to: &bytes) {
        let base = UInt(bitPattern: $0)
        while filled < Self.capacity {
          let got = host(Host.read, UInt(descriptor), base + UInt(filled), UInt(Self.capacity - filled))
          if got == Host.EINTR { continue }
          if got <= 0 { break }
          filled += got
        }
      }
      host(Host.close, UInt(descriptor))
      count = filled
    }

    subscript(_ index: Int) -> UInt8 { index >= 0 && index < count ? bytes[index] : 0 }

    func withBytes<Result>(_ start: Int, _ end: Int, _ body: (UnsafeRawPointer, Int) -> Result) -> Result {
      let start = max(0, min(start, count))
      let end = max(start, min(end, count))
      return withUnsafePointer(to: bytes) { body(UnsafeRawPointer($0) + start, end - start) }
    }

    /// The hexadecimal number after blanks at `position`, which moves behind it.
    func hexadecimal(at position: inout Int) -> UInt64 {
      while position < count && (self[position] == 0x20 || self[position] == 0x09) { position += 1 }
      var value: UInt64 = 0
      while position < count, let digit = hexadecimalDigit(self[position]) {
        value = value << 4 | UInt64(digit)
        position += 1
      }
      return value
    }

    /// The decimal number after blanks at `position`, which moves behind it. Saturates; 0 where there is none.
    func number(at position: inout Int) -> Int {
      while position < count && (self[position] == 0x20 || self[position] == 0x09) { position += 1 }
      let isNegative = self[position] == UInt8(ascii: "-")
      if isNegative { position += 1 }
      var value = 0
      while position < count, case let digit = self[position] &- UInt8(ascii: "0"), digit < 10 {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflows) = product.addingReportingOverflow(Int(digit))
        value = overflow || overflows ? Int.max : sum
        position += 1
      }
      return isNegative ? -value : value
    }

    /// Where the value begins of the first line that begins with `key`; nil when there is none.
    func value(of key: StaticString) -> Int? {
      var line = 0
      while line < count {
        var matched = 0
        while matched < key.utf8CodeUnitCount && self[line + matched] == key.utf8Start[matched] { matched += 1 }
        if matched == key.utf8CodeUnitCount {
          var position = line + matched
          while position < count && self[position] != UInt8(ascii: ":") { position += 1 }
          position += 1
          while position < count && (self[position] == 0x20 || self[position] == 0x09) { position += 1 }
          return position
        }
        while line < count && self[line] != 0x0a { line += 1 }
        line += 1
      }
      return nil
    }

    /// The end of the line that `position` lies in.
    func endOfLine(_ position: Int) -> Int {
      var end = position
      while end < count && self[end] != 0x0a { end += 1 }
      return end
    }
  }

  /// `/proc/<id>/<file>`.
  struct ProcessPath {
    private var bytes: [64 of UInt8] = .init(repeating: 0)
    private var count = 0

    init(_ process: Int32, _ file: StaticString) {
      append("/proc/")
      var digits = Digits(Int(process))
      digits.withBytes { digit, length in
        for index in 0..<length { append(digit.load(fromByteOffset: index, as: UInt8.self)) }
      }
      append("/")
      append(file)
    }

    private mutating func append(_ byte: UInt8) {
      guard count < 63 else { return }
      bytes[count] = byte
      count += 1
    }

    private mutating func append(_ text: StaticString) {
      for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    mutating func withAddress<Result>(_ body: (UInt) -> Result) -> Result {
      withUnsafePointer(to: &bytes) { body(UInt(bitPattern: $0)) }
    }
  }
}
