/// Access lists (acl(3)): the guest's file systems have none, which pathconf(2) says too.
extension FreeBSD {
  /// `__acl_get_file(2)` and all that name a file. Errors: of the name; `EOPNOTSUPP`.
  static func __acl_get_file(_ t: Thread, _ path: UInt, _ type: Int32, _ aclp: UInt) -> Int {
    noAccessList(path, 0)
  }

  /// `__acl_get_link(2)` and all that name a file or a symbolic link. Errors: of the name; `EOPNOTSUPP`.
  static func __acl_get_link(_ t: Thread, _ path: UInt, _ type: Int32, _ aclp: UInt) -> Int {
    noAccessList(path, 0x100)  // AT_SYMLINK_NOFOLLOW
  }

  /// `__acl_get_fd(2)` and all that take a descriptor. Errors: `EBADF`; `EOPNOTSUPP`.
  static func __acl_get_fd(_ t: Thread, _ filedes: Int32, _ type: Int32, _ aclp: UInt) -> Int {
    host(HostSocket.fcntl, word(filedes), 1) < 0 ? HostError.EBADF : HostError.EOPNOTSUPP  // F_GETFD
  }

  private static func noAccessList(_ path: UInt, _ flags: UInt) -> Int {
    var status: [18 of UInt64] = .init(repeating: 0)
    let found = withUnsafeMutablePointer(to: &status) {
      host(262, HostFile.AT_FDCWD, path, UInt(bitPattern: $0), flags)  // newfstatat
    }
    return found < 0 ? found : HostError.EOPNOTSUPP
  }
}
