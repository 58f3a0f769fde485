// What a program brings to a call and finds after it: flags of the processor, and what clone3 and exec are asked for.
#include "_check.h"
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>

#define TF 0x100UL
#define AC 0x40000UL

static volatile int traps, faults;

static void on_trap(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  traps++;
}

static void on_fault(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  faults++;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~AC;
}

static void on_signal(int number) { (void)number; }

// Makes a call with `set` in the flags; the flags after it.
static unsigned long call_with(unsigned long set, long number, long *result) {
  unsigned long after;
  long value = number;
  __asm__ volatile(
      "sub $128, %%rsp\n pushfq\n orq %2, (%%rsp)\n popfq\n syscall\n pushfq\n pop %1\n pushfq\n andq $~0x40100, (%%rsp)\n"
      "popfq\n add $128, %%rsp"
      : "+a"(value), "=&d"(after)
      : "r"(set)
      : "rcx", "r11", "memory");
  *result = value;
  return after;
}

static void flags(void) {
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, NULL);
  action.sa_sigaction = on_fault;
  sigaction(SIGBUS, &action, NULL);
  long result;
  int wrong = 0;
  // More than once: the way in is another one after some calls.
  for (int i = 0; i < 20; i++) {
    traps = 0;
    call_with(TF, SYS_getpid, &result);
    wrong += traps == 0 || result != getpid();
  }
  CHECK(wrong == 0, "a call that is stepped over");
  for (int i = wrong = 0; i < 20; i++) {
    traps = 0;
    call_with(TF, SYS_gettid, &result);
    wrong += traps < 4 || result != gettid();
  }
  CHECK(wrong == 0, "and the steps behind it");
  for (int i = wrong = 0; i < 20; i++)
    wrong += !(call_with(AC, SYS_getpid, &result) & AC) || result != getpid() ||
             !(call_with(AC, SYS_gettid, &result) & AC) || result != gettid();
  CHECK(wrong == 0 && faults == 0, "alignment checks stay on");
  traps = 0;
  call_with(TF | AC, SYS_fork, &result);
  if (result == 0) _exit(traps > 0 ? 3 : 4);
  int status = 0;
  CHECK(waitpid(result, &status, 0) == result && WEXITSTATUS(status) == 3 && traps > 0, "fork with both");
}

struct arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static int handlers(void) {
  int have = 0;
  struct sigaction action;
  for (int number = 1; number < 32; number++)
    if (number != SIGKILL && number != SIGSTOP && sigaction(number, NULL, &action) == 0)
      have += action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
  return have;
}

static void clearing(void) {
  signal(SIGUSR1, on_signal);
  signal(SIGUSR2, SIG_IGN);
  struct arguments arguments = {.flags = 0x100000000, .exit_signal = SIGCHLD}; // CLONE_CLEAR_SIGHAND
  pid_t pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    struct sigaction action;
    sigaction(SIGUSR2, NULL, &action);
    if (handlers() != 0 || action.sa_handler != SIG_IGN) _exit(1);
    kill(getpid(), SIGUSR1);
    _exit(2);
  }
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "a child without handlers");
  CHECK(handlers() == 3, "the parent keeps its own");
  arguments.flags |= CLONE_SIGHAND | CLONE_VM;
  SHOW(syscall(SYS_clone3, &arguments, sizeof arguments));
}

static void places(char *self) {
  char first[32] = "", text[32];
  int same = 1;
  personality(personality(-1) | ADDR_NO_RANDOMIZE);
  for (int i = 0; i < 3; i++) {
    int ends[2];
    if (pipe(ends) != 0) return;
    if (fork() == 0) {
      dup2(ends[1], 1);
      execl(self, self, "where", NULL);
      _exit(1);
    }
    close(ends[1]);
    memset(text, 0, sizeof text);
    same &= read(ends[0], text, 31) > 0;
    close(ends[0]);
    wait(NULL);
    if (i > 0) same &= strcmp(first, text) == 0;
    strcpy(first, text);
  }
  CHECK(same, "addresses are the same each time");
}

int main(int count, char **arguments) {
  if (count > 1) {
    printf("%p", sbrk(0));
    return 0;
  }
  flags();
  clearing();
  places(arguments[0]);
  return done();
}
