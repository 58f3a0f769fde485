// Processes: fork, vfork, exec, wait, pdfork, and the two results that fork gives.
#include "_freebsd.h"

static const char *self;
static char *nothing[] = {NULL};

static int status_of(long pid) {
  int status = -1;
  if (SYS(wait4, pid, &status, 0, 0) != pid) return -1;
  return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8;
}

static void forks(void) {
  volatile int value = 1;
  long child = SYS(fork, 0);
  if (child == 0) {
    value = 2;
    quit(SYS(getpid, 0) > 1 ? 20 : 21);
  }
  CHECK(status_of(child) == 20 && value == 1, "fork: memory is copied");
  // vfork's child runs in the parent's memory, so what it stores is seen.
  child = vfork();
  if (child == 0) {
    value = 2;
    quit(22);
  }
  CHECK(status_of(child) == 22 && value == 2, "vfork: memory is shared");
  // The child gets 0 with 1 beside it, by which old programs tell the two apart.
  long first, second;
  __asm__ volatile("syscall" : "=a"(first), "=d"(second) : "a"((long)SYS_fork) : "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
  if (first == 0) quit(second == 1 ? 23 : 24);
  CHECK(second == 0 && status_of(first) == 23, "second result: 0 for the parent, 1 for the child");
  long many[40];
  int right = 0;
  for (int i = 0; i < 40; i++)
    if ((many[i] = SYS(fork, 0)) == 0) quit(i);
  for (int i = 39; i >= 0; i--) right += status_of(many[i]) == i;
  CHECK(right == 40, "40 children");
}

static int run(char **arguments, char **variables, int shared) {
  long child = shared ? vfork() : SYS(fork, 0);
  if (child == 0) {
    SYS(execve, self, arguments, variables);
    quit(99);
  }
  return status_of(child);
}

static void handle(int number, siginfo *info, ucontext *context) { (void)number, (void)info, (void)context; }

// posix_spawn(3) asks with WNOHANG for the child that could not execute.
static void spawns(void) {
  int ended = 0, failed = 0, status;
  for (int i = 0; i < 200; i++) {
    long child = vfork();
    if (child == 0) quit(5);
    ended += SYS(wait4, child, &status, WNOHANG, 0) == child && status == 5 << 8;
    child = vfork();
    if (child == 0) {
      SYS(execve, "/absent", nothing, nothing);
      quit(6);
    }
    failed += SYS(wait4, child, &status, WNOHANG, 0) == child && status == 6 << 8;
  }
  CHECK(ended == 200 && failed == 200, "vfork comes back when its child can be waited for");
  sigaction handles = {handle, SA_SIGINFO, {{0}}}, ignores = {SIG_IGN, 0, {{0}}}, got;
  SYS(sigaction, SIGUSR1, &handles, 0);
  SYS(sigaction, SIGUSR2, &ignores, 0);
  volatile int value = 1;
  long child = spawn();
  if (child == 0) {
    value = 2;
    SYS(sigaction, SIGUSR1, 0, &got);
    int right = got.handler == SIG_DFL;
    SYS(sigaction, SIGUSR2, 0, &got);
    quit(right && got.handler == SIG_IGN ? 7 : 8);
  }
  CHECK(status_of(child) == 7 && value == 2, "rfork(RFSPAWN): memory is shared, handlers are not inherited");
  SYS(sigaction, SIGUSR1, 0, &got);
  CHECK(got.handler == handle, "and stay the parent's");
  CHECK(SYS(rfork, 0x80000000u | 1 << 4) == -EINVAL, "RFSPAWN with another flag: EINVAL");
}

static void executes(void) {
  char *arguments[] = {"any name", "count", "two words", "", "last", NULL}, *variables[] = {"A=1", "B=2", NULL};
  CHECK(run(arguments, variables, 0) == 52, "fork and execve: 5 arguments, 2 variables");
  CHECK(run(arguments, variables, 1) == 52, "vfork and execve");
  CHECK(SYS(execve, "/absent", arguments, variables) == -ENOENT, "execve: ENOENT");
  CHECK(SYS(execve, "/", arguments, variables) == -EACCES, "of a directory: EACCES");
  CHECK(SYS(execve, 8, arguments, variables) == -EFAULT, "of a bad path: EFAULT");
  CHECK(SYS(execve, self, 8, variables) == -EFAULT, "with bad arguments: EFAULT");
  int ends[2];
  SYS(pipe2, ends, O_CLOEXEC);
  char *check_closed[] = {"name", "closed", ends[0] == 3 ? "3" : "4", NULL};
  CHECK(run(check_closed, nothing, 0) == 1, "O_CLOEXEC closes");
  SYS(fcntl, ends[0], 2 /* F_SETFD */, 0);
  CHECK(run(check_closed, nothing, 0) == 0, "and without it nothing does");
  SYS(close, ends[0]);
  SYS(close, ends[1]);
  sigaction ignore = {SIG_IGN, 0, {{0}}}, keep = {(handler *)executes, 0, {{0}}};
  SYS(sigaction, SIGUSR1, &ignore, 0);
  SYS(sigaction, SIGUSR2, &keep, 0);
  sigset one = {{1, 0, 0, 0}}, none = {{0}};
  SYS(sigprocmask, SIG_SETMASK, &one, 0);
  char *check_signals[] = {"name", "signals", NULL};
  CHECK(run(check_signals, nothing, 0) == 7, "handlers go, ignoring and the mask stay");
  SYS(sigprocmask, SIG_SETMASK, &none, 0);
}

static void waits(void) {
  int status = 0;
  siginfo info;
  struct { u8 bytes[288]; } usage;
  CHECK(SYS(wait4, -1, &status, 0, 0) == -ECHILD, "no child: ECHILD");
  long child = SYS(fork, 0);
  if (child == 0)
    for (;;) pause_for(1000);
  CHECK(SYS(wait4, child, &status, WNOHANG, 0) == 0, "WNOHANG: still running");
  SYS(kill, child, SIGSTOP);
  CHECK(SYS(wait4, child, &status, WUNTRACED, 0) == child && status == (SIGSTOP << 8 | 0x7f), "stopped");
  SYS(kill, child, SIGCONT);
  CHECK(SYS(wait4, child, &status, WCONTINUED, 0) == child && status == SIGCONT, "continued");
  SYS(kill, child, SIGKILL);
  memset(&info, 0, sizeof info);
  // wait6(P_PID, id, status, WEXITED, usage of it and its children, siginfo)
  CHECK(SYS(wait6, 0, child, &status, 16, &usage, &info) == child && status == SIGKILL, "wait6");
  CHECK(info.signo == SIGCHLD && info.code == CLD_KILLED && info.status == SIGKILL && info.pid == child, "its siginfo");
  CHECK(SYS(wait4, child, &status, 0, 0) == -ECHILD, "gone: ECHILD");
  child = SYS(fork, 0);
  if (child == 0) {
    SYS(setpgid, 0, 0);
    quit(4);
  }
  SYS(setpgid, child, child);
  CHECK(SYS(wait4, -child, &status, 0, 0) == child && status == 4 << 8, "by group");
}

static void descriptors(void) {
  int fd = -1, pid = 0;
  long child = SYS(pdfork, &fd, 0);
  if (child == 0)
    for (;;) pause_for(1000);
  CHECK(child > 0 && fd >= 0, "pdfork");
  CHECK(SYS(pdgetpid, fd, &pid) == 0 && pid == child, "pdgetpid");
  CHECK(SYS(pdkill, fd, SIGKILL) == 0, "pdkill");
  SYS(wait4, child, 0, 0, 0);
  SYS(close, fd);
}

int main(int argc, char **argv, char **environment) {
  self = argv[0];
  if (argc > 1 && same(argv[1], "count")) {
    int variables = 0;
    while (environment[variables] != NULL) variables++;
    return argc * 10 + variables;
  }
  if (argc > 2 && same(argv[1], "closed")) return SYS(fcntl, argv[2][0] - '0', 1 /* F_GETFD */) == -EBADF;
  if (argc > 1 && same(argv[1], "signals")) {
    sigaction one, two;
    sigset mask;
    SYS(sigaction, SIGUSR1, 0, &one);
    SYS(sigaction, SIGUSR2, 0, &two);
    SYS(sigprocmask, SIG_BLOCK, 0, &mask);
    return (one.handler == SIG_IGN) | (two.handler == SIG_DFL) << 1 | (mask.bits[0] == 1) << 2;
  }
  forks();
  spawns();
  executes();
  waits();
  descriptors();
  return done();
}
