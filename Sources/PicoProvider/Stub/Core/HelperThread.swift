import CPicoEntry

/// A thread of the stub's own beside the guest's: it runs no guest code, has a descriptor table of its own, and neither
/// the guest nor the supervisor counts it. All signals but those that are never blocked pass it by.
extension UnsafeMutablePointer where Pointee == pico_thread {
  /// Starts one. Its descriptors begin as copies of the caller's.
  ///
  /// - Returns: its number; `EAGAIN`, `ENOMEM`; `Restart.always` when a signal came first.
  func createHelper(_ argument: UInt64) -> Int {
    guard let page = allocatePages(bytes: Int(PICO_SLOT_SIZE)) else { return Host.ENOMEM }
    guard let helper = ThreadArea.take(process: pointee.process) else {
      freePages(page, bytes: Int(PICO_SLOT_SIZE))
      return Host.EAGAIN
    }
    helper.pointee.is_helper = 1
    helper.pointee.slot = UInt32.max
    helper.pointee.mask = UInt64.max
    // Stands for a slot where code common to all threads looks at one.
    helper.pointee.transfer = page.assumingMemoryBound(to: pico_transfer.self)
    helper.pointee.frame.rdi = argument
    var arguments = pico_clone_args()
    // CLONE_VM | FS | SIGHAND | THREAD | SYSVSEM, without FILES
    arguments.flags = Clone.VM | 0x200 | Clone.SIGHAND | Clone.THREAD | 0x4_0000 | Clone.UNTRACED
    arguments.stack = UInt64(UInt(bitPattern: helper)) + UInt64(PICO_ALTSTACK_OFFSET) + UInt64(PICO_ALTSTACK_SIZE)
    arguments.stack_size = helper.pointee.stack_top - arguments.stack
    blockHostSignals()
    var result = Restart.always
    if pointee.pending == 0 {
      result = withUnsafeMutablePointer(to: &arguments) {
        pico_clone3($0, UInt(MemoryLayout<pico_clone_args>.size), helper)
      }
    }
    setHostMask(pointee.mask)
    if result < 0 {
      ThreadArea.release(helper)
      freePages(page, bytes: Int(PICO_SLOT_SIZE))
    }
    return result
  }
}

/// The first code of a helper.
func helperBegin(_ t: Thread) -> Never {
  pico_write_gs_base(UInt64(UInt(bitPattern: t)))
  var stack = (base: UInt(bitPattern: t) + UInt(PICO_ALTSTACK_OFFSET), flags: UInt(0), size: UInt(PICO_ALTSTACK_SIZE))
  withUnsafePointer(to: &stack) { _ = host(Host.sigaltstack, UInt(bitPattern: $0), 0) }
  let name: StaticString = "aiod"
  host(Host.prctl, 15, UInt(bitPattern: name.utf8Start))  // PR_SET_NAME
  t.pointee.tid = UInt32(truncatingIfNeeded: host(Host.gettid))
  guard let head = FreeBSD.Aio.HeadReference(bitPattern: UInt(t.pointee.frame.rdi)) else { exitHelper(t) }
  FreeBSD.Aio.work(t, head)
}

/// Ends a helper.
func exitHelper(_ t: Thread) -> Never {
  t.blockAllHostSignals()
  freePages(UnsafeMutableRawPointer(t.pointee.transfer), bytes: Int(PICO_SLOT_SIZE))
  ThreadArea.leave(t, status: 0)
}
