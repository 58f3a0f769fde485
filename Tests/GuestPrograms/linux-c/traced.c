// One program tracing another with ptrace: stops, registers, memory, and what is let through.
#include "_check.h"
#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

static char self[4096];
static volatile long word = 17;
static volatile sig_atomic_t handled;

static void on_signal(int number) { handled = number; }

static long next(pid_t pid) {
  int status;
  if (waitpid(pid, &status, __WALL) != pid) return -1;
  if (WIFEXITED(status)) return 0x1000 | WEXITSTATUS(status);
  if (WIFSIGNALED(status)) return 0x2000 | WTERMSIG(status);
  return (status >> 8) & 0xffffff;
}

static int begin(void) {
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  return raise(SIGSTOP);
}

static void calls(void) {
  pid_t pid = fork();
  if (pid == 0) {
    begin();
    syscall(SYS_getppid);
    long changed = syscall(SYS_getpgid, 1234567);
    _exit(changed == 4242 ? 5 : 6);
  }
  CHECK(next(pid) == SIGSTOP, "a child stops for its tracer");
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
  struct user_regs_struct registers;
  int seen = 0;
  for (int i = 0; i < 100; i++) {
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    long stop = next(pid);
    if (stop != (SIGTRAP | 0x80)) break;
    ptrace(PTRACE_GETREGS, pid, 0, &registers);
    if (registers.orig_rax == SYS_getppid && registers.rax == (unsigned long)-ENOSYS) seen |= 1;
    if (registers.orig_rax == SYS_getppid && registers.rax == (unsigned long)getpid()) seen |= 2;
    if (registers.orig_rax == SYS_getpgid && registers.rax == (unsigned long)-ENOSYS && registers.rdi == 1234567) seen |= 4;
    if (registers.orig_rax == SYS_getpgid && registers.rax == (unsigned long)-ESRCH) {
      seen |= 8;
      registers.rax = 4242;
      ptrace(PTRACE_SETREGS, pid, 0, &registers);
    }
    if (registers.orig_rax == SYS_exit_group) break;
  }
  CHECK(seen == 15, "calls are seen before and after, and their results changed");
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == (0x1000 | 5), "the child sees the changed result");
}

// A tracer that comes in the middle of a call sees the next one begin, never this one's end.
static void middles(void) {
  pid_t pid = fork();
  if (pid == 0) {
    begin();
    syscall(SYS_getppid);
    _exit(3);
  }
  struct user_regs_struct registers;
  unsigned long message[2] = {0, 0};
  CHECK(next(pid) == SIGSTOP, "a child stops in its call");
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
  for (int i = 0; i < 2; i++) {
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    if (next(pid) != (SIGTRAP | 0x80)) break;
    ptrace(PTRACE_GETREGS, pid, 0, &registers);
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &message[i]);
    if (i == 0) CHECK(registers.rax == (unsigned long)-ENOSYS, "the first stop is a beginning");
  }
  CHECK(message[0] == 1 && message[1] == 2, "stops say whether they are a beginning or an end");
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == (0x1000 | 3), "it goes on");
}

struct sock_filter { uint16_t code; uint8_t jt, jf; uint32_t k; };
struct sock_fprog { unsigned short len; struct sock_filter *filter; };

// The tracee's own filter asks its tracer about a call.
static void filtered(void) {
  struct sock_filter code[] = {{0x20, 0, 0, 0}, {0x15, 0, 1, SYS_getpgid}, {6, 0, 0, 0x7ff00123}, {6, 0, 0, 0x7fff0000}};
  struct sock_fprog program = {4, code};
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, 1, 0, &program);
    if (syscall(SYS_getpgid, 0) != -1 || errno != ENOSYS) _exit(1);
    begin();
    if (syscall(SYS_getpgid, 77) != getppid()) _exit(2);
    if (syscall(SYS_getpgid, 77) != 4242) _exit(3);
    _exit(4);
  }
  struct user_regs_struct registers;
  unsigned long message = 0;
  CHECK(next(pid) == SIGSTOP, "a child with a filter stops");
  ptrace(PTRACE_SETOPTIONS, pid, 0, 0x80);  // PTRACE_O_TRACESECCOMP
  for (int i = 0; i < 2; i++) {
    ptrace(PTRACE_CONT, pid, 0, 0);
    CHECK(next(pid) == (SIGTRAP | 7 << 8), "the filter stops it at its call");
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
    ptrace(PTRACE_GETREGS, pid, 0, &registers);
    CHECK(message == 0x123 && registers.orig_rax == SYS_getpgid && registers.rdi == 77, "with the filter's word and the call");
    registers.orig_rax = i == 0 ? SYS_getppid : -1ul;
    registers.rax = 4242;
    ptrace(PTRACE_SETREGS, pid, 0, &registers);
  }
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == (0x1000 | 4), "another call is made in its place, then none");
}

static void signals(void) {
  pid_t pid = fork();
  if (pid == 0) {
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    begin();
    raise(SIGUSR1);
    if (handled != 0) _exit(1);
    raise(SIGUSR1);
    if (handled != SIGUSR2) _exit(2);
    raise(SIGHUP);
    if (word != 18) _exit(3);
    volatile uintptr_t nowhere = 8;
    *(volatile int *)nowhere = 1;
    _exit(4);
  }
  siginfo_t info;
  CHECK(next(pid) == SIGSTOP, "it stops");
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == SIGUSR1, "a signal with a handler stops it");
  ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
  CHECK(info.si_signo == SIGUSR1 && info.si_pid == pid, "its information can be had");
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == SIGUSR1, "it was suppressed");
  ptrace(PTRACE_CONT, pid, 0, SIGUSR2);
  CHECK(next(pid) == SIGHUP, "a signal without a handler stops it too");
  errno = 0;
  CHECK(ptrace(PTRACE_PEEKDATA, pid, &word, 0) == 17 && errno == 0, "memory can be read");
  ptrace(PTRACE_POKEDATA, pid, &word, 18);
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == SIGSEGV, "so does a fault");
  ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
  CHECK(info.si_addr == (void *)8, "with its address");
  ptrace(PTRACE_CONT, pid, 0, SIGSEGV);
  CHECK(next(pid) == (0x2000 | SIGSEGV), "which ends it when let through");
}

static void steps(void) {
  pid_t pid = fork();
  if (pid == 0) {
    begin();
    syscall(SYS_getppid);
    _exit(7);
  }
  next(pid);
  struct user_regs_struct registers;
  unsigned long before = 0;
  int moved = 0, called = 0;
  for (int i = 0; i < 2000 && !called; i++) {
    ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
    if (next(pid) != SIGTRAP) break;
    struct iovec vector = {&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &vector);
    long code = ptrace(PTRACE_PEEKTEXT, pid, registers.rip, 0);
    called = (code & 0xffff) == 0x050f && registers.rax == SYS_getppid;
    moved += registers.rip != before;
    before = registers.rip;
  }
  CHECK(called && moved > 2, "single steps reach a system call");
  ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
  long stop = next(pid);
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  CHECK(stop == SIGTRAP && registers.rip == before + 2 && registers.rax == (unsigned long)getpid(), "and step over it");
  ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
  stop = next(pid);
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  CHECK(stop == SIGTRAP && registers.rip != before + 2 && !(registers.eflags & 0x100), "and on");
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == (0x1000 | 7), "and it ends as it would have");
}

static void execs(void) {
  pid_t pid = vfork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execl(self, self, "forks", NULL);
    _exit(1);
  }
  CHECK(next(pid) == SIGTRAP, "exec stops it, even after vfork");
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  errno = 0;
  CHECK(ptrace(PTRACE_PEEKDATA, pid, registers.rsp, 0) == 2 && errno == 0, "the new image's stack begins with argc");
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  ptrace(PTRACE_CONT, pid, 0, 0);
  CHECK(next(pid) == (SIGTRAP | PTRACE_EVENT_FORK << 8), "fork is an event");
  unsigned long child = 0;
  ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
  CHECK(child > 0 && next((pid_t)child) == SIGSTOP, "its child is traced as well");
  ptrace(PTRACE_CONT, pid, 0, 0);
  ptrace(PTRACE_CONT, (pid_t)child, 0, 0);
  CHECK(next((pid_t)child) == (SIGTRAP | PTRACE_EVENT_EXEC << 8), "exec of the child is an event");
  ptrace(PTRACE_CONT, (pid_t)child, 0, 0);
  CHECK(next((pid_t)child) == (0x1000 | 9), "the child ends");
  CHECK(next(pid) == SIGCHLD, "its parent is told");
  ptrace(PTRACE_CONT, pid, 0, SIGCHLD);
  CHECK(next(pid) == (0x1000 | 9), "and ends with its status");
}

static void attaches(void) {
  int ends[2];
  char byte = 0;
  if (pipe(ends) != 0) return;
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    _exit(read(ends[0], &byte, 1) == 1 ? byte : 1);
  }
  usleep(50000);
  CHECK(ptrace(PTRACE_ATTACH, pid, 0, 0) == 0 && next(pid) == SIGSTOP, "a running process is attached to");
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  CHECK(registers.orig_rax == SYS_read && registers.rsi == (unsigned long)&byte, "it waits in its call");
  CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0, "and let go");
  byte = 33;
  if (write(ends[1], &byte, 1) != 1) return;
  CHECK(next(pid) == (0x1000 | 33), "it goes on undisturbed");
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
}

// A fork's child may be heard of before its parent's fork is: the kernel tells of the newest tracee first.
static int newcomer(void) {
  pid_t pid = fork();
  if (pid == 0) {
    // From now on a call there is made without a trap, which its tracer would have to let pass.
    for (int i = 0; i < 50; i++) syscall(SYS_getppid);
    begin();
    pid_t child = (pid_t)syscall(SYS_fork);
    if (child == 0) {
      pid_t last = (pid_t)syscall(SYS_fork);
      if (last == 0) {
        syscall(SYS_getppid);
        _exit(4);
      }
      int status;
      _exit(waitpid(last, &status, 0) == last ? WEXITSTATUS(status) : 1);
    }
    int status;
    _exit(waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1);
  }
  int wrong = next(pid) != SIGSTOP;
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD);
  ptrace(PTRACE_CONT, pid, 0, 0);
  wrong |= (next(pid) != (SIGTRAP | PTRACE_EVENT_FORK << 8)) << 1;
  unsigned long child = 0, last = 0;
  ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
  ptrace(PTRACE_CONT, pid, 0, 0);
  wrong |= (next((pid_t)child) != SIGSTOP) << 2;
  ptrace(PTRACE_CONT, (pid_t)child, 0, 0);
  usleep(50000);
  // In either order: the child's fork, the stop of what it made.
  pid_t newest = 0;
  for (int i = 0; i < 2; i++) {
    int status;
    pid_t told = waitpid(-1, &status, __WALL);
    if (told == (pid_t)child && status >> 8 == (SIGTRAP | PTRACE_EVENT_FORK << 8)) {
      ptrace(PTRACE_GETEVENTMSG, told, 0, &last);
    } else if (told > 0 && status >> 8 == SIGSTOP) {
      newest = told;
      ptrace(PTRACE_SYSCALL, newest, 0, 0);
      wrong |= (next(newest) != (SIGTRAP | 0x80)) << 3;
    }
  }
  wrong |= (newest == 0 || (pid_t)last != newest) << 4;
  ptrace(PTRACE_SYSCALL, newest, 0, 0);
  wrong |= (next(newest) != (SIGTRAP | 0x80)) << 5;
  ptrace(PTRACE_DETACH, newest, 0, 0);
  ptrace(PTRACE_DETACH, (pid_t)child, 0, 0);
  ptrace(PTRACE_CONT, pid, 0, 0);
  long stop;
  while ((stop = next(pid)) == SIGCHLD) ptrace(PTRACE_CONT, pid, 0, SIGCHLD);
  return wrong | (stop != (0x1000 | 4)) << 6;
}

static void newcomers(void) {
  int wrong = 0;
  for (int i = 0; i < 8; i++) wrong |= newcomer();
  CHECK(wrong == 0, "a fork's child has its parent's options, even when told of first: %x", wrong);
}

// Signals come at any moment, also while another's handler returns: of each call the begin is seen, then the end.
static void alternating(void) {
  pid_t pid = fork();
  if (pid == 0) {
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    begin();
    for (int i = 0; i < 3000; i++) syscall(SYS_getppid);
    _exit(0);
  }
  int wrong = next(pid) != SIGSTOP, inside = 0;
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
  pid_t sender = fork();
  if (sender == 0) {
    // Not for ever: where a stop takes longer than the pause, the process would get to nothing but its handlers.
    for (int i = 0; i < 20000 && kill(pid, i & 1 ? SIGUSR1 : SIGUSR2) == 0; i++) usleep(20);
    _exit(0);
  }
  long stop = 0;
  for (long signal = 0;; signal = stop == (SIGTRAP | 0x80) ? 0 : stop) {
    ptrace(PTRACE_SYSCALL, pid, 0, signal);
    stop = next(pid);
    if (stop >= 0x1000 || stop < 0) break;
    if (stop != (SIGTRAP | 0x80)) continue;
    uint8_t info[88];
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, info);
    wrong += info[0] != (inside ? PTRACE_SYSCALL_INFO_EXIT : PTRACE_SYSCALL_INFO_ENTRY);
    inside = info[0] == PTRACE_SYSCALL_INFO_ENTRY;
  }
  kill(sender, SIGKILL);
  waitpid(sender, NULL, 0);
  CHECK(stop == 0x1000 && wrong == 0, "each call's end follows its beginning, under signals");
}

int main(int argc, char **argv) {
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
  if (argc > 1 && strcmp(argv[1], "nine") == 0) return 9;
  if (argc > 1) {
    pid_t pid = fork();
    if (pid == 0) execl(self, self, "nine", NULL);
    int status;
    return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
  }
  calls();
  middles();
  filtered();
  signals();
  steps();
  execs();
  attaches();
  newcomers();
  alternating();
  return done();
}
