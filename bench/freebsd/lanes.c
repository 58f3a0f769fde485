// Makes one call for ever, from one site of the shape that FreeBSD's library has: `lanes MS NAME`.
#include "guest.h"

static u64 set[4], status[32];

#define FOR_EVER(number, a, b, c, d)                                                                          \
  for (;;) {                                                                                                  \
    long result, third = (long)(c);                                                                           \
    register long r10 __asm__("r10") = (long)(d);                                                             \
    __asm__ volatile("mov $" #number ", %%rax\n\tsyscall"                                                     \
                     : "=&a"(result), "+d"(third), "+r"(r10)                                                  \
                     : "D"(a), "S"(b)                                                                         \
                     : "rcx", "r8", "r9", "r11", "memory");                                                   \
  }

static void run(void) {
  long file = call(SYS_open, "/dev/null", O_RDWR);
  if (is_wanted("getppid")) FOR_EVER(39, 0, 0, 0, 0);
  if (is_wanted("write")) FOR_EVER(4, file, set, 1, 0);
  if (is_wanted("fstatat")) FOR_EVER(552, AT_FDCWD, "/", status, 0);
  if (is_wanted("openat")) FOR_EVER(499, AT_FDCWD, "/absent", 0, 0);
  if (is_wanted("sigprocmask")) FOR_EVER(340, 1, 0, set, 0);
  if (is_wanted("umtx_wake")) FOR_EVER(454, set, UMTX_OP_WAKE_PRIVATE, 1, 0);
  if (is_wanted("umtx_wait")) FOR_EVER(454, set, UMTX_OP_WAIT_UINT_PRIVATE, 1, 0);
}
