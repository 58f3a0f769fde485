/// What the host tells of its interfaces, addresses and routes, over a routing netlink socket (`linux/rtnetlink.h`).
extension FreeBSD {
  enum Netlink {
    static let RTM_NEWLINK: UInt16 = 16
    static let RTM_GETLINK: UInt16 = 18
    static let RTM_GETADDR: UInt16 = 22
    static let RTM_GETROUTE: UInt16 = 26
    static let RTM_GETNEIGH: UInt16 = 30
    private static let NLMSG_ERROR: UInt16 = 2
    private static let NLMSG_DONE: UInt16 = 3
    /// The most that the host puts into one datagram of a dump.
    private static let roomSize = 32_768

    /// Asks for all objects of a kind, and shows `body` each.
    ///
    /// - Parameter family: the host's address family, 0 for all.
    /// - Returns: 0; what `body` returned when that was not 0; or the host's error.
    static func dump(_ request: UInt16, family: UInt8, _ body: (NetlinkMessage) -> Int) -> Int {
      let socket = host(41, 16, 3 | 0x8_0000, 0)  // AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE
      guard socket >= 0 else { return socket }
      defer { host(Host.close, UInt(bitPattern: socket)) }
      guard let room = allocatePages(bytes: roomSize) else { return Host.ENOMEM }
      defer { freePages(room, bytes: roomSize) }
      // struct nlmsghdr with NLM_F_REQUEST | NLM_F_DUMP, and a rtgenmsg that ends in the other heads' zeros
      var question = (UInt32(32), request, UInt16(0x301), UInt32(1), UInt32(0), UInt64(family), UInt64(0))
      let sent = withUnsafePointer(to: &question) { send(UInt(bitPattern: socket), UInt(bitPattern: $0), 32) }
      guard sent >= 0 else { return sent }
      while true {
        // Without MSG_TRUNC, so that what did not fit is seen as such: it does not happen.
        let got = receive(UInt(bitPattern: socket), UInt(bitPattern: room), UInt(roomSize))
        guard got > 0 else { return got }
        var at = 0
        while at &+ 16 <= got {
          let length = Int(room.loadUnaligned(fromByteOffset: at, as: UInt32.self))
          guard length >= 16, at &+ length <= got else { return Host.EINVAL }
          switch room.loadUnaligned(fromByteOffset: at &+ 4, as: UInt16.self) {
          case NLMSG_DONE: return 0
          case NLMSG_ERROR:
            return length >= 20 ? Int(room.loadUnaligned(fromByteOffset: at &+ 16, as: Int32.self)) : Host.EINVAL
          default:
            let result = body(NetlinkMessage(UnsafeRawPointer(room + at), length))
            if result != 0 { return result }
          }
          at &+= (length &+ 3) & ~3
        }
      }
    }

    private static func send(_ socket: UInt, _ bytes: UInt, _ count: UInt) -> Int {
      while true {
        let result = host(44, socket, bytes, count, 0, 0, 0)  // sendto
        if result != Host.EINTR { return result }
      }
    }

    private static func receive(_ socket: UInt, _ bytes: UInt, _ count: UInt) -> Int {
      while true {
        let result = host(45, socket, bytes, count, 0, 0, 0)  // recvfrom
        if result != Host.EINTR { return result }
      }
    }
  }

  /// One object of a dump: a head of its kind, then attributes.
  struct NetlinkMessage {
    private let start: UnsafeRawPointer
    private let length: Int

    init(_ start: UnsafeRawPointer, _ length: Int) {
      self.start = start
      self.length = length
    }

    /// A field of the object's own head.
    func field<T: BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T? {
      16 &+ offset &+ MemoryLayout<T>.size <= length ? start.loadUnaligned(fromByteOffset: 16 &+ offset, as: type) : nil
    }

    /// The bytes of an attribute behind a head of `head` bytes; nil where there is none.
    func attribute(_ kind: UInt16, after head: Int) -> UnsafeRawBufferPointer? {
      var at = 16 &+ head
      while at &+ 4 <= length {
        let size = Int(start.loadUnaligned(fromByteOffset: at, as: UInt16.self))
        guard size >= 4, at &+ size <= length else { return nil }
        if start.loadUnaligned(fromByteOffset: at &+ 2, as: UInt16.self) & 0x3fff == kind {
          return UnsafeRawBufferPointer(start: start + (at &+ 4), count: size &- 4)
        }
        at &+= (size &+ 3) & ~3
      }
      return nil
    }

    func number(_ kind: UInt16, after head: Int) -> UInt32? {
      guard let bytes = attribute(kind, after: head), bytes.count >= 4 else { return nil }
      return bytes.loadUnaligned(as: UInt32.self)
    }
  }
}
