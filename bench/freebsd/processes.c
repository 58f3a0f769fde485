// Threads, processes, mappings, and a fault that its handler steps over.
#include "guest.h"

static char stack[65536] __attribute__((aligned(16)));
static long child_tid;

// FreeBSD's kernel clears nothing at a thread's end, so the thread says itself that it is about to end.
static void end_at_once(void *unused) {
  (void)unused;
  call(SYS_thr_exit, &child_tid);  // stores 1 and wakes, as the C library's join expects
  for (;;) {}
}

static void thread_join(long n) {
  while (n--) {
    __atomic_store_n(&child_tid, 0, __ATOMIC_SEQ_CST);
    start_thread(end_at_once, 0, stack, sizeof stack);
    while (__atomic_load_n(&child_tid, __ATOMIC_SEQ_CST) == 0) call(SYS__umtx_op, &child_tid, 2 /* WAIT */, 0);
  }
}

static void reap(long child) {
  int status = 0;
  expect(call(SYS_wait4, child, &status, 0, 0), child, "wait4");
  expect(status, 0, "a child's status");
}

static void fork_wait(long n) {
  while (n--) {
    long child = call(SYS_fork);
    if (child < 0) fail("fork", child);
    if (child == 0) for (;;) call(SYS_exit, 0);
    reap(child);
  }
}

static const char *nothing;

static void fork_exec_wait(long n) {
  const char *arguments[] = {nothing, 0};
  while (n--) {
    long child = call(SYS_fork);
    if (child < 0) fail("fork", child);
    if (child == 0) {
      call(SYS_execve, nothing, arguments, environment);
      for (;;) call(SYS_exit, 127);
    }
    reap(child);
  }
}

static char *map(void) {
  long at = call(SYS_mmap, 0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (at < 0) fail("mmap", at);
  return (char *)at;
}

static void mmap_munmap(long n) { while (n--) expect(call(SYS_munmap, map(), 65536), 0, "munmap"); }

static void mmap_touch_munmap(long n) {
  while (n--) {
    char *at = map();
    *(volatile char *)at = 1;
    expect(call(SYS_munmap, at, 65536), 0, "munmap");
  }
}

struct sigaction {
  void (*handler)(int, void *, char *);
  int flags;
  u32 mask[4];
};
static char *unreachable;
static volatile long taken;

// rip stands 176 bytes into ucontext_t: after the mask, at 160 in mcontext_t (machine/ucontext.h).
static void step_over(int number, void *info, char *context) {
  (void)number, (void)info;
  taken = taken + 1;
  *(u64 *)(context + 176) += 3;  // the length of the store below
}

static void sigsegv(long n) {
  while (n--) __asm__ volatile(".byte 0xc6, 0x00, 0x00" : : "a"(unreachable) : "memory");  // movb $0, (%rax)
}

static void run(void) {
  measure("thread_join", thread_join);
  measure("fork_wait", fork_wait);
  nothing = setting("BENCH_NOTHING");
  if (nothing) measure("fork_exec_wait", fork_exec_wait);
  measure("mmap_munmap", mmap_munmap);
  measure("mmap_touch_munmap", mmap_touch_munmap);
  if (!is_wanted("sigsegv")) return;
  unreachable = (char *)call(SYS_mmap, 0, 4096, 0, MAP_PRIVATE | MAP_ANON, -1, 0);
  struct sigaction action = {.handler = step_over, .flags = 0x40 /* SA_SIGINFO */};
  // FreeBSD reports a store into a page that is mapped without access as SIGBUS or SIGSEGV, by a sysctl.
  expect(call(SYS_sigaction, 11, &action, 0), 0, "sigaction");
  expect(call(SYS_sigaction, 10, &action, 0), 0, "sigaction");
  measure("sigsegv", sigsegv);
  if (!taken) fail("signals taken", 0);
}
