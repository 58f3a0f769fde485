// Signal delivery: the handler's arguments, masks, stacks, restarts and what a handler may change.
#include "_signals.h"
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t depth, deepest;
static int ends[2];

static void siginfo(void) {
  install(SIGUSR1, counting, 0);
  count = 0;
  raise(SIGUSR1);
  CHECK(count == 1 && last.si_signo == SIGUSR1 && last.si_code == SI_TKILL, "raise: SI_TKILL");
  CHECK(last.si_pid == getpid() && last.si_uid == getuid(), "sender");
  kill(getpid(), SIGUSR1);
  CHECK(count == 2 && last.si_code == SI_USER, "kill: SI_USER");
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 4711});
  CHECK(count == 3 && last.si_code == SI_QUEUE && last.si_value.sival_int == 4711, "sigqueue: SI_QUEUE 4711");

  // Real-time signals queue, in order; ordinary ones don't.
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  sigaddset(&set, SIGUSR1);
  install(SIGRTMIN + 1, counting, 0);
  sigprocmask(SIG_BLOCK, &set, &old);
  count = 0;
  for (int i = 0; i < 5; i++) {
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
    kill(getpid(), SIGUSR1);
  }
  siginfo_t info;
  CHECK(sigwaitinfo(&set, &info) == SIGUSR1, "sigwaitinfo takes the lower number");
  CHECK(sigwaitinfo(&set, &info) == SIGRTMIN + 1 && info.si_value.sival_int == 0, "then the first queued");
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGRTMIN + 1) == 1 && sigismember(&pending, SIGUSR1) == 0, "sigpending");
  sigprocmask(SIG_SETMASK, &old, NULL);
  CHECK(count == 4, "the other four are delivered at once");
  sigprocmask(SIG_BLOCK, &set, &old);
  struct timespec brief = {.tv_nsec = 1000000};
  CHECK(sigtimedwait(&set, &info, &brief) == -1 && errno == EAGAIN, "sigtimedwait: EAGAIN");
  sigprocmask(SIG_SETMASK, &old, NULL);
}

static void nesting(int number, siginfo_t *info, void *context) {
  (void)info, (void)context;
  depth++;
  if (depth > deepest) deepest = depth;
  if (++count < 4) raise(number);
  depth--;
}

static void nested(void) {
  count = depth = deepest = 0;
  install(SIGUSR1, nesting, 0);
  raise(SIGUSR1);
  // Each inner one comes when the outer handler has returned, at the same depth.
  CHECK(deepest == 1 && count == 4, "not interrupted by its own signal: depth %d, %d times", (int)deepest, (int)count);
  count = depth = deepest = 0;
  install(SIGUSR2, nesting, SA_NODEFER);
  raise(SIGUSR2);
  CHECK(deepest == 4 && count == 4, "SA_NODEFER: depth %d, %d times", (int)deepest, (int)count);
  install(SIGUSR2, counting, SA_RESETHAND);
  raise(SIGUSR2);
  struct sigaction now;
  sigaction(SIGUSR2, NULL, &now);
  CHECK(now.sa_handler == SIG_DFL, "SA_RESETHAND");
}

static volatile int returned;

// Signals a thread until its call has returned: one that came before the call blocked doesn't count.
static void *kicks(void *thread) {
  for (int i = 0; i < 1 || !returned; i++) {
    usleep(5000);
    pthread_kill((pthread_t)thread, SIGUSR1);
  }
  return NULL;
}

// Signals a thread three times, and only then gives it what its call waits for.
static void *kicks_and_writes(void *thread) {
  for (int i = 0; i < 3; i++) {
    usleep(10000);
    pthread_kill((pthread_t)thread, SIGUSR1);
  }
  if (write(ends[1], "x", 1) != 1) perror("write");
  return NULL;
}

// Makes one call while another thread runs kicker; gives the call's result, with its errno.
#define WHILE_KICKED(kicker, call)                                      \
  ({                                                                    \
    pthread_t other;                                                    \
    count = returned = 0;                                               \
    pthread_create(&other, NULL, kicker, (void *)pthread_self());       \
    errno = 0;                                                          \
    long result = (call);                                               \
    int error = errno;                                                  \
    returned = 1;                                                       \
    pthread_join(other, NULL);                                          \
    errno = error;                                                      \
    result;                                                             \
  })

static void restart(void) {
  char byte;
  install(SIGUSR1, counting, 0);
  CHECK(WHILE_KICKED(kicks, read(ends[0], &byte, 1)) == -1 && errno == EINTR && count, "read: EINTR");
  install(SIGUSR1, counting, SA_RESTART);
  CHECK(WHILE_KICKED(kicks_and_writes, read(ends[0], &byte, 1)) == 1 && count, "read restarted");
  // These are never restarted.
  struct pollfd waited = {.fd = ends[0], .events = POLLIN};
  CHECK(WHILE_KICKED(kicks, poll(&waited, 1, -1)) == -1 && errno == EINTR, "poll: EINTR even so");
  struct timespec left, long_time = {.tv_sec = 100};
  CHECK(WHILE_KICKED(kicks, nanosleep(&long_time, &left)) == -1 && errno == EINTR && left.tv_sec < 100,
        "nanosleep: EINTR and what is left");
  CHECK(WHILE_KICKED(kicks, pause()) == -1 && errno == EINTR, "pause: EINTR");
}

static char stack[65536];
static volatile int on_stack;

static void where(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  char here;
  stack_t now;
  sigaltstack(NULL, &now);
  ucontext_t *uc = context;
  on_stack = &here >= stack && &here < stack + sizeof stack && now.ss_flags == SS_ONSTACK &&
             uc->uc_stack.ss_sp == stack && uc->uc_stack.ss_size == sizeof stack;
  errno = 0;
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  if (sigaltstack(&other, NULL) != -1 || errno != EPERM) on_stack = 0;
}

static void alternate(void) {
  stack_t mine = {.ss_sp = stack, .ss_size = sizeof stack}, old;
  CHECK(sigaltstack(&mine, &old) == 0 && old.ss_flags == SS_DISABLE, "sigaltstack");
  install(SIGUSR1, where, SA_ONSTACK);
  raise(SIGUSR1);
  CHECK(on_stack, "handler on the alternate stack, which can't be changed there");
  install(SIGUSR1, where, 0);
  raise(SIGUSR1);
  CHECK(!on_stack, "handler on the ordinary stack");
  stack_t tiny = {.ss_sp = stack, .ss_size = 100};
  CHECK(sigaltstack(&tiny, NULL) == -1 && errno == ENOMEM, "too small: ENOMEM");
  stack_t none = {.ss_flags = SS_DISABLE};
  CHECK(sigaltstack(&none, NULL) == 0, "disabled");
}

static void suspended(void) {
  sigset_t blocked, open, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &old);
  install(SIGUSR1, counting, SA_RESTART);
  count = 0;
  raise(SIGUSR1);
  CHECK(count == 0, "blocked");
  sigemptyset(&open);
  CHECK(sigsuspend(&open) == -1 && errno == EINTR && count == 1, "sigsuspend");
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(sigismember(&now, SIGUSR1) == 1, "mask as before");
  raise(SIGUSR1);
  struct pollfd none = {.fd = -1};
  CHECK(ppoll(&none, 1, NULL, &open) == -1 && errno == EINTR && count == 2, "ppoll with a mask");
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGUSR1);
  int fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
  struct signalfd_siginfo info;
  CHECK(read(fd, &info, sizeof info) == -1 && errno == EAGAIN, "signalfd: EAGAIN");
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 12});
  CHECK(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1 && info.ssi_int == 12, "signalfd");
  close(fd);
  sigprocmask(SIG_SETMASK, &old, NULL);
  CHECK(count == 2, "nothing left over");
}

static void timers(void) {
  install(SIGALRM, counting, 0);
  count = 0;
  struct itimerval every = {.it_value.tv_usec = 2000, .it_interval.tv_usec = 2000};
  setitimer(ITIMER_REAL, &every, NULL);
  while (count < 5) pause();
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  CHECK(last.si_code == SI_KERNEL, "setitimer: five alarms");
  install(SIGRTMIN, counting, 0);
  count = 0;
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 99};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
  struct itimerspec soon = {.it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 2000000};
  timer_settime(timer, 0, &soon, NULL);
  while (count < 3) pause();
  timer_delete(timer);
  CHECK(last.si_code == SI_TIMER && last.si_value.sival_int == 99, "timer: SI_TIMER 99");
  install(SIGPROF, counting, SA_RESTART);
  count = 0;
  setitimer(ITIMER_PROF, &every, NULL);
  while (count < 3) continue;
  setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
  CHECK(last.si_signo == SIGPROF, "profiling timer in a loop without calls");
}

static volatile pthread_t caught_in;
static void notes_thread(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  caught_in = pthread_self();
  count++;
}

static void *waits(void *unused) {
  (void)unused;
  char byte;
  sigset_t open;
  sigemptyset(&open);
  pthread_sigmask(SIG_SETMASK, &open, NULL);
  while (read(ends[0], &byte, 1) == -1 && errno == EINTR) continue;
  return NULL;
}

static void per_thread(void) {
  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  install(SIGUSR2, notes_thread, 0);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  count = 0;
  pthread_t other;
  pthread_create(&other, NULL, waits, NULL);
  kill(getpid(), SIGUSR2); // this thread has it blocked: the other takes it, now or once it has opened its mask
  while (count == 0) usleep(100);
  CHECK(pthread_equal(caught_in, other), "the thread that doesn't block it takes it");
  if (write(ends[1], "x", 1) != 1) perror("write");
  pthread_join(other, NULL);
  raise(SIGUSR2);
  CHECK(count == 1, "own mask holds");
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  CHECK(count == 2 && pthread_equal(caught_in, pthread_self()), "delivered when unblocked");
}

static void edits_mask(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  sigaddset(&((ucontext_t *)context)->uc_sigmask, SIGUSR2);
}

static void returns(void) {
  install(SIGUSR1, edits_mask, 0);
  raise(SIGUSR1);
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(sigismember(&now, SIGUSR2) == 1, "the mask in the frame is the one returned to");
  sigdelset(&now, SIGUSR2);
  sigprocmask(SIG_SETMASK, &now, NULL);
}

static void children(void) {
  install(SIGCHLD, counting, SA_RESTART);
  count = 0;
  pid_t child = fork();
  if (child == 0) _exit(9);
  while (count == 0) usleep(1000);
  CHECK(last.si_code == CLD_EXITED && last.si_status == 9 && last.si_pid == child, "SIGCHLD: CLD_EXITED 9");
  waitpid(child, NULL, 0);
  signal(SIGCHLD, SIG_IGN);
  child = fork();
  if (child == 0) _exit(1);
  CHECK(waitpid(child, NULL, 0) == -1 && errno == ECHILD, "SIGCHLD ignored: no zombie");
  signal(SIGCHLD, SIG_DFL);
  int status;
  const int deadly[] = {SIGKILL, SIGTERM, SIGSEGV, SIGABRT, SIGPIPE, SIGUSR1, SIGRTMIN};
  for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++) {
    child = fork();
    if (child == 0) {
      signal(deadly[i], SIG_DFL);
      kill(getpid(), deadly[i]);
      _exit(0);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == deadly[i], "ended by %d", deadly[i]);
  }
}

static void once(int number) { (void)number; }

static void reset_handlers(void) {
  struct sigaction action = {.sa_handler = once, .sa_flags = SA_RESETHAND | SA_NODEFER}, old;
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  sigaction(SIGUSR1, NULL, &old);
  CHECK(old.sa_handler == SIG_DFL && (old.sa_flags & ~0x04000000) == action.sa_flags, "SA_RESETHAND keeps the flags");
}

int main(void) {
  if (pipe(ends) != 0) return 2;
  siginfo();
  nested();
  restart();
  alternate();
  suspended();
  timers();
  per_thread();
  returns();
  children();
  reset_handlers();
  return done();
}
