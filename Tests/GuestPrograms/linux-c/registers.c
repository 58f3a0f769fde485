// What a system call and a signal may change in the registers: nothing but the result, and rcx and r11.
#include "_check.h"
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

// rax rbx rcx rdx rsi rdi rbp rsp r8 ... r15, flags; and 32 bytes of each vector register.
struct state {
  uint64_t general[16], flags;
  unsigned char vector[16][32], control[16];
};

// Sets all registers from `in`, makes one system call, and stores all of them to `out`. The word below the stack
// pointer, the red zone, is left as `red` says and read back into it.
void call_with(const struct state *in, struct state *out, uint64_t *red);
__asm__(
    ".text\n.globl call_with\ncall_with:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  push %rsi\n  push %rdx\n"
    "  mov (%rdx), %rax\n  mov %rax, -8(%rsp)\n  mov %rax, -64(%rsp)\n  mov %rax, -128(%rsp)\n"
    "  pushq 128(%rdi)\n  popfq\n"  // touches -8(%rsp), so that is written again below
    "  mov (%rdx), %rax\n  mov %rax, -8(%rsp)\n"
    ".set i, 0\n.irp r,ymm0,ymm1,ymm2,ymm3,ymm4,ymm5,ymm6,ymm7,ymm8,ymm9,ymm10,ymm11,ymm12,ymm13,ymm14,ymm15\n"
    "  vmovdqu 136+32*i(%rdi), %\\r\n.set i, i+1\n.endr\n"
    "  mov 0(%rdi), %rax\n  mov 8(%rdi), %rbx\n  mov 16(%rdi), %rcx\n  mov 24(%rdi), %rdx\n"
    "  mov 32(%rdi), %rsi\n  mov 48(%rdi), %rbp\n"
    "  mov 64(%rdi), %r8\n  mov 72(%rdi), %r9\n  mov 80(%rdi), %r10\n  mov 88(%rdi), %r11\n"
    "  mov 96(%rdi), %r12\n  mov 104(%rdi), %r13\n  mov 112(%rdi), %r14\n  mov 120(%rdi), %r15\n"
    "  mov 40(%rdi), %rdi\n"
    "  syscall\n"
    "  push %rdi\n"  // overwrites -8(%rsp) only, which is lost; the other two words are below it
    "  mov 16(%rsp), %rdi\n"
    "  mov %rax, 0(%rdi)\n  mov %rbx, 8(%rdi)\n  mov %rcx, 16(%rdi)\n  mov %rdx, 24(%rdi)\n"
    "  mov %rsi, 32(%rdi)\n  mov %rbp, 48(%rdi)\n  pop %rax\n  mov %rax, 40(%rdi)\n"
    "  mov %r8, 64(%rdi)\n  mov %r9, 72(%rdi)\n  mov %r10, 80(%rdi)\n  mov %r11, 88(%rdi)\n"
    "  mov %r12, 96(%rdi)\n  mov %r13, 104(%rdi)\n  mov %r14, 112(%rdi)\n  mov %r15, 120(%rdi)\n"
    "  mov -64(%rsp), %rax\n  mov -128(%rsp), %rcx\n  mov (%rsp), %rdx\n  mov %rax, (%rdx)\n  mov %rcx, 8(%rdx)\n"
    "  pushfq\n  popq 128(%rdi)\n"
    ".set i, 0\n.irp r,ymm0,ymm1,ymm2,ymm3,ymm4,ymm5,ymm6,ymm7,ymm8,ymm9,ymm10,ymm11,ymm12,ymm13,ymm14,ymm15\n"
    "  vmovdqu %\\r, 136+32*i(%rdi)\n.set i, i+1\n.endr\n"
    "  vzeroupper\n  cld\n"
    "  pop %rdx\n  pop %rsi\n  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n  ret\n");

static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
                                    "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

static void fill(struct state *s, unsigned seed) {
  uint64_t x = 0x9e3779b97f4a7c15 * (seed + 1);
  for (int i = 0; i < 16; i++) s->general[i] = x = x * 6364136223846793005 + 1442695040888963407;
  for (unsigned i = 0; i < sizeof s->vector; i++) ((unsigned char *)s->vector)[i] = (x = x * 6364136223846793005 + 1) >> 56;
  s->flags = 0x202;
}

// One call with known registers; the arguments that the call reads are given, the rest are noise.
static long keeps(const char *name, unsigned seed, uint64_t flags, long number, int count, const long *arguments) {
  static const int places[] = {5, 4, 3, 10, 8, 9};
  struct state in, out;
  fill(&in, seed);
  in.flags = flags;
  in.general[0] = number;
  for (int i = 0; i < count; i++) in.general[places[i]] = arguments[i];
  const uint64_t mark = 0x1122334455667788 + seed;
  uint64_t red[2] = {mark, 0};
  call_with(&in, &out, red);
  for (int i = 1; i < 16; i++) {
    if (i == 2 || i == 7 || i == 11) continue;
    if (in.general[i] != out.general[i]) CHECK(0, "%s keeps %s: %lx, was %lx", name, names[i], out.general[i], in.general[i]);
  }
  if ((out.flags & 0xcd5) != (flags & 0xcd5)) CHECK(0, "%s keeps the flags: %lx, were %lx", name, out.flags, flags);
  for (int i = 0; i < 16; i++)
    if (memcmp(in.vector[i], out.vector[i], 32) != 0) CHECK(0, "%s keeps ymm%d", name, i);
  if (red[0] != mark || red[1] != mark) CHECK(0, "%s keeps the red zone", name);
  return out.general[0];
}

#define KEEPS(seed, flags, name, ...)                                                                    \
  keeps(#name, seed, flags, SYS_##name, sizeof((long[]){__VA_ARGS__}) / sizeof(long), (long[]){__VA_ARGS__})

static volatile int caught;

static void scrambles(int number, siginfo_t *info, void *context) {
  (void)info, (void)context, (void)number;
  // Every vector register is lost here; the frame must bring them back.
  __asm__ volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n vmovdqa %%ymm0, %%ymm1\n vmovdqa %%ymm0, %%ymm7\n"
                   "vmovdqa %%ymm0, %%ymm8\n vmovdqa %%ymm0, %%ymm15\n fninit\n"
                   : : : "xmm0", "xmm1", "xmm7", "xmm8", "xmm15");
  caught++;
}

// Computes in vector registers only, without a call, while timers interrupt.
static int vectors_survive(void) {
  struct itimerval every = {.it_value.tv_usec = 500, .it_interval.tv_usec = 500};
  static unsigned char before[16][32], after[16][32];
  for (int i = 0; i < 16; i++) memset(before[i], 0x11 * i + 1, 32);
  int wrong = 0;
  caught = 0;
  setitimer(ITIMER_REAL, &every, NULL);
  while (caught < 20) {
    __asm__ volatile(
        ".set i, 0\n.irp r,ymm0,ymm1,ymm2,ymm3,ymm4,ymm5,ymm6,ymm7,ymm8,ymm9,ymm10,ymm11,ymm12,ymm13,ymm14,ymm15\n"
        "  vmovdqu 32*i(%0), %%\\r\n.set i, i+1\n.endr\n"
        "  mov $100000, %%ecx\n1: dec %%ecx\n  jnz 1b\n"
        ".set i, 0\n.irp r,ymm0,ymm1,ymm2,ymm3,ymm4,ymm5,ymm6,ymm7,ymm8,ymm9,ymm10,ymm11,ymm12,ymm13,ymm14,ymm15\n"
        "  vmovdqu %%\\r, 32*i(%1)\n.set i, i+1\n.endr\n  vzeroupper\n"
        : : "r"(before), "r"(after)
        : "rcx", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
          "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    wrong += memcmp(before, after, sizeof before) != 0;
  }
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  return wrong;
}

// The floating-point control words, which calls and handlers must leave alone.
static void control_words(void) {
  uint32_t mxcsr = 0x7f80, got; // round towards zero, all masked
  uint16_t x87 = 0x0c7f, got87;
  __asm__ volatile("ldmxcsr %0\n fldcw %1" : : "m"(mxcsr), "m"(x87));
  for (int i = 0; i < 10; i++) {
    syscall(SYS_getppid);
    raise(SIGALRM);
  }
  __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(got), "=m"(got87));
  CHECK((got & 0x7f80) == 0x7f80 && got87 == x87, "rounding modes kept over calls and signals");
  long double pi;
  __asm__ volatile("fldpi");
  syscall(SYS_getppid);
  raise(SIGALRM);
  __asm__ volatile("fstpt %0" : "=m"(pi));
  CHECK(pi > 3.14159L && pi < 3.1416L, "x87 stack kept");
  mxcsr = 0x1f80, x87 = 0x37f;
  __asm__ volatile("ldmxcsr %0\n fldcw %1" : : "m"(mxcsr), "m"(x87));
}

int main(void) {
  static char page[4096];
  struct timespec moment, brief = {.tv_nsec = 1000};
  unsigned calls = 0;
  for (unsigned seed = 0; seed < 50; seed++) {
    // Carry, parity, adjust, zero, sign, direction and overflow in many combinations.
    uint64_t flags = 0x202 | (seed * 0x2b5 & 0x8d5) | (seed & 1 ? 0x400 : 0);
    KEEPS(seed, flags, getppid, 0);
    KEEPS(seed, flags, gettid, 0);
    KEEPS(seed, flags, close, -1);
    KEEPS(seed, flags, read, -1, (long)page, 10);
    KEEPS(seed, flags, write, -1, 8, 10);
    KEEPS(seed, flags, getcwd, (long)page, sizeof page);
    KEEPS(seed, flags, clock_gettime, CLOCK_MONOTONIC, (long)&moment);
    KEEPS(seed, flags, nanosleep, (long)&brief, 0);
    KEEPS(seed, flags, sched_yield, 0);
    KEEPS(seed, flags, rt_sigprocmask, SIG_BLOCK, 0, (long)page, 8);
    KEEPS(seed, flags, mprotect, 1, 0, 0);
    KEEPS(seed, flags, getrandom, (long)page, 16, 0);
    KEEPS(seed, flags, mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    KEEPS(seed, flags, munmap, 1, 4096);
    KEEPS(seed, flags, futex, (long)page, 1, 1, 0, 0, 0);
    KEEPS(seed, flags, openat, -100, (long)"/absent", 0, 0);
    calls += 16;
  }
  CHECK(failures == 0, "%u calls kept every register", calls);
  CHECK(keeps("number 9999", 1, 0x202, 9999, 0, NULL) == -ENOSYS, "number 9999: ENOSYS");
  CHECK(keeps("number -1", 2, 0x202, -1, 0, NULL) == -ENOSYS, "number -1: ENOSYS");
  // Only the low half of rax counts.
  CHECK(keeps("a number with a high half", 3, 0x202, 0x100000000 + SYS_getpid, 0, NULL) == getpid(), "high half");
  struct sigaction action = {.sa_sigaction = scrambles, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  CHECK(vectors_survive() == 0, "vector registers survive 20 signals");
  struct itimerval every = {.it_value.tv_usec = 200, .it_interval.tv_usec = 200};
  setitimer(ITIMER_REAL, &every, NULL);
  int before = failures;
  caught = 0;
  for (unsigned seed = 0; caught < 50; seed++) {
    KEEPS(seed, 0x202, getppid, 0);
    KEEPS(seed, 0x202, clock_gettime, CLOCK_MONOTONIC, (long)&moment);
  }
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  CHECK(failures == before, "registers kept over calls that signals interrupt");
  control_words();
  return done();
}
