/// Error numbers as `sys/errno.h` names and numbers them.
extension FreeBSD {
  package enum Errno {
    package static let EPERM: Int32 = 1
    package static let ENOENT: Int32 = 2
    package static let ESRCH: Int32 = 3
    package static let EINTR: Int32 = 4
    package static let EIO: Int32 = 5
    package static let ENXIO: Int32 = 6
    package static let E2BIG: Int32 = 7
    package static let ENOEXEC: Int32 = 8
    package static let EBADF: Int32 = 9
    package static let ECHILD: Int32 = 10
    package static let EDEADLK: Int32 = 11
    package static let ENOMEM: Int32 = 12
    package static let EACCES: Int32 = 13
    package static let EFAULT: Int32 = 14
    package static let ENOTBLK: Int32 = 15
    package static let EBUSY: Int32 = 16
    package static let EEXIST: Int32 = 17
    package static let EXDEV: Int32 = 18
    package static let ENODEV: Int32 = 19
    package static let ENOTDIR: Int32 = 20
    package static let EISDIR: Int32 = 21
    package static let EINVAL: Int32 = 22
    package static let ENFILE: Int32 = 23
    package static let EMFILE: Int32 = 24
    package static let ENOTTY: Int32 = 25
    package static let ETXTBSY: Int32 = 26
    package static let EFBIG: Int32 = 27
    package static let ENOSPC: Int32 = 28
    package static let ESPIPE: Int32 = 29
    package static let EROFS: Int32 = 30
    package static let EMLINK: Int32 = 31
    package static let EPIPE: Int32 = 32
    package static let EDOM: Int32 = 33
    package static let ERANGE: Int32 = 34
    package static let EAGAIN: Int32 = 35
    package static let EINPROGRESS: Int32 = 36
    package static let EALREADY: Int32 = 37
    package static let ENOTSOCK: Int32 = 38
    package static let EDESTADDRREQ: Int32 = 39
    package static let EMSGSIZE: Int32 = 40
    package static let EPROTOTYPE: Int32 = 41
    package static let ENOPROTOOPT: Int32 = 42
    package static let EPROTONOSUPPORT: Int32 = 43
    package static let ESOCKTNOSUPPORT: Int32 = 44
    package static let EOPNOTSUPP: Int32 = 45
    package static let EPFNOSUPPORT: Int32 = 46
    package static let EAFNOSUPPORT: Int32 = 47
    package static let EADDRINUSE: Int32 = 48
    package static let EADDRNOTAVAIL: Int32 = 49
    package static let ENETDOWN: Int32 = 50
    package static let ENETUNREACH: Int32 = 51
    package static let ENETRESET: Int32 = 52
    package static let ECONNABORTED: Int32 = 53
    package static let ECONNRESET: Int32 = 54
    package static let ENOBUFS: Int32 = 55
    package static let EISCONN: Int32 = 56
    package static let ENOTCONN: Int32 = 57
    package static let ESHUTDOWN: Int32 = 58
    package static let ETOOMANYREFS: Int32 = 59
    package static let ETIMEDOUT: Int32 = 60
    package static let ECONNREFUSED: Int32 = 61
    package static let ELOOP: Int32 = 62
    package static let ENAMETOOLONG: Int32 = 63
    package static let EHOSTDOWN: Int32 = 64
    package static let EHOSTUNREACH: Int32 = 65
    package static let ENOTEMPTY: Int32 = 66
    package static let EPROCLIM: Int32 = 67
    package static let EUSERS: Int32 = 68
    package static let EDQUOT: Int32 = 69
    package static let ESTALE: Int32 = 70
    package static let EREMOTE: Int32 = 71
    package static let EBADRPC: Int32 = 72
    package static let ERPCMISMATCH: Int32 = 73
    package static let EPROGUNAVAIL: Int32 = 74
    package static let EPROGMISMATCH: Int32 = 75
    package static let EPROCUNAVAIL: Int32 = 76
    package static let ENOLCK: Int32 = 77
    package static let ENOSYS: Int32 = 78
    package static let EFTYPE: Int32 = 79
    package static let EAUTH: Int32 = 80
    package static let ENEEDAUTH: Int32 = 81
    package static let EIDRM: Int32 = 82
    package static let ENOMSG: Int32 = 83
    package static let EOVERFLOW: Int32 = 84
    package static let ECANCELED: Int32 = 85
    package static let EILSEQ: Int32 = 86
    package static let ENOATTR: Int32 = 87
    package static let EDOOFUS: Int32 = 88
    package static let EBADMSG: Int32 = 89
    package static let EMULTIHOP: Int32 = 90
    package static let ENOLINK: Int32 = 91
    package static let EPROTO: Int32 = 92
    package static let ENOTCAPABLE: Int32 = 93
    package static let ECAPMODE: Int32 = 94
    package static let ENOTRECOVERABLE: Int32 = 95
    package static let EOWNERDEAD: Int32 = 96
    package static let EINTEGRITY: Int32 = 97

    /// The largest error number (`ELAST`).
    package static let ELAST: Int32 = 97

    /// The name of an error number; empty for a number that has none.
    package static func name(of number: Int32) -> StaticString {
      switch number {
      case EPERM: "EPERM"
      case ENOENT: "ENOENT"
      case ESRCH: "ESRCH"
      case EINTR: "EINTR"
      case EIO: "EIO"
      case ENXIO: "ENXIO"
      case E2BIG: "E2BIG"
      case ENOEXEC: "ENOEXEC"
      case EBADF: "EBADF"
      case ECHILD: "ECHILD"
      case EDEADLK: "EDEADLK"
      case ENOMEM: "ENOMEM"
      case EACCES: "EACCES"
      case EFAULT: "EFAULT"
      case ENOTBLK: "ENOTBLK"
      case EBUSY: "EBUSY"
      case EEXIST: "EEXIST"
      case EXDEV: "EXDEV"
      case ENODEV: "ENODEV"
      case ENOTDIR: "ENOTDIR"
      case EISDIR: "EISDIR"
      case EINVAL: "EINVAL"
      case ENFILE: "ENFILE"
      case EMFILE: "EMFILE"
      case ENOTTY: "ENOTTY"
      case ETXTBSY: "ETXTBSY"
      case EFBIG: "EFBIG"
      case ENOSPC: "ENOSPC"
      case ESPIPE: "ESPIPE"
      case EROFS: "EROFS"
      case EMLINK: "EMLINK"
      case EPIPE: "EPIPE"
      case EDOM: "EDOM"
      case ERANGE: "ERANGE"
      case EAGAIN: "EAGAIN"
      case EINPROGRESS: "EINPROGRESS"
      case EALREADY: "EALREADY"
      case ENOTSOCK: "ENOTSOCK"
      case EDESTADDRREQ: "EDESTADDRREQ"
      case EMSGSIZE: "EMSGSIZE"
      case EPROTOTYPE: "EPROTOTYPE"
      case ENOPROTOOPT: "ENOPROTOOPT"
      case EPROTONOSUPPORT: "EPROTONOSUPPORT"
      case ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT"
      case EOPNOTSUPP: "EOPNOTSUPP"
      case EPFNOSUPPORT: "EPFNOSUPPORT"
      case EAFNOSUPPORT: "EAFNOSUPPORT"
      case EADDRINUSE: "EADDRINUSE"
      case EADDRNOTAVAIL: "EADDRNOTAVAIL"
      case ENETDOWN: "ENETDOWN"
      case ENETUNREACH: "ENETUNREACH"
      case ENETRESET: "ENETRESET"
      case ECONNABORTED: "ECONNABORTED"
      case ECONNRESET: "ECONNRESET"
      case ENOBUFS: "ENOBUFS"
      case EISCONN: "EISCONN"
      case ENOTCONN: "ENOTCONN"
      case ESHUTDOWN: "ESHUTDOWN"
      case ETOOMANYREFS: "ETOOMANYREFS"
      case ETIMEDOUT: "ETIMEDOUT"
      case ECONNREFUSED: "ECONNREFUSED"
      case ELOOP: "ELOOP"
      case ENAMETOOLONG: "ENAMETOOLONG"
      case EHOSTDOWN: "EHOSTDOWN"
      case EHOSTUNREACH: "EHOSTUNREACH"
      case ENOTEMPTY: "ENOTEMPTY"
      case EPROCLIM: "EPROCLIM"
      case EUSERS: "EUSERS"
      case EDQUOT: "EDQUOT"
      case ESTALE: "ESTALE"
      case EREMOTE: "EREMOTE"
      case EBADRPC: "EBADRPC"
      case ERPCMISMATCH: "ERPCMISMATCH"
      case EPROGUNAVAIL: "EPROGUNAVAIL"
      case EPROGMISMATCH: "EPROGMISMATCH"
      case EPROCUNAVAIL: "EPROCUNAVAIL"
      case ENOLCK: "ENOLCK"
      case ENOSYS: "ENOSYS"
      case EFTYPE: "EFTYPE"
      case EAUTH: "EAUTH"
      case ENEEDAUTH: "ENEEDAUTH"
      case EIDRM: "EIDRM"
      case ENOMSG: "ENOMSG"
      case EOVERFLOW: "EOVERFLOW"
      case ECANCELED: "ECANCELED"
      case EILSEQ: "EILSEQ"
      case ENOATTR: "ENOATTR"
      case EDOOFUS: "EDOOFUS"
      case EBADMSG: "EBADMSG"
      case EMULTIHOP: "EMULTIHOP"
      case ENOLINK: "ENOLINK"
      case EPROTO: "EPROTO"
      case ENOTCAPABLE: "ENOTCAPABLE"
      case ECAPMODE: "ECAPMODE"
      case ENOTRECOVERABLE: "ENOTRECOVERABLE"
      case EOWNERDEAD: "EOWNERDEAD"
      case EINTEGRITY: "EINTEGRITY"
      default: ""
      }
    }
  }
}
