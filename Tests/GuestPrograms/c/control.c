// Control of processes and sockets: procctl(2), wait6(2), pdfork(2), SO_NOSIGPIPE.
#include "_freebsd.h"

enum { SYS_procctl = 544, SYS_getpgrp = 81, SYS_setsid = 147, SYS_getsid = 310, SYS_getegid = 43, SYS_geteuid = 25 };
enum { P_PID, P_PPID, P_PGID, P_SID, P_CID, P_UID, P_GID, P_ALL, P_JAILID = 12, WEXITED = 16 };
enum { PROC_TRACE_CTL = 7, PROC_TRACE_STATUS, PROC_TRAPCAP_CTL, PROC_TRAPCAP_STATUS, PROC_PDEATHSIG_CTL,
       PROC_PDEATHSIG_STATUS, PROC_ASLR_CTL, PROC_ASLR_STATUS, PROC_PROTMAX_CTL, PROC_PROTMAX_STATUS, PROC_STACKGAP_CTL,
       PROC_STACKGAP_STATUS, PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_STATUS, PROC_WXMAP_CTL, PROC_WXMAP_STATUS };
enum { SYS_cpuset = 484, SYS_cpuset_setid = 485, SYS_cpuset_getid = 486, SYS_cpuset_setaffinity = 488,
       SYS_cpuset_getdomain = 561, SYS_cpuset_setdomain = 562, EDEADLK_ = 11 };
enum { PD_DAEMON = 1, SOL_SOCKET = 0xffff, SO_NOSIGPIPE = 0x800 };

static volatile int pipes;
static void on_pipe(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info, (void)context;
  pipes++;
}

static int get(int command) {
  int value = -99;
  long result = SYS(procctl, P_PID, 0L, command, &value);
  return result < 0 ? (int)result - 1000 : value;
}

static long set(int command, int value) { return SYS(procctl, P_PID, 0L, command, &value); }

static void commands(void) {
  CHECK(get(PROC_TRACE_STATUS) == 0 && set(PROC_TRACE_CTL, 2) == 0 && get(PROC_TRACE_STATUS) == -1, "tracing off");
  CHECK(set(PROC_TRACE_CTL, 1) == 0 && get(PROC_TRACE_STATUS) == 0 && set(PROC_TRACE_CTL, 4) == -EINVAL, "and on");
  CHECK(get(PROC_TRAPCAP_STATUS) == 2 && set(PROC_TRAPCAP_CTL, 1) == 0 && get(PROC_TRAPCAP_STATUS) == 1, "trapcap");
  CHECK(set(PROC_TRAPCAP_CTL, 2) == 0 && set(PROC_TRAPCAP_CTL, 3) == -EINVAL, "off again");
  CHECK((get(PROC_ASLR_STATUS) & 3) == 3 && set(PROC_ASLR_CTL, 2) == 0 && (get(PROC_ASLR_STATUS) & 3) == 2, "aslr");
  CHECK(set(PROC_ASLR_CTL, 3) == 0 && set(PROC_ASLR_CTL, 0) == -EINVAL, "as it was");
  CHECK(get(PROC_PROTMAX_STATUS) == 3 && set(PROC_PROTMAX_CTL, 2) == 0 && get(PROC_PROTMAX_STATUS) == 2, "protmax");
  CHECK(get(PROC_STACKGAP_STATUS) == 5 && set(PROC_STACKGAP_CTL, 8) == 0 && get(PROC_STACKGAP_STATUS) == 9, "stack gap");
  CHECK(set(PROC_STACKGAP_CTL, 3) == -EINVAL && set(PROC_STACKGAP_CTL, 16) == -EINVAL, "its errors");
  CHECK(get(PROC_WXMAP_STATUS) == 0 && set(PROC_WXMAP_CTL, 1) == 0 && get(PROC_WXMAP_STATUS) == 1, "wxmap");
  int value = 1;
  CHECK(SYS(procctl, P_PID, 0L, 99, &value) == -EINVAL && SYS(procctl, P_UID, 0L, PROC_TRACE_CTL, &value) == -EINVAL,
        "no such command, no such kind");
  CHECK(SYS(procctl, P_PID, 0x7ffffffel, PROC_TRACE_CTL, &value) == -ESRCH, "no such process");
  CHECK(SYS(procctl, P_PID, 0L, PROC_TRACE_CTL, 8) == -EFAULT, "EFAULT");
}

static void waits(void) {
  int status = 0, ends[2];
  siginfo info;
  SYS(pipe2, ends, 0);
  long child = SYS(fork, 0);
  if (child == 0) quit(3);
  CHECK(SYS(wait6, P_UID, SYS(geteuid, 0) + 1, &status, WEXITED, 0, 0) == -ECHILD, "nobody of that user");
  CHECK(SYS(wait6, P_UID, SYS(geteuid, 0), &status, WEXITED, 0, &info) == child && status == 3 << 8 && info.pid == child,
        "P_UID");
  child = SYS(fork, 0);
  if (child == 0) quit(4);
  CHECK(SYS(wait6, P_GID, SYS(getegid, 0), &status, WEXITED, 0, 0) == child && status == 4 << 8, "P_GID");
  child = SYS(fork, 0);
  if (child == 0) {
    SYS(setsid, 0);
    SYS(close, ends[1]);
    SYS(read, ends[0], &status, 1);
    quit(5);
  }
  while (SYS(getsid, child) != child) pause_for(1);
  CHECK(SYS(wait6, P_SID, SYS(getsid, 0), &status, WEXITED | WNOHANG, 0, 0) == -ECHILD, "in a session of its own");
  CHECK(SYS(wait6, P_SID, child, &status, WEXITED | WNOHANG, 0, &info) == 0 && info.pid == 0, "not yet");
  SYS(close, ends[0]), SYS(close, ends[1]);
  CHECK(SYS(wait6, P_SID, child, &status, WEXITED, 0, 0) == child && status == 5 << 8, "P_SID");
  child = SYS(fork, 0);
  if (child == 0) quit(6);
  CHECK(SYS(wait6, P_JAILID, 0L, &status, WEXITED, 0, 0) == child && status == 6 << 8, "P_JAILID");
  child = SYS(fork, 0);
  if (child == 0) quit(7);
  CHECK(SYS(wait6, P_CID, 0L, &status, WEXITED, 0, 0) == -ECHILD, "a kind that matches none");
  CHECK(SYS(wait6, P_PID, 0L, &status, WEXITED, 0, 0) == child && status == 7 << 8, "P_PID of 0: the own group");
  CHECK(SYS(wait6, P_ALL, 0L, &status, 0, 0, 0) == -EINVAL, "no state to wait for");
}

// Whether a process is gone, some time soon.
static int ends(long process) {
  for (int i = 0; i < 400; i++) {
    if (SYS(kill, process, 0) == -ESRCH) return 1;
    pause_for(5);
  }
  return 0;
}

static void leashes(void) {
  int fd = -1, other, pipe[2], status;
  long child = SYS(pdfork, &fd, 0);
  if (child == 0)
    for (;;) pause_for(1000);
  CHECK(SYS(wait4, -1, &status, WNOHANG, 0) == -ECHILD, "wait(2) does not see it");
  other = (int)SYS(dup, fd);
  SYS(close, fd);
  CHECK(SYS(kill, child, 0) == 0, "a duplicate keeps it");
  SYS(close, other);
  CHECK(ends(child), "closed for the last time: killed, and waited for");
  child = SYS(pdfork, &fd, PD_DAEMON);
  if (child == 0)
    for (;;) pause_for(1000);
  SYS(close, fd);
  pause_for(20);
  CHECK(SYS(kill, child, SIGKILL) == 0, "a daemon lives on");
  SYS(wait4, child, 0, 0, 0);
  SYS(pipe2, pipe, 0);
  long parent = SYS(fork, 0);
  if (parent == 0) {
    child = SYS(pdfork, &fd, 0);
    if (child == 0)
      for (;;) pause_for(1000);
    SYS(write, pipe[1], &child, 8);
    SYS(kill, SYS(getpid, 0), SIGKILL);
  }
  SYS(read, pipe[0], &child, 8);
  SYS(wait4, parent, 0, 0, 0);
  // Whoever is its parent now may not wait for it; but it holds the pipe no more.
  SYS(close, pipe[1]);
  struct { int fd; short events, revents; } poll = {pipe[0], 1, 0};
  CHECK(SYS(poll, &poll, 1, 3000) == 1 && SYS(read, pipe[0], &child, 8) == 0, "the parent's end is the child's");
  child = SYS(pdfork, &fd, 0);
  if (child == 0) quit(9);
  CHECK(SYS(wait4, child, &status, 0, 0) == child && status == 9 << 8, "waited for by number");
  SYS(close, fd);
  SYS(close, pipe[0]);
}

static void quiet(void) {
  struct { void *base; u64 length; } part = {"text", 4};
  int pair[2], on = 1;
  sigaction action = {on_pipe, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGPIPE, &action, 0);
  SYS(socketpair, 1, 1, 0, pair);
  CHECK(SYS(setsockopt, pair[0], SOL_SOCKET, SO_NOSIGPIPE, &on, 4) == 0, "SO_NOSIGPIPE");
  CHECK(SYS(write, pair[0], "text", 4) == 4 && SYS(writev, pair[0], &part, 1) == 4, "writes as before");
  int copy = (int)SYS(dup, pair[0]);
  SYS(close, pair[1]);
  CHECK(SYS(write, pair[0], "text", 4) == -EPIPE && pipes == 0, "write: no signal");
  CHECK(SYS(writev, pair[0], &part, 1) == -EPIPE && pipes == 0, "writev: no signal");
  CHECK(SYS(write, copy, "text", 4) == -EPIPE && pipes == 0, "nor by a duplicate");
  SYS(close, copy);
  SYS(close, pair[0]);
  SYS(socketpair, 1, 1, 0, pair);
  SYS(close, pair[1]);
  CHECK(SYS(write, pair[0], "text", 4) == -EPIPE && pipes == 1, "another socket: a signal");
  SYS(close, pair[0]);
}

// Numbered sets of processors.
static void sets(void) {
  u64 all[16] = {0}, one[16] = {0}, got[16], none[16] = {0};
  int id = -1, other = -1, status;
  CHECK(SYS(cpuset_getid, 2, 2, -1L, &id) == 0 && id == 1, "everybody is in set 1");
  CHECK(SYS(cpuset_getid, 1, 2, -1L, &id) == 0 && id == 0, "below set 0");
  CHECK(SYS(cpuset_getid, 3, 2, -1L, &id) == -EINVAL && SYS(cpuset_getid, 2, 77, -1L, &id) == -EINVAL, "its errors");
  CHECK(SYS(cpuset_getaffinity, 1, 2, -1L, 128L, all) == 0 && (all[0] | all[1] | all[2] | all[3]) != 0, "all processors");
  for (int i = 0; i < 16 && one[0] == 0; i++) one[i] = all[i] & -all[i];
  CHECK(SYS(cpuset_setaffinity, 1, 2, -1L, 128L, one) == -EPERM, "all cannot be changed");
  CHECK(SYS(cpuset, &id) == 0 && id > 1 && SYS(cpuset_getid, 2, 2, -1L, &other) == 0 && other == id, "a new set");
  CHECK(SYS(cpuset_setaffinity, 2, 2, -1L, 128L, one) == 0, "set to one processor");
  CHECK(SYS(cpuset_getaffinity, 2, 3, (long)id, 128L, got) == 0 && got[0] == one[0], "as the set tells");
  CHECK(SYS(cpuset_getaffinity, 3, 2, -1L, 128L, got) == 0 && got[0] == one[0], "and the process");
  CHECK(SYS(cpuset_setaffinity, 3, 2, -1L, 128L, none) == -EDEADLK_, "no processor: EDEADLK");
  long child = SYS(fork, 0);
  if (child == 0) quit(SYS(cpuset_getid, 2, 2, -1L, &other) == 0 && other == id ? 7 : 1);
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 7 << 8, "a child is in it too");
  CHECK(SYS(cpuset_setid, 2, -1L, 99999) == -ESRCH && SYS(cpuset_setid, 1, -1L, 1) == -EINVAL, "errors of cpuset_setid");
  CHECK(SYS(cpuset_setid, 2, -1L, 1) == 0 && SYS(cpuset_getid, 2, 2, -1L, &other) == 0 && other == 1, "back in set 1");
  CHECK(SYS(cpuset_getaffinity, 3, 2, -1L, 128L, got) == 0 && got[0] == all[0], "on all processors");
  u64 domains = 0;
  int policy = 0;
  CHECK(SYS(cpuset_getdomain, 3, 2, -1L, 8L, &domains, &policy) == 0 && domains == 1 && policy == 2, "one domain");
  CHECK(SYS(cpuset_setdomain, 3, 2, -1L, 8L, &domains, 1) == 0, "any policy");
}

// A page that belongs to a place in shared memory.
static void shared_pages(void) {
  enum { CREATE = 1, LOOKUP = 2, DESTROY = 4, OP_SHM = 25 };
  char *place = (char *)SYS(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
  int status;
  CHECK(SYS(_umtx_op, 0, OP_SHM, LOOKUP, place + 64, 0) == -ESRCH, "no page yet");
  CHECK(SYS(_umtx_op, 0, OP_SHM, CREATE | LOOKUP, place, 0) == -EINVAL, "one thing at a time");
  CHECK(SYS(_umtx_op, 0, OP_SHM, CREATE, 8, 0) == -EFAULT, "nowhere");
  int fd = (int)SYS(_umtx_op, 0, OP_SHM, CREATE, place + 64, 0);
  CHECK(fd >= 0, "made");
  char *page = (char *)SYS(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (SYS(fork, 0) == 0) {
    int same = (int)SYS(_umtx_op, 0, OP_SHM, LOOKUP, place + 64, 0);
    char *there = (char *)SYS(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, same, 0);
    there[5] = 77;
    quit(same >= 0 && SYS(_umtx_op, 0, OP_SHM, LOOKUP, place + 128, 0) == -ESRCH ? 8 : 1);
  }
  SYS(wait4, -1, &status, 0, 0);
  CHECK(status == 8 << 8 && page[5] == 77, "a child finds the same");
  CHECK(SYS(_umtx_op, 0, OP_SHM, DESTROY, place + 64, 0) == 0, "destroyed");
  CHECK(SYS(_umtx_op, 0, OP_SHM, LOOKUP, place + 64, 0) == -ESRCH && page[5] == 77, "not found, but there");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  commands();
  waits();
  leashes();
  quiet();
  sets();
  shared_pages();
  return done();
}
