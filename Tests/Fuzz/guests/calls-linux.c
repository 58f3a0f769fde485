// Random Linux calls. See random.h.
#include "random.h"

static long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return number;
}

static _Noreturn void end_process(int status) { for (;;) call6(231, status, 0, 0, 0, 0, 0); }
static _Noreturn void end_thread(void) { for (;;) call6(60, 0, 0, 0, 0, 0, 0); }

static void pause_ms(long milliseconds) {
  long t[2] = {0, milliseconds * 1000000};
  call6(35, (long)t, 0, 0, 0, 0, 0);
}

static char *map_pages(u64 size) { return (char *)call6(9, 0, (long)size, 3, 0x22, -1, 0); }
static void unmap(char *at, u64 size) { call6(11, (long)at, (long)size, 0, 0, 0, 0); }

// CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
static void start_thread(void (*start)(void *), void *argument, char *stack, u64 size) {
  void **top = (void **)(stack + size) - 2;
  top[0] = (void *)start;
  top[1] = argument;
  long number = 56;
  register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "xor %%ebp, %%ebp\n"
      "pop %%rax\n"
      "pop %%rdi\n"
      "call *%%rax\n"
      "1:\n"
      : "+a"(number) : "D"(0x50f00), "S"(top), "d"(0), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  if (number < 0) end_process(65);
}

static void ignore_signals(void) {
  long action[4] = {1, 0, 0, 0};
  for (long n = 1; n < 65; n++) if (n != 4 && n != 5 && n != 7 && n != 8 && n != 11 && n != 17)
    call6(13, n, (long)action, 0, 8, 0, 0);
}

static long random_number(u64 r) {
  switch (r % 64) {
  case 0: return (long)(r >> 8);
  case 1: return (long)(0x40000000 + (r >> 8) % 512);
  case 2: return -(long)((r >> 8) % 64);
  case 3: return (long)(450 + (r >> 8) % 100);
  default: return (long)((r >> 8) % 463);
  }
}

// The end of the process belongs to the watcher, so that its status means something.
static int is_end(long number) { return (int)number == 231; }

static int is_fork(long n) { return n == 56 || n == 57 || n == 58 || n == 435; }

// vfork; clone with CLONE_VM; clone3 whose arguments may ask for it.
static int shares_stack(long n, const long *a) { return n == 58 || (n == 56 && a[0] & 0x100) || n == 435; }

static long fork_sharing(long number, const long *a) {
  register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5], rdx __asm__("rdx") = a[2];
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "xor %%edi, %%edi\n"
      "mov $60, %%eax\n"
      "syscall\n"
      "hlt\n"
      "1:\n"
      : "+a"(number), "+r"(rdx), "+r"(r10), "+r"(r8), "+r"(r9) : "D"(a[0]), "S"(a[1]) : "rcx", "r11", "memory");
  return number;
}


// A process of one's own, or one that is not there: random numbers would meet the supervisor, which the user's own
// programs may signal and trace by right.
static long harmless_process(u64 r) { return r & 256 ? call6(39, 0, 0, 0, 0, 0, 0) : 0x3ffffff0; }

// A guest may send itself a fault that looks like a real one, with a code above zero: by rt_sigqueueinfo and its like,
// as the signal of a child's end, by F_SETSIG.
// Nobody can tell it from one that the stub raised, so it is not sent.
static int is_fault(long signal) { return signal == 4 || signal == 5 || signal == 7 || signal == 8 || signal == 11; }

static int tame(u64 r, long number, long *a) {
  switch ((int)number) {
  case 162: return 0;                                   // sync: the whole host's disks
  case 109: case 112: return 0;                         // setpgid, setsid: out of the reach of whoever cleans up
  case 34: case 130: case 60: return r % 64 == 0;       // pause, rt_sigsuspend, exit: one thread less
  case 160: return r % 64 == 0;                         // setrlimit: of processor time, say
  case 335: case 336: return r % 64 == 0;               // uretprobe, uprobe: SIGILL for who is none
  case 15: return r % 256 == 0;                         // rt_sigreturn: to somewhere
  case 59: case 322: case 135: return r % 16 == 0;      // execve, execveat, personality
  case 11: case 10: case 25: case 158: return r % 32 == 0;   // munmap, mprotect, mremap, arch_prctl
  case 56: if (is_fault(a[0] & 255)) return 0;          // clone: what the child's end sends
  // falls through
  case 57: case 58: case 435: return r % 16 == 0;       // fork, vfork, clone3
  case 101: a[1] = harmless_process(r); return (int)a[0] != 0;  // ptrace, but not to be traced: the next signal stops
  case 302: if (r % 16 != 0) a[2] = 0;                  // prlimit64
  // falls through
  case 62: case 129: case 310: case 311: case 142: case 143: case 144: case 203: case 256: case 279:
  case 314: case 434: case 312:
    // kill, rt_sigqueueinfo, process_vm_*, sched_set*, migrate_pages, move_pages, pidfd_open, kcmp
    a[0] = harmless_process(r);
    if (number == 62 || number == 129) a[1] = mild_signal(r, 17, 23);
    if (number == 129 && is_fault(a[1])) return 0;
    if (number == 312) a[1] = a[0];
    return 1;
  case 424: a[1] = mild_signal(r, 17, 23); return !is_fault(a[1]);  // pidfd_send_signal
  case 200: a[0] = 0x3ffffff0; return 1;                // tkill
  case 234: case 297:                                   // tgkill, rt_tgsigqueueinfo
    a[0] = a[1] = harmless_process(r);
    a[2] = mild_signal(r, 17, 23);
    return !is_fault(a[2]);
  case 141: case 251: a[1] = harmless_process(r); return (a[0] & 3) <= 1;  // setpriority, ioprio_set
  case 72: return (int)a[1] != 8 && (int)a[1] != 15 && (int)a[1] != 10;  // fcntl F_SETOWN, F_SETOWN_EX, F_SETSIG
  default: return 1;
  }
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
