internal import CPicoHost
internal import Glibc
internal import PicoProvider
internal import ProcessModel

/// The supervisor: serves the stubs' doorbells until the last picoprocess is gone.
struct SupervisorProcess {
  let silo: Silo
  let options: RunOptions
  let control: Int32
  let setupSocket: Int32

  /// As many rings as are answered at once: one is busy with an image while another serves a small request.
  private static let workers = 2
  /// What the front is told when no picoprocess is left.
  static let isEnding: UInt8 = 1
  /// Milliseconds within which the host tells of the last end.
  private static let patience: Int32 = 50

  /// Serves on threads of its own, and on none but these.
  ///
  /// Swift's locks and `once` know a thread by its id, which the runtime keeps in thread-local memory. The thread that
  /// came out of fork still has the front's there: the first lock it disputes with a worker would never be free again.
  func run() -> Never {
    setsid()
    pico_set_name("picorun-server")
    guard RawThread.start({ serve() }) else { _exit(Picorun.ownFailure) }
    while true { pause() }
  }

  private func serve() -> Never {
    pico_set_name("picorun-server")
    signal(SIGPIPE, SIG_IGN)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    dup2(null, 0)
    dup2(null, 1)
    raiseDescriptorLimit()
    silo.begin()
    if options.platform == .ptrace {
      servePtrace()
    } else {
      guard let platform = TrapPlatform(setupSocket: setupSocket) else { _exit(0) }
      close(setupSocket)
      platform.serve(silo, workers: Self.workers)
      supervise(lifeline: platform.lifeline)
    }
  }

  /// Two descriptors a picoprocess are held to see its end. Guests do not inherit the limit: the front starts them.
  private func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// The tracer is a thread of its own; when it has no tracee left, the writing end of a pipe is closed.
  private func servePtrace() -> Never {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { _exit(Picorun.ownFailure) }
    let (silo, control, lifeline) = (silo, control, ends[1])
    RawThread.start {
      var first: Int32 = 0
      if read(control, &first, 4) == 4, var platform = PtracePlatform(first: first) {
        var go: UInt8 = 0
        _ = write(lifeline, &go, 1)
        _ = write(control, &go, 1)
        platform.serve(silo, workers: Self.workers)
      } else {
        complain("the host refuses tracing")
        _exit(Picorun.ownFailure)
      }
      close(lifeline)
    }
    // The first word on the control stream is the tracer's; it says when it has read it.
    var attached: UInt8 = 0
    _ = read(ends[0], &attached, 1)
    supervise(lifeline: ends[0])
  }

  /// Milliseconds between two looks for picoprocesses that outlive the front.
  private static let lookInterval: Int32 = 1000

  /// Whoever reads the program's error output waits for its end: a daemon that lives on must not keep it open through us,
  /// unless more is to be written there.
  private func letGoOfErrorOutput() {
    let traces = !options.expression.isEmpty && options.output == nil
    guard !options.strict, !traces else { return }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    dup2(null, 2)
    close(null)
  }

  /// Follows the front's wishes and its end, and the ends of picoprocesses and their threads, the last one's too.
  ///
  /// The lifeline is not enough for the latter: before Linux 6.11 a filter counts dead processes that nobody has reaped,
  /// and where the host's first process reaps none, that is for ever. So once the front is gone the picoprocesses are
  /// counted; two looks without one are the end, since one that forks may be missed.
  private func supervise(lifeline: Int32) -> Never {
    let watch = silo.contract.platform.watch
    var sources = PollSet(ended: lifeline, control, watch.descriptor)
    var empty = 0
    while true {
      let ready = sources.wait(sources.first < 0 ? Self.lookInterval : -1)
      if ready == -EINTR { continue }
      if ready < 0 { _exit(Picorun.ownFailure) }
      if ready == 0 {
        empty = PicoprocessEnd.isOver(silo.memory) ? empty + 1 : 0
        if empty == 2 { _exit(0) }
        continue
      }
      if sources.secondIsReady { watch.drain() }
      if sources.firstIsReady {
        var words: [Int32] = [0, 0]
        if read(control, &words, 8) == 8 {
          silo.finish(words[0], first: words[1])
          // The end of the first picoprocess was the last one's, unless some live on.
          var last = pollfd(fd: lifeline, events: 0, revents: 0)
          let ends = poll(&last, 1, Self.patience) == 1
          var answer: UInt8 = ends ? Self.isEnding : 0
          _ = write(control, &answer, 1)
          if ends { _exit(0) }
          sources.first = -1
          letGoOfErrorOutput()
        } else {
          // The front was killed: nothing of it may stay behind.
          PicoprocessEnd.killAll(silo.memory)
          _exit(0)
        }
      } else if sources.hasEnded {
        // The front may still want its report.
        sources.ended = -1
        if sources.first < 0 { _exit(0) }
      }
      if sources.ended < 0 && sources.first < 0 { _exit(0) }
    }
  }
}
