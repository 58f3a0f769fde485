// Control of processes and sockets: procctl(2), wait6(2), pdfork(2), SO_NOSIGPIPE.
#include "_freebsd.h"

enum { SYS_procctl = 544, SYS_getpgrp = 81, SYS_setsid = 147, SYS_getsid = 310, SYS_getegid = 43, SYS_geteuid = 25 };
enum { P_PID, P_PPID, P_PGID, P_SID, P_CID, P_UID, P_GID, P_ALL, P_JAILID = 12, WEXITED = 16 };
enum { PROC_TRACE_CTL = 7, PROC_TRACE_STATUS, PROC_TRAPCAP_CTL, PROC_TRAPCAP_STATUS, PROC_PDEATHSIG_CTL,
       PROC_PDEATHSIG_STATUS, PROC_ASLR_CTL, PROC_ASLR_STATUS, PROC_PROTMAX_CTL, PROC_PROTMAX_STATUS, PROC_STACKGAP_CTL,
       PROC_STACKGAP_STATUS, PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_STATUS, PROC_WXMAP_CTL, PROC_WXMAP_STATUS };
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

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  commands();
  waits();
  leashes();
  quiet();
  return done();
}
