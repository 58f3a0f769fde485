// Signals: actions, masks, alternate stacks, faults, queues, timers, restarts, process groups.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count, last, inside;
static sigjmp_buf back;
static char *fault;

static void counted(int number) { count++; last = number; }
static void described(int number, siginfo_t *info, void *context) {
  (void)context;
  count++;
  last = number;
  inside = info->si_pid == getpid() && info->si_uid == getuid();
}
static void valued(int number, siginfo_t *info, void *context) {
  (void)number; (void)context;
  last = info->si_value.sival_int;
  inside = info->si_code == SI_QUEUE;
}
static void faulted(int number, siginfo_t *info, void *context) {
  (void)number; (void)context;
  inside = info->si_addr == fault;
  siglongjmp(back, 1);
}
static void on_stack(int number) {
  stack_t now;
  char local;
  (void)number;
  sigaltstack(NULL, &now);
  inside = (now.ss_flags & SS_ONSTACK) && &local > (char *)now.ss_sp && &local < (char *)now.ss_sp + now.ss_size;
}

static void set(int number, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_flags = flags};
  action.sa_handler = handler;
  sigaction(number, &action, NULL);
}
static void set_info(int number, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action = {.sa_flags = SA_SIGINFO};
  action.sa_sigaction = handler;
  sigaction(number, &action, NULL);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  set(SIGUSR1, counted, 0);
  raise(SIGUSR1);
  printf("raised: %d %d\n", (int)count, last == SIGUSR1);
  sigset_t block, old, pending;
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, &old);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  sigpending(&pending);
  printf("blocked: %d, pending %d\n", (int)count, sigismember(&pending, SIGUSR1));
  sigsuspend(&old);
  printf("suspended: %d\n", (int)count);
  sigprocmask(SIG_SETMASK, &old, NULL);
  set_info(SIGUSR2, described);
  kill(getpid(), SIGUSR2);
  printf("described: %d\n", (int)inside);

  set(SIGUSR1, counted, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction action;
  sigaction(SIGUSR1, NULL, &action);
  printf("reset: %d\n", action.sa_handler == SIG_DFL);

  sigemptyset(&block);
  sigaddset(&block, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &block, NULL);
  set_info(SIGRTMIN + 1, valued);
  for (int i = 1; i <= 3; i++) sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i * 7});
  for (int i = 0; i < 3; i++) {
    siginfo_t info;
    struct timespec limit = {1, 0};
    int got = sigtimedwait(&block, &info, &limit);
    printf("queued: %d %d\n", got == SIGRTMIN + 1, info.si_value.sival_int);
  }
  struct timespec none = {0, 1000000};
  printf("empty: %d\n", sigtimedwait(&block, NULL, &none) == -1 && errno == EAGAIN);
  sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 5});
  sigprocmask(SIG_UNBLOCK, &block, NULL);
  printf("delivered: %d %d\n", (int)last, (int)inside);

  fault = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  set_info(SIGSEGV, faulted);
  set_info(SIGBUS, faulted);
  for (int i = 0; i < 3; i++)
    if (sigsetjmp(back, 1) == 0) { *(volatile char *)fault = 1; } else { printf("fault: %d\n", (int)inside); }
  stack_t stack = {.ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ};
  sigaltstack(&stack, NULL);
  inside = 0;
  set(SIGUSR1, on_stack, SA_ONSTACK);
  raise(SIGUSR1);
  printf("on its stack: %d\n", (int)inside);

  int ends[2];
  char byte;
  if (pipe(ends) != 0) return 1;
  set(SIGALRM, counted, 0);
  ualarm(20000, 0);
  printf("interrupted: %d\n", read(ends[0], &byte, 1) == -1 && errno == EINTR);
  set(SIGALRM, counted, SA_RESTART);
  pid_t child = fork();
  if (child == 0) {
    usleep(80000);
    _exit(write(ends[1], "x", 1) != 1);
  }
  ualarm(20000, 0);
  ssize_t restarted = read(ends[0], &byte, 1);
  printf("restarted: %zd %c\n", restarted, byte);
  int status;
  waitpid(child, &status, 0);
  count = 0;
  struct itimerval interval = {{0, 5000}, {0, 5000}};
  setitimer(ITIMER_REAL, &interval, NULL);
  while (count < 5) pause();
  memset(&interval, 0, sizeof interval);
  setitimer(ITIMER_REAL, &interval, NULL);
  printf("timer: %d\n", count >= 5);

  child = fork();
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGTERM, SIG_DFL);
    for (;;) pause();
  }
  usleep(20000);
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  printf("stopped: %d %d\n", WIFSTOPPED(status), WSTOPSIG(status) == SIGSTOP);
  kill(child, SIGCONT);
  waitpid(child, &status, WCONTINUED);
  printf("continued: %d\n", WIFCONTINUED(status));
  kill(-child, SIGTERM);
  waitpid(child, &status, 0);
  printf("killed: %d %d\n", WIFSIGNALED(status), WTERMSIG(status) == SIGTERM);
  child = fork();
  if (child == 0) { signal(SIGABRT, SIG_DFL); abort(); }
  waitpid(child, &status, 0);
  printf("aborted: %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  printf("names: %s\n", strsignal(SIGINT));
  return 0;
}
