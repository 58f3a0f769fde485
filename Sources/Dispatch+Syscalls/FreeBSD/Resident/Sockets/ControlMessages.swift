extension FreeBSD {
  /// The control messages of one call, in the host's layout.
  ///
  /// Both systems put a message's data sixteen bytes after its head and align to eight, so descriptors pass in
  /// place; what differs are level and type numbers, and the data of credentials and addresses.
  struct ControlMessages {
    /// Bytes of room: `MCLBYTES`, the most the guest's kernel takes, and 253 descriptors with a little more.
    static let room = 2048

    var words = [256 of UInt64](repeating: 0)
    /// Bytes of `words` that hold what the host has given: descriptors to close when the guest cannot be told.
    private(set) var filled = 0

    init() {}

    /// One message's place in the host's buffer.
    struct Head {
      var length: Int
      var level: Int32
      var type: Int32
    }

    static func aligned(_ length: Int) -> Int { (length &+ 7) & ~7 }

    /// Puts a message's head at `at`; false when it and its data do not fit.
    mutating func put(at: Int, dataLength: Int, level: Int32, type: Int32) -> Bool {
      let whole = CMSG_DATA_OFFSET + ControlMessages.aligned(dataLength)
      guard dataLength >= 0, at >= 0, whole <= ControlMessages.room - at else { return false }
      withUnsafeMutableBytes(of: &words) { bytes in
        let head = bytes.baseAddress.unsafelyUnwrapped + at
        head.storeBytes(of: UInt64(CMSG_DATA_OFFSET + dataLength), as: UInt64.self)
        head.storeBytes(of: level, toByteOffset: 8, as: Int32.self)
        head.storeBytes(of: type, toByteOffset: 12, as: Int32.self)
      }
      return true
    }

    /// The head at `at` when a whole one lies before `end`.
    func head(at: Int, before end: Int) -> Head? {
      guard at >= 0, at + CMSG_DATA_OFFSET <= end, end <= ControlMessages.room else { return nil }
      return withUnsafeBytes(of: words) { bytes -> Head? in
        let length = Int(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        guard length >= CMSG_DATA_OFFSET, length <= end - at else { return nil }
        return Head(
          length: length, level: bytes.loadUnaligned(fromByteOffset: at + 8, as: Int32.self),
          type: bytes.loadUnaligned(fromByteOffset: at + 12, as: Int32.self))
      }
    }

    /// A 32-bit word of the buffer.
    func word32(_ at: Int) -> UInt32 {
      withUnsafeBytes(of: words) { $0.loadUnaligned(fromByteOffset: at, as: UInt32.self) }
    }
    func word64(_ at: Int) -> UInt64 {
      withUnsafeBytes(of: words) { $0.loadUnaligned(fromByteOffset: at, as: UInt64.self) }
    }
    mutating func setWord32(_ at: Int, _ value: UInt32) {
      withUnsafeMutableBytes(of: &words) { $0.storeBytes(of: value, toByteOffset: at, as: UInt32.self) }
    }

    mutating func setFilled(_ bytes: Int) { filled = min(max(bytes, 0), ControlMessages.room) }

    /// Closes every descriptor that came with the message.
    func closeDescriptors() {
      var at = 0
      while let head = head(at: at, before: filled) {
        if head.level == HostSocket.SOL_SOCKET && head.type == SCM_RIGHTS {
          closeDescriptors(at: at + CMSG_DATA_OFFSET, count: (head.length - CMSG_DATA_OFFSET) / 4, from: 0)
        }
        at += ControlMessages.aligned(head.length)
      }
    }

    func closeDescriptors(at: Int, count: Int, from first: Int) {
      var index = first
      while index < count {
        host(HostSocket.close, UInt(word32(at + index * 4)))
        index += 1
      }
    }
  }
}
