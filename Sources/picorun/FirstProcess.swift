internal import CPicoHost
internal import Glibc
internal import PicoProvider
internal import ProcessModel

/// The first picoprocess as its parent sees it.
struct FirstProcess {
  let words: [FileName]
  /// What exec would have been called with.
  let name: FileName
  let stub: Descriptor
  let memory: SiloMemory
  /// Byte stream to the supervisor: it ends when either side does.
  let control: Int32
  let setupSocket: Int32
  /// Whether the supervisor has to become the tracer before the picoprocess may run.
  let traced: Bool
  let supervisor: pid_t

  func run() -> Int32 {
    var before = sigset_t()
    let signals = pico_signal_descriptor(&before)
    guard signals >= 0 else { return Picorun.ownFailure }
    let child = spawn(mask: before)
    guard child > 0 else {
      complain("the picoprocess cannot be started: \(HostErrno(-child).text)")
      return Picorun.ownFailure
    }
    close(setupSocket)
    return wait(child, signals)
  }

  private func spawn(mask: sigset_t) -> pid_t {
    let arguments = WordList(copying: words)
    let environment = WordList(environ, andCopying: StartState.strings(setupSocket: setupSocket, name: name))
    return withUnsafePointer(to: mask) { mask in
      pico_spawn(stub.number, arguments.words, environment.words, mask, setupSocket, traced ? control : -1)
    }
  }

  /// Waits for the end, doing meanwhile what a parent that is not there would not do.
  private func wait(_ child: pid_t, _ signals: Int32) -> Int32 {
    var sources = PollSet(signals, control)
    while true {
      let status = reap(child)
      if let status { return finish(status, child) }
      let ready = sources.wait(-1)
      if ready == -EINTR { continue }
      if ready < 0 { return Picorun.ownFailure }
      if sources.firstIsReady { passOn(signals, to: child) }
      if sources.secondIsReady {
        // Nobody answers the picoprocesses any more.
        PicoprocessEnd.killAll(memory)
        complain("the supervisor has ended")
        kill(child, SIGKILL)
        return Picorun.ownFailure
      }
    }
  }

  private func reap(_ child: pid_t) -> Int32? {
    var value: Int32 = 0
    while true {
      switch pico_wait(child, 1, &value) {
      case Int32(PICO_WAIT_EXITED): return value
      case Int32(PICO_WAIT_KILLED): return 128 + value
      case Int32(PICO_WAIT_STOPPED):
        // Whoever waits for us is to see the job stopped.
        kill(getpid(), SIGSTOP)
      case Int32(PICO_WAIT_CONTINUED): continue
      case -EINTR: continue
      case Int32(PICO_WAIT_NONE): return nil
      default: return Picorun.ownFailure
      }
    }
  }

  /// Passes on what was sent to us. What the terminal sends, it sends to the picoprocess as well.
  private func passOn(_ signals: Int32, to child: pid_t) {
    var signal: Int32 = 0
    var code: Int32 = 0
    while pico_signal_read(signals, &signal, &code) == 1 {
      if signal == SIGCHLD || code > 0 && signal != SIGCONT { continue }
      kill(child, signal)
    }
  }

  /// Lets the supervisor finish its trace and its reports before we end.
  private func finish(_ status: Int32, _ child: pid_t) -> Int32 {
    var words: [Int32] = [status, child]
    guard write(control, &words, 8) == 8 else { return status }
    var answer: UInt8 = 0
    while read(control, &answer, 1) < 0 && errno == EINTR {}
    // Nobody may be there to reap it after us. One that stays for picoprocesses that live on is theirs.
    if answer == SupervisorProcess.isEnding { _ = waitpid(supervisor, nil, 0) }
    return status
  }
}
