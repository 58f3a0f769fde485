import CPicoEntry

extension Host {
  /// The host's last real-time signal, by which one thread asks another to make a host call. Not SIGSYS: of two that
  /// are pending at once the kernel keeps one, and a trap would be lost. No guest that needs this has a number for it.
  static let everyThread: Int32 = 64
}

/// The code it carries. No kernel uses it.
let everyThreadCode: Int32 = -61

/// Makes a host call in the calling thread and, if it succeeds, in every other thread of the picoprocess: for what the
/// host keeps by thread and the guest system by process.
///
/// Pointers among the arguments must stay valid until the return.
///
/// - Returns: the calling thread's result.
func everyThread(_ t: Thread, _ number: Int, _ a0: UInt, _ a1: UInt, _ a2: UInt) -> Int {
  let result = host(number, a0, a1, a2)
  if result < 0 { return result }
  let process = t.pointee.process
  while pico_cas32(&process.pointee.request_lock, 0, 1) != 0 { host(24) }  // sched_yield
  process.pointee.request_number = UInt64(number)
  process.pointee.request_arguments = (UInt64(a0), UInt64(a1), UInt64(a2))
  let round = pico_add32(&process.pointee.request_round, 1)
  // A thread that ends meanwhile never answers; one that is being made has the creator's credentials from the host.
  for attempt in 0..<2000 {
    var waiting = false
    ThreadArea.forEach { other in
      guard other != t, other.pointee.process == process else { return }
      if other.pointee.tid == 0 {
        // Being made, perhaps by a thread that had not made the change yet.
        waiting = true
        return
      }
      guard pico_load32(&other.pointee.request_seen) != round else { return }
      var info = pico_siginfo()
      info.signal = Host.everyThread
      info.code = everyThreadCode
      // Asked again now and then: a signal may have gone to a thread that was just being made.
      if attempt % 20 == 0 {
        let sent = withUnsafePointer(to: info) {
          host(
            Host.rt_tgsigqueueinfo, UInt(process.pointee.tgid), UInt(other.pointee.tid), UInt(Host.everyThread),
            UInt(bitPattern: $0))
        }
        if sent < 0 { return }
      }
      waiting = true
    }
    if !waiting { break }
    var time = (seconds: 0, nanoseconds: 100_000)
    withUnsafeMutablePointer(to: &time) { _ = host(35, UInt(bitPattern: $0), 0) }  // nanosleep
  }
  pico_store32(&process.pointee.request_lock, 0)
  return result
}

/// The other side, in the signal handler.
func answerEveryThread(_ t: Thread) {
  let process = t.pointee.process
  let round = pico_load32(&process.pointee.request_round)
  // Asked twice, or late: this thread has made the change.
  if pico_load32(&process.pointee.request_lock) == 0 || pico_load32(&t.pointee.request_seen) == round { return }
  let arguments = process.pointee.request_arguments
  host(
    Int(truncatingIfNeeded: process.pointee.request_number), UInt(arguments.0), UInt(arguments.1), UInt(arguments.2))
  pico_store32(&t.pointee.request_seen, round)
}
