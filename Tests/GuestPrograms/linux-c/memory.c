// Memory calls: mapping, moving, protecting and the faults at their edges.
#include "_check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PAGE 4096L

static sigjmp_buf back;
static volatile int fault_signal, fault_code;
static void *volatile fault_address;

static void catches(int number, siginfo_t *info, void *context) {
  (void)context;
  fault_signal = number;
  fault_code = info->si_code;
  fault_address = info->si_addr;
  siglongjmp(back, 1);
}

// The signal that touching an address raises, or 0.
static int touch(volatile char *where, int write) {
  fault_signal = 0;
  if (sigsetjmp(back, 1) == 0) {
    if (write)
      *where = 1;
    else
      (void)*where;
  }
  return fault_signal;
}

static char *pages(long n, int protection) {
  char *p = mmap(NULL, n * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

static void protection(void) {
  char *p = pages(4, PROT_READ | PROT_WRITE);
  memset(p, 'a', 4 * PAGE);
  CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0 && touch(p + PAGE, 0) == 0, "read-only: read");
  CHECK(touch(p + PAGE, 1) == SIGSEGV && fault_code == SEGV_ACCERR && fault_address == p + PAGE, "read-only: write");
  CHECK(mprotect(p + PAGE, PAGE, PROT_NONE) == 0 && touch(p + 2 * PAGE - 1, 0) == SIGSEGV, "PROT_NONE");
  CHECK(touch(p, 1) == 0 && touch(p + 2 * PAGE, 1) == 0, "neighbours");
  CHECK(munmap(p + PAGE, PAGE) == 0 && touch(p + PAGE, 0) == SIGSEGV && fault_code == SEGV_MAPERR, "unmapped");
  CHECK(mprotect(p, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM, "mprotect over a hole: ENOMEM");
  CHECK(syscall(SYS_mprotect, p + 1, PAGE, PROT_READ) == -1 && errno == EINVAL, "mprotect unaligned: EINVAL");
  CHECK(munmap((void *)0x7e0000000000, PAGE) == 0, "unmapping what is not mapped");
  CHECK(munmap((void *)(1ul << 63), PAGE) == -1 && errno == EINVAL, "past user space: EINVAL");
  munmap(p, 4 * PAGE);
  unsigned char *code = (unsigned char *)pages(1, PROT_READ | PROT_WRITE);
  memcpy(code, "\xb8\x2a\x00\x00\x00\xc3", 6); // mov $42, %eax; ret
  mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  CHECK(((int (*)(void))code)() == 42, "code made at run time");
  mprotect(code, PAGE, PROT_READ);
  fault_signal = 0;
  if (sigsetjmp(back, 1) == 0) ((int (*)(void))code)();
  CHECK(fault_signal == SIGSEGV && fault_address == code, "no right to execute");
}

static void placement(void) {
  char *p = pages(8, PROT_READ | PROT_WRITE);
  strcpy(p + 3 * PAGE, "kept");
  strcpy(p + 2 * PAGE, "gone");
  char *q = mmap(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(q == p + 2 * PAGE && *q == 0 && strcmp(p + 3 * PAGE, "kept") == 0, "MAP_FIXED replaces");
  q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000 /* MAP_FIXED_NOREPLACE */, -1, 0);
  CHECK(q == MAP_FAILED && errno == EEXIST, "MAP_FIXED_NOREPLACE: EEXIST");
  munmap(p, 8 * PAGE);
  q = mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(q == p + PAGE, "a free place asked for is given");
  munmap(q, PAGE);
  char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x40 /* MAP_32BIT */, -1, 0);
  CHECK(low != MAP_FAILED && (uintptr_t)low < 1UL << 32, "MAP_32BIT");
  struct {
    void *address;
    size_t length;
    int protection, flags, fd;
    off_t offset;
  } bad[] = {
      {NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
      {NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0},
      {NULL, PAGE, PROT_READ, MAP_PRIVATE, 4000, 0},
      {NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0},
      {(void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0},
      {NULL, -1UL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
      {NULL, 1UL << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
      {(void *)(1UL << 47), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0},
  };
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    errno = 0;
    void *got = mmap(bad[i].address, bad[i].length, bad[i].protection, bad[i].flags, bad[i].fd, bad[i].offset);
    printf("bad mapping %u: %s\n", i, got == MAP_FAILED ? strerror(errno) : "mapped");
  }
  errno = 0;
  SHOW(munmap((void *)1, PAGE));
  SHOW(munmap((void *)PAGE, 0));
  SHOW(munmap((void *)0x10000, PAGE));
}

static void moving(void) {
  char *p = pages(4, PROT_READ | PROT_WRITE);
  strcpy(p, "first page");
  char *q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  CHECK(q != MAP_FAILED && strcmp(q, "first page") == 0, "mremap: grown");
  q[63 * PAGE] = 1;
  char *shrunk = mremap(q, 64 * PAGE, 2 * PAGE, 0);
  CHECK(shrunk == q && touch(q + 2 * PAGE, 0) == SIGSEGV, "mremap: shrunk in place");
  char *target = pages(2, PROT_NONE);
  char *moved = mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
  CHECK(moved == target && strcmp(moved, "first page") == 0 && touch(q, 0) == SIGSEGV, "mremap: to a place");
  CHECK(mremap((void *)0x10000, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT, "of nothing: EFAULT");
  CHECK(mremap(moved + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EINVAL, "unaligned: EINVAL");
}

static void files(void) {
  char name[] = "/tmp/memory-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  if (ftruncate(fd, PAGE + 100) != 0) perror("ftruncate");
  char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(touch(p + PAGE + 200, 1) == 0, "behind the end, on the last page");
  CHECK(touch(p + 2 * PAGE, 0) == SIGBUS && fault_code == BUS_ADRERR && fault_address == p + 2 * PAGE,
        "behind the last page: SIGBUS");
  strcpy(p, "through the mapping");
  char text[32] = "";
  CHECK(pread(fd, text, 19, 0) == 19 && strcmp(text, "through the mapping") == 0, "file has it");
  CHECK(msync(p, PAGE, MS_SYNC) == 0, "msync");
  if (ftruncate(fd, 0) != 0) perror("ftruncate");
  CHECK(touch(p, 0) == SIGBUS, "after truncation: SIGBUS");
  // A bad page behind a good one: the call does what it can.
  if (ftruncate(fd, PAGE) != 0) perror("ftruncate");
  memset(p, 'x', PAGE);
  int out = open("/dev/null", O_WRONLY);
  int ends[2];
  if (pipe(ends) != 0) return;
  CHECK(write(ends[1], p + PAGE, 100) == -1 && errno == EFAULT, "write from behind the end: EFAULT");
  CHECK(pread(fd, p + PAGE, 10, 0) == -1 && errno == EFAULT, "read to behind the end: EFAULT");
  close(out);
  pid_t child = fork();
  if (child == 0) {
    memset(p, 'c', PAGE);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  CHECK(p[17] == 'c', "shared with a child");
}

static void advice(void) {
  char *p = pages(4, PROT_READ | PROT_WRITE);
  memset(p, 'a', 4 * PAGE);
  CHECK(madvise(p, 2 * PAGE, MADV_DONTNEED) == 0 && p[0] == 0 && p[3 * PAGE] == 'a', "MADV_DONTNEED");
  CHECK(madvise(p + 1, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL, "unaligned: EINVAL");
  CHECK(madvise(p, PAGE, 9999) == -1 && errno == EINVAL, "unknown advice: EINVAL");
  unsigned char resident[4];
  CHECK(mincore(p, 4 * PAGE, resident) == 0 && (resident[3] & 1) == 1, "mincore");
  CHECK(mlock(p, PAGE) == 0 && munlock(p, PAGE) == 0, "mlock");
  madvise(p, PAGE, MADV_DONTFORK);
  pid_t child = fork();
  if (child == 0) _exit(touch(p, 0));
  int status;
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == SIGSEGV, "MADV_DONTFORK");
}

static void heap(void) {
  char *start = (char *)syscall(SYS_brk, 0);
  char *end = (char *)syscall(SYS_brk, start + 10 * PAGE);
  CHECK(end == start + 10 * PAGE, "brk: grown");
  memset(start, 'h', 10 * PAGE);
  CHECK((char *)syscall(SYS_brk, 1) == end, "brk to nonsense: unchanged");
  CHECK((char *)syscall(SYS_brk, start) == start && touch(start + 2 * PAGE, 0) == SIGSEGV, "brk: shrunk");
  CHECK((char *)syscall(SYS_brk, start + 4 * PAGE) == start + 4 * PAGE && start[3 * PAGE] == 0, "grown again, zeroed");
  CHECK(sbrk(0) != (void *)-1, "the library's own");
}

static void copies(void) {
  char *p = pages(2, PROT_READ | PROT_WRITE);
  strcpy(p, "copied from oneself");
  char text[32] = "";
  struct iovec local = {text, 20}, remote = {p, 20};
  CHECK(process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 20 && strcmp(text, p) == 0, "process_vm_readv");
  // A stack that grows by itself.
  volatile char far[1 << 20];
  far[0] = 1;
  CHECK(far[0] == 1, "the stack grows");
}

int main(void) {
  static char stack[1 << 16];
  sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
  struct sigaction action = {.sa_sigaction = catches, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  protection();
  placement();
  moving();
  files();
  advice();
  heap();
  copies();
  return done();
}
