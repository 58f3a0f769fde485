#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CPicoHost.h"

static int result(long value) { return value < 0 ? -errno : (int)value; }

int pico_trace_seize(pid_t pid) {
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0) return -errno;
  return result(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
}

static int entry(struct pico_stop *stop) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, stop->tid, sizeof info, &info) < 0) return 0;
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return 0;
  stop->number = info.entry.nr;
  stop->instruction = info.instruction_pointer;
  memcpy(stop->args, info.entry.args, sizeof stop->args);
  return 1;
}

// Interrupts waitpid and does nothing else.
#define WAKE (SIGRTMIN + 1)
static void woken(int signal) { (void)signal; }

pid_t pico_trace_thread(void) {
  struct sigaction action = {.sa_handler = woken};
  sigaction(WAKE, &action, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, WAKE);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  return (pid_t)syscall(SYS_gettid);
}

void pico_trace_wake(pid_t thread, uint32_t *wake) {
  pico_set_word(wake, 1);
  // A signal that comes before the wait has begun is lost: it is sent until somebody has looked.
  while (pico_word(wake) == 1) {
    if (syscall(SYS_tgkill, getpid(), thread, WAKE) < 0) return;
    pico_word_wait(wake, 1, 1);
  }
}

void pico_trace_next(struct pico_stop *stop, uint32_t *wake) {
  int status;
  pid_t tid;
  memset(stop, 0, sizeof *stop);
  do {
    if (pico_word(wake)) {
      pico_set_word(wake, 0);
      pico_word_wake(wake);
      stop->kind = PICO_STOP_WOKEN;
      return;
    }
    tid = pico_trace_take_aside(&status);
    // Tracees of this thread only: other children of the process are not its business.
    if (tid == 0) tid = waitpid(-1, &status, __WALL | __WNOTHREAD);
  } while (tid < 0 && errno == EINTR);
  stop->tid = tid;
  if (tid < 0) {
    stop->kind = PICO_STOP_NONE;
  } else if (!WIFSTOPPED(status)) {
    stop->kind = PICO_STOP_GONE;
  } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
    stop->kind = entry(stop) ? PICO_STOP_ENTRY : PICO_STOP_OTHER;
  } else {
    unsigned long message = 0;
    switch (status >> 16) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      ptrace(PTRACE_GETEVENTMSG, tid, NULL, &message);
      stop->kind = PICO_STOP_CHILD;
      stop->child = (int32_t)message;
      break;
    case PTRACE_EVENT_EXEC:
      ptrace(PTRACE_GETEVENTMSG, tid, NULL, &message);
      stop->kind = PICO_STOP_EXEC;
      stop->child = (int32_t)message;
      break;
    case PTRACE_EVENT_STOP:
      stop->signal = WSTOPSIG(status);
      stop->kind = stop->signal == SIGTRAP ? PICO_STOP_OTHER : PICO_STOP_GROUP;
      break;
    case 0:
      stop->kind = PICO_STOP_SIGNAL;
      stop->signal = WSTOPSIG(status);
      break;
    default:
      stop->kind = PICO_STOP_OTHER;
    }
  }
}

int pico_trace_listen(pid_t tid) { return result(ptrace(PTRACE_LISTEN, tid, NULL, NULL)); }

int pico_trace_answer(pid_t tid, int64_t value) {
  struct user_regs_struct regs;
  if (ptrace(PTRACE_GETREGS, tid, NULL, &regs) < 0) return -errno;
  // Number -1 is skipped, and RAX stays what it is set to.
  regs.orig_rax = (unsigned long long)-1;
  regs.rax = (unsigned long long)value;
  return result(ptrace(PTRACE_SETREGS, tid, NULL, &regs));
}

int pico_trace_redirect(pid_t tid, uint64_t area) {
  struct user_regs_struct regs;
  if (ptrace(PTRACE_GETREGS, tid, NULL, &regs) < 0) return -errno;
  errno = 0;
  uint64_t target = (uint64_t)ptrace(PTRACE_PEEKDATA, tid, area + PICO_T_ENTRY, NULL);
  if (errno) return -errno;
  if (regs.gs_base != area) {
    // The guest owns GS: its base is kept and the stub's put in, as the signal handler does on the other platform.
    uint64_t word = (uint64_t)ptrace(PTRACE_PEEKDATA, tid, area + PICO_T_PENDING, NULL);
    word |= (uint64_t)PICO_THREAD_OWNS_GS << 32;
    ptrace(PTRACE_POKEDATA, tid, area + PICO_T_PENDING, word);
    ptrace(PTRACE_POKEDATA, tid, area + PICO_T_GUEST_GS, regs.gs_base);
    regs.gs_base = area;
  }
  regs.rax = regs.orig_rax;
  regs.orig_rax = (unsigned long long)-1;
  regs.rcx = regs.rip;
  regs.r11 = regs.eflags;
  regs.rip = target;
  return result(ptrace(PTRACE_SETREGS, tid, NULL, &regs));
}

uint64_t pico_trace_gs(pid_t tid) {
  return (uint64_t)ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, gs_base), NULL);
}
