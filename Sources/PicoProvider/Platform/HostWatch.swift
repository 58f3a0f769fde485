internal import CPicoHost
internal import Glibc
internal import Synchronization

/// The host's processes and threads that the supervisor knows: one pidfd each, by which it sees their ends. When there
/// are no more descriptors to be had, those without one are looked at whenever another ends.
///
/// Any thread; guarded by `state`. Ends are told with no lock held, and once each: whoever takes an entry out tells.
package final class HostWatch: Sendable {
  /// What has ended.
  package enum End: Sendable {
    case thread(HostThread)
    case process(HostProcess)
  }

  private struct Watched {
    let host: HostProcess
    let descriptor: Int32
    let token: UInt64

    var isAlive: Bool {
      descriptor < 0 ? pico_thread_exists(host.pid, host.pid) == 1 : pico_is_alive(descriptor) == 1
    }
    var threads: [Int32: (descriptor: Int32, token: UInt64)] = [:]
  }
  private enum Subject {
    case process(Int32)
    case thread(Int32, of: Int32)
  }
  private struct State {
    var next: UInt64 = 0
    var processes = NumberTable<Watched>()
    var subjects = NumberTable<Subject>()

    mutating func token(_ subject: Subject) -> UInt64 {
      next += 1
      subjects[next] = subject
      return next
    }
  }
  private let state = Mutex(State())
  /// Whoever is told. In a structure: a bare closure that goes in and out of a generic type is wrapped anew each time,
  /// and kept so.
  private struct Listener {
    var tell: @Sendable (End) -> Void = { _ in }
  }
  private let set: Int32
  private let listener = Mutex(Listener())

  /// Nil when the host has no descriptor to give.
  package init?() {
    set = pico_watch_open()
    if set < 0 { return nil }
  }

  /// Has ends told here from now on: whenever `drain` is called, and of what is found to be gone meanwhile.
  package func begin(_ tell: @escaping @Sendable (End) -> Void) { listener.withLock { $0.tell = tell } }

  /// Can be read from, as `poll` sees it, when there is something for `drain` to tell.
  package var descriptor: Int32 { self.set }

  /// Tells what has ended so far.
  package func drain() {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { tokens in
      while case let count = pico_watch_wait(set, tokens.baseAddress, 64, 0), count > 0 {
        ended(tokens[..<Int(count)])
      }
    }
  }

  /// How many descriptors are held.
  package var descriptorCount: Int {
    state.withLock { state in
      state.processes.all.reduce(0) { count, watched in
        count + (watched.descriptor >= 0 ? 1 : 0) + watched.threads.values.filter { $0.descriptor >= 0 }.count
      }
    }
  }

  /// The live process with this number; one not known is watched from now on. Nil when there is none.
  ///
  /// A process whose number was given out again is told as ended first.
  package func process(_ pid: Int32) -> HostProcess? {
    let (found, end) = state.withLock { state -> (HostProcess?, HostProcess?) in
      var end: HostProcess?
      if let known = state.processes[pid.key] {
        if known.isAlive { return (known.host, nil) }
        end = remove(pid, from: &state)
      }
      let descriptor = pico_open_process(pid)
      let isThere =
        descriptor >= 0
        ? pico_is_alive(descriptor) == 1
        : (descriptor == -EMFILE || descriptor == -ENFILE) && pico_thread_exists(pid, pid) == 1
      guard isThere else {
        if descriptor >= 0 { close(descriptor) }
        return (nil, end)
      }
      let token = state.token(.process(pid))
      let host = HostProcess(pid: pid, serial: token)
      state.processes[pid.key] = Watched(host: host, descriptor: descriptor, token: token)
      // One that ends right here is seen as readable as soon as it is waited for.
      if descriptor >= 0 { _ = pico_watch_add(set, descriptor, token) }
      return (host, end)
    }
    if let end { told(.process(end)) }
    return found
  }

  /// The live thread with this number. Nil when there is none (any longer), or the process has ended.
  ///
  /// Where the host cannot watch threads, their ends come with their process's.
  package func thread(_ tid: Int32, of process: HostProcess) -> HostThread? {
    let host = HostThread(process: process, tid: tid)
    let (isThere, end) = state.withLock { state -> (Bool, Bool) in
      guard var watched = state.processes[process.pid.key], watched.host == process else { return (false, false) }
      var end = false
      if let known = watched.threads[tid] {
        if known.descriptor < 0 || pico_is_alive(known.descriptor) == 1 { return (true, false) }
        forget(known, in: &state)
        watched.threads[tid] = nil
        end = true
      }
      let descriptor = pico_open_thread(tid)
      let isUnwatched = [-EINVAL, -EMFILE, -ENFILE].contains(descriptor)
      let isThere = (descriptor >= 0 || isUnwatched) && pico_thread_exists(process.pid, tid) == 1
      if isThere {
        let token = state.token(.thread(tid, of: process.pid))
        watched.threads[tid] = (descriptor, token)
        if descriptor >= 0 { _ = pico_watch_add(set, descriptor, token) }
      } else if descriptor >= 0 {
        close(descriptor)
      }
      state.processes[process.pid.key] = watched
      return (isThere, end)
    }
    if end { told(.thread(host)) }
    return isThere ? host : nil
  }

  /// The process met under this number, if it has not been seen to end.
  package func known(_ pid: Int32) -> HostProcess? { state.withLock { $0.processes[pid.key]?.host } }

  /// Whether a process is still the one that was met under its number.
  package func isAlive(_ process: HostProcess) -> Bool {
    state.withLock { state in
      guard let watched = state.processes[process.pid.key], watched.host == process else { return false }
      return watched.isAlive
    }
  }

  /// Sends a signal to a process that is known. False when it is gone or the host refuses.
  package func kill(_ process: HostProcess, _ signal: Int32) -> Bool {
    state.withLock { state in
      guard let watched = state.processes[process.pid.key], watched.host == process else { return false }
      if watched.descriptor < 0 { return Glibc.kill(process.pid, signal) == 0 }
      return pico_kill(watched.descriptor, signal) == 0
    }
  }

  /// A copy of a process's descriptor `number`, or a negated host errno.
  package func take(_ number: Int32, of process: HostProcess) -> Int32 {
    state.withLock { state in
      guard let watched = state.processes[process.pid.key], watched.host == process else { return -ESRCH }
      if watched.descriptor >= 0 { return pico_take_from(watched.descriptor, number) }
      return pico_take_descriptor(process.pid, number)
    }
  }

  private func ended(_ tokens: Slice<UnsafeMutableBufferPointer<UInt64>>) {
    for token in tokens {
      let end = state.withLock { state -> End? in
        switch state.subjects[token] {
        case .process(let pid): return remove(pid, from: &state).map { .process($0) }
        case .thread(let tid, let pid):
          guard let watched = state.processes[pid.key], let known = watched.threads[tid] else { return nil }
          forget(known, in: &state)
          state.processes.update(pid.key) { $0.threads[tid] = nil }
          return .thread(HostThread(process: watched.host, tid: tid))
        case nil: return nil
        }
      }
      if let end { told(end) }
    }
    if !tokens.isEmpty { lookAtUnwatched() }
  }

  private func lookAtUnwatched() {
    let ended = state.withLock { state in
      let gone = state.processes.all.filter { $0.descriptor < 0 && !$0.isAlive }
      return gone.compactMap { remove($0.host.pid, from: &state) }
    }
    for process in ended { told(.process(process)) }
  }

  private func told(_ end: End) { listener.withLock { $0.tell }(end) }

  private func remove(_ pid: Int32, from state: inout State) -> HostProcess? {
    guard let watched = state.processes.remove(pid.key) else { return nil }
    forget((watched.descriptor, watched.token), in: &state)
    for thread in watched.threads.values { forget(thread, in: &state) }
    return watched.host
  }

  private func forget(_ entry: (descriptor: Int32, token: UInt64), in state: inout State) {
    state.subjects.remove(entry.token)
    if entry.descriptor >= 0 { close(entry.descriptor) }
  }
}

extension Int32 {
  /// Of a process's number, whatever it is: some come from guests.
  fileprivate var key: UInt64 { UInt64(UInt32(bitPattern: self)) }
}
