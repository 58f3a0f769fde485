// ptrace(2): one program stops, looks into and changes another.
#include "_freebsd.h"

enum {
  PT_TRACE_ME = 0, PT_READ_D = 2, PT_WRITE_D = 5, PT_CONTINUE = 7, PT_KILL = 8, PT_STEP = 9, PT_ATTACH = 10,
  PT_DETACH = 11, PT_IO = 12, PT_LWPINFO = 13, PT_GETNUMLWPS = 14, PT_GETLWPLIST = 15, PT_SYSCALL = 22,
  PT_FOLLOW_FORK = 23, PT_GET_EVENT_MASK = 25, PT_SET_EVENT_MASK = 26, PT_GET_SC_ARGS = 27, PT_GET_SC_RET = 28,
  PT_GETREGS = 33, PT_SETREGS = 34, PT_GETFPREGS = 35, PT_GETFSBASE = 71,
};
enum { PL_SCE = 4, PL_SCX = 8, PL_EXEC = 0x10, PL_SI = 0x20, PL_FORKED = 0x40, PL_CHILD = 0x80 };
enum { EBUSY_ = 16, SIGABRT_ = 6 };
typedef struct {
  int lwpid, event, flags;
  sigset mask, pending;
  siginfo info;
  char name[20];
  int child;
  u32 code, arguments;
} information;
typedef struct {
  u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
  u32 trapno;
  u16 fs, gs;
  u32 err;
  u16 es, ds;
  u64 rip, cs, rflags, rsp, ss;
} registers;
typedef struct { int op; void *there, *here; u64 length; } transfer;

static volatile u64 word = 0x1122334455667788;
static volatile int handled;
static information last;

static void on_signal(int number, siginfo *info, ucontext *context) {
  (void)info, (void)context;
  handled = number;
}

static long trace(int request, long pid, const volatile void *address, long data) {
  return SYS(ptrace, request, pid, (long)address, data);
}

// The next stop: its signal; -1 for an end. What there is to know of it is in `last`.
static int next(long pid) {
  int status = 0;
  if (SYS(wait4, pid, &status, 0, 0) != pid || (status & 0xff) != 0x7f) return -1;
  trace(PT_LWPINFO, pid, &last, sizeof last);
  return status >> 8;
}

static int end(long pid) {
  int status = 0;
  return SYS(wait4, pid, &status, 0, 0) == pid ? status : -1;
}

static long traced_child(void) {
  long pid = SYS(fork, 0);
  if (pid == 0) {
    trace(PT_TRACE_ME, 0, 0, 0);
    SYS(kill, SYS(getpid, 0), SIGSTOP);
  }
  return pid;
}

static void memory_and_registers(void) {
  long pid = traced_child();
  if (pid == 0) quit(word == 0x1122334499887766 ? 3 : 4);
  CHECK(next(pid) == SIGSTOP && last.flags == PL_SI && last.info.signo == SIGSTOP, "stops by its own signal");
  CHECK(last.lwpid == pid && last.event == 1, "and is the thread of that stop");
  CHECK(trace(PT_GETNUMLWPS, pid, 0, 0) == 1, "one thread");
  int list[4] = {0};
  CHECK(trace(PT_GETLWPLIST, pid, list, 4) == 1 && list[0] == pid, "which is listed");
  CHECK((u32)trace(PT_READ_D, pid, &word, 0) == 0x55667788, "reads a word");
  CHECK(trace(PT_READ_D, pid, (void *)8, 0) == -EFAULT, "where there is one");
  CHECK(trace(PT_WRITE_D, pid, &word, 0x99887766) == 0 && word == 0x1122334455667788, "writes a word, over there only");
  u64 copy = 0;
  transfer io = {1, (void *)&word, &copy, 8};
  CHECK(trace(PT_IO, pid, &io, 0) == 0 && io.length == 8 && copy == 0x1122334499887766, "reads a piece");
  io = (transfer){1, (void *)0x7e0000001000, &copy, 8};
  CHECK(trace(PT_IO, pid, &io, 0) == -EFAULT && io.length == 0, "nothing that is not the program's");
  io.op = 9;
  CHECK(trace(PT_IO, pid, &io, 0) == -EINVAL, "of an operation that there is");
  registers regs = {0};
  CHECK(trace(PT_GETREGS, pid, &regs, 0) == 0 && regs.cs == 0x43 && regs.ss == 0x3b, "registers");
  CHECK(regs.rip < 0x7e0000000000, "the program's own");
  regs.cs = 0x10;
  CHECK(trace(PT_SETREGS, pid, &regs, 0) == -EINVAL, "no other code segment");
  u8 state[512];
  CHECK(trace(PT_GETFPREGS, pid, state, 0) == 0 && (state[0] | state[1] << 8) == 0x37f, "floating point state");
  u64 base = 1;
  CHECK(trace(PT_GETFSBASE, pid, &base, 0) == 0 && base != 1, "FS base");
  CHECK(trace(PT_CONTINUE, pid, (void *)1, -1) == -EINVAL, "no signal -1");
  CHECK(trace(99, pid, 0, 0) == -EINVAL && trace(PT_LWPINFO, pid, &last, 1000) == -EINVAL, "no such request, no such size");
  CHECK(trace(PT_CONTINUE, pid, (void *)1, 0) == 0 && end(pid) == 3 << 8, "goes on with the new word");
  CHECK(trace(PT_CONTINUE, pid, (void *)1, 0) == -ESRCH, "and is gone");
}

static void system_calls(void) {
  long pid = traced_child();
  if (pid == 0) {
    SYS(lseek, -1, 22, 33);
    quit(5);
  }
  next(pid);
  u64 words[3] = {0};
  struct { u64 value[2]; int error; } result = {{0}, 0};
  CHECK(trace(PT_SYSCALL, pid, (void *)1, 0) == 0 && next(pid) == SIGTRAP && last.flags == PL_SCE, "a call begins");
  CHECK(last.code == SYS_lseek && last.arguments == 3, "its number and how many arguments");
  CHECK(trace(PT_GET_SC_ARGS, pid, words, sizeof words) == 0 && (int)words[0] == -1 && words[1] == 22 && words[2] == 33,
        "its arguments");
  CHECK(trace(PT_GET_SC_RET, pid, &result, 24) == -EINVAL, "no result yet");
  CHECK(trace(PT_SYSCALL, pid, (void *)1, 0) == 0 && next(pid) == SIGTRAP && last.flags == PL_SCX, "it ends");
  CHECK(trace(PT_GET_SC_RET, pid, &result, 24) == 0 && result.error == EBADF, "its error");
  registers regs = {0};
  trace(PT_SYSCALL, pid, (void *)1, 0);
  CHECK(next(pid) == SIGTRAP && last.code == SYS_exit, "the next one");
  trace(PT_GETREGS, pid, &regs, 0);
  CHECK(regs.rdi == 5, "with its argument");
  regs.rdi = 7;
  CHECK(trace(PT_SETREGS, pid, &regs, 0) == 0 && trace(PT_CONTINUE, pid, (void *)1, 0) == 0 && end(pid) == 7 << 8,
        "which may be changed");
}

static void signals(void) {
  long pid = traced_child();
  if (pid == 0) {
    sigaction action = {on_signal, SA_SIGINFO, {{0}}};
    SYS(sigaction, SIGUSR1, &action, 0);
    SYS(kill, SYS(getpid, 0), SIGUSR1);
    if (handled != 0) quit(1);
    SYS(kill, SYS(getpid, 0), SIGUSR2);
    quit(handled == SIGUSR1 ? 0 : 2);
  }
  next(pid);
  trace(PT_CONTINUE, pid, (void *)1, 0);
  CHECK(next(pid) == SIGUSR1 && last.flags & PL_SI && last.info.signo == SIGUSR1 && last.info.pid == pid, "a signal");
  trace(PT_CONTINUE, pid, (void *)1, 0);
  CHECK(next(pid) == SIGUSR2, "that was taken away; another");
  trace(PT_CONTINUE, pid, (void *)1, SIGUSR1);
  CHECK(end(pid) == 0, "in whose place the first one comes, without being told again");
}

static void steps(void) {
  long pid = traced_child();
  if (pid == 0) {
    __asm__ volatile("nop; nop; nop");
    quit(0);
  }
  next(pid);
  registers before = {0}, after = {0};
  int moved = 0;
  for (int count = 0; count < 3; count++) {
    trace(PT_GETREGS, pid, &before, 0);
    trace(PT_STEP, pid, (void *)1, 0);
    int signal = next(pid);
    trace(PT_GETREGS, pid, &after, 0);
    moved += signal == SIGTRAP && after.rip != before.rip;
  }
  CHECK(moved == 3, "three instructions, one by one");
  CHECK(trace(PT_KILL, pid, 0, 0) == 0 && end(pid) == SIGKILL, "killed");
}

static void forks(void) {
  long pid = traced_child();
  if (pid == 0) {
    long child = SYS(fork, 0);
    if (child == 0) quit(8);
    quit(end(child) == 8 << 8 ? 0 : 1);
  }
  next(pid);
  u32 events = 0;
  CHECK(trace(PT_FOLLOW_FORK, pid, 0, 1) == 0 && trace(PT_GET_EVENT_MASK, pid, &events, 4) == 0 && events == 9,
        "forks are followed");
  trace(PT_CONTINUE, pid, (void *)1, 0);
  long child = 0, told = 0;
  int parent_flags = 0, child_flags = 0;
  for (int stop = 0; stop < 2; stop++) {
    int status = 0;
    long who = SYS(wait4, -1, &status, 0, 0);
    trace(PT_LWPINFO, who, &last, sizeof last);
    if (who == pid) {
      parent_flags = last.flags, told = last.child;
    } else {
      child = who, child_flags = last.flags;
    }
  }
  CHECK(child == told && child > 0, "the child is told of");
  CHECK(parent_flags == (PL_FORKED | PL_SCX) && child_flags == (PL_CHILD | PL_SCX), "by both");
  registers regs = {0};
  trace(PT_GETREGS, child, &regs, 0);
  CHECK(regs.rax == 0, "with the registers after the call");
  CHECK(trace(PT_DETACH, child, (void *)1, 0) == 0, "let go");
  trace(PT_CONTINUE, pid, (void *)1, 0);
  CHECK(end(pid) == 0, "both end as they would");
}

static void executes(const char *self) {
  long pid = SYS(fork, 0);
  if (pid == 0) {
    const char *arguments[] = {self, "again", 0}, *environment[] = {0};
    trace(PT_TRACE_ME, 0, 0, 0);
    SYS(execve, self, arguments, environment);
    quit(1);
  }
  CHECK(next(pid) == SIGTRAP && last.flags == (PL_EXEC | PL_SCX), "stops with the new image");
  CHECK(trace(PT_CONTINUE, pid, (void *)1, 0) == 0 && end(pid) == 9 << 8, "and runs it");
}

static void attaches(void) {
  int gate[2];
  u8 byte = 0;
  SYS(pipe2, gate, 0);
  long pid = SYS(fork, 0);
  if (pid == 0) {
    SYS(close, gate[1]);
    while (SYS(read, gate[0], &byte, 1) == -EINTR) {}
    quit(6);
  }
  CHECK(trace(PT_CONTINUE, pid, (void *)1, 0) == -EPERM, "not traced");
  CHECK(trace(PT_ATTACH, SYS(getpid, 0), 0, 0) == -EINVAL && trace(PT_ATTACH, 0x3ffffff, 0, 0) == -ESRCH, "no such tracee");
  CHECK(trace(PT_ATTACH, pid, 0, 0) == 0 && next(pid) == SIGSTOP, "attached");
  CHECK(trace(PT_ATTACH, pid, 0, 0) == -EBUSY_, "once");
  u32 events = 0x40;
  CHECK(trace(PT_SET_EVENT_MASK, pid, &events, 4) == -EINVAL, "no such event");
  trace(PT_CONTINUE, pid, (void *)1, 0);
  CHECK(trace(PT_READ_D, pid, &word, 0) == -EBUSY_, "it runs");
  SYS(kill, pid, SIGABRT_);
  CHECK(next(pid) == SIGABRT_ && trace(PT_DETACH, pid, (void *)1, 0) == 0, "stopped by a signal, let go without it");
  SYS(close, gate[1]);
  SYS(close, gate[0]);
  CHECK(end(pid) == 6 << 8, "ends as it would");
}

int main(int argc, char **argv, char **environment) {
  (void)environment;
  if (argc > 1) return 9;
  memory_and_registers();
  system_calls();
  signals();
  steps();
  forks();
  executes(argv[0]);
  attaches();
  return done();
}
