/// `sys/poll.h`: what poll(2) asks and answers.
extension FreeBSD {
  package static let POLLIN: Int16 = 0x1
  package static let POLLPRI: Int16 = 0x2
  package static let POLLOUT: Int16 = 0x4
  package static let POLLERR: Int16 = 0x8
  package static let POLLHUP: Int16 = 0x10
  package static let POLLNVAL: Int16 = 0x20
  package static let POLLRDNORM: Int16 = 0x40
  package static let POLLRDBAND: Int16 = 0x80
  package static let POLLWRBAND: Int16 = 0x100
  package static let POLLINIGNEOF: Int16 = 0x2000
  package static let POLLRDHUP: Int16 = 0x4000

  /// `struct pollfd`: the same as the host's but for the meaning of its bits.
  package struct pollfd: BitwiseCopyable {
    package var fd: Int32
    package var events: Int16
    package var revents: Int16
    package init(fd: Int32, events: Int16, revents: Int16 = 0) {
      self.fd = fd
      self.events = events
      self.revents = revents
    }
  }

  /// The host's bits of what a guest asks for. The low eight bits are the same on both systems; `POLLWRNORM` is
  /// `POLLOUT` here and a bit of its own there, which the host sets together with that one.
  package static func hostPollEvents(_ guest: Int16) -> Int16 {
    var host = guest & 0xff
    if guest & POLLWRBAND != 0 { host |= 0x200 }
    if guest & POLLRDHUP != 0 { host |= 0x2000 }
    return host
  }

  /// The guest's bits of what the host answers.
  package static func guestPollEvents(_ host: Int16) -> Int16 {
    var guest = host & 0xff
    if host & 0x200 != 0 { guest |= POLLWRBAND }
    if host & 0x2000 != 0 { guest |= POLLRDHUP }
    return guest
  }
}
