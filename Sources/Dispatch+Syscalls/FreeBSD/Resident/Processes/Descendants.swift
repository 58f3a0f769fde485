/// The processes below one, as the host's `/proc` shows them, in pages of the stub's own.
struct Descendants {
  /// A process below the root, and the child of the root that it descends from, itself if it is one.
  struct Entry: BitwiseCopyable {
    var pid: Int32
    var subtree: Int32
  }

  private static let capacity = 8192
  private static let bytes = capacity * 8

  private(set) var count = 0
  /// How many of the first entries are children of the root.
  private(set) var children = 0
  private let entries: UnsafeMutablePointer<Entry>

  /// Looks at all there are, up to 8,192. Nil when there is no memory for them.
  init?(of root: Int32) {
    guard let pages = allocatePages(bytes: Descendants.bytes) else { return nil }
    entries = pages.bindMemory(to: Entry.self, capacity: Descendants.capacity)
    addChildren(of: root, subtree: 0)
    children = count
    var next = 0
    while next < count {
      let entry = entries[next]
      addChildren(of: entry.pid, subtree: entry.subtree)
      next &+= 1
    }
  }

  func free() { freePages(UnsafeMutableRawPointer(entries), bytes: Descendants.bytes) }

  subscript(index: Int) -> Entry { entries[index] }

  /// Adds the children of every thread of a process: the host keeps them by thread.
  private mutating func addChildren(of pid: Int32, subtree: Int32) {
    var tasks = ShortPath("/proc/")
    tasks.append(decimal: UInt(UInt32(bitPattern: pid)))
    tasks.append("/task")
    var found = count
    let list = entries
    NumberedDirectory.forEach(tasks) { thread in
      var path = tasks
      path.append("/")
      path.append(decimal: UInt(UInt32(bitPattern: thread)))
      path.append("/children")
      found = Descendants.read(path, subtree, into: list, at: found)
    }
    count = found
  }

  /// Reads numbers separated by blanks. Returns where the next entry goes.
  private static func read(
    _ path: ShortPath, _ subtree: Int32, into list: UnsafeMutablePointer<Entry>, at start: Int
  ) -> Int {
    let fd = path.withAddress {
      host(FreeBSD.HostFile.openat, FreeBSD.HostFile.AT_FDCWD, $0, FreeBSD.HostFile.O_CLOEXEC)
    }
    guard fd >= 0 else { return start }
    defer { host(FreeBSD.HostFile.close, UInt(bitPattern: fd)) }
    var found = start
    var value: Int32 = 0
    var digits = 0
    var chunk: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    return withUnsafeMutableBytes(of: &chunk) { bytes in
      while true {
        let got = host(
          FreeBSD.HostFile.read, UInt(bitPattern: fd), UInt(bitPattern: bytes.baseAddress),
          UInt(bitPattern: bytes.count))
        guard got > 0, got <= bytes.count else { return found }
        for index in 0..<got {
          let digit = bytes[index] &- 48
          if digit < 10 {
            value = value &* 10 &+ Int32(digit)
            digits &+= 1
          } else if digits > 0 {
            if found < capacity {
              list[found] = Entry(pid: value, subtree: subtree == 0 ? value : subtree)
              found &+= 1
            }
            value = 0
            digits = 0
          }
        }
      }
    }
  }
}
