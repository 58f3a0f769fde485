// Signals of faults: what the handler learns and may change, leaving it by a jump, and such signals sent by kill.
#include "_signals.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

static volatile char *fault_page;
static volatile greg_t fault_error;
static volatile int fault_code;
static void *volatile fault_address;

// Leaves by changing the interrupted registers: the faulting instruction is two bytes, `mov (%rax),%cl`.
static void skip(int number, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)number;
  fault_code = info->si_code;
  fault_address = info->si_addr;
  fault_error = uc->uc_mcontext.gregs[REG_ERR];
  uc->uc_mcontext.gregs[REG_RIP] += 2;
  uc->uc_mcontext.gregs[REG_RCX] = 0x77;
}

static void mends(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  fault_code = info->si_code;
  mprotect((void *)fault_page, 4096, PROT_READ | PROT_WRITE);
}

static void faults(void) {
  install(SIGSEGV, skip, 0);
  long result;
  __asm__ volatile("mov $0x1238, %%eax; .byte 0x8a, 0x08; mov %%rcx, %0" : "=r"(result) : : "rax", "rcx");
  CHECK((result & 0xff) == 0x77 && fault_code == SEGV_MAPERR && fault_address == (void *)0x1238 && fault_error == 4,
        "SIGSEGV: SEGV_MAPERR, its address, registers edited");
  fault_page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  install(SIGSEGV, mends, 0);
  *fault_page = 5;
  CHECK(*fault_page == 5 && fault_code == SEGV_ACCERR, "SIGSEGV: SEGV_ACCERR, page mended");
  install(SIGTRAP, counting, 0);
  count = 0;
  __asm__ volatile("int3");
  CHECK(count == 1 && last.si_signo == SIGTRAP && last.si_code == SI_KERNEL, "int3: SIGTRAP");
}

static sigjmp_buf back;
static void jumps(int number, siginfo_t *info, void *context) {
  (void)info, (void)context;
  siglongjmp(back, number);
}

static void traps(void) {
  install(SIGILL, jumps, 0);
  install(SIGFPE, jumps, 0);
  install(SIGSEGV, jumps, 0);
  for (int i = 0; i < 3; i++) {
    int came = sigsetjmp(back, 1);
    if (came == 0) __asm__ volatile("ud2");
    CHECK(came == SIGILL, "ud2: SIGILL");
    came = sigsetjmp(back, 1);
    if (came == 0) __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" : : "a"(1), "d"(0) : "rcx");
    CHECK(came == SIGFPE, "divide: SIGFPE");
    came = sigsetjmp(back, 1);
    if (came == 0) __asm__ volatile("mov %0, %%rax; mov (%%rax), %%rax" : : "r"(0x8000000000000000) : "rax");
    CHECK(came == SIGSEGV, "address that is none: SIGSEGV");
    came = sigsetjmp(back, 1);
    if (came == 0) ((void (*)(void))0)();
    CHECK(came == SIGSEGV, "jump to nothing: SIGSEGV");
  }
  signal(SIGSEGV, SIG_DFL);
  signal(SIGILL, SIG_DFL);
  signal(SIGFPE, SIG_DFL);
}

// Signals of faults that are sent while the mask keeps them out.
static volatile sig_atomic_t counts[65];
static void on_held(int number) { counts[number]++; }

static void held_faults(void) {
  static const int kinds[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
  sigset_t set, pending, one;
  struct sigaction action = {.sa_handler = on_held};
  sigemptyset(&set);
  for (int i = 0; i < 6; i++) {
    sigaddset(&set, kinds[i]);
    sigaction(kinds[i], &action, NULL);
  }
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < 6; i++) kill(getpid(), kinds[i]);
  sigpending(&pending);
  int all = 1, none = 0;
  for (int i = 0; i < 6; i++) {
    all &= sigismember(&pending, kinds[i]);
    none |= counts[kinds[i]];
  }
  CHECK(all && !none, "blocked signals of faults are pending");
  sigemptyset(&one);
  sigaddset(&one, SIGBUS);
  CHECK(sigtimedwait(&one, NULL, &(struct timespec){1, 0}) == SIGBUS, "one can be waited for");
  CHECK(access((char *)8, F_OK) == -1 && errno == EFAULT, "a bad address is still an error while they are blocked");
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  all = 1;
  for (int i = 0; i < 6; i++) all &= counts[kinds[i]] == (kinds[i] != SIGBUS);
  CHECK(all, "they come when they are let in, once each");
  for (int i = 0; i < 6; i++) signal(kinds[i], SIG_DFL);
}

int main(void) {
  faults();
  traps();
  held_faults();
  return done();
}
