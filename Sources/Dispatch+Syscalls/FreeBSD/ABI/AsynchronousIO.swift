/// `aio.h` and what `sys/signal.h` says of notifications.
extension FreeBSD {
  package static let LIO_NOP: Int32 = 0
  package static let LIO_WRITE: Int32 = 1
  package static let LIO_READ: Int32 = 2
  package static let LIO_VECTORED: Int32 = 4
  package static let LIO_WRITEV: Int32 = 5
  package static let LIO_READV: Int32 = 6
  package static let LIO_SYNC: Int32 = 8
  package static let LIO_DSYNC: Int32 = 0x18
  package static let LIO_MLOCK: Int32 = 0x20

  package static let LIO_NOWAIT: Int32 = 0
  package static let LIO_WAIT: Int32 = 1

  package static let AIO_CANCELED = 1
  package static let AIO_NOTCANCELED = 2
  package static let AIO_ALLDONE = 3

  package static let SIGEV_KEVENT: Int32 = 3

  /// `struct sigevent`, 80 bytes, its first 24. Of `_sigev_un` the thread's number and the kevent flags are one word.
  package struct SigEvent: BitwiseCopyable {
    package var sigev_notify: Int32 = 0
    /// `sigev_signo`, or `sigev_notify_kqueue`.
    package var sigev_signo: Int32 = 0
    package var sigev_value: UInt64 = 0
    /// `sigev_notify_thread_id`, or `sigev_notify_kevent_flags` in its lower half.
    package var detail: UInt32 = 0
    package var pad: UInt32 = 0
    package init() {}
  }

  /// `struct osigevent` of FreeBSD 6: 16 bytes.
  package struct OldSigEvent: BitwiseCopyable {
    package var sigev_notify: Int32
    package var sigev_signo: Int32
    package var sigev_value: UInt64
  }

  /// `struct aiocb`, 160 bytes, up to its notification.
  package struct aiocb: BitwiseCopyable {
    package var aio_fildes: Int32 = 0
    package var pad: Int32 = 0
    package var aio_offset: Int64 = 0
    /// `aio_iov` in the calls with vectors.
    package var aio_buf: UInt64 = 0
    /// `aio_iovcnt` in the calls with vectors.
    package var aio_nbytes: UInt64 = 0
    package var spare: (UInt64, UInt64) = (0, 0)
    package var aio_lio_opcode: Int32 = 0
    package var aio_reqprio: Int32 = 0
    package var status: Int64 = 0
    package var error: Int64 = 0
    package var kernelinfo: UInt64 = 0
    package init() {}
  }

  /// Offsets in `struct aiocb` of what the kernel writes there, and of the notification.
  package enum AiocbOffset {
    package static let oldSigevent: UInt = 32
    package static let status: UInt = 56
    package static let error: UInt = 64
    package static let kernelinfo: UInt = 72
    package static let sigevent: UInt = 80
  }
}
