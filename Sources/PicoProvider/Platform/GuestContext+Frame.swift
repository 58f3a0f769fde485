package import CPicoABI

extension GuestRegisters {
  /// As the stub has them in a transfer page.
  package init(_ frame: pico_frame) {
    self.init()
    rax = frame.rax
    rbx = frame.rbx
    rcx = frame.rcx
    rdx = frame.rdx
    rsi = frame.rsi
    rdi = frame.rdi
    rbp = frame.rbp
    rsp = frame.rsp
    r8 = frame.r8
    r9 = frame.r9
    r10 = frame.r10
    r11 = frame.r11
    r12 = frame.r12
    r13 = frame.r13
    r14 = frame.r14
    r15 = frame.r15
    rip = frame.rip
    rflags = frame.rflags
  }

  /// As the stub takes them.
  package var frame: pico_frame {
    pico_frame(
      rax: rax, rbx: rbx, rcx: rcx, rdx: rdx, rsi: rsi, rdi: rdi, rbp: rbp, rsp: rsp, r8: r8, r9: r9, r10: r10,
      r11: r11, r12: r12, r13: r13, r14: r14, r15: r15, rip: rip, rflags: rflags)
  }
}
