/// `sys/event.h`: filters, flags and the event structure of kqueue(2).
extension FreeBSD {
  package static let EVFILT_READ: Int16 = -1
  package static let EVFILT_WRITE: Int16 = -2
  package static let EVFILT_AIO: Int16 = -3
  package static let EVFILT_VNODE: Int16 = -4
  package static let EVFILT_PROC: Int16 = -5
  package static let EVFILT_SIGNAL: Int16 = -6
  package static let EVFILT_TIMER: Int16 = -7
  package static let EVFILT_PROCDESC: Int16 = -8
  package static let EVFILT_FS: Int16 = -9
  package static let EVFILT_LIO: Int16 = -10
  package static let EVFILT_USER: Int16 = -11
  package static let EVFILT_SENDFILE: Int16 = -12
  package static let EVFILT_EMPTY: Int16 = -13

  package static let EV_ADD: UInt16 = 0x1
  package static let EV_DELETE: UInt16 = 0x2
  package static let EV_ENABLE: UInt16 = 0x4
  package static let EV_DISABLE: UInt16 = 0x8
  package static let EV_ONESHOT: UInt16 = 0x10
  package static let EV_CLEAR: UInt16 = 0x20
  package static let EV_RECEIPT: UInt16 = 0x40
  package static let EV_DISPATCH: UInt16 = 0x80
  package static let EV_FORCEONESHOT: UInt16 = 0x100
  package static let EV_KEEPUDATA: UInt16 = 0x200
  package static let EV_ERROR: UInt16 = 0x4000
  package static let EV_EOF: UInt16 = 0x8000
  /// Flags that only the kernel sets; what a program passes there is dropped.
  package static let EV_SYSFLAGS: UInt16 = 0xf000

  package static let NOTE_LOWAT: UInt32 = 0x1
  package static let NOTE_FILE_POLL: UInt32 = 0x2

  package static let NOTE_DELETE: UInt32 = 0x1
  package static let NOTE_WRITE: UInt32 = 0x2
  package static let NOTE_EXTEND: UInt32 = 0x4
  package static let NOTE_ATTRIB: UInt32 = 0x8
  package static let NOTE_LINK: UInt32 = 0x10
  package static let NOTE_RENAME: UInt32 = 0x20
  package static let NOTE_REVOKE: UInt32 = 0x40
  package static let NOTE_OPEN: UInt32 = 0x80
  package static let NOTE_CLOSE: UInt32 = 0x100
  package static let NOTE_CLOSE_WRITE: UInt32 = 0x200
  package static let NOTE_READ: UInt32 = 0x400

  package static let NOTE_EXIT: UInt32 = 0x8000_0000
  package static let NOTE_FORK: UInt32 = 0x4000_0000
  package static let NOTE_EXEC: UInt32 = 0x2000_0000
  package static let NOTE_TRACK: UInt32 = 0x1
  package static let NOTE_TRACKERR: UInt32 = 0x2
  package static let NOTE_CHILD: UInt32 = 0x4

  package static let NOTE_SECONDS: UInt32 = 0x1
  package static let NOTE_MSECONDS: UInt32 = 0x2
  package static let NOTE_USECONDS: UInt32 = 0x4
  package static let NOTE_NSECONDS: UInt32 = 0x8
  package static let NOTE_ABSTIME: UInt32 = 0x10

  package static let NOTE_FFAND: UInt32 = 0x4000_0000
  package static let NOTE_FFOR: UInt32 = 0x8000_0000
  package static let NOTE_FFCOPY: UInt32 = 0xc000_0000
  package static let NOTE_FFCTRLMASK: UInt32 = 0xc000_0000
  package static let NOTE_FFLAGSMASK: UInt32 = 0x00ff_ffff
  package static let NOTE_TRIGGER: UInt32 = 0x0100_0000

  /// `kqueuex(2)`'s one flag.
  package static let KQUEUE_CLOEXEC: UInt32 = 0x1

  /// `struct kevent`, 64 bytes. Its first 32 are the structure of FreeBSD 11 and before.
  package struct kevent_t: BitwiseCopyable {
    package var ident: UInt64 = 0
    package var filter: Int16 = 0
    package var flags: UInt16 = 0
    package var fflags: UInt32 = 0
    package var data: Int64 = 0
    package var udata: UInt64 = 0
    package var ext: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    package init() {}
  }
  package static let kevent_size = 64
  package static let freebsd11_kevent_size = 32
}
