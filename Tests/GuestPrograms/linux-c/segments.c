// The segment bases: FS belongs to the C library, GS to whoever wants it. Both are per thread and survive everything.
#include "_check.h"
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

// asm/prctl.h, which not every C library's headers reach.
enum { ARCH_SET_GS = 0x1001, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004 };

static uint64_t block[4] = {0x1111, 0x2222, 0x3333, 0x4444};

static uint64_t at_gs(uint64_t offset) {
  uint64_t value;
  __asm__ volatile("mov %%gs:(%1), %0" : "=r"(value) : "r"(offset));
  return value;
}

static uint64_t base(int code) {
  uint64_t value = 0;
  return syscall(SYS_arch_prctl, code, &value) == 0 ? value : ~0UL;
}

static volatile int caught;
static volatile uint64_t in_handler;
static void looks(int number) {
  (void)number;
  in_handler = at_gs(8);
  caught++;
}

static void *other_thread(void *unused) {
  uint64_t own[2] = {0x5555, 0x6666};
  if (base(ARCH_GET_GS) == (uint64_t)own) return unused;
  syscall(SYS_arch_prctl, ARCH_SET_GS, own);
  for (int i = 0; i < 1000; i++) {
    if (at_gs(0) != 0x5555 || base(ARCH_GET_GS) != (uint64_t)own) return NULL;
    syscall(SYS_sched_yield);
  }
  return unused;
}

int main(void) {
  CHECK(base(ARCH_GET_GS) == 0, "GS base is 0 at first");
  CHECK(base(ARCH_GET_FS) == (uint64_t)pthread_self(), "FS base is the thread's own");
  CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, block) == 0 && base(ARCH_GET_GS) == (uint64_t)block, "ARCH_SET_GS");
  CHECK(at_gs(0) == 0x1111 && at_gs(24) == 0x4444, "read through GS");
  for (int i = 0; i < 100; i++) syscall(SYS_getppid);
  CHECK(at_gs(8) == 0x2222, "after calls");
  signal(SIGUSR1, looks);
  raise(SIGUSR1);
  CHECK(in_handler == 0x2222 && at_gs(8) == 0x2222, "in a handler and after it");
  signal(SIGALRM, looks);
  struct itimerval every = {.it_value.tv_usec = 500, .it_interval.tv_usec = 500};
  setitimer(ITIMER_REAL, &every, NULL);
  caught = 0;
  int wrong = 0;
  while (caught < 20) {
    wrong += at_gs(16) != 0x3333 || in_handler != 0x2222;
    syscall(SYS_getppid);
  }
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  CHECK(wrong == 0, "while signals come");
  pthread_t thread;
  void *result;
  pthread_create(&thread, NULL, other_thread, &wrong);
  for (int i = 0; i < 1000; i++) {
    wrong += at_gs(0) != 0x1111;
    syscall(SYS_sched_yield);
  }
  pthread_join(thread, &result);
  CHECK(result == &wrong && wrong == 0, "each thread has its own");
  int status;
  pid_t child = fork();
  if (child == 0) _exit(at_gs(24) == 0x4444 && base(ARCH_GET_GS) == (uint64_t)block ? 0 : 1);
  waitpid(child, &status, 0);
  CHECK(status == 0, "in a child");
  errno = 0;
  SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, 1UL << 63));
  SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, 8));
  SHOW(syscall(SYS_arch_prctl, 0x9999, 0));
  if (getauxval(AT_HWCAP2) & 2) { // the kernel allows the instructions
    uint64_t value;
    __asm__ volatile("wrgsbase %0" : : "r"(block + 1));
    for (int i = 0; i < 100; i++) syscall(SYS_getppid);
    raise(SIGUSR1);
    __asm__ volatile("rdgsbase %0" : "=r"(value));
    CHECK(value == (uint64_t)(block + 1) && at_gs(0) == 0x2222 && in_handler == 0x3333, "wrgsbase");
    CHECK(base(ARCH_GET_GS) == (uint64_t)(block + 1), "and ARCH_GET_GS sees it");
    __asm__ volatile("wrgsbase %0" : : "r"(0UL));
    CHECK(base(ARCH_GET_GS) == 0, "back to 0");
  }
  return done();
}
