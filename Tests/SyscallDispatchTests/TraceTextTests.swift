import SyscallDispatch
import TableModel
import Testing

/// Expected lines are strace 6.1's own of the same calls, taken on Linux.
@Suite struct LinuxTraceTextTests {
  @Test func alignsTheResult() {
    #expect(line("getpid", result: 5631) == "getpid()                                = 5631\n")
    #expect(line("brk", [0], result: 0x3f6b_9000) == "brk(NULL)                               = 0x3f6b9000\n")
    #expect(line("umask", [0o22], result: 0o22) == "umask(022)                              = 022\n")
  }

  @Test func opens() {
    let missing = line(
      "openat", [UInt64(bitPattern: -100), 0x1000, 0], result: -1, error: 2, captures: [.in(1, "/nonexistent")])
    #expect(missing == "openat(AT_FDCWD, \"/nonexistent\", O_RDONLY) = -1 ENOENT (No such file or directory)\n")
    let made = line("openat", [0xffff_ff9c, 0x1000, 0x242, 0o644], result: 8, captures: [.in(1, "/tmp/zzz")])
    #expect(made == "openat(AT_FDCWD, \"/tmp/zzz\", O_RDWR|O_CREAT|O_TRUNC, 0644) = 8\n")
  }

  @Test func quotesBuffers() {
    let text = Array("hello\n\t\u{1}".utf8) + [0x80] + Array("world1234567890123456789012345678".utf8)
    #expect(
      line("write", [4, 0x1000, 60], result: 60, captures: [.in(1, Array(text.prefix(32)), full: 60, cut: true)])
        == "write(4, \"hello\\n\\t\\1\\200world123456789012345678\"..., 60) = 60\n")
    #expect(line("read", [3, 0x1000, 9], result: -1, error: 9).hasPrefix("read(3, 0x1000, 9)   "))
    #expect(
      line("write", [1, 8, 3], result: 3, captures: [.in(1, [1, 0x31, 0x22])]).hasPrefix(#"write(1, "\0011\"", 3)"#))
  }

  @Test func polls() {
    let before = bytes(Int32(3), Int16(1), Int16(0))
    let after = bytes(Int32(3), Int16(1), Int16(1))
    #expect(
      line("poll", [0x1000, 1, 0], result: 1, captures: [.in(0, before), .out(0, after)])
        == "poll([{fd=3, events=POLLIN}], 1, 0)     = 1 ([{fd=3, revents=POLLIN}])\n")
    #expect(
      line("poll", [0x1000, 1, 0], captures: [.in(0, before), .out(0, before)])
        == "poll([{fd=3, events=POLLIN}], 1, 0)     = 0 (Timeout)\n")
    #expect(
      line(
        "pselect6", [4, 0x1000, 0, 0, 0x2000, 0], result: 0,
        captures: [.in(1, [8]), .out(1, [0]), .in(4, bytes(0 as Int64, 1_000_000 as Int64))])
        == "pselect6(4, [3], NULL, NULL, {tv_sec=0, tv_nsec=1000000}, NULL) = 0 (Timeout)\n")
  }

  @Test func timesLeftStandWithTheResult() {
    #expect(
      line(
        "select", [4, 0x1000, 0, 0, 0x2000], result: 1,
        captures: [
          .in(1, [8]), .out(1, [8]), .in(4, bytes(1 as Int64, 0 as Int64)), .out(4, bytes(0 as Int64, 999 as Int64)),
        ])
        == "select(4, [3], NULL, NULL, {tv_sec=1, tv_usec=0}) = 1 (in [3], left {tv_sec=0, tv_usec=999})\n")
  }

  @Test func socketAddresses() {
    let address = bytes(UInt16(2)) + [0, 0, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
    #expect(
      line("bind", [5, 0x1000, 16], captures: [.in(1, address)])
        == "bind(5, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0\n")
    #expect(
      line(
        "getsockname", [5, 0x1000, 0x2000],
        captures: [
          .in(2, bytes(Int32(128))), .out(2, bytes(Int32(16))), .out(1, bytes(UInt16(2)) + [0xc4, 0x9b, 127, 0, 0, 1]),
        ])
        == "getsockname(5, {sa_family=AF_INET, sin_port=htons(50331), sin_addr=inet_addr(\"127.0.0.1\")}, [128 => 16]) = 0\n"
    )
    let six = bytes(UInt16(10)) + [0, 7, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 15) + [1] + bytes(UInt32(0))
    #expect(
      line("connect", [7, 0x1000, 28], captures: [.in(1, six)])
        == "connect(7, {sa_family=AF_INET6, sin6_port=htons(7), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", "
        + "&sin6_addr), sin6_scope_id=0}, 28) = 0\n")
    #expect(
      line(
        "connect", [6, 0x1000, 110], result: -1, error: 2,
        captures: [.in(1, bytes(UInt16(1)) + Array("/nonexistent/x".utf8) + [0, 0])])
        == "connect(6, {sa_family=AF_UNIX, sun_path=\"/nonexistent/x\"}, 110) = -1 ENOENT (No such file or directory)\n"
    )
  }

  @Test func structures() {
    let limit = bytes(8_388_608 as UInt64, UInt64.max)
    #expect(
      line("prlimit64", [0, 3, 0, 0x1000], captures: [.out(3, limit)])
        == "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0\n")
    var stat = [UInt8](repeating: 0, count: 144)
    stat.replaceSubrange(24..<28, with: bytes(UInt32(0o100644)))
    stat[48] = 5
    #expect(
      line("newfstatat", [8, 0x1000, 0x2000, 0x1000], captures: [.in(1, ""), .out(2, stat)])
        == "newfstatat(8, \"\", {st_mode=S_IFREG|0644, st_size=5, ...}, AT_EMPTY_PATH) = 0\n")
    #expect(
      line("pipe2", [0x1000, 0x80000], captures: [.out(0, bytes(Int32(3), Int32(4)))]).hasPrefix(
        "pipe2([3, 4], O_CLOEXEC) "))
    #expect(
      line("setsockopt", [5, 1, 2, 8, 4], captures: [.in(3, bytes(Int32(1)))]).hasPrefix(
        "setsockopt(5, SOL_SOCKET, SO_REUSEADDR, [1], 4) "))
  }

  @Test func vectors() {
    let pairs = bytes(0x1000 as UInt64, 2 as UInt64, 0x2000 as UInt64, 3 as UInt64)
    #expect(
      line("writev", [8, 0x9000, 2], result: 5, captures: [.in(1, pairs + Array("abcde".utf8), full: 32)])
        == "writev(8, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cde\", iov_len=3}], 2) = 5\n")
    #expect(
      line("readv", [8, 0x9000, 2], result: 3, captures: [.out(1, pairs + Array("abc".utf8), full: 32)])
        == "readv(8, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"c\", iov_len=3}], 2) = 3\n")
  }

  @Test func signals() {
    #expect(
      line("rt_sigprocmask", [0, 0x1000, 0, 8], captures: [.in(1, bytes(UInt64(0x10200)))])
        == "rt_sigprocmask(SIG_BLOCK, [USR1 CHLD], NULL, 8) = 0\n")
    #expect(
      line("rt_sigprocmask", [2, 0x1000, 0, 8], captures: [.in(1, bytes(0xffff_fffe_7fff_ffff as UInt64))])
        == "rt_sigprocmask(SIG_SETMASK, ~[RTMIN RT_1], NULL, 8) = 0\n")
    let ignore = bytes(1 as UInt64, 0x1400_0000 as UInt64, 0x408d80 as UInt64, 0x800 as UInt64)
    #expect(
      line(
        "rt_sigaction", [12, 0x1000, 0x2000, 8],
        captures: [.in(1, ignore), .out(2, [UInt8](repeating: 0, count: 32))]
      ).hasPrefix(
        "rt_sigaction(SIGUSR2, {sa_handler=SIG_IGN, sa_mask=[USR2], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x408d80}, {sa_handler=SIG_DFL"
      ))
    #expect(
      line("wait4", [UInt64.max, 0x1000, 0, 0], result: 5632, captures: [.out(1, bytes(Int32(0x300)))])
        == "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 5632\n")
    #expect(line("kill", [5631, 15]) == "kill(5631, SIGTERM)                     = 0\n")
  }

  @Test func callsThatDoNotReturn() {
    #expect(line("exit_group", [3], neverReturned: true) == "exit_group(3)                           = ?\n")
    #expect(line("read", [0, 0x1000, 1], neverReturned: true) == "read(0,  <unfinished ...>\n")
    #expect(line("pause", neverReturned: true) == "pause( <unfinished ...>\n")
    #expect(
      line(
        "execve", [0x1000, 0x2000, 0x7ffe_43b2_8860], neverReturned: true,
        captures: [.in(0, "./s"), .in(1, Array("./s\0".utf8), full: 1), .in(2, [], full: 39)])
        == "execve(\"./s\", [\"./s\"], 0x7ffe43b28860 /* 39 vars */) = 0\n")
  }

  @Test func restartsAndUnknownNumbers() {
    #expect(
      line("read", [0, 0x1000, 1], error: 512).contains("= ? ERESTARTSYS (To be restarted if SA_RESTART is set)"))
    #expect(line("nonesuch", [1, 2]).hasPrefix("syscall_0x270f(0x1, 0x2, 0, 0, 0, 0)  "))
  }
}

@Suite struct FreeBSDTraceTextTests {
  @Test func errorsAreTheGuests() {
    #expect(
      line("read", in: Tables.freeBSDText, [0, 0x1000, 1], result: -1, error: 35)
        .hasSuffix("= -1 EAGAIN (Resource temporarily unavailable)\n"))
  }

  @Test func socketAddressesHaveALengthByte() {
    let address = [16, 2, 0, 80, 10, 0, 0, 1] as [UInt8]
    #expect(
      line("connect", in: Tables.freeBSDText, [3, 0x1000, 16], captures: [.in(1, address)])
        .hasPrefix("connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"10.0.0.1\")}, 16) ="))
  }

  @Test func keventsAndUmtx() {
    let event =
      bytes(7 as UInt64, Int16(-1), UInt16(0x21), UInt32(0), 0 as Int64, 0 as UInt64) + [UInt8](repeating: 0, count: 32)
    #expect(
      line("kevent", in: Tables.freeBSDText, [4, 0x1000, 1, 0, 0, 0], captures: [.in(1, event)])
        == "kevent(4, [{ident=7, filter=EVFILT_READ, flags=EV_ADD|EV_CLEAR, fflags=0, data=0, udata=NULL, ...}], 1, NULL, 0, NULL) = 0\n"
    )
    #expect(
      line("_umtx_op", in: Tables.freeBSDText, [0x1000, 16, 1, 0, 0])
        == "_umtx_op(0x1000, UMTX_OP_WAKE_PRIVATE, 0x1, NULL, NULL) = 0\n")
  }

  @Test func signalSetsHave128Bits() {
    let set = bytes(UInt32(0x8000_0000), UInt32(1), UInt32(1), UInt32(0))
    #expect(
      line("sigprocmask", in: Tables.freeBSDText, [3, 0x1000, 0], captures: [.in(1, set)])
        == "sigprocmask(SIG_SETMASK, [THR LIBRT RTMIN], NULL) = 0\n")
  }
}
