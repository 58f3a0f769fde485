// Call sites of every shape, made again and again: registers, flags and memory must come out as from the instruction
// itself, also while signals interrupt, threads share the code, and the code is changed, moved or replaced.
#include "_check.h"
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>

// rax rbx rcx rdx rsi rdi rbp rsp r8 ... r15, flags.
struct state { uint64_t general[16], flags; };
struct state in, out;
uint64_t target, saved_stack, cells[16];
unsigned char zero_byte, one_byte = 1;

// enter(): all registers from `in` but rsp, then to `target`; code there ends at `leave`, which stores all to `out`.
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

struct shape { const char *name; const char *code, *call, *behind; };

// A shape is code that falls into its `syscall`. Before each: padding that is no instruction.
#define SHAPE(name, alignment, code)                                                                     \
  __asm__(".text\n  .p2align 5, 0xcc\n  .fill " #alignment ", 1, 0xcc\n.globl s_" #name "\ns_" #name ":\n" code \
          "\nc_" #name ":\n  syscall\nb_" #name ":\n  jmp leave_\n  .fill 12, 1, 0xcc\n  .globl c_" #name  \
          "\n  .globl b_" #name "\n");                                                                    \
  extern const char s_##name[], c_##name[], b_##name[]

SHAPE(number, 0, "  mov $3, %eax");
SHAPE(number_1, 1, "  mov $3, %eax");
SHAPE(number_2, 2, "  mov $3, %eax");
SHAPE(number_3, 3, "  mov $3, %eax");
SHAPE(number_4, 4, "  mov $3, %eax");
SHAPE(number_5, 5, "  mov $3, %eax");
SHAPE(number_6, 6, "  mov $3, %eax");
SHAPE(number_7, 7, "  mov $3, %eax");
SHAPE(number_long, 0, "  movq $3, %rax");
SHAPE(number_resident, 0, "  mov $10, %eax");
SHAPE(number_none, 0, "  mov $1000, %eax");
SHAPE(number_far, 0, "  mov $0x12345678, %eax");
SHAPE(moved, 0, "  mov $3, %eax\n  mov %rcx, %r10");
SHAPE(moved_1, 5, "  mov $3, %eax\n  mov %rcx, %r10");
SHAPE(moves, 0, "  mov $0x81, %esi\n  mov %r12, %rax");
SHAPE(many_moves, 0, "  mov $-1, %edi\n  mov %r12, %rax\n  mov %r13, %rdx\n  mov %r14, %r10\n  xor %r8d, %r8d");
SHAPE(loaded, 0, "  mov %r13, 16(%rsp)\n  mov 16(%rsp), %r9");
SHAPE(loaded_number, 0, "  mov %r12, 40(%rsp)\n  mov 40(%rsp), %rax");
SHAPE(stored, 0, "  mov %r12, %rax\n  mov %r11, 24(%rsp)");
SHAPE(address, 0, "  mov %r12, %rax\n  lea cells(%rip), %rsi");
SHAPE(tested, 0, "  mov %r12, %rax\n  cmpb $0, zero_byte(%rip)\n  jne leave_\n  xor %eax, %eax");
SHAPE(tested_other, 0, "  cmpb $0, one_byte(%rip)\n  jne leave_\n  xor %eax, %eax");
SHAPE(cleared, 0, "  xor %eax, %eax");
SHAPE(nop, 0, "  mov $3, %eax\n  .byte 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0\n  xor %edi, %edi\n  dec %edi");
SHAPE(go, 0, "  mov %rsi, %r10\n  mov %rdi, %rdx\n  mov %rcx, %rsi\n  mov %rbx, %rdi");
SHAPE(only_moves, 16, "  mov %r12, %rax\n  mov %rbx, %rdi");
// Bytes that end like `mov $3, %eax` and are something else.
SHAPE(tail_store, 0, "  lea cells+80(%rip), %rbp\n  mov %r12, %rax\n  movl $3, -0x48(%rbp)");
SHAPE(tail_other, 0, "  mov %r12, %rax\n  mov $3, %r8d");
SHAPE(tail_wide, 0, "  mov %r12, %rax\n  movabs $0x3b8112233, %r9");
SHAPE(tail_add, 0, "  lea cells+80(%rip), %rbp\n  mov %r12, %rax\n  addl $3, -0x48(%rbp)");
SHAPE(flags, 0, "  mov $3, %eax\n  mov %rdi, %rdi\n  lea 8(%r14), %r13");
SHAPE(vector, 0, "  mov $3, %eax\n  movups %xmm0, cells(%rip)");

static const struct shape shapes[] = {
#define ROW(name) {#name, s_##name, c_##name, b_##name}
    ROW(number), ROW(number_1), ROW(number_2), ROW(number_3), ROW(number_4), ROW(number_5), ROW(number_6), ROW(number_7),
    ROW(number_long), ROW(number_resident), ROW(number_none), ROW(number_far), ROW(moved), ROW(moved_1), ROW(moves),
    ROW(many_moves), ROW(loaded), ROW(loaded_number), ROW(stored), ROW(address), ROW(tested), ROW(tested_other),
    ROW(cleared), ROW(nop), ROW(go), ROW(only_moves), ROW(tail_store), ROW(tail_other), ROW(tail_wide), ROW(tail_add),
    ROW(flags), ROW(vector),
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

// Arguments that no call accepts; r12 is the number where the shape takes it from there.
static void fill(unsigned seed) {
  uint64_t x = 0x9e3779b97f4a7c15 * (seed + 1);
  for (int i = 0; i < 16; i++) in.general[i] = (x = x * 6364136223846793005 + 1442695040888963407) | 0x80000001;
  in.general[0] = in.general[12] = 3;
  in.flags = 0x202 | (seed * 0x2b5 & 0x8d5) | (seed & 1 ? 0x400 : 0);
}

static uint64_t digest(uint64_t sum, uint64_t value) { return (sum ^ value) * 0x100000001b3; }

// What comes out but for rcx, r11 and the stack pointer, which are checked, in one number.
static uint64_t outcome(const struct shape *shape, int *wrong) {
  uint64_t sum = 0xcbf29ce484222325;
  for (int i = 0; i < 16; i++)
    if (i != 2 && i != 7 && i != 11) sum = digest(sum, out.general[i]);
  for (int i = 0; i < 16; i++) sum = digest(sum, cells[i]);
  sum = digest(sum, out.flags & 0xcd5);
  if (shape->name[0] == 't' && !strcmp(shape->name, "tested_other")) return sum;
  *wrong += out.general[2] != (uint64_t)shape->behind;
  *wrong += (out.general[11] & 0xcd5) != (out.flags & 0xcd5);
  *wrong += out.general[7] != saved_stack;
  return sum;
}

static void all_shapes(void) {
  for (int s = 0; s < SHAPES; s++) {
    uint64_t first = 0;
    int wrong = 0, differ = 0;
    for (unsigned seed = 0; seed < 12; seed++) {
      for (int again = 0; again < 2; again++) {
        fill(seed);
        memset(cells, 0, sizeof cells);
        target = (uint64_t)shapes[s].code;
        enter();
        uint64_t got = outcome(&shapes[s], &wrong);
        if (seed % 12 == 0 && again == 0) first = got;
        if (again == 1 && seed == 0) differ += got != first;
        if (again == 1) first = digest(first, got);
      }
    }
    printf("%s: %lx, %d wrong, %d differ\n", shapes[s].name, (long)first, wrong, differ);
  }
  // Straight to the instruction, as some loops do.
  int wrong = 0;
  for (int s = 0; s < SHAPES; s++) {
    for (int i = 0; i < 5; i++) {
      fill(i);
      target = (uint64_t)shapes[s].call;
      enter();
      wrong += out.general[0] != (uint64_t)-EBADF || out.general[2] != (uint64_t)shapes[s].behind;
    }
  }
  CHECK(wrong == 0, "jumps straight to the instruction");
}

// ---- Signals ----

extern const char __executable_start[], etext[];
static volatile long signals, outside, bent;

static void looks(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  const char *rip = (const char *)r[REG_RIP];
  signals++;
  if (rip < __executable_start || rip >= etext) outside++;
  for (int s = 0; s < SHAPES; s++) {
    if (rip < shapes[s].code || rip > shapes[s].behind) continue;
    // What no shape changes, and at the instruction and behind it what it takes and gives.
    bent += r[REG_RBX] != (greg_t)in.general[1] || r[REG_R15] != (greg_t)in.general[15] || (uint64_t)r[REG_RSP] != saved_stack;
    bent += (r[REG_EFL] & 0xcd5) != (greg_t)(in.flags & 0xcd5) && strcmp(shapes[s].name, "number") == 0;
    if (rip == shapes[s].call && !strcmp(shapes[s].name, "number")) bent += r[REG_RAX] != 3;
    if (rip == shapes[s].behind && !strcmp(shapes[s].name, "number"))
      bent += r[REG_RAX] != -EBADF || r[REG_RCX] != (greg_t)rip;
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

// 20000 signals; where each takes the round through a tracer, those of ten seconds. Only who sends them looks at the
// clock: the kernel's code for that (vDSO) is none of the program's.
static volatile int is_over;

static void *pesters(void *thread) {
  double until = now() + 10;
  while (signals < 20000 && (signals < 1000 || now() < until)) {
    pthread_kill(*(pthread_t *)thread, SIGUSR1);
    for (volatile int i = 0; i < 50; i++) {}
  }
  is_over = 1;
  return NULL;
}

static void hammered(void) {
  struct sigaction action = {.sa_sigaction = looks, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  pthread_t self = pthread_self(), other;
  int wrong = 0;
  pthread_create(&other, NULL, pesters, &self);
  while (!is_over) {
    for (int s = 0; s < SHAPES; s++) {
      if (!strncmp(shapes[s].name, "tail_add", 8)) continue;
      for (unsigned i = 0; i < 20; i++) {
        fill(1000 + i);
        in.flags = 0x202 | (i & 1 ? 0x8d5 : 0);
        memset(cells, 0, sizeof cells);
        target = (uint64_t)shapes[s].code;
        enter();
        int bad = 0;
        outcome(&shapes[s], &bad);
        wrong += bad;
      }
    }
  }
  pthread_join(other, NULL);
  CHECK(wrong == 0, "calls right under thousands of signals");
  CHECK(outside == 0, "every signal finds the program's own code");
  CHECK(bent == 0, "and its own registers");
}

// ---- Code in other memory ----

static int code_file(unsigned number) {
  int fd = memfd_create("code", 0);
  unsigned char page[4096];
  memset(page, 0xcc, sizeof page);
  for (int k = 0; k < 16; k++) {
    // mov $number, %eax; syscall; ret, at every alignment
    unsigned char *at = page + 64 * k + k;
    memcpy(at, (unsigned char[]){0xb8, number, number >> 8, 0, 0, 0x0f, 0x05, 0xc3}, 8);
  }
  if (write(fd, page, sizeof page) != sizeof page) perror("write");
  return fd;
}
static long at(const void *code, int k) { return ((long (*)(void))((const char *)code + 65 * k))(); }

static int calls(const void *code, long want, int times) {
  int wrong = 0;
  for (int i = 0; i < times; i++)
    for (int k = 0; k < 16; k++) wrong += at(code, k) != want;
  return wrong;
}

static void mapped_code(void) {
  long pid = getpid(), parent = getppid();
  int a = code_file(SYS_getpid), b = code_file(SYS_getppid);
  char *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, a, 0);
  CHECK(calls(code, pid, 20) == 0, "code in a mapped file");
  unsigned char now[8];
  CHECK(pread(a, now, 8, 65) == 8 && now[0] == 0xb8, "the file stays as it was");
  CHECK(mmap(code, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, b, 0) == code && calls(code, parent, 20) == 0,
        "other code mapped over it");
  CHECK(mprotect(code, 4096, PROT_READ | PROT_WRITE) == 0, "made writable");
  int original = 0;
  for (int k = 0; k < 16; k++) original += (unsigned char)code[65 * k] == 0xb8 && code[65 * k + 1] == SYS_getppid;
  CHECK(original == 16, "then its bytes are its own");
  for (int k = 0; k < 16; k++) code[65 * k + 1] = SYS_getpid;
  CHECK(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0 && calls(code, pid, 20) == 0, "changed and run");
  munmap(code, 4096);
  code = mmap(code, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, b, 0);
  CHECK(calls(code, parent, 20) == 0, "unmapped and mapped anew");
  char *elsewhere = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *moved = mremap(code, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere);
  CHECK(moved == elsewhere && calls(moved, parent, 20) == 0, "moved");
  CHECK(madvise(moved, 4096, MADV_DONTNEED) == 0 && calls(moved, parent, 20) == 0, "dropped and read again");
  munmap(moved, 4096);
  char *shared = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, a, 0);
  CHECK(calls(shared, pid, 20) == 0, "shared with the file");
  CHECK(pread(a, now, 8, 65) == 8 && now[0] == 0xb8, "which stays as it was");
  munmap(shared, 4096);
  close(a), close(b);

  // As a compiler at run time has it: written while it is executable, and by turns.
  char *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int wrong = 0;
  for (int i = 0; i < 50; i++) {
    int number = i % 2 ? SYS_getpid : SYS_getppid;
    for (int k = 0; k < 16; k++)
      memcpy(made + 65 * k, (unsigned char[]){0xb8, number, 0, 0, 0, 0x0f, 0x05, 0xc3}, 8);
    wrong += calls(made, i % 2 ? pid : parent, 5);
    wrong += (unsigned char)made[0] != 0xb8;
  }
  CHECK(wrong == 0, "code that is rewritten as it runs");
  wrong = 0;
  for (int i = 0; i < 50; i++) {
    mprotect(made, 4096, PROT_READ | PROT_WRITE);
    int number = i % 2 ? SYS_getpid : SYS_getppid;
    for (int k = 0; k < 16; k++) wrong += (unsigned char)made[65 * k] != 0xb8, made[65 * k + 1] = number;
    mprotect(made, 4096, PROT_READ | PROT_EXEC);
    wrong += calls(made, i % 2 ? pid : parent, 5);
  }
  CHECK(wrong == 0, "code that is written and executed by turns");
  munmap(made, 4096);
}

// ---- Processes and threads ----

static void children(void) {
  int file = code_file(SYS_gettid), status, wrong = 0;
  char *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  for (int round = 0; round < 20; round++) {
    if (round % 5 == 0) wrong += calls(code, syscall(SYS_gettid), 3);
    pid_t child = fork();
    if (child == 0) _exit(calls(code, getpid(), 5) != 0);
    waitpid(child, &status, 0);
    wrong += status != 0;
    child = vfork();
    if (child == 0) _exit(calls(code, syscall(SYS_gettid), 5) != 0);
    waitpid(child, &status, 0);
    wrong += status != 0;
    mmap(code, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0);
  }
  CHECK(wrong == 0, "children of fork and vfork run the parent's code, and it theirs");
  munmap(code, 4096);
  close(file);
}

enum { THREADS = 4 };
static char *volatile shared_code;
static pthread_barrier_t gate;
static volatile int stop;

static void *shares(void *wrong) {
  for (;;) {
    pthread_barrier_wait(&gate);
    if (stop) return NULL;
    long self = syscall(SYS_gettid);
    *(int *)wrong += calls(shared_code, self, 20);
    pthread_barrier_wait(&gate);
  }
}

// All threads meet the same fresh code at the same moment.
static void threads(double seconds) {
  int file = code_file(SYS_gettid), wrong[THREADS] = {0}, rounds = 0, sum = 0;
  pthread_t others[THREADS];
  double end = now() + seconds;
  pthread_barrier_init(&gate, NULL, THREADS + 1);
  for (int i = 0; i < THREADS; i++) pthread_create(&others[i], NULL, shares, &wrong[i]);
  shared_code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  do {
    pthread_barrier_wait(&gate);
    // Forks in the middle of it.
    if (rounds % 8 == 0) {
      int status;
      pid_t child = fork();
      if (child == 0) _exit(calls(shared_code, getpid(), 3) != 0);
      waitpid(child, &status, 0);
      sum += status != 0;
    }
    pthread_barrier_wait(&gate);
    mmap(shared_code, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0);
    rounds++;
  } while (now() < end);
  stop = 1;
  pthread_barrier_wait(&gate);
  for (int i = 0; i < THREADS; i++) pthread_join(others[i], NULL), sum += wrong[i];
  CHECK(sum == 0, "threads that meet fresh code together");
  if (seconds > 5) printf("%d rounds\n", rounds);
  close(file);
}

static uint64_t checksum(void) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char *p = __executable_start; p < etext; p++) sum = digest(sum, (unsigned char)*p);
  return sum;
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "checksum")) {
    // A program that makes sure nobody has touched its code.
    uint64_t before = checksum();
    for (int i = 0; i < 10; i++) getppid();
    puts(checksum() == before ? "same" : "changed");
    return 0;
  }
  if (argc > 2 && !strcmp(argv[1], "threads")) {
    threads(atof(argv[2]));
    return done();
  }
  all_shapes();
  hammered();
  mapped_code();
  children();
  threads(0.5);
  return done();
}
