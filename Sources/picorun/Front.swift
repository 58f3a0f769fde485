internal import CPicoHost
internal import Glibc
internal import PicoProvider
internal import ProcessModel
internal import SyscallDispatch

/// The process the user started. It is the parent of the first picoprocess and stands for it: passes signals on, stops
/// and continues with it, and ends with its status. The supervisor is a process of its own, in its own session, so
/// that neither a terminal nor a stopped job ever holds up other picoprocesses.
struct Front {
  let options: RunOptions

  /// Runs the program to its end.
  ///
  /// - Returns: the exit status.
  func run() -> Int32 {
    let view: FileView
    do throws(ViewOptions.Problem) { view = try ViewOptions(options).view() } catch {
      complain(error.text)
      return Picorun.ownFailure
    }
    let search = ProgramSearch(view: view)
    let (path, status) = search.find(options.program[0])
    guard let path else {
      complain("\(options.program[0].text): \(status == 127 ? "not found" : HostErrno(EACCES).text)")
      return status
    }
    let preparation = ImagePreparation(served: [.freebsd, .linux], forced: options.personality?.system, view: view)
    let prepared: PreparedImage
    do throws(PreparationError) {
      let file: Descriptor
      do throws(HostErrno) { file = try ImagePreparation.openProgram(search.hostName(path)) } catch {
        throw .host(error, path: path)
      }
      prepared = try preparation.prepare(file, path: path, process: nil)
    } catch {
      complain(error.description)
      return 126
    }
    let trace: TraceOptions?
    do throws(CallFilter.Problem) { trace = try TraceOptions(options) } catch {
      complain("-e: \(error.text)")
      return Picorun.ownFailure
    }
    guard let stub = Self.openStub(), let memory = SiloMemory(tracing: trace?.setting ?? 0) else {
      complain("the stub image beside picorun cannot be opened, or no shared memory can be had")
      return Picorun.ownFailure
    }
    memory.header.pointee.strict = options.strict ? 1 : 0
    memory.header.pointee.yama = Self.restrictsTracing ? 1 : 0
    // Under ptrace nothing is rewritten: it is what the other platform is compared with.
    memory.header.pointee.rewriting = options.platform == .trap && options.rewrite ? 1 : 0
    memory.header.pointee.counting = options.stats ? 1 : 0
    memory.header.pointee.platform = options.platform == .ptrace ? 1 : 0
    var tracer: Tracer?
    if let trace {
      guard let opened = Tracer(trace, memory: memory) else {
        complain("\(options.output ?? "the trace"): \(HostErrno(errno).text)")
        return Picorun.ownFailure
      }
      tracer = opened
    }
    guard view.write(to: memory.header) else {
      complain("--bind: more, or longer names, than there is room for")
      return Picorun.ownFailure
    }
    // Where the root has the directory too, the program starts in that one.
    if !view.isEmpty, let directory = ProgramSearch.currentDirectory {
      _ = search.hostName(directory).withCString { chdir($0) }
    }
    return start(prepared, named: path, stub, memory, preparation, tracer)
  }

  private func start(
    _ prepared: PreparedImage, named name: FileName, _ stub: Descriptor, _ memory: SiloMemory,
    _ preparation: ImagePreparation, _ tracer: Tracer?
  ) -> Int32 {
    var control: (Int32, Int32) = (-1, -1)
    var setup: (Int32, Int32) = (-1, -1)
    guard Self.socketPair(&control), Self.socketPair(&setup) else {
      complain("no sockets can be had: \(HostErrno(errno).text)")
      return Picorun.ownFailure
    }
    let supervisor = pico_fork()
    if supervisor == 0 {
      close(control.0)
      close(setup.1)
      let reporter = Reporter(options: ReportOptions(options), memory: memory, tracer: tracer)
      guard let contract = Providers.contract(memory, reporter) else { _exit(Picorun.ownFailure) }
      let silo = Silo(contract: contract, stub: stub, preparation: preparation, first: prepared, observer: reporter)
      SupervisorProcess(silo: silo, options: options, control: control.1, setupSocket: setup.0).run()
    }
    guard supervisor > 0 else {
      complain("no supervisor process can be had: \(HostErrno(-supervisor).text)")
      return Picorun.ownFailure
    }
    close(control.1)
    close(setup.0)
    memory.header.pointee.supervisor_pid = UInt32(supervisor)
    return FirstProcess(
      words: prepared.scriptWords + options.program.dropFirst(prepared.scriptWords.isEmpty ? 0 : 1),
      name: name, stub: stub,
      memory: memory, control: control.0, setupSocket: setup.1, traced: options.platform == .ptrace,
      supervisor: supervisor
    ).run()
  }

  /// The stub image lies beside picorun.
  private static func openStub() -> Descriptor? {
    guard let own = FileName(linkAt: "/proc/self/exe"), let slash = own.bytes.lastIndex(of: FileName.slash) else {
      return nil
    }
    return try? Descriptor.open(FileName(bytes: own.bytes[...slash]) + "picostub")
  }

  /// Whether Yama lets nobody but an ancestor look into a process that has not agreed.
  private static var restrictsTracing: Bool {
    let descriptor = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var digit: UInt8 = 0
    return read(descriptor, &digit, 1) == 1 && digit != 0x30
  }

  private static func socketPair(_ ends: inout (Int32, Int32)) -> Bool {
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &pair) == 0 else { return false }
    ends = (pair[0], pair[1])
    return true
  }
}
