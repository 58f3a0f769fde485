import CPicoEntry

/// Installs the filter that makes a picoprocess of this process, and sends its listener to the supervisor.
///
/// Five instructions: a call from outside the stub's 4 GiB traps; of the stub's own, the doorbell goes to user
/// notification and all others to the kernel. No call number of a guest is ever compared with anything, so foreign
/// numbering cannot confuse it.
func installFilter(socket: Int) {
  typealias Instruction = (code: UInt16, jumpTrue: UInt8, jumpFalse: UInt8, value: UInt32)
  // BPF_LD|BPF_W|BPF_ABS 0x20, BPF_JMP|BPF_JEQ|BPF_K 0x15, BPF_RET|BPF_K 0x06.
  var program: (Instruction, Instruction, Instruction, Instruction, Instruction, Instruction, Instruction) = (
    (0x20, 0, 0, 12),  // upper half of instruction_pointer
    (0x15, 1, 0, UInt32(PICO_STUB_HIGH)),
    (0x06, 0, 0, 0x0003_0000),  // SECCOMP_RET_TRAP
    (0x20, 0, 0, 0),  // nr
    (0x15, 0, 1, UInt32(PICO_DOORBELL)),
    (0x06, 0, 0, 0x7fc0_0000),  // SECCOMP_RET_USER_NOTIF
    (0x06, 0, 0, 0x7fff_0000)  // SECCOMP_RET_ALLOW
  )
  let listener = withUnsafePointer(to: &program) { instructions -> Int in
    var header = (count: UInt(7), instructions: UInt(bitPattern: instructions))
    return withUnsafePointer(to: &header) { header -> Int in
      // SECCOMP_SET_MODE_FILTER; NEW_LISTENER 8, WAIT_KILLABLE_RECV 32: once received, a request is not doubled
      // by a signal. Kernels before 5.19 lack the latter.
      var result = host(Host.seccomp, 1, 8 | 32, UInt(bitPattern: header))
      if result == Host.EACCES {
        // Only the privileged may install one without PR_SET_NO_NEW_PRIVS.
        host(Host.prctl, 38, 1, 0, 0, 0)
        result = host(Host.seccomp, 1, 8 | 32, UInt(bitPattern: header))
      }
      return result == Host.EINVAL ? host(Host.seccomp, 1, 8, UInt(bitPattern: header)) : result
    }
  }
  if listener < 0 || !sendDescriptor(listener, over: socket) {
    die("the host refuses its system-call filter")
  }
  host(Host.close, UInt(bitPattern: listener))
  host(Host.close, UInt(bitPattern: socket))
}

/// Sends one descriptor over a Unix socket.
private func sendDescriptor(_ descriptor: Int, over socket: Int) -> Bool {
  var byte: UInt8 = 0
  // struct cmsghdr: length, level SOL_SOCKET, type SCM_RIGHTS, then the number.
  var control = (
    length: UInt(20), level: Int32(1), type: Int32(1), descriptor: Int32(truncatingIfNeeded: descriptor), pad: Int32(0)
  )
  return withUnsafePointer(to: &byte) { byte in
    withUnsafePointer(to: &control) { control in
      var vector = (base: UInt(bitPattern: byte), length: UInt(1))
      return withUnsafePointer(to: &vector) { vector in
        var message = (
          name: UInt(0), nameLength: UInt(0), vector: UInt(bitPattern: vector), vectorCount: UInt(1),
          control: UInt(bitPattern: control), controlLength: UInt(24), flags: UInt(0)
        )
        return withUnsafePointer(to: &message) {
          host(Host.sendmsg, UInt(bitPattern: socket), UInt(bitPattern: $0), 0) == 1
        }
      }
    }
  }
}
