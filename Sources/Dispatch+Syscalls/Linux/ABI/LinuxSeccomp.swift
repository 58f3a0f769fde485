extension Linux {
  package static let SECCOMP_SET_MODE_STRICT: UInt32 = 0
  package static let SECCOMP_SET_MODE_FILTER: UInt32 = 1
  package static let SECCOMP_GET_ACTION_AVAIL: UInt32 = 2
  package static let SECCOMP_GET_NOTIF_SIZES: UInt32 = 3

  package static let SECCOMP_FILTER_FLAG_TSYNC: UInt32 = 1
  package static let SECCOMP_FILTER_FLAG_LOG: UInt32 = 2
  package static let SECCOMP_FILTER_FLAG_SPEC_ALLOW: UInt32 = 4
  package static let SECCOMP_FILTER_FLAG_NEW_LISTENER: UInt32 = 8
  package static let SECCOMP_FILTER_FLAG_TSYNC_ESRCH: UInt32 = 16
  package static let SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: UInt32 = 32

  package static let SECCOMP_RET_KILL_PROCESS: UInt32 = 0x8000_0000
  package static let SECCOMP_RET_KILL_THREAD: UInt32 = 0
  package static let SECCOMP_RET_TRAP: UInt32 = 0x0003_0000
  package static let SECCOMP_RET_ERRNO: UInt32 = 0x0005_0000
  package static let SECCOMP_RET_USER_NOTIF: UInt32 = 0x7fc0_0000
  package static let SECCOMP_RET_TRACE: UInt32 = 0x7ff0_0000
  package static let SECCOMP_RET_LOG: UInt32 = 0x7ffc_0000
  package static let SECCOMP_RET_ALLOW: UInt32 = 0x7fff_0000
  package static let SECCOMP_RET_ACTION_FULL: UInt32 = 0xffff_0000

  package static let AUDIT_ARCH_X86_64: UInt32 = 0xc000_003e
  package static let BPF_MAXINSNS = 4096

  /// `struct seccomp_data`: what a filter reads, in 32-bit words.
  package struct seccomp_data: BitwiseCopyable {
    package var nr: UInt32
    package var arch: UInt32
    package var instruction_pointer: UInt64
    package var args: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    package init(
      nr: UInt32, arch: UInt32, instruction_pointer: UInt64, args: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    ) {
      self.nr = nr
      self.arch = arch
      self.instruction_pointer = instruction_pointer
      self.args = args
    }
  }

  /// `struct sock_filter`: one instruction of classic BPF.
  package struct sock_filter: BitwiseCopyable {
    package var code: UInt16
    package var jt: UInt8
    package var jf: UInt8
    package var k: UInt32
  }

  /// `struct sock_fprog`.
  package struct sock_fprog: BitwiseCopyable {
    package var len: UInt16
    package var pad: UInt16
    package var pad2: UInt32
    package var filter: UInt64
  }
}
