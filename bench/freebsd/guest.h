// What a FreeBSD program needs when no FreeBSD headers or libraries are at hand: its start, its calls by number
// (sys/syscall.h of FreeBSD 14), and the timing that the Linux programs have in measure.h.
#ifndef GUEST_H
#define GUEST_H
typedef unsigned long u64;
typedef unsigned int u32;

enum {
  SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_wait4 = 7,
  SYS_getppid = 39, SYS_execve = 59, SYS_munmap = 73, SYS_clock_gettime = 232, SYS_kqueue = 362, SYS_sigaction = 416,
  SYS_thr_exit = 431, SYS_thr_self = 432, SYS_thr_kill = 433, SYS__umtx_op = 454, SYS_thr_new = 455, SYS_pread = 475,
  SYS_mmap = 477, SYS_pipe2 = 542, SYS_fstat = 551, SYS_fstatat = 552, SYS_kevent = 560,
};
enum { AT_FDCWD = -100, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x200, O_TRUNC = 0x400 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANON = 0x1000 };
enum { UMTX_OP_WAIT_UINT_PRIVATE = 15, UMTX_OP_WAKE_PRIVATE = 16 };

// Returns the result, or the negated errno: the carry flag tells which.
static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  unsigned char failed;
  __asm__ volatile("syscall"
                   : "+a"(number), "=@ccc"(failed), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                   : "D"(a), "S"(b)
                   : "rcx", "r11", "memory");
  return failed ? -number : number;
}
#define ARGUMENT(n, a, b, c, d, e, f, ...) \
  call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define call(...) ARGUMENT(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

static inline u64 length(const char *s) {
  u64 n = 0;
  while (s[n]) n++;
  return n;
}

static inline int equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// n from its last digit on, before `end`; returns where it begins.
static inline char *decimal(char *end, u64 n) {
  do *--end = '0' + n % 10;
  while (n /= 10);
  return end;
}

static _Noreturn void fail(const char *what, long result) {
  char text[24], *number = decimal(text + 23, result < 0 ? -result : result);
  text[23] = '\n';
  call(SYS_write, 2, what, length(what));
  call(SYS_write, 2, result < 0 ? " failed, errno " : " gave ", result < 0 ? 15 : 6);
  call(SYS_write, 2, number, text + 24 - number);
  for (;;) call(SYS_exit, 1);
}

static inline void expect(long result, long want, const char *what) {
  if (result != want) fail(what, result);
}

static inline u64 elapsed_ns(void) {
  struct { long sec, nsec; } t;
  call(SYS_clock_gettime, 4, &t);  // CLOCK_MONOTONIC
  return t.sec * 1000000000ul + t.nsec;
}

static u64 sample_ns = 100000000;
static char **wanted, **environment;

static inline int is_wanted(const char *name) {
  if (!*wanted) return 1;
  for (char **w = wanted; *w; w++) if (equal(*w, name)) return 1;
  return 0;
}

static inline u64 timed(void (*repeat)(long), long count) {
  u64 begin = elapsed_ns();
  repeat(count);
  return elapsed_ns() - begin;
}

// As in linux/measure.h.
static inline void measure(const char *name, void (*repeat)(long)) {
  if (!is_wanted(name)) return;
  long count = 1;
  u64 taken = timed(repeat, count);
  while (taken < sample_ns / 8) {
    count *= 2;
    taken = timed(repeat, count);
  }
  do {
    count = (long)(count * (sample_ns / (double)taken));
    if (count < 1) count = 1;
    taken = timed(repeat, count);
  } while (taken < sample_ns / 2);
  u64 tenths = taken * 10 / count;
  char line[128], *end = line + sizeof line, *at = end;
  *--at = '\n';
  *--at = '0' + tenths % 10;
  *--at = '.';
  at = decimal(at, tenths / 10);
  *--at = '\t';
  for (u64 n = length(name); n--;) *--at = name[n];
  call(SYS_write, 1, at, end - at);
}

static inline const char *setting(const char *name) {
  for (char **e = environment; *e; e++) {
    u64 n = length(name), i = 0;
    while (i < n && (*e)[i] == name[i]) i++;
    if (i == n && (*e)[n] == '=') return *e + n + 1;
  }
  return 0;
}

// A path in the driver's scratch folder.
static inline const char *scratch(const char *leaf) {
  static char path[1024];
  const char *folder = setting("BENCH_DIR");
  if (!folder) folder = "/tmp";
  u64 at = 0;
  for (u64 i = 0; folder[i] && at < 900; i++) path[at++] = folder[i];
  path[at++] = '/';
  for (u64 i = 0; leaf[i] && at < 1000; i++) path[at++] = leaf[i];
  return path;
}

struct thread_start {
  void (*start)(void *);
  void *argument;
  char *stack_base;
  u64 stack_size;
  char *tls_base;
  u64 tls_size;
  long *child_tid, *parent_tid;
  u32 flags;
  void *priority;
};

static inline void start_thread(void (*start)(void *), void *argument, char *stack, u64 size) {
  struct thread_start t = {.start = start, .argument = argument, .stack_base = stack, .stack_size = size};
  expect(call(SYS_thr_new, &t, sizeof t), 0, "thr_new");
}

static void run(void);

// The kernel hands over the address of argc in rdi.
__attribute__((used)) static _Noreturn void begin(long *at) {
  long argc = *at;
  char **argv = (char **)(at + 1);
  environment = argv + argc + 1;
  wanted = argv + (argc > 2 ? 2 : argc);
  u64 milliseconds = 0;
  if (argc > 1) for (char *c = argv[1]; *c >= '0' && *c <= '9'; c++) milliseconds = milliseconds * 10 + (*c - '0');
  if (milliseconds) sample_ns = milliseconds * 1000000;
  run();
  for (;;) call(SYS_exit, 0);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call begin\n");

// The compiler may call these for what it copies or clears.
void *memset(void *to, int byte, u64 n) {
  for (u64 i = 0; i < n; i++) ((volatile char *)to)[i] = (char)byte;
  return to;
}
void *memcpy(void *to, const void *from, u64 n) {
  for (u64 i = 0; i < n; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}
#endif
