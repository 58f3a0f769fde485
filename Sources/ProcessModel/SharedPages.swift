internal import CPicoABI
internal import CPicoHost
internal import Glibc
internal import Synchronization
internal import PicoProvider

/// Pages that picoprocesses share under a key: FreeBSD's `UMTX_OP_SHM`, by which processes that share a piece of memory
/// find the off-page part of a lock in it. They live as long as the silo, or until they are destroyed.
final class SharedPages: Sendable {
  /// What a guest gives: hostile numbers, only ever compared.
  struct Key: Hashable {
    let device: UInt64
    let inode: UInt64
    let offset: UInt64
  }

  /// More than any program was seen to use, and few enough for the supervisor's descriptors.
  private static let limit = 512
  private let pages = Mutex<[Key: Descriptor]>([:])

  /// The page of a key.
  ///
  /// - Throws: `ESRCH` for a key that has none; with `making`, `EAGAIN` for too many and the host's.
  func page(_ key: Key, making: Bool) throws(HostErrno) -> Descriptor {
    let (found, isFull) = pages.withLock { ($0[key], $0.count >= Self.limit) }
    if let found { return found }
    if !making { throw HostErrno(ESRCH) }
    if isFull { throw HostErrno(EAGAIN) }
    let number = pico_shared_memory("umtx", 4096)
    if number < 0 { throw HostErrno(-number) }
    let made = Descriptor(number)
    return pages.withLock { pages in
      if let other = pages[key] { return other }
      pages[key] = made
      return made
    }
  }

  /// Forgets a key. Whoever has its page keeps it. False when there was none.
  func destroy(_ key: Key) -> Bool { pages.withLock { $0.removeValue(forKey: key) != nil } }

  /// Answers a ring: makes or finds a page and hands it over, or destroys one.
  func answer(_ transfer: UnsafeMutablePointer<pico_transfer>, _ channel: some RingChannel) -> Int64 {
    let arguments = transfer.pointee.args
    let key = Key(device: arguments.1, inode: arguments.2, offset: arguments.3)
    if arguments.0 & 4 != 0 { return destroy(key) ? 0 : -Int64(ESRCH) }
    do throws(HostErrno) {
      let page = try page(key, making: arguments.0 & 1 != 0)
      return Int64(channel.install(page.number))
    } catch {
      return -Int64(error.number)
    }
  }
}
