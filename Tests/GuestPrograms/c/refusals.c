// Errors and answers that programs seldom meet: those for which FreeBSD's own tests look.
#include "_freebsd.h"

enum { SYS_setuid = 23, SYS_setgid = 181, SYS___sysctlbyname = 570, SYS_cap_enter = 516, SYS_bindat = 538, SYS_connectat = 539 };
enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, ECAPMODE = 94 };
enum { WNOWAIT = 8, WEXITED = 16, WTRAPPED = 32, POLLIN = 1 };
typedef struct { u8 len, family; u16 port; u32 address; u8 zero[8]; } internet;

static void addresses(void) {
  internet none = {0}, group = {16, AF_INET, 0, 0xe0, {0}};
  int local = (int)SYS(socket, AF_UNIX, SOCK_STREAM, 0), datagram = (int)SYS(socket, AF_UNIX, SOCK_DGRAM, 0);
  CHECK(SYS(bind, local, &none, 16) == -EAFNOSUPPORT, "bind(2) of a Unix socket to no family");
  CHECK(SYS(connect, local, &none, 16) == -EAFNOSUPPORT, "connect(2) likewise");
  CHECK(SYS(connect, datagram, &none, 16) == -EAFNOSUPPORT, "of a datagram socket too");
  int stream = (int)SYS(socket, AF_INET, SOCK_STREAM, 0), packets = (int)SYS(socket, AF_INET, SOCK_DGRAM, 0);
  CHECK(SYS(bind, stream, &group, 16) == -EAFNOSUPPORT, "no stream is bound to a group");
  CHECK(SYS(connect, stream, &group, 16) == -EAFNOSUPPORT, "nor connected to one");
  CHECK(SYS(bind, packets, &group, 16) == 0, "packets are");
  CHECK(SYS(bindat, AT_FDCWD, stream, &group, 16) == -EAFNOSUPPORT, "bindat(2)");
  CHECK(SYS(connectat, AT_FDCWD, stream, &group, 16) == -EAFNOSUPPORT, "connectat(2)");
  long pid = SYS(fork, 0);
  if (pid == 0) {
    int right = SYS(cap_enter, 0) == 0 && SYS(bindat, AT_FDCWD, stream, &group, 16) == -ECAPMODE;
    quit(right && SYS(connectat, AT_FDCWD, stream, &group, 16) == -ECAPMODE ? 0 : 1);
  }
  int status = -1;
  SYS(wait4, pid, &status, 0, 0);
  CHECK(status == 0, "none of them in capability mode");
}

static void waiting(void) {
  struct { int fd; short events, revents; } entry = {-1, POLLIN, 0};
  CHECK(SYS(poll, &entry, 1, -2) == -EINVAL && SYS(poll, &entry, 1, 0) == 0, "poll(2) for a negative time");
  int status = -1;
  CHECK(SYS(wait4, -1, &status, WNOHANG | WEXITED | WTRAPPED, 0) == -ECHILD, "wait4(2) knows wait6's options");
  CHECK(SYS(wait4, -1, &status, 0x40, 0) == -EINVAL, "not all");
  long pid = SYS(fork, 0);
  if (pid == 0) quit(4);
  CHECK(SYS(wait4, pid, &status, WNOWAIT, 0) == pid && status == 4 << 8, "looks");
  status = -1;
  CHECK(SYS(wait4, pid, &status, 0, 0) == pid && status == 4 << 8, "and takes");
}

static int took;
static void on_signal(int number, siginfo *info, ucontext *context) {
  (void)info, (void)context;
  took = number;
}

static void waited_for(void) {
  // SIGUSR1 would end the process, SIGUSR2 is caught: who waits gets both.
  sigset both = {{1u << (SIGUSR1 - 1) | 1u << (SIGUSR2 - 1)}}, mask = {{0}};
  sigaction action = {on_signal, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGUSR2, &action, 0);
  long self = SYS(getpid, 0), pid = SYS(fork, 0);
  if (pid == 0) {
    pause_for(50);
    SYS(kill, self, SIGUSR1);
    pause_for(50);
    SYS(kill, self, SIGUSR2);
    quit(0);
  }
  siginfo info = {0};
  timespec limit = {10, 0};
  CHECK(SYS(sigtimedwait, &both, &info, &limit) == SIGUSR1 && info.pid == pid, "a signal that is not blocked");
  CHECK(SYS(sigtimedwait, &both, &info, &limit) == SIGUSR2 && took == 0, "one that has a handler");
  int status = -1;
  SYS(wait4, pid, &status, 0, 0);
  SYS(sigprocmask, SIG_BLOCK, 0, &mask);
  CHECK(mask.bits[0] == 0, "the mask is as before");
  limit = (timespec){0, 1000000};
  CHECK(SYS(sigtimedwait, &both, &info, &limit) == -EAGAIN, "none any more");
  SYS(kill, self, SIGUSR2);
  CHECK(took == SIGUSR2, "the handler is back");
}

static void credentials(void) {
  CHECK(SYS(issetugid, 0) == 0, "nothing has changed");
  long pid = SYS(fork, 0);
  if (pid == 0) {
    if (SYS(getuid, 0) != 0) quit(SYS(setuid, SYS(getuid, 0)) == 0 && SYS(issetugid, 0) == 0 ? 0 : 1);
    int before = SYS(setuid, 0) == 0 && SYS(issetugid, 0) == 0;
    quit(before && SYS(setuid, 12345) == 0 && SYS(issetugid, 0) == 1 ? 0 : 1);
  }
  int status = -1;
  SYS(wait4, pid, &status, 0, 0);
  CHECK(status == 0, "issetugid(2) after a change of numbers");
}

static int asks(const char *name, void *to, u64 room) {
  return SYS(__sysctlbyname, name, length(name), to, &room, 0, 0) == 0;
}

static void variables(void) {
  char text[64] = {0};
  int number = 0;
  CHECK(asks("kern.timecounter.choice", text, sizeof text), "kern.timecounter.choice");
  CHECK(asks("kern.sigqueue.max_pending_per_proc", &number, 4) && number > 0, "kern.sigqueue");
  CHECK(asks("kern.ipc.msgmni", &number, 4) && number > 0, "kern.ipc.msgmni");
  CHECK(asks("kern.ipc.semmns", &number, 4) && number > 0, "kern.ipc.semmns");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  addresses();
  waiting();
  waited_for();
  credentials();
  variables();
  return done();
}
