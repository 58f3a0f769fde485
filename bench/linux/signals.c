// Signals: a fault that its handler steps over, and one sent to oneself.
#include "measure.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

static volatile long taken;
static char *unreachable;

static void step_over(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  taken = taken + 1;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 3;  // the length of the store below
}

static void count(int number) {
  (void)number;
  taken = taken + 1;
}

static void sigsegv(long n) {
  while (n--) __asm__ volatile(".byte 0xc6, 0x00, 0x00" : : "a"(unreachable) : "memory");  // movb $0, (%rax)
}

static void signal_self(long n) {
  long pid = getpid(), tid = syscall(SYS_gettid);
  while (n--) syscall(SYS_tgkill, pid, tid, SIGUSR1);
}

int main(int argc, char **argv) {
  measure_arguments(argc, argv);
  struct sigaction fault = {.sa_sigaction = step_over, .sa_flags = SA_SIGINFO}, plain = {.sa_handler = count};
  unreachable = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (unreachable == MAP_FAILED || sigaction(SIGSEGV, &fault, 0) || sigaction(SIGUSR1, &plain, 0)) err(1, "set-up");
  measure("sigsegv", sigsegv);
  measure("signal_self", signal_self);
  if (!taken) errx(1, "no signal was taken");
}
