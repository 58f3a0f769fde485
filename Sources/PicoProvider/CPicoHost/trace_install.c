// A descriptor for a tracee: it makes a pair of sockets, takes the descriptor from one end, and forgets both. Names are
// not needed, so neither what the tracee may open nor where it sees files matters.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CPicoHost.h"

#define PIDFD_OF_THREAD O_EXCL  // PIDFD_THREAD, Linux 6.9
#define BELOW_STACK 1024        // more than the red zone: nothing lives there
#define SYSCALL_SIZE 2

// What the tracee works with, below its stack.
struct scratch {
  struct msghdr header;
  struct iovec vector;
  char control[CMSG_SPACE(sizeof(int))];
  int pair[2];
  char byte;
};

// A tracee that makes calls of ours at a stop at the entry of one of its own.
struct visit {
  pid_t tid;
  int is_entry;  // stopped at the entry of a call that is not made yet; else at the exit of one
  int stopping;  // its process has stopped meanwhile: it goes on nevertheless, until the visit is over
  struct user_regs_struct regs;
};

static _Thread_local struct { pid_t tid; int status; } aside;

// A tracee whose process has stopped during a visit, until it goes on.
static _Thread_local pid_t halted;

int pico_trace_continue(pid_t tid, int signal) {
  enum __ptrace_request request = PTRACE_SYSCALL;
  if (halted == tid) {
    // It stops again before guest code runs, and the host says then whether its process is stopped still. The end of the
    // call must be no stop: that would take the interrupt's place.
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    request = PTRACE_CONT;
    halted = 0;
  }
  return ptrace(request, tid, NULL, (long)signal) < 0 ? -errno : 0;
}

int pico_trace_aside(pid_t tid) { return aside.tid == tid; }

pid_t pico_trace_take_aside(int *status) {
  pid_t tid = aside.tid;
  *status = aside.status;
  aside.tid = 0;
  return tid;
}

// Goes on to the next entry or exit of a call.
static int step(struct visit *visit) {
  long signal = 0;
  for (;;) {
    int status;
    if (ptrace(PTRACE_SYSCALL, visit->tid, NULL, signal) < 0) return -errno;
    pid_t got;
    do got = waitpid(visit->tid, &status, __WALL);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    if (!WIFSTOPPED(status) || status >> 16 == PTRACE_EVENT_EXEC) {
      // It has ended, or another thread's exec has taken its place: whoever waits for stops has to see that.
      aside.tid = visit->tid;
      aside.status = status;
      return -ESRCH;
    }
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      visit->is_entry = !visit->is_entry;
      return 0;
    }
    // What cannot be masked is delivered; the stop of the whole process that SIGSTOP makes is met again afterwards.
    signal = status >> 16 == 0 ? WSTOPSIG(status) : 0;
    if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP) visit->stopping = 1;
  }
}

// Brings it to the entry of call `number`.
static int begin(struct visit *visit, struct user_regs_struct regs, long number) {
  regs.orig_rax = (unsigned long long)(visit->is_entry ? number : -1);
  regs.rax = (unsigned long long)number;
  if (!visit->is_entry) regs.rip -= SYSCALL_SIZE;
  if (ptrace(PTRACE_SETREGS, visit->tid, NULL, &regs) < 0) return -errno;
  return visit->is_entry ? 0 : step(visit);
}

static long call(struct visit *visit, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  struct user_regs_struct regs = visit->regs;
  regs.rdi = a;
  regs.rsi = b;
  regs.rdx = c;
  regs.r10 = d;
  int result = begin(visit, regs, number);
  if (result == 0) result = step(visit);
  if (result < 0) return result;
  if (ptrace(PTRACE_GETREGS, visit->tid, NULL, &regs) < 0) return -errno;
  return (long)regs.rax;
}

static pid_t process_of(pid_t tid) {
  char line[128];
  snprintf(line, sizeof line, "/proc/%d/status", tid);
  FILE *file = fopen(line, "re");
  pid_t found = tid;
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, "Tgid:", 5) == 0) found = atoi(line + 5);
  if (file) fclose(file);
  return found;
}

static int take(pid_t tid, int number) {
  long thread = syscall(SYS_pidfd_open, tid, PIDFD_OF_THREAD);
  if (thread < 0) return pico_take_descriptor(process_of(tid), number);
  int taken = (int)syscall(SYS_pidfd_getfd, thread, number, 0);
  if (taken < 0) taken = -errno;
  close((int)thread);
  return taken;
}

static int give(int socket, int descriptor) {
  char byte = 0;
  struct iovec vector = {&byte, 1};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
  struct msghdr header = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  return sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

// Takes the descriptor from `socket` of the tracee. Its number there.
static int receive(struct visit *visit, uint64_t at, int socket) {
  struct scratch scratch = {0};
  scratch.header.msg_iov = (struct iovec *)(at + offsetof(struct scratch, vector));
  scratch.header.msg_iovlen = 1;
  scratch.header.msg_control = (void *)(at + offsetof(struct scratch, control));
  scratch.header.msg_controllen = sizeof scratch.control;
  scratch.vector.iov_base = (void *)(at + offsetof(struct scratch, byte));
  scratch.vector.iov_len = 1;
  long result = pico_write_memory(visit->tid, at, &scratch, sizeof scratch);
  if (result < 0) return (int)result;
  result = call(visit, SYS_recvmsg, (uint64_t)socket, at, MSG_CMSG_CLOEXEC | MSG_DONTWAIT, 0);
  if (result < 0) return (int)result;
  result = pico_read_memory(visit->tid, &scratch, at, sizeof scratch);
  if (result < 0) return (int)result;
  if (scratch.header.msg_controllen < CMSG_LEN(sizeof(int))) return -EMFILE;
  int number;
  memcpy(&number, scratch.control + CMSG_LEN(0), sizeof number);
  return number;
}

static int install(struct visit *visit, int descriptor) {
  uint64_t at = (visit->regs.rsp - BELOW_STACK) & ~15ull;
  int pair[2];
  long result = call(visit, SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, at);
  if (result < 0) return (int)result;
  result = pico_read_memory(visit->tid, pair, at, sizeof pair);
  if (result < 0) return (int)result;
  int ours = take(visit->tid, pair[1]);
  result = call(visit, SYS_close, (uint64_t)pair[1], 0, 0, 0);
  if (ours < 0) result = ours;
  if (result == 0) result = give(ours, descriptor);
  if (result == 0) result = receive(visit, at, pair[0]);
  if (ours >= 0) close(ours);
  if (!pico_trace_aside(visit->tid)) call(visit, SYS_close, (uint64_t)pair[0], 0, 0, 0);
  return (int)result;
}

int pico_trace_install(pid_t tid, int descriptor) {
  struct visit visit = {.tid = tid, .is_entry = 1};
  uint64_t mask, all = UINT64_MAX;
  if (ptrace(PTRACE_GETREGS, tid, NULL, &visit.regs) < 0) return -errno;
  // A handler's frame would lie where we work.
  if (ptrace(PTRACE_GETSIGMASK, tid, sizeof mask, &mask) < 0) return -errno;
  if (ptrace(PTRACE_SETSIGMASK, tid, sizeof all, &all) < 0) return -errno;
  int result = install(&visit, descriptor);
  if (pico_trace_aside(tid)) return -ESRCH;
  if (!visit.is_entry) begin(&visit, visit.regs, (long)visit.regs.orig_rax);
  if (pico_trace_aside(tid)) return -ESRCH;
  ptrace(PTRACE_SETREGS, tid, NULL, &visit.regs);
  ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
  if (visit.stopping) halted = tid;
  return result;
}
