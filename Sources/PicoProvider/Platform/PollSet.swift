internal import Glibc

/// Up to three descriptors waited for at once: `pollfd`s side by side, which an array would cost a start the making of
/// its type for (decision 0005).
package struct PollSet {
  private var all: (pollfd, pollfd, pollfd)

  /// - Parameters:
  ///   - ended: a descriptor of which only the end is waited for. Here as elsewhere: -1 for none.
  ///   - first, second: descriptors that are waited for until there is something to read, or their end.
  package init(ended: Int32 = -1, _ first: Int32, _ second: Int32) {
    all = (
      pollfd(fd: ended, events: 0, revents: 0), pollfd(fd: first, events: Int16(POLLIN), revents: 0),
      pollfd(fd: second, events: Int16(POLLIN), revents: 0)
    )
  }

  /// The descriptors.
  package var ended: Int32 {
    get { all.0.fd }
    set { all.0.fd = newValue }
  }
  package var first: Int32 {
    get { all.1.fd }
    set { all.1.fd = newValue }
  }

  /// What has happened, as of the last `wait` that returned more than 0.
  package var hasEnded: Bool { all.0.revents != 0 }
  package var firstIsReady: Bool { all.1.revents != 0 }
  package var secondIsReady: Bool { all.2.revents != 0 }

  /// - Parameter milliseconds: below 0 for ever.
  /// - Returns: how many are ready, or a negated host errno.
  package mutating func wait(_ milliseconds: Int32) -> Int32 {
    let count = withUnsafeMutableBytes(of: &all) {
      poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 3, milliseconds)
    }
    return count < 0 ? -errno : count
  }
}
