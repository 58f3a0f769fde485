/// `sys/socket.h`, `sys/un.h`: families, types, flags and layouts of the socket calls.
extension FreeBSD {
  package static let SOCK_STREAM: Int32 = 1
  package static let SOCK_DGRAM: Int32 = 2
  package static let SOCK_RAW: Int32 = 3
  package static let SOCK_RDM: Int32 = 4
  package static let SOCK_SEQPACKET: Int32 = 5
  package static let SOCK_CLOEXEC: Int32 = 0x1000_0000
  package static let SOCK_NONBLOCK: Int32 = 0x2000_0000

  package static let AF_UNSPEC: UInt8 = 0
  package static let AF_UNIX: UInt8 = 1
  package static let AF_INET: UInt8 = 2
  package static let AF_ROUTE: UInt8 = 17
  package static let AF_LINK: UInt8 = 18
  package static let AF_INET6: UInt8 = 28
  package static let AF_NETLINK: UInt8 = 38

  /// The longest address the kernel takes (`SOCK_MAXADDRLEN`).
  package static let SOCK_MAXADDRLEN: UInt32 = 255
  /// Bytes of `sun_path`.
  package static let SUNPATHLEN = 104
  /// `sizeof(struct sockaddr_in)`.
  package static let sockaddr_in_size = 16
  /// `sizeof(struct sockaddr_in6)`.
  package static let sockaddr_in6_size = 28
  /// What an unnamed Unix socket is called: sixteen bytes of which the first two say so.
  package static let sun_noname_size = 16

  package static let MSG_OOB: Int32 = 0x1
  package static let MSG_PEEK: Int32 = 0x2
  package static let MSG_DONTROUTE: Int32 = 0x4
  package static let MSG_EOR: Int32 = 0x8
  package static let MSG_TRUNC: Int32 = 0x10
  package static let MSG_CTRUNC: Int32 = 0x20
  package static let MSG_WAITALL: Int32 = 0x40
  package static let MSG_DONTWAIT: Int32 = 0x80
  package static let MSG_EOF: Int32 = 0x100
  package static let MSG_NOSIGNAL: Int32 = 0x20000
  package static let MSG_CMSG_CLOEXEC: Int32 = 0x40000
  package static let MSG_WAITFORONE: Int32 = 0x80000

  /// `struct msghdr`, 48 bytes.
  package struct msghdr: BitwiseCopyable {
    package var msg_name: UInt64 = 0
    package var msg_namelen: UInt32 = 0
    package var pad0: UInt32 = 0
    package var msg_iov: UInt64 = 0
    package var msg_iovlen: Int32 = 0
    package var pad1: UInt32 = 0
    package var msg_control: UInt64 = 0
    package var msg_controllen: UInt32 = 0
    package var msg_flags: Int32 = 0
    package init() {}
  }

  /// `struct cmsghdr`, 12 bytes; its data begins at the next multiple of eight.
  package struct cmsghdr: BitwiseCopyable {
    package var cmsg_len: UInt32
    package var cmsg_level: Int32
    package var cmsg_type: Int32
    package init(cmsg_len: UInt32, cmsg_level: Int32, cmsg_type: Int32) {
      self.cmsg_len = cmsg_len
      self.cmsg_level = cmsg_level
      self.cmsg_type = cmsg_type
    }
  }
  /// Where a control message's data stands from its head.
  package static let CMSG_DATA_OFFSET = 16

  package static let SCM_RIGHTS: Int32 = 1
  package static let SCM_TIMESTAMP: Int32 = 2
  package static let SCM_CREDS: Int32 = 3
  package static let SCM_BINTIME: Int32 = 4
  package static let SCM_CREDS2: Int32 = 8
  /// `sizeof(struct cmsgcred)`: pid, uid, euid, gid, a count and sixteen groups.
  package static let cmsgcred_size = 84
  /// `SOCKCREDSIZE(1)`: uid, euid, gid, egid, a count and one group.
  package static let sockcred_size = 24
  /// `SOCKCRED2SIZE(1)`: version, pid, then as `sockcred`.
  package static let sockcred2_size = 32
  /// `sizeof(struct xucred)`.
  package static let xucred_size = 88
  /// Groups that `xucred` has room for.
  package static let XU_NGROUPS = 16

  /// `struct sf_hdtr` of sendfile(2).
  package struct sf_hdtr: BitwiseCopyable {
    package var headers: UInt64
    package var hdr_cnt: Int32
    package var pad0: Int32
    package var trailers: UInt64
    package var trl_cnt: Int32
    package var pad1: Int32
  }
}
