/// The host's error numbers. What the guest calls the same thing is one generated table's business.
extension FreeBSD {
  /// Linux error numbers as a host call returns them, negated, and as handlers return them in turn.
  package enum HostError {
    package static let EPERM = -1
    package static let ENOENT = -2
    package static let ESRCH = -3
    package static let EINTR = -4
    package static let ENXIO = -6
    package static let EBADF = -9
    package static let ECHILD = -10
    package static let EAGAIN = -11
    package static let ENOMEM = -12
    package static let EACCES = -13
    package static let EFAULT = -14
    package static let EBUSY = -16
    package static let EEXIST = -17
    package static let EXDEV = -18
    package static let ENODEV = -19
    package static let ENOTDIR = -20
    package static let EISDIR = -21
    package static let EINVAL = -22
    package static let EMFILE = -24
    package static let ENOTTY = -25
    package static let EFBIG = -27
    package static let ESPIPE = -29
    package static let ERANGE = -34
    package static let EDEADLK = -35
    package static let ENAMETOOLONG = -36
    package static let ENOSYS = -38
    package static let ELOOP = -40
    package static let ENODATA = -61
    package static let EOPNOTSUPP = -95
  }
}
