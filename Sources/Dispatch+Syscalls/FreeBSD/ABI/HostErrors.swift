/// The host's error numbers, and what the guest calls the same thing.
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

  /// The guest's number for a host error. What the guest has no word for becomes `EINVAL`; device and key errors,
  /// which no call served here documents, become `EIO`.
  package static func guestErrno(_ host: Int32) -> Int32 {
    switch host {
    case 1...10, 12...34: host
    case 11: EAGAIN
    case 35: EDEADLK
    case 36: ENAMETOOLONG
    case 37: ENOLCK
    case 38: ENOSYS
    case 39: ENOTEMPTY
    case 40: ELOOP
    case 42: ENOMSG
    case 43: EIDRM
    case 61: ENOATTR  // the host's ENODATA, which extended attributes answer with
    case 62: ETIMEDOUT
    case 63: ENOBUFS
    case 66: EREMOTE
    case 67: ENOLINK
    case 71: EPROTO
    case 72: EMULTIHOP
    case 74: EBADMSG
    case 75: EOVERFLOW
    case 84: EILSEQ
    case 85: EINTR
    case 87: EUSERS
    case 88...111: host &- 50  // ENOTSOCK to ECONNREFUSED stand in the same order
    case 112: EHOSTDOWN
    case 113: EHOSTUNREACH
    case 114: EALREADY
    case 115: EINPROGRESS
    case 116: ESTALE
    case 117: EINTEGRITY
    case 121, 126...129, 133: EIO
    case 122: EDQUOT
    case 123: ENXIO
    case 124: EFTYPE
    case 125: ECANCELED
    case 130: EOWNERDEAD
    case 131: ENOTRECOVERABLE
    default: EINVAL
    }
  }
}
