// Signals as FreeBSD delivers them: the frame, masks, stacks, restarts, faults, and what the sender leaves in it.
#include "_freebsd.h"

static volatile int count, where, depth, deepest;
static siginfo last;
static ucontext frame;
static int ends[2];
static char alternate[65536] __attribute__((aligned(16)));

static long install(int number, handler *h, int flags) {
  sigaction action = {h, flags, {{0}}};
  return SYS(sigaction, number, &action, 0);
}

static sigset only(int number) {
  sigset set = {{0}};
  set.bits[(number - 1) / 32] = 1u << (number - 1) % 32;
  return set;
}

static int has(const sigset *set, int number) { return set->bits[(number - 1) / 32] >> (number - 1) % 32 & 1; }

static void keeps(int number, siginfo *info, ucontext *context) {
  (void)number;
  char here;
  last = *info;
  frame = *context;
  where = &here >= alternate && &here < alternate + sizeof alternate;
  count++;
}

static void plain(void) {
  int self = (int)SYS(getpid, 0);
  long tid;
  SYS(thr_self, &tid);
  CHECK(install(SIGUSR1, keeps, SA_SIGINFO) == 0, "sigaction");
  sigaction old = {0};
  SYS(sigaction, SIGUSR1, 0, &old);
  CHECK(old.handler == keeps && old.flags == SA_SIGINFO, "sigaction gives it back");
  SYS(kill, self, SIGUSR1);
  CHECK(count == 1 && last.signo == SIGUSR1 && last.code == SI_USER && last.pid == self, "kill: SI_USER and its sender");
  SYS(thr_kill, tid, SIGUSR1);
  CHECK(count == 2 && last.code == SI_LWP && last.pid == self, "thr_kill: SI_LWP");
  SYS(sigqueue, self, SIGUSR1, 4711);
  CHECK(count == 3 && last.code == SI_QUEUE && last.value.number == 4711, "sigqueue: SI_QUEUE 4711");
  CHECK(frame.m.len == 800 && sizeof(ucontext) == 880 && sizeof(siginfo) == 80, "sizes of the frame");
  u64 rsp;
  __asm__("mov %%rsp, %0" : "=r"(rsp));
  CHECK(frame.m.rsp > rsp - 4096 && frame.m.rsp < rsp + 4096 && frame.m.cs == 0x43 && frame.m.ss == 0x3b,
        "stack pointer and segments in the frame");
  CHECK((frame.m.rflags & 1) == 0, "a call that a signal followed still succeeded");
  CHECK(install(SIGKILL, keeps, 0) == -EINVAL && install(SIGSTOP, keeps, 0) == -EINVAL, "SIGKILL and SIGSTOP: EINVAL");
  CHECK(install(0, keeps, 0) == -EINVAL && install(129, keeps, 0) == -EINVAL, "no such signal: EINVAL");
  CHECK(SYS(kill, self, 129) == -EINVAL && SYS(kill, self, 0) == 0, "kill: 129 and 0");
  // The host has 30 real-time signals to give, numbers 65 to 94 here; those above have nothing to travel as.
  GAP(install(100, keeps, SA_SIGINFO) == 0 && SYS(kill, self, 100) == 0 && last.signo == 100, "signal 100");
  GAP(install(128, keeps, SA_SIGINFO) == 0 && SYS(kill, self, 128) == 0 && last.signo == 128, "signal 128");
}

static void masks(void) {
  int self = (int)SYS(getpid, 0);
  sigset one = only(SIGUSR1), now, pending, none = {{0}};
  install(SIGUSR1, keeps, SA_SIGINFO);
  count = 0;
  SYS(sigprocmask, SIG_BLOCK, &one, &now);
  CHECK(!has(&now, SIGUSR1), "nothing blocked before");
  SYS(kill, self, SIGUSR1);
  SYS(sigpending, &pending);
  CHECK(count == 0 && has(&pending, SIGUSR1), "blocked and pending");
  SYS(sigprocmask, SIG_UNBLOCK, &one, 0);
  CHECK(count == 1, "delivered when unblocked");
  SYS(sigprocmask, SIG_SETMASK, &one, 0);
  SYS(kill, self, SIGUSR1);
  CHECK(SYS(sigsuspend, &none) == -EINTR && count == 2, "sigsuspend: EINTR");
  CHECK(has(&frame.mask, SIGUSR1), "the frame has the mask from before sigsuspend");
  SYS(sigprocmask, SIG_BLOCK, 0, &now);
  CHECK(has(&now, SIGUSR1), "which is in force again");
  siginfo info;
  timespec brief = {0, 1000000};
  CHECK(SYS(sigtimedwait, &one, &info, &brief) == -EAGAIN, "sigtimedwait: EAGAIN");
  SYS(sigqueue, self, SIGUSR1, 12);
  CHECK(SYS(sigtimedwait, &one, &info, &brief) == SIGUSR1 && info.value.number == 12 && info.code == SI_QUEUE,
        "sigtimedwait: the signal");
  SYS(sigprocmask, SIG_SETMASK, &none, 0);
  CHECK(SYS(sigprocmask, 9, &one, 0) == -EINVAL, "no such way: EINVAL");
  CHECK(count == 2, "nothing left over");
}

static void nests(int number, siginfo *info, ucontext *context) {
  (void)info, (void)context;
  depth++;
  if (depth > deepest) deepest = depth;
  if (++count < 4) SYS(kill, SYS(getpid, 0), number);
  depth--;
}

static void raises_other(int number, siginfo *info, ucontext *context) {
  (void)info, (void)context;
  depth++;
  if (depth > deepest) deepest = depth;
  if (number == SIGUSR1) SYS(kill, SYS(getpid, 0), SIGUSR2);
  depth--;
  count++;
}

static void nested(void) {
  int self = (int)SYS(getpid, 0);
  count = depth = deepest = 0;
  install(SIGUSR1, nests, SA_SIGINFO);
  SYS(kill, self, SIGUSR1);
  CHECK(count == 4 && deepest == 1, "its own signal waits for the handler's return");
  count = depth = deepest = 0;
  install(SIGUSR1, nests, SA_SIGINFO | SA_NODEFER);
  SYS(kill, self, SIGUSR1);
  CHECK(count == 4 && deepest == 4, "SA_NODEFER");
  count = depth = deepest = 0;
  install(SIGUSR1, raises_other, SA_SIGINFO);
  install(SIGUSR2, raises_other, SA_SIGINFO);
  SYS(kill, self, SIGUSR1);
  CHECK(count == 2 && deepest == 2, "another signal interrupts a handler");
  sigaction masked = {raises_other, SA_SIGINFO, only(SIGUSR2)}, now;
  SYS(sigaction, SIGUSR1, &masked, 0);
  count = depth = deepest = 0;
  SYS(kill, self, SIGUSR1);
  CHECK(count == 2 && deepest == 1, "but not one of the handler's mask");
  install(SIGUSR2, keeps, SA_SIGINFO | SA_RESETHAND);
  SYS(kill, self, SIGUSR2);
  SYS(sigaction, SIGUSR2, 0, &now);
  CHECK(now.handler == SIG_DFL, "SA_RESETHAND");
}

static void stacks(void) {
  int self = (int)SYS(getpid, 0);
  stack mine = {alternate, sizeof alternate, 0}, old = {0}, small = {alternate, 100, 0}, none = {0, 0, SS_DISABLE};
  CHECK(SYS(sigaltstack, &mine, &old) == 0 && old.flags == SS_DISABLE, "sigaltstack: none before");
  install(SIGUSR1, keeps, SA_SIGINFO | SA_ONSTACK);
  SYS(kill, self, SIGUSR1);
  CHECK(where && frame.stack.sp == alternate && frame.stack.size == sizeof alternate, "handler on the alternate stack");
  CHECK(frame.m.onstack == 0, "which was not in use before");
  install(SIGUSR1, keeps, SA_SIGINFO);
  SYS(kill, self, SIGUSR1);
  CHECK(!where, "handler on the ordinary stack");
  CHECK(SYS(sigaltstack, &small, 0) == -ENOMEM, "too small: ENOMEM");
  stack wrong = {alternate, sizeof alternate, 0x80};
  CHECK(SYS(sigaltstack, &wrong, 0) == -EINVAL, "wrong flags: EINVAL");
  CHECK(SYS(sigaltstack, &none, &old) == 0 && old.sp == alternate, "disabled");
}

// A child that signals this process again and again until it is killed.
static int kicker(int number) {
  int parent = (int)SYS(getpid, 0);
  long child = SYS(fork, 0);
  if (child == 0)
    for (;;) {
      pause_for(5);
      if (SYS(kill, parent, number) < 0 || SYS(getppid, 0) != parent) quit(0);
    }
  return (int)child;
}

static void stop(int child) {
  SYS(kill, child, SIGKILL);
  SYS(wait4, child, 0, 0, 0);
}

static void restarts(void) {
  char byte = 0;
  SYS(pipe2, ends, 0);
  install(SIGUSR1, keeps, SA_SIGINFO);
  int child = kicker(SIGUSR1);
  CHECK(SYS(read, ends[0], &byte, 1) == -EINTR, "read without SA_RESTART: EINTR");
  timespec far = {100, 0}, left = {0, 0};
  CHECK(SYS(nanosleep, &far, &left) == -EINTR && left.sec >= 90 && left.sec < 100, "nanosleep: EINTR and what is left");
  stop(child);
  install(SIGUSR1, keeps, SA_SIGINFO | SA_RESTART);
  child = kicker(SIGUSR1);
  count = 0;
  long writer = SYS(fork, 0);
  if (writer == 0) {
    pause_for(60);
    SYS(write, ends[1], "y", 1);
    quit(0);
  }
  CHECK(SYS(read, ends[0], &byte, 1) == 1 && byte == 'y', "read with SA_RESTART");
  while (count == 0) SYS(sched_yield, 0);
  CHECK(SYS(nanosleep, &far, &left) == -EINTR, "nanosleep with SA_RESTART: EINTR even so");
  int queue = (int)SYS(kqueue, 0);
  kevent event;
  CHECK(SYS(kevent, queue, 0, 0, &event, 1, 0) == -EINTR, "kevent: EINTR even so");
  SYS(close, queue);
  stop(child);
  SYS(wait4, writer, 0, 0, 0);
}

// The faulting instruction is two bytes; the handler steps over it and leaves its mark in rcx.
static void steps(int number, siginfo *info, ucontext *context) {
  keeps(number, info, context);
  context->m.rip += 2;
  context->m.rcx = 0x77;
}

static char *page;
static void mends(int number, siginfo *info, ucontext *context) {
  keeps(number, info, context);
  SYS(mprotect, page, 4096, PROT_READ | PROT_WRITE);
}

static void faults(void) {
  long result;
  install(SIGSEGV, steps, SA_SIGINFO);
  install(SIGBUS, steps, SA_SIGINFO);
  __asm__ volatile("mov $0x1238, %%eax; .byte 0x8a, 0x08; mov %%rcx, %0" : "=r"(result) : : "rax", "rcx");
  CHECK((result & 0xff) == 0x77 && last.signo == SIGSEGV && last.addr == (void *)0x1238, "SIGSEGV: stepped over");
  CHECK(last.code == SEGV_MAPERR && frame.m.addr == 0x1238 && frame.m.rax == 0x1238, "SEGV_MAPERR, address, registers");
  CHECK(frame.m.trapno == 12 && (frame.m.err & 7) == 4, "trap number and error");
  page = (char *)SYS(mmap, 0, 4096, PROT_READ, MAP_ANON | MAP_PRIVATE, -1, 0);
  install(SIGSEGV, mends, SA_SIGINFO);
  install(SIGBUS, mends, SA_SIGINFO);
  *(volatile char *)page = 9;
  CHECK(page[0] == 9 && last.code == SEGV_ACCERR && last.addr == page, "SEGV_ACCERR: mended and done again");
  install(SIGFPE, steps, SA_SIGINFO);
  __asm__ volatile("xor %%ecx, %%ecx; xor %%edx, %%edx; div %%ecx; mov %%rcx, %0" : "=r"(result) : "a"(1) : "rcx", "rdx");
  CHECK(result == 0x77 && last.signo == SIGFPE && last.code == FPE_INTDIV, "divide: FPE_INTDIV");
  install(SIGILL, steps, SA_SIGINFO);
  __asm__ volatile("ud2; mov %%rcx, %0" : "=r"(result) : : "rcx");
  CHECK(result == 0x77 && last.signo == SIGILL, "ud2: SIGILL");
  install(SIGTRAP, keeps, SA_SIGINFO);
  __asm__ volatile("int3");
  CHECK(last.signo == SIGTRAP && last.code == TRAP_BRKPT, "int3: TRAP_BRKPT");
}

static void edits(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info;
  context->mask.bits[0] |= only(SIGUSR2).bits[0];
  context->m.rbx = 0x1234567;
  context->m.rflags |= 1;
}

static void returns(void) {
  int self = (int)SYS(getpid, 0);
  u64 rbx, carry;
  sigset now, none = {{0}};
  install(SIGUSR1, edits, SA_SIGINFO);
  __asm__ volatile("mov $37, %%eax; syscall; mov %%rbx, %0; sbb %1, %1"
                   : "=r"(rbx), "=r"(carry)
                   : "D"((long)self), "S"((long)SIGUSR1)
                   : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
  SYS(sigprocmask, SIG_BLOCK, 0, &now);
  CHECK(rbx == 0x1234567 && carry == ~0UL, "registers and flags set in the frame");
  CHECK(has(&now, SIGUSR2), "and its mask");
  SYS(sigprocmask, SIG_SETMASK, &none, 0);
  CHECK(SYS(sigreturn, 8) == -EFAULT, "sigreturn of nothing: EFAULT");
}

static void timers(void) {
  struct { struct { i64 sec, usec; } interval, value; } every = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
  int numbers[] = {SIGALRM, SIGVTALRM, SIGPROF};
  for (int kind = 0; kind < 3; kind++) {
    install(numbers[kind], keeps, SA_SIGINFO | SA_RESTART);
    count = 0;
    SYS(setitimer, kind, &every, 0);
    while (count < 3) {
    }
    SYS(setitimer, kind, &off, 0);
    CHECK(last.signo == numbers[kind], kind == 0 ? "SIGALRM" : kind == 1 ? "SIGVTALRM" : "SIGPROF");
  }
  struct { int notify, number; u64 value, spare[8]; } event = {1, SIGUSR1, 42, {0}};  // SIGEV_SIGNAL
  struct { timespec interval, value; } soon = {{0, 0}, {0, 2000000}};
  int timer = 0;
  install(SIGUSR1, keeps, SA_SIGINFO | SA_RESTART);
  count = 0;
  CHECK(SYS(ktimer_create, 0, &event, &timer) == 0 && timer >= 3, "a timer");
  SYS(ktimer_settime, timer, 0, &soon, 0);
  while (count == 0) {
  }
  CHECK(last.code == SI_TIMER && last.value.number == 42, "SI_TIMER and its value");
  CHECK(last.trapno == timer, "the timer's number");  // si_timerid has the same place
  SYS(ktimer_delete, timer);
}

static void children(void) {
  int status;
  install(SIGCHLD, keeps, SA_SIGINFO | SA_RESTART);
  count = 0;
  long child = SYS(fork, 0);
  if (child == 0) quit(9);
  while (count == 0) pause_for(1);
  CHECK(last.code == CLD_EXITED && last.status == 9 && last.pid == child, "SIGCHLD: CLD_EXITED 9");
  CHECK(SYS(wait4, child, &status, 0, 0) == child && status == 9 << 8, "its status");
  install(SIGCHLD, SIG_DFL, 0);
  int numbers[] = {SIGKILL, SIGTERM, SIGUSR1, SIGSEGV, SIGSYS, SIGABRT};
  for (int i = 0; i < 6; i++) {
    child = SYS(fork, 0);
    if (child == 0) {
      install(numbers[i], SIG_DFL, 0);
      SYS(kill, SYS(getpid, 0), numbers[i]);
      quit(0);
    }
    SYS(wait4, child, &status, 0, 0);
    if ((status & 0x7f) != numbers[i]) CHECK(0, "ended by another signal");
  }
  CHECK(1, "ended by signals");
  child = SYS(fork, 0);
  if (child == 0) {
    SYS(kill, SYS(getpid, 0), SIGINFO); // ignored unless handled, as SIGCHLD, SIGURG and SIGCONT are
    SYS(kill, SYS(getpid, 0), SIGURG);
    SYS(kill, SYS(getpid, 0), SIGCONT);
    quit(3);
  }
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 3 << 8, "ignored by default: SIGINFO, SIGURG, SIGCONT");
}

enum { SYS_getcontext = 421, SYS_setcontext = 422 };

static u64 base_now(void) {
  u64 base = 0;
  SYS(sysarch, 128, &base);
  return base;
}

static void moves_base(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info, (void)context;
  u64 other = base_now() + 64;
  SYS(sysarch, 129, &other);
}

// A thread pointer is the thread's: a context that another has saved does not bring its own along.
static void contexts(void) {
  static ucontext here;
  static volatile int turns;
  static u64 room[32];
  u64 before = base_now(), mine = (u64)&room, other = mine + 64;
  SYS(sysarch, 129, &mine);
  turns = 0;
  long result;
  // Not by a function: its frame would be gone when the context is set.
  __asm__ volatile("syscall" : "=a"(result) : "a"((long)SYS_getcontext), "D"(&here)
                   : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "rbx", "r12", "r13", "r14", "r15", "memory", "cc");
  if (turns == 0) CHECK(result == 0, "getcontext");
  if (turns++ == 0) {
    CHECK((here.m.flags & 3) == 1 && here.m.fsbase == mine, "it tells the bases, and does not ask for them");
    SYS(sysarch, 129, &other);
    SYS(setcontext, &here);
  }
  if (turns == 2) CHECK(base_now() == other, "setcontext leaves the thread's base");
  here.m.flags |= 2;
  if (turns == 2) SYS(setcontext, &here);
  CHECK(turns == 3 && base_now() == mine, "but sets it where the context asks for that");
  install(SIGUSR1, moves_base, SA_SIGINFO);
  SYS(kill, SYS(getpid, 0), SIGUSR1);
  CHECK(base_now() == mine, "sigreturn sets it");
  install(SIGUSR1, SIG_DFL, 0);
  SYS(sysarch, 129, &before);
  CHECK(SYS(getcontext, 0) == -EINVAL && SYS(setcontext, 8) == -EFAULT, "no context: EINVAL, EFAULT");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  plain();
  masks();
  nested();
  stacks();
  restarts();
  faults();
  returns();
  contexts();
  timers();
  children();
  return done();
}
