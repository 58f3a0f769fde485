// Seccomp filters and strict mode: what they allow, refuse and survive.
#include "_check.h"
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// What linux/filter.h, linux/seccomp.h and linux/audit.h say: not every C library brings them.
struct sock_filter { uint16_t code; uint8_t jt, jf; uint32_t k; };
struct sock_fprog { unsigned short len; struct sock_filter *filter; };
struct seccomp_data { int nr; uint32_t arch; uint64_t instruction_pointer, args[6]; };
#define BPF_STMT(code, k) {(uint16_t)(code), 0, 0, (uint32_t)(k)}
#define BPF_JUMP(code, k, jt, jf) {(uint16_t)(code), jt, jf, (uint32_t)(k)}
enum {
  BPF_LD = 0, BPF_LDX = 1, BPF_ST = 2, BPF_JMP = 5, BPF_RET = 6, BPF_MISC = 7, BPF_W = 0, BPF_IMM = 0, BPF_ABS = 0x20,
  BPF_MEM = 0x60, BPF_JA = 0, BPF_JEQ = 0x10, BPF_K = 0, BPF_A = 0x10, BPF_TXA = 0x80,
  SECCOMP_MODE_STRICT = 1, SECCOMP_SET_MODE_FILTER = 1, SECCOMP_GET_ACTION_AVAIL = 2, SECCOMP_FILTER_FLAG_TSYNC = 1,
};
#define AUDIT_ARCH_X86_64 0xc000003eu
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#define SECCOMP_RET_TRAP 0x00030000u
#define SECCOMP_RET_ERRNO 0x00050000u
#define SECCOMP_RET_ALLOW 0x7fff0000u

static char self[4096];

static int status_of(pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// One call gets `action`, all others are allowed.
static int install(unsigned flags, int number, unsigned action) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_STMT(BPF_ST, 3),
      BPF_STMT(BPF_LDX | BPF_MEM, 3),
      BPF_STMT(BPF_MISC | BPF_TXA, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static void refusals(void) {
  struct sock_filter loop[] = {BPF_STMT(BPF_JMP | BPF_JA, 5), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_filter unwritten[] = {BPF_STMT(BPF_LD | BPF_MEM, 1), BPF_STMT(BPF_RET | BPF_A, 0)};
  struct sock_filter outside[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_A, 0)};
  struct sock_filter endless[] = {BPF_STMT(BPF_LD | BPF_IMM, 1)};
  struct sock_fprog programs[] = {{2, loop}, {2, unwritten}, {2, outside}, {1, endless}, {0, endless}, {2, NULL}};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  for (int i = 0; i < 6; i++) SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &programs[i]));
  SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
  SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0x8000, &programs[0]));
  SHOW(syscall(SYS_seccomp, 77, 0, NULL));
  unsigned action = SECCOMP_RET_ERRNO;
  SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
  action = 0x12340000;
  SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
  SHOW(prctl(PR_SET_SECCOMP, 7, 0, 0, 0));
  SHOW(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

static volatile sig_atomic_t trapped, number, reason, code;
static volatile char selector;

static void on_trap(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  trapped++;
  number = info->si_syscall;
  reason = info->si_errno;
  code = info->si_code;
  selector = 0;
}

static void *other(void *unused) {
  (void)unused;
  errno = 0;
  return (void *)(intptr_t)(syscall(SYS_getppid) == -1 ? errno : 0);
}

static void filters(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  CHECK(install(0, SYS_getppid, SECCOMP_RET_ERRNO | 77) == 0, "a filter is installed");
  CHECK(syscall(SYS_getppid) == -1 && errno == 77, "it gives a call an error");
  CHECK(getpid() > 0 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2, "others are made");
  pthread_t thread;
  void *result;
  pthread_create(&thread, NULL, other, NULL);
  pthread_join(thread, &result);
  CHECK((intptr_t)result == 77, "a new thread has it too");
  pid_t pid = fork();
  if (pid == 0) _exit(syscall(SYS_getppid) == -1 && errno == 77 ? 5 : 6);
  CHECK(status_of(pid) == 5, "so has a child");
  pid = fork();
  if (pid == 0) {
    execl(self, self, "inherited", NULL);
    _exit(7);
  }
  CHECK(status_of(pid) == 8, "and what it executes");
  install(0, SYS_getppid, SECCOMP_RET_ERRNO | 78);
  CHECK(syscall(SYS_getppid) == -1 && errno == 78, "of equal answers the newest filter's holds");
  install(0, SYS_getppid, SECCOMP_RET_ALLOW);
  CHECK(syscall(SYS_getppid) == -1 && errno == 78, "the stricter answer holds");
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &action, NULL);
  install(0, SYS_getpgrp, SECCOMP_RET_TRAP | 9);
  CHECK(syscall(SYS_getpgrp) == SYS_getpgrp, "a trapped call leaves its number");
  CHECK(trapped == 1 && number == SYS_getpgrp && reason == 9 && code == 1, "its signal says which it was");
  pid = fork();
  if (pid == 0) {
    signal(SIGSYS, SIG_IGN);
    syscall(SYS_getpgrp);
    _exit(9);
  }
  CHECK(status_of(pid) == 128 + SIGSYS, "an ignored trap is fatal");
  pid = fork();
  if (pid == 0) {
    install(0, SYS_sync, SECCOMP_RET_KILL_PROCESS);
    sync();
    _exit(9);
  }
  CHECK(status_of(pid) == 128 + SIGSYS, "a call can be fatal");
}

// The thread's own dispatcher: calls become signals while the selector says so.
static void dispatched(void) {
  enum { SET_DISPATCH = 59, OFF = 0, ON = 1 };
  SHOW(prctl(SET_DISPATCH, OFF, 1, 0, 0));
  SHOW(prctl(SET_DISPATCH, ON, 8, -8l, 0));
  SHOW(prctl(SET_DISPATCH, ON, 0, 0, -1l));
  SHOW(prctl(SET_DISPATCH, 7, 0, 0, 0));
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &action, NULL);
  CHECK(prctl(SET_DISPATCH, ON, 0, 0, &selector) == 0, "a dispatcher is set");
  CHECK(syscall(SYS_getppid) > 0 && trapped == 0, "it does nothing while the selector is 0");
  for (int i = 1; i <= 20; i++) {
    selector = 1;
    long result = syscall(SYS_getpgid, 0);
    if (result != SYS_getpgid || trapped != i) break;
  }
  CHECK(trapped == 20 && number == SYS_getpgid && code == 2, "every call becomes a signal that says which it was");
  pid_t pid = fork();
  if (pid == 0) {
    selector = 1;
    _exit(syscall(SYS_getppid) > 0 && trapped == 20 ? 5 : 6);
  }
  CHECK(status_of(pid) == 5, "a child has none");
  pid = fork();
  if (pid == 0) {
    prctl(SET_DISPATCH, ON, 0, 0, &selector);
    selector = 2;
    syscall(SYS_getppid);
    syscall(SYS_exit, 1);
  }
  CHECK(status_of(pid) == 128 + SIGSYS, "a strange selector is fatal");
  CHECK(prctl(SET_DISPATCH, OFF, 0, 0, 0) == 0, "it is taken away");
  selector = 1;
  CHECK(syscall(SYS_getppid) > 0 && trapped == 20, "and calls are made again");
}

static void *waits(void *pipe) {
  char byte;
  if (read(*(int *)pipe, &byte, 1) != 1) return NULL;
  return other(NULL);
}

static void synchronised(void) {
  int ends[2];
  pthread_t thread;
  void *result;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (pipe(ends) != 0) return;
  pthread_create(&thread, NULL, waits, &ends[0]);
  CHECK(install(SECCOMP_FILTER_FLAG_TSYNC, SYS_getppid, SECCOMP_RET_ERRNO | 66) == 0, "all threads get a filter");
  if (write(ends[1], "x", 1) != 1) return;
  pthread_join(thread, &result);
  CHECK((intptr_t)result == 66, "the other thread has it");
}

static void strict(void) {
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
  if (write(1, "strict\n", 7) != 7) syscall(SYS_exit, 1);
  syscall(SYS_getpid);
  syscall(SYS_exit, 1);
}

static int apart(void (*body)(void)) {
  pid_t pid = fork();
  if (pid == 0) {
    failures = 0;
    body();
    fflush(stdout);
    _exit(failures);
  }
  return status_of(pid);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "inherited") == 0)
    return syscall(SYS_getppid) == -1 && errno == 77 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 8 : 9;
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
  CHECK(apart(refusals) == 0, "refusals");
  CHECK(apart(filters) == 0, "filters");
  CHECK(apart(dispatched) == 0, "dispatched");
  CHECK(apart(synchronised) == 0, "synchronised");
  CHECK(apart(strict) == 128 + SIGKILL, "strict mode kills");
  return done();
}
