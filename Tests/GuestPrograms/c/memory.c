// Memory calls with FreeBSD's meanings: what its flags ask for, and where it rounds where others refuse.
#include "_freebsd.h"

#define PAGE 4096L
enum { MAP_STACK = 0x400, MAP_32BIT = 0x80000, MADV_DONTNEED = 4, MADV_FREE = 5 };
#define MAP_ALIGNED(bits) ((long)(bits) << 24)

static volatile int faults;
static void steps(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info;
  faults++;
  context->m.rip += 2; // mov (%rax), %cl or mov %cl, (%rax)
}

static int readable(const void *at) {
  faults = 0;
  __asm__ volatile(".byte 0x8a, 0x08" : : "a"(at) : "rcx", "memory");
  return faults == 0;
}

static int writable(void *at) {
  faults = 0;
  __asm__ volatile(".byte 0x88, 0x08" : : "a"(at), "c"(7) : "memory");
  return faults == 0;
}

static char *map(void *at, long size, int protection, long flags) {
  return (char *)SYS(mmap, at, size, protection, flags, -1, 0);
}

static int failed(char *p) { return (long)p < 0 && (long)p > -200; }

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  sigaction action = {steps, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGSEGV, &action, 0);
  SYS(sigaction, SIGBUS, &action, 0);
  const long anonymous = MAP_ANON | MAP_PRIVATE;
  char *p = map(0, 8 * PAGE, PROT_READ | PROT_WRITE, anonymous);
  CHECK(!failed(p) && ((u64)p & (PAGE - 1)) == 0 && readable(p) && writable(p + 8 * PAGE - 1), "mmap");
  CHECK(SYS(mprotect, p + PAGE, PAGE, PROT_READ) == 0 && readable(p + PAGE) && !writable(p + PAGE), "mprotect");
  CHECK(SYS(mprotect, p + 3 * PAGE + 100, 10, PROT_NONE) == 0 && !readable(p + 3 * PAGE), "mprotect rounds down");
  CHECK(readable(p + 4 * PAGE) && readable(p + 2 * PAGE), "and touches no neighbour");
  CHECK(SYS(munmap, p + 5 * PAGE, PAGE) == 0 && !readable(p + 5 * PAGE) && readable(p + 6 * PAGE), "munmap");
  p[0] = 'a';
  char *q = map(p, PAGE, PROT_READ | PROT_WRITE, anonymous | MAP_FIXED);
  CHECK(q == p && p[0] == 0, "MAP_FIXED replaces");
  CHECK(failed(map(p, PAGE, PROT_READ, anonymous | MAP_FIXED | MAP_EXCL)) && readable(p), "MAP_EXCL doesn't");
  CHECK(map(p + 5 * PAGE, PAGE, PROT_READ, anonymous | MAP_FIXED | MAP_EXCL) == p + 5 * PAGE, "but takes what is free");
  CHECK((long)map(p, PAGE, PROT_READ, anonymous | MAP_EXCL) == -EINVAL, "MAP_EXCL alone: EINVAL");
  q = map(0, 4 * PAGE, PROT_NONE, MAP_GUARD);
  CHECK(!failed(q) && !readable(q) && !readable(q + 3 * PAGE), "MAP_GUARD reserves");
  CHECK(map(q + PAGE, PAGE, PROT_READ | PROT_WRITE, anonymous | MAP_FIXED) == q + PAGE && writable(q + PAGE), "and is filled");
  CHECK((long)map(0, PAGE, PROT_READ, MAP_GUARD) == -EINVAL, "MAP_GUARD with rights: EINVAL");
  q = map(0, 2 << 20, PROT_READ | PROT_WRITE, anonymous | MAP_ALIGNED(21));
  CHECK(!failed(q) && ((u64)q & ((2 << 20) - 1)) == 0 && writable(q + (2 << 20) - 1), "MAP_ALIGNED(21)");
  q = map(0, PAGE, PROT_READ | PROT_WRITE, anonymous | MAP_32BIT);
  CHECK(!failed(q) && (u64)q < 1UL << 31, "MAP_32BIT");
  q = map(0, 64 * PAGE, PROT_READ | PROT_WRITE, anonymous | MAP_STACK);
  CHECK(!failed(q) && writable(q + 64 * PAGE - 1), "MAP_STACK");
  memset(p, 'x', PAGE);
  CHECK(SYS(madvise, p, PAGE, MADV_FREE) == 0 && (p[0] == 'x' || p[0] == 0), "MADV_FREE");
  CHECK(SYS(madvise, p, PAGE, 999) == -EINVAL, "no such advice: EINVAL");
  // The page after the last of a file.
  char name[64];
  scratch_name(name, "/tmp/memory-");
  int file = (int)SYS(open, name, O_CREAT | O_RDWR, 0600);
  SYS(unlink, name);
  SYS(ftruncate, file, PAGE);
  q = (char *)SYS(mmap, 0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  CHECK(readable(q) && !readable(q + PAGE), "behind the end of a file");
  q[0] = 'm';
  char byte = 0;
  CHECK(SYS(pread, file, &byte, 1, 0) == 1 && byte == 'm', "MAP_SHARED");
  CHECK(SYS(read, file, q + PAGE, 10) == -EFAULT, "read to behind it: EFAULT");
  long child = SYS(fork, 0);
  if (child == 0) {
    q[0] = 'c';
    p[0] = 'c';
    quit(0);
  }
  SYS(wait4, child, 0, 0, 0);
  CHECK(q[0] == 'c' && p[0] != 'c', "shared and private with a child");
  return done();
}
