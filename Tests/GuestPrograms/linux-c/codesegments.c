// Segments of the program's own: signals that find code of 32 bits, and returns to it; stack segments that are none.
#include "_check.h"
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

// asm/ucontext.h and asm/ldt.h, which not every C library's headers reach.
enum { SIGCONTEXT_SS = 2, STRICT_RESTORE_SS = 4 };
struct descriptor {
  unsigned number, base, limit;
  unsigned is_32bit : 1, contents : 2, is_read_only : 1, in_pages : 1, is_absent : 1, useable : 1, is_long : 1;
};
enum { CODE32 = 0x23, CODE64 = 0x33, DATA = 0x2b };

static uint16_t wanted_cs, wanted_ss;
static uint64_t wanted_flags, target, stack;
static uint64_t seen[4];
static volatile int caught, handler_cs, handler_ss;
static ucontext_t before;

static uint16_t *segments(ucontext_t *context) { return (uint16_t *)&context->uc_mcontext.gregs[REG_CSGSFS]; }

// Leads the program to `target` with other segments.
static void leave(int number, siginfo_t *info, void *context_) {
  (void)number, (void)info;
  ucontext_t *context = context_;
  before = *context;
  segments(context)[0] = wanted_cs;
  segments(context)[3] = wanted_ss;
  context->uc_flags = (context->uc_flags & ~(uint64_t)STRICT_RESTORE_SS) | wanted_flags;
  context->uc_mcontext.gregs[REG_RIP] = (long)target;
  context->uc_mcontext.gregs[REG_RSP] = (long)stack;
}

// Where it came to: tells, and goes back to where `leave` was called.
static void arrive(int number, siginfo_t *info, void *context_) {
  (void)info;
  ucontext_t *context = context_;
  uint16_t cs, ss;
  __asm__("mov %%cs, %0\n mov %%ss, %1" : "=r"(cs), "=r"(ss));
  handler_cs = cs, handler_ss = ss;
  seen[0] = (uint64_t)number;
  seen[1] = segments(context)[0];
  seen[2] = segments(context)[3];
  seen[3] = context->uc_flags & (SIGCONTEXT_SS | STRICT_RESTORE_SS);
  caught++;
  uint64_t flags = context->uc_flags;
  memcpy(context->uc_mcontext.gregs, before.uc_mcontext.gregs, sizeof before.uc_mcontext.gregs);
  context->uc_flags = flags | STRICT_RESTORE_SS;
}

static void go(const char *what, uint16_t cs, uint16_t ss, uint64_t flags) {
  wanted_cs = cs, wanted_ss = ss, wanted_flags = flags;
  memset(seen, 0, sizeof seen);
  raise(SIGUSR1);
  printf("%s: signal %d at cs %#x ss %#x flags %d; handled with cs %#x ss %#x\n", what, (int)seen[0], (int)seen[1],
         (int)seen[2], (int)seen[3], handler_cs, handler_ss);
  fflush(stdout);
}

int main(void) {
  static char signals[65536];
  stack_t alternate = {.ss_sp = signals, .ss_size = sizeof signals};
  sigaltstack(&alternate, NULL);
  struct sigaction leaves = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  struct sigaction arrives = {.sa_sigaction = arrive, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR1, &leaves, NULL);
  for (int i = 0; i < 4; i++) sigaction((int[]){SIGTRAP, SIGSEGV, SIGBUS, SIGILL}[i], &arrives, NULL);
  // MAP_32BIT: code of 32 bits must be able to name it.
  unsigned char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | 0x40, -1, 0);
  CHECK(low != MAP_FAILED, "low memory");
  memset(low, 0xcc, 4096); // int3
  target = (uint64_t)low, stack = (uint64_t)low + 8192;

  go("64-bit code", CODE64, DATA, STRICT_RESTORE_SS);
  go("32-bit code", CODE32, DATA, STRICT_RESTORE_SS);
  go("with privileges left out", CODE32 & ~3, DATA & ~3, STRICT_RESTORE_SS);
  go("no stack segment", CODE64, 0, STRICT_RESTORE_SS);
  go("which is mended without the flag", CODE64, 0, 0);
  go("but not for 32-bit code", CODE32, 0, 0);
  go("no code segment", DATA, DATA, STRICT_RESTORE_SS);
  go("empty code segment", 0, DATA, STRICT_RESTORE_SS);

  struct descriptor code = {.number = 1, .base = (unsigned)target, .limit = 1, .is_32bit = 1, .contents = 2, .in_pages = 1};
  CHECK(syscall(SYS_modify_ldt, 0x11, &code, sizeof code) == 0, "a code segment of its own");
  struct descriptor data = {.number = 2, .limit = 0xfffff, .is_32bit = 1, .in_pages = 1};
  CHECK(syscall(SYS_modify_ldt, 0x11, &data, sizeof data) == 0, "a data segment of its own");
  uint64_t flat = target;
  target = 4; // from the segment's base
  go("own code", 1 << 3 | 7, DATA, STRICT_RESTORE_SS);
  target = flat;
  go("own stack", CODE64, 2 << 3 | 7, STRICT_RESTORE_SS);
  code.is_absent = 1;
  CHECK(syscall(SYS_modify_ldt, 0x11, &code, sizeof code) == 0, "gone");
  go("own code that is gone", 1 << 3 | 7, DATA, STRICT_RESTORE_SS);
  CHECK(caught == 11, "each came back");
  return done();
}
