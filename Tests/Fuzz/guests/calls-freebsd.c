// Random FreeBSD calls. See random.h.
#include "random.h"

static long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  unsigned char failed;
  __asm__ volatile("syscall" : "+a"(number), "=@ccc"(failed), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                   : "D"(a), "S"(b) : "rcx", "r11", "memory");
  return failed ? -number : number;
}

static _Noreturn void end_process(int status) { for (;;) call6(1, status, 0, 0, 0, 0, 0); }
static _Noreturn void end_thread(void) { for (;;) call6(431, 0, 0, 0, 0, 0, 0); }

static void pause_ms(long milliseconds) {
  long t[2] = {0, milliseconds * 1000000};
  call6(240, (long)t, 0, 0, 0, 0, 0);
}

static char *map_pages(u64 size) { return (char *)call6(477, 0, (long)size, 3, 0x1002, -1, 0); }
static void unmap(char *at, u64 size) { call6(73, (long)at, (long)size, 0, 0, 0, 0); }

static void start_thread(void (*start)(void *), void *argument, char *stack, u64 size) {
  struct {
    void (*start)(void *);
    void *argument;
    char *stack_base;
    u64 stack_size;
    char *tls_base;
    u64 tls_size;
    long *child_tid, *parent_tid;
    long flags;
    void *priority;
    void *spare[3];
  } t = {.start = start, .argument = argument, .stack_base = stack, .stack_size = size};
  if (call6(455, (long)&t, sizeof t, 0, 0, 0, 0) < 0) end_process(65);
}

static void ignore_signals(void) {
  struct { long handler; int flags; u32 mask[4]; } action = {1, 0, {0}};
  for (long n = 1; n < 65; n++) if (n != 4 && n != 5 && n != 8 && n != 10 && n != 11 && n != 20)
    call6(416, n, (long)&action, 0, 0, 0, 0);
}

static long random_number(u64 r) {
  switch (r % 64) {
  case 0: return (long)(r >> 8);
  case 1: return (long)(580 + (r >> 8) % 500);
  case 2: return -(long)((r >> 8) % 64);
  default: return (long)((r >> 8) % 600);
  }
}

static int is_end(long number) { return (int)number == 1; }

static int is_fork(long n) { return n == 2 || n == 66 || n == 251 || n == 518; }

// vfork; rfork with RFMEM.
static int shares_stack(long n, const long *a) { return n == 66 || (n == 251 && a[0] & 0x20); }

static long fork_sharing(long number, const long *a) {
  register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5], rdx __asm__("rdx") = a[2];
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "xor %%edi, %%edi\n"
      "mov $1, %%eax\n"
      "syscall\n"
      "hlt\n"
      "1:\n"
      : "+a"(number), "+r"(rdx), "+r"(r10), "+r"(r8), "+r"(r9) : "D"(a[0]), "S"(a[1]) : "rcx", "r11", "memory");
  return number;
}


static long harmless_process(u64 r) { return r & 256 ? call6(20, 0, 0, 0, 0, 0, 0) : 0x3ffffff0; }

static int tame(u64 r, long number, long *a) {
  static const long inner[] = {20, 4, 477, 560, 232, 39};
  switch ((int)number) {
  case 36: return 0;                                      // sync: the whole host's disks
  case 82: case 147: return 0;                            // setpgid, setsid: out of the reach of whoever cleans up
  case 0: case 198: a[0] = inner[r / 2 % 6]; return 1;    // syscall, __syscall: the number comes first
  case 431: case 341: return r % 64 == 0;                 // thr_exit, sigsuspend: one thread less
  case 463: case 195: return r % 64 == 0;                 // abort2, setrlimit: of processor time, say
  // utrace, old sendfile: Linux lets its uretprobe and uprobe, which have these numbers, through every seccomp filter,
  // and answers with SIGILL.
  case 335: case 336: return r % 64 == 0;
  case 417: case 422: case 423: return r % 256 == 0;      // sigreturn, setcontext, swapcontext: to somewhere
  case 59: case 492: return r % 16 == 0;                  // execve, fexecve
  case 73: case 74: case 165: return r % 32 == 0;         // munmap, mprotect, sysarch
  case 2: case 66: case 251: case 518: return r % 16 == 0;     // fork, vfork, rfork, pdfork
  case 26: a[1] = harmless_process(r); return (int)a[0] != 0;  // ptrace, but not to be traced: the next signal stops
  case 37: case 456: case 327: case 329: case 481:
    // kill, sigqueue, sched_setparam, sched_setscheduler, thr_kill2
    a[0] = harmless_process(r);
    if (number == 481) a[2] = mild_signal(r, 20, 16);
    else a[1] = mild_signal(r, 20, 16);
    return 1;
  case 433: a[0] = 0x3ffffff0; return 1;                  // thr_kill
  case 519: return 0;                                     // pdkill: whose descriptor it is cannot be told
  case 96: case 166: a[1] = harmless_process(r); return a[0] != 1 && a[0] != 2;  // setpriority, rtprio
  case 544: a[0] = 0; a[1] = harmless_process(r); return 1;    // procctl
  case 488: case 561: a[2] = harmless_process(r); return 1;    // cpuset_setaffinity, cpuset_setdomain
  case 92: return a[1] != 6;                              // fcntl F_SETOWN
  default: return 1;
  }
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call begin\n");
