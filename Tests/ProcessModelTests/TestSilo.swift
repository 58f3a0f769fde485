import CPicoABI
import CPicoHost
import Glibc
import PicoProvider
import ProcessModel
import Synchronization

/// Places in the guest program that `TestSilo` runs. Each leaves what it found in RBX and turns on the spot.
enum GuestCode {
  static let base: UInt64 = 0x400000 + UInt64(ElfBytes.contentsOffset)

  /// Counts in RBX.
  static let count = base
  /// RBX = 7.
  static let mark = base + 0x20
  /// RBX = XMM0.
  static let vector = base + 0x40
  /// RBX = FS base, GS base.
  static let fs = base + 0x60
  static let gs = base + 0x80
  /// poll(NULL, 0, -1): waits for ever. RBX = 44 should it come back.
  static let wait = base + 0xa0
  /// Ends the thread.
  static let end = base + 0xc0
  /// An invalid instruction of two bytes, then RBX = 9.
  static let invalid = base + 0xe0
  /// FreeBSD's kenv(1234, …): RBX = its result.
  static let call = base + 0x100
  /// Ends the process.
  static let exit = base + 0x120

  static var bytes: [UInt8] {
    let blocks: [[UInt8]] = [
      [0x48, 0xff, 0xc3, 0xeb, 0xfb],  // 1: inc %rbx; jmp 1b
      [0xbb, 7, 0, 0, 0, 0xeb, 0xfe],  // mov $7, %ebx; jmp .
      [0x66, 0x48, 0x0f, 0x7e, 0xc3, 0xeb, 0xfe],  // movq %xmm0, %rbx; jmp .
      [0xf3, 0x48, 0x0f, 0xae, 0xc3, 0xeb, 0xfe],  // rdfsbase %rbx; jmp .
      [0xf3, 0x48, 0x0f, 0xae, 0xcb, 0xeb, 0xfe],  // rdgsbase %rbx; jmp .
      // mov $7, %eax; xor %edi, %edi; xor %esi, %esi; mov $-1, %edx; syscall; mov $44, %ebx; jmp .
      [
        0xb8, 7, 0, 0, 0, 0x31, 0xff, 0x31, 0xf6, 0xba, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x05, 0xbb, 44, 0, 0, 0, 0xeb,
        0xfe,
      ],
      [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05],  // mov $60, %eax; xor %edi, %edi; syscall
      [0x0f, 0x0b, 0xbb, 9, 0, 0, 0, 0xeb, 0xfe],  // ud2; mov $9, %ebx; jmp .
      // mov $390, %eax; mov $1234, %edi; syscall; mov %rax, %rbx; jmp .
      [0xb8, 0x86, 1, 0, 0, 0xbf, 0xd2, 4, 0, 0, 0x0f, 0x05, 0x48, 0x89, 0xc3, 0xeb, 0xfe],
      [0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05],  // mov $231, %eax; xor %edi, %edi; syscall
    ]
    return blocks.flatMap { $0 + [UInt8](repeating: 0x90, count: 0x20 - $0.count) }
  }
}

/// A provider that writes down what it is told.
final class TestProvider: Sendable {
  let events = Mutex<[String]>([])
  let onCall = Mutex<@Sendable (PicoSystemCallInformation) -> Void>({ _ in })
  let onException = Mutex<@Sendable (PicoExceptionInformation, PicoChance) -> Bool>({ _, _ in false })

  private final class Context: Sendable {}

  func note(_ event: String) { events.withLock { $0.append(event) } }

  func count(_ event: String) -> Int { events.withLock { $0.filter { $0 == event }.count } }

  func table() -> PicoProviderRoutines {
    PicoProviderRoutines(
      DispatchSystemCall: { self.onCall.withLock { $0 }($0) },
      ExitThread: { _ in self.note("ExitThread") },
      ExitProcess: { _ in self.note("ExitProcess") },
      DispatchException: { information, _, chance in
        self.note("chance \(chance.rawValue)")
        return self.onException.withLock { $0 }(information, chance)
      },
      TerminateProcess: { _, _ in .STATUS_PENDING },
      WalkUserStack: { _, _ in [] },
      OpenProcess: [], OpenThread: [], SubsystemInformationType: .WSL,
      AdoptProcess: { (_, _) throws(NTStatus) in
        self.note("AdoptProcess")
        return Context()
      },
      AdoptThread: { (_) throws(NTStatus) in
        self.note("AdoptThread")
        return Context()
      })
  }
}

private struct Silence: SiloObserver {
  func missing(_ personality: UInt32, _ number: UInt64) {}
  func traced(_ slot: UInt64, _ transfer: UnsafeMutablePointer<pico_transfer>) {}
  func loadFailed(_ path: FileName, _ error: HostErrno) {}
  func begin() {}
  func finish(status: Int32, first process: Int32) {}
}

struct TestFailure: Error {
  let text: String
  init(_ text: String) { self.text = text }
}

/// A real silo under this test process, with one picoprocess that runs `GuestCode`.
final class TestSilo: Sendable {
  enum Kind: String, CaseIterable, Sendable { case trap, ptrace }

  let provider = TestProvider()
  let routines: PicoRoutines
  let contract: SiloContract
  let silo: Silo
  let pid: Int32
  private let kind: Kind

  init(_ kind: Kind, entry: UInt64, osabi: UInt8 = 3) throws {
    self.kind = kind
    guard let stub = Self.stub, let memory = SiloMemory(tracing: 0), let watch = HostWatch() else {
      throw TestFailure("no stub image is built, or no memory can be had")
    }
    memory.header.pointee.platform = kind == .ptrace ? 1 : 0
    memory.header.pointee.supervisor_pid = UInt32(getpid())
    let platform = SiloPlatform(memory: memory, watch: watch)
    let registry = PicoRegistry(platform: platform)
    let registered = try registry.PsRegisterPicoProvider(provider.table())
    routines = registered
    contract = SiloContract(registry: registry, platform: platform, linux: registered, freeBSD: registered)
    let preparation = ImagePreparation(
      served: [.linux, .freebsd], forced: osabi == 9 ? .freebsd : .linux, view: FileView())
    let image = try preparation.prepare(try Self.program(entry, osabi), path: "/test", process: nil)
    silo = Silo(contract: contract, stub: stub, preparation: preparation, first: image, observer: Silence())
    silo.begin()
    RawThread.start {
      while true {
        var ends = PollSet(watch.descriptor, -1)
        if ends.wait(-1) > 0 { watch.drain() }
      }
    }
    pid = try Self.start(kind, silo, stub)
    try Self.eventually("the process is met") { [contract, pid] in
      contract.platform.watch.known(pid).flatMap { contract.registry.process(of: $0) } != nil
    }
  }

  deinit {
    kill(pid, SIGKILL)
    if kind == .trap { waitpid(pid, nil, 0) }
  }

  /// The process, by the contract's eyes.
  func process() throws -> Picoprocess {
    guard let host = contract.platform.watch.known(pid), let found = contract.registry.process(of: host) else {
      throw TestFailure("the process is gone")
    }
    return found
  }

  /// Its first thread.
  func thread() throws -> Picothread { try contract.thread(pid, of: process()) }

  /// Waits until something has come true.
  static func eventually(_ what: String, _ isTrue: () throws -> Bool) throws {
    for _ in 0..<2000 {
      if try isTrue() { return }
      usleep(5000)
    }
    throw TestFailure("never: \(what)")
  }

  private static let stub: Descriptor? = {
    // Beside the tests, else the release build of the checkout.
    let own = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let checkout = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let places = ["\(checkout)/.build/release/picostub", own.joined(separator: "/") + "/picostub"]
    return places.lazy.compactMap { try? Descriptor.open(FileName($0)) }.first
  }()

  private static func program(_ entry: UInt64, _ osabi: UInt8) throws -> Descriptor {
    var elf = ElfBytes()
    elf.osabi = osabi
    elf.entry = entry
    elf.contents = GuestCode.bytes
    let bytes = elf.encoded()
    let file = pico_shared_memory("guest", UInt64(bytes.count))
    guard file >= 0, pwrite(file, bytes, bytes.count, 0) == bytes.count else { throw TestFailure("no memory file") }
    return Descriptor(file)
  }

  private static func start(_ kind: Kind, _ silo: Silo, _ stub: Descriptor) throws -> Int32 {
    var setup: [Int32] = [-1, -1]
    var control: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &setup) == 0,
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &control) == 0
    else { throw TestFailure("no sockets") }
    if kind == .ptrace {
      let end = control[1]
      RawThread.start {
        var first: Int32 = 0
        guard read(end, &first, 4) == 4, var platform = PtracePlatform(first: first) else { return }
        var go: UInt8 = 0
        _ = write(end, &go, 1)
        platform.serve(silo, workers: 2)
        close(end)
      }
    }
    var mask = sigset_t()
    sigemptyset(&mask)
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("guest"), nil]
    var environment =
      StartState.strings(setupSocket: setup[1], name: "/test").map { $0.withCString { strdup($0) } } + [nil]
    defer { (arguments + environment).forEach { free($0) } }
    let pid = pico_spawn(
      stub.number, &arguments, &environment, &mask, setup[1], kind == .ptrace ? control[0] : -1)
    guard pid > 0 else { throw TestFailure("no process") }
    close(setup[1])
    if kind == .trap {
      guard let platform = TrapPlatform(setupSocket: setup[0]) else { throw TestFailure("no listener") }
      platform.serve(silo, workers: 2)
    }
    return pid
  }
}
