// Call sites as FreeBSD's libraries and Go's runtime have them, made again and again: result, carry flag, registers.
#include "_freebsd.h"

// rax rbx rcx rdx rsi rdi rbp rsp r8 ... r15, flags.
struct state { u64 general[16], flags; };
struct state in, out;
u64 target, saved_stack, cell;

// All registers from `in` but rsp, then to `target`; code there ends at `leave_`, which stores all to `out`.
void enter(void);
__asm__(
    ".text\n.globl enter\nenter:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  sub $256, %rsp\n  mov %rsp, saved_stack(%rip)\n"
    "  pushq in+128(%rip)\n  popfq\n"
    "  mov in+8(%rip), %rbx\n  mov in+16(%rip), %rcx\n  mov in+24(%rip), %rdx\n  mov in+32(%rip), %rsi\n"
    "  mov in+40(%rip), %rdi\n  mov in+48(%rip), %rbp\n  mov in+64(%rip), %r8\n  mov in+72(%rip), %r9\n"
    "  mov in+80(%rip), %r10\n  mov in+88(%rip), %r11\n  mov in+96(%rip), %r12\n  mov in+104(%rip), %r13\n"
    "  mov in+112(%rip), %r14\n  mov in+120(%rip), %r15\n  mov in(%rip), %rax\n"
    "  jmp *target(%rip)\n"
    "leave_:\n"
    "  mov %rax, out(%rip)\n  mov %rbx, out+8(%rip)\n  mov %rcx, out+16(%rip)\n  mov %rdx, out+24(%rip)\n"
    "  mov %rsi, out+32(%rip)\n  mov %rdi, out+40(%rip)\n  mov %rbp, out+48(%rip)\n  mov %rsp, out+56(%rip)\n"
    "  mov %r8, out+64(%rip)\n  mov %r9, out+72(%rip)\n  mov %r10, out+80(%rip)\n  mov %r11, out+88(%rip)\n"
    "  mov %r12, out+96(%rip)\n  mov %r13, out+104(%rip)\n  mov %r14, out+112(%rip)\n  mov %r15, out+120(%rip)\n"
    "  pushfq\n  popq out+128(%rip)\n"
    "  mov saved_stack(%rip), %rsp\n  add $256, %rsp\n"
    "  cld\n  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n  ret\n");

#define SHAPE(name, code)                                                                          \
  __asm__(".text\n  .p2align 5, 0xcc\n.globl s_" #name "\ns_" #name ":\n" code                     \
          "\nc_" #name ":\n  syscall\nb_" #name ":\n  jmp leave_\n  .globl c_" #name "\n  .globl b_" #name "\n"); \
  extern const char s_##name[], c_##name[], b_##name[]

SHAPE(library, "  mov $6, %rax\n  mov %rcx, %r10");        // close, as libc has it
SHAPE(library_short, "  mov $6, %eax\n  mov %rcx, %r10");
SHAPE(runtime, "  mov $6, %eax");                          // as Go's runtime has it
SHAPE(variable, "  mov %r12, 32(%rsp)\n  mov 32(%rsp), %rax");
SHAPE(arguments, "  mov %r12, %rax\n  mov %r13, 40(%rsp)\n  mov 40(%rsp), %r9");
SHAPE(resident, "  mov $232, %eax");                       // clock_gettime
SHAPE(indirect, "  mov $0, %eax");                         // syscall(2)
SHAPE(obsolete, "  mov $8, %eax");
SHAPE(trace, "  mov $335, %eax");                          // utrace, which Linux has another use for
SHAPE(seek, "  mov $478, %eax");
SHAPE(plain, "  mov %r12, %rax");

static void fill(unsigned seed) {
  u64 x = 0x9e3779b97f4a7c15 * (seed + 1);
  for (int i = 0; i < 16; i++) in.general[i] = (x = x * 6364136223846793005 + 1442695040888963407) | 0x80000001;
  in.flags = 0x202 | (seed * 0x2b5 & 0x8d5) | (seed & 1 ? 0x400 : 0);
}

// Runs a shape with what is in `in`; how many things are not as the system leaves them.
static int bent(const char *code, const char *behind, int fails, u64 result) {
  target = (u64)code;
  enter();
  int wrong = out.general[0] != result;
  wrong += (out.flags & 1) != (u64)fails;
  wrong += (out.flags & 0xcd4) != (in.flags & 0xcd4);
  wrong += behind != 0 && out.general[2] != (u64)behind;
  wrong += out.general[7] != saved_stack;
  static const int kept[] = {1, 3, 4, 5, 6, 8, 10, 12, 13, 14, 15};
  for (u64 i = 0; i < sizeof kept / sizeof *kept; i++) {
    int r = kept[i];
    if (r == 10 || r == 9) continue;
    wrong += out.general[r] != in.general[r];
  }
  return wrong;
}

static volatile int signals;
static volatile u64 strange;
extern const char _start[];

static void looks(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info;
  signals++;
  u64 rip = context->m.rip;
  // A static program lies low; what rewrites it, wherever it is, must not be seen.
  strange += rip > 0x1000000 || rip < 0x200000;
  if (rip >= (u64)s_runtime && rip <= (u64)b_runtime) {
    strange += context->m.rbx != in.general[1] || context->m.r15 != in.general[15] || context->m.rsp != saved_stack;
    if (rip == (u64)c_runtime) strange += context->m.rax != 6;
    if (rip == (u64)b_runtime) strange += context->m.rax != EBADF || !(context->m.rflags & 1);
  }
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  enum { TIMES = 12 };
  int wrong = 0;
  for (int i = 0; i < TIMES; i++) {
    fill(i);
    wrong += bent(s_library, b_library, 1, EBADF);
    wrong += out.general[10] != in.general[2];
    wrong += bent(s_library_short, b_library_short, 1, EBADF);
    wrong += out.general[10] != in.general[2];
    wrong += bent(s_runtime, b_runtime, 1, EBADF);
  }
  CHECK(wrong == 0, "an error: carry flag, errno, all else as it was");
  wrong = 0;
  long parent = SYS(getppid, 0), file = SYS(open, "/dev/zero", O_RDONLY);
  for (int i = 0; i < TIMES; i++) {
    fill(i);
    in.general[12] = SYS_getppid;
    wrong += bent(s_variable, b_variable, 0, parent);
    wrong += bent(s_arguments, b_arguments, 0, parent);
    wrong += out.general[9] != in.general[13];
    wrong += bent(s_plain, b_plain, 0, parent);
    in.general[12] = SYS_close;
    wrong += bent(s_variable, b_variable, 1, EBADF);
    in.general[12] = 0x1000000ff;  // of the number only the low half counts, and this has no call
    in.general[12] = SYS_getppid + 0x700000000;
    wrong += bent(s_variable, b_variable, 0, parent);
  }
  CHECK(wrong == 0, "a number from memory");
  wrong = 0;
  timespec now;
  for (int i = 0; i < TIMES; i++) {
    fill(i);
    in.general[5] = 4;  // CLOCK_MONOTONIC
    in.general[4] = (u64)&now;
    wrong += bent(s_resident, b_resident, 0, 0);
    in.general[5] = SYS_close;
    wrong += bent(s_indirect, b_indirect, 1, EBADF);
    // 12: SEEK_SET is 0; a result with a high half.
    in.general[5] = file, in.general[4] = 0, in.general[3] = 1;
    wrong += bent(s_seek, b_seek, 0, 0);
  }
  CHECK(wrong == 0, "calls that need more than a number");
  wrong = 0;
  for (int i = 0; i < TIMES; i++) {
    fill(i);
    target = (u64)s_trace;
    enter();
    wrong += out.general[15] != in.general[15] || out.general[0] > 100;
  }
  CHECK(wrong == 0, "utrace returns");
  wrong = 0;
  for (int i = 0; i < TIMES; i++) {
    fill(i);
    in.general[0] = SYS_close;
    wrong += bent(c_library, b_library, 1, EBADF);
    wrong += bent(c_runtime, b_runtime, 1, EBADF);
  }
  CHECK(wrong == 0, "jumps straight to the instruction");

  sigaction action = {looks, SA_SIGINFO | SA_RESTART, {{0}}};
  SYS(sigaction, SIGALRM, &action, 0);
  struct { i64 every_sec, every_usec, first_sec, first_usec; } timer = {0, 1000, 0, 1000};
  SYS(setitimer, 0, &timer, 0);
  wrong = 0;
  while (signals < 300) {
    for (int i = 0; i < 100; i++) {
      fill(i);
      wrong += bent(s_runtime, b_runtime, 1, EBADF);
      wrong += bent(s_library, b_library, 1, EBADF);
      in.general[12] = SYS_getppid;
      wrong += bent(s_arguments, b_arguments, 0, parent);
    }
  }
  timer.every_usec = timer.first_usec = 0;
  SYS(setitimer, 0, &timer, 0);
  CHECK(wrong == 0, "calls right under 300 signals");
  CHECK(strange == 0, "every signal finds the program's own code and registers");
  return done();
}
