import CPicoEntry

/// How a job ends, is told of, and is given up.
extension FreeBSD.Aio {
  /// What a job that was given up leaves in kqueues: to be forgotten without the lock held.
  struct Remains {
    var control: UInt = 0
    var place = -1
    var generation: UInt32 = 0
    var list = -1
    var listIdent: UInt64 = 0
    var listGeneration: UInt32 = 0

    func forget(_ t: Thread) {
      if place >= 0 {
        FreeBSD.Kqueues.dropAio(t, FreeBSD.EVFILT_AIO, UInt64(control), place, generation)
      }
      if list >= 0 {
        FreeBSD.Kqueues.dropAio(t, FreeBSD.EVFILT_LIO, listIdent, list, listGeneration)
      }
    }
  }

  /// Ends a job, with the lock held: its result, whoever waits, its notification and its list's.
  ///
  /// - Parameter result: bytes, or a negated host error.
  static func finish(_ head: HeadReference, _ place: Int, _ result: Int) {
    let job = job(head, place)
    job.pointee.status = result < 0 ? -1 : Int64(result)
    job.pointee.error = result < 0 ? Int32(FreeBSD.guestErrno(result)) : 0
    job.pointee.stage = .finished
    head.pointee.order += 1
    job.pointee.order = head.pointee.order
    var wakesQueues = job.pointee.hasKnote
    tell(head, job.pointee.notice)
    if job.pointee.list != 0 {
      let list = list(head, Int(job.pointee.list) - 1)
      list.pointee.finished += 1
      if list.pointee.finished == list.pointee.count { wakesQueues = tellList(head, list) || wakesQueues }
    }
    if wakesQueues { wakeQueues(head) }
    _ = pico_add32(&head.pointee.ends, 1)
    withUnsafePointer(to: &head.pointee.ends) {
      _ = host(Host.futex, UInt(bitPattern: $0), 129, 0x7fff_ffff)  // FUTEX_WAKE_PRIVATE
    }
  }

  /// All jobs of a list have ended. True when kqueues are to be woken.
  static func tellList(_ head: HeadReference, _ list: UnsafeMutablePointer<List>) -> Bool {
    if list.pointee.wasTold { return false }
    list.pointee.wasTold = true
    tell(head, list.pointee.notice)
    return list.pointee.hasKnote
  }

  static func wakeQueues(_ head: HeadReference) {
    var one: UInt64 = 1
    _ = withUnsafeMutablePointer(to: &one) {
      host(1, FreeBSD.word(head.pointee.event), UInt(bitPattern: $0), 8)  // write
    }
  }

  /// Sends the signal of a notification, with `SI_ASYNCIO` and its value.
  private static func tell(_ head: HeadReference, _ notice: Notice) {
    guard notice.kind == FreeBSD.SIGEV_SIGNAL || notice.kind == FreeBSD.SIGEV_THREAD_ID,
      let signal = FreeBSD.hostSignal(notice.signal),
      let process = UnsafeMutablePointer<pico_process>(bitPattern: UInt(head.pointee.owner))
    else { return }
    let own = process.pointee.tgid
    var info = pico_siginfo()
    info.signal = signal
    info.code = -4  // SI_ASYNCIO
    info.u.sent.pid = Int32(bitPattern: own)
    info.u.sent.value = notice.value
    _ = withUnsafePointer(to: info) {
      if notice.kind == FreeBSD.SIGEV_SIGNAL {
        host(FreeBSD.HostProcess.rt_sigqueueinfo, UInt(own), UInt(signal), UInt(bitPattern: $0))
      } else {
        host(
          Host.rt_tgsigqueueinfo, UInt(own), UInt(UInt32(bitPattern: notice.thread)), UInt(signal),
          UInt(bitPattern: $0))
      }
    }
  }

  /// Gives a job's place up, with the lock held, and its list's with the last job of it.
  static func release(_ head: HeadReference, _ place: Int) -> Remains {
    let job = job(head, place)
    var remains = Remains()
    if job.pointee.hasKnote {
      remains.control = job.pointee.control
      remains.place = place
      remains.generation = job.pointee.generation
    }
    freeVectors(job)
    job.pointee.stage = .free
    job.pointee.generation &+= 1
    head.pointee.count -= 1
    if job.pointee.list != 0 {
      let at = Int(job.pointee.list) - 1
      list(head, at).pointee.count -= 1
      list(head, at).pointee.finished -= 1
      releaseList(head, at, &remains)
    }
    return remains
  }

  /// Gives a list up when it has no job left.
  static func releaseList(_ head: HeadReference, _ place: Int, _ remains: inout Remains) {
    let list = list(head, place)
    if list.pointee.count > 0 { return }
    if list.pointee.hasKnote {
      remains.list = place
      remains.listIdent = list.pointee.ident
      remains.listGeneration = list.pointee.generation
    }
    list.pointee.isUsed = false
    list.pointee.generation &+= 1
  }

  /// Waits until a job ends after `seen`, a value of `ends`.
  ///
  /// - Parameter deadline: nanoseconds of `CLOCK_MONOTONIC`; 0 is never.
  /// - Returns: 0, `EAGAIN` when the time is over, `EINTR`.
  static func awaitEnd(_ t: Thread, _ head: HeadReference, _ seen: UInt32, _ deadline: UInt64) -> Int {
    var time: (UInt64, UInt64) = (0, 0)
    if deadline != 0 {
      let now = FreeBSD.HostEvent.now(FreeBSD.HostEvent.CLOCK_MONOTONIC)
      if now >= deadline { return FreeBSD.HostError.EAGAIN }
      time = ((deadline - now) / 1_000_000_000, (deadline - now) % 1_000_000_000)
    }
    let result = withUnsafePointer(to: &head.pointee.ends) { word in
      withUnsafePointer(to: &time) {
        // FUTEX_WAIT_PRIVATE
        t.blocking(Host.futex, UInt(bitPattern: word), 128, UInt(seen), deadline == 0 ? 0 : UInt(bitPattern: $0))
      }
    }
    return result == Host.EINTR ? result : 0
  }
}
