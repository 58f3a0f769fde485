internal import Glibc

/// Two descriptors waited for at once: two `pollfd`s side by side, which an array would cost a start the making of its
/// type for (decision 0005).
package struct PollPair {
  private var pair: (pollfd, pollfd)

  /// - Parameter firstEvents: `POLLIN`, or 0 for a first one that is watched for its end only; the second is always
  ///   watched for input.
  package init(_ first: Int32, firstEvents: Int32 = POLLIN, _ second: Int32) {
    pair = (
      pollfd(fd: first, events: Int16(firstEvents), revents: 0), pollfd(fd: second, events: Int16(POLLIN), revents: 0)
    )
  }

  /// A descriptor; below 0 none is waited for in its place.
  package var first: Int32 {
    get { pair.0.fd }
    set { pair.0.fd = newValue }
  }
  package var second: Int32 {
    get { pair.1.fd }
    set { pair.1.fd = newValue }
  }

  /// Whether something has happened to it, as of the last `wait` that returned more than 0.
  package var firstIsReady: Bool { pair.0.revents != 0 }
  package var secondIsReady: Bool { pair.1.revents != 0 }

  /// - Parameter milliseconds: below 0 for ever.
  /// - Returns: how many are ready, or a negated host errno.
  package mutating func wait(_ milliseconds: Int32) -> Int32 {
    let count = withUnsafeMutableBytes(of: &pair) {
      poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, milliseconds)
    }
    return count < 0 ? -errno : count
  }
}
