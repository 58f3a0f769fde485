// Clocks read over and over: under signals that come in between, with the vector registers in use, and after
// the program has unmapped everything above its stack, where a host keeps code of its own.
#include "_freebsd.h"

enum { CLOCK_REALTIME_ = 0, CLOCK_VIRTUAL_ = 1, CLOCK_MONOTONIC_ = 4, CLOCK_UPTIME_ = 5, CLOCK_PROF_ = 2, LONG = 200000000 };

static volatile long ticks;

static void tick(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info, (void)context;
  timespec now;
  SYS(clock_gettime, CLOCK_MONOTONIC_, &now);
  // What it leaves behind must not be seen.
  __asm__ volatile("pcmpeqd %%xmm1, %%xmm1\n\tpcmpeqd %%xmm9, %%xmm9" ::: "xmm1", "xmm9");
  ticks++;
}

static i64 nanoseconds(const timespec *time) { return time->sec * 1000000000 + time->nsec; }

static long clock_keeping_vectors(long clock, timespec *time, int *kept) {
  u64 in[2] = {0x0123456789abcdef, 0xfedcba9876543210}, out[2], other[2];
  long result = SYS_clock_gettime;
  __asm__ volatile("movups %[in], %%xmm1\n\tmovups %[in], %%xmm9\n\tsyscall\n\t"
                   "movups %%xmm1, %[out]\n\tmovups %%xmm9, %[other]\n\tjnc 1f\n\tneg %[result]\n1:"
                   : [result] "+a"(result), [out] "=m"(out), [other] "=m"(other)
                   : "D"(clock), "S"(time), [in] "m"(in)
                   : "rcx", "r11", "rdx", "memory", "xmm1", "xmm9");
  *kept &= out[0] == in[0] && out[1] == in[1] && other[0] == in[0] && other[1] == in[1];
  return result;
}

static void many(const char *when) {
  int kept = 1, forward = 1, fine = 1;
  i64 before = 0, end = 0;
  for (int i = 0; i == 0 || before < end; i++) {
    timespec now = {0};
    fine &= clock_keeping_vectors(i & 1 ? CLOCK_MONOTONIC_ : CLOCK_UPTIME_, &now, &kept) == 0;
    fine &= now.nsec >= 0 && now.nsec < 1000000000;
    forward &= nanoseconds(&now) >= before;
    before = nanoseconds(&now);
    if (i == 0) end = before + LONG;
    if (!fine) break;
  }
  print("%s\n", when);
  CHECK(fine, "every call succeeds");
  CHECK(forward, "time goes forward");
  CHECK(kept, "vector registers stay");
}

static void arguments(void) {
  timespec now, later;
  CHECK(SYS(clock_gettime, CLOCK_REALTIME_, &now) == 0 && now.sec > 1700000000, "CLOCK_REALTIME");
  CHECK(SYS(clock_gettime, CLOCK_VIRTUAL_, &now) == 0 && SYS(clock_gettime, CLOCK_PROF_, &now) == 0, "times of a process");
  CHECK(SYS(clock_gettime, 77, &now) == -EINVAL, "no such clock: EINVAL");
  CHECK(SYS(clock_gettime, CLOCK_MONOTONIC_, 8) == -EFAULT, "a bad address: EFAULT");
  CHECK(SYS(clock_gettime, CLOCK_MONOTONIC_, (char *)&now + 1) == 0, "an odd address");
  SYS(clock_gettime, CLOCK_MONOTONIC_, &now);
  timespec pause = {0, 20000000};
  SYS(nanosleep, &pause, 0);
  SYS(clock_gettime, CLOCK_MONOTONIC_, &later);
  CHECK(nanoseconds(&later) - nanoseconds(&now) >= 20000000, "a pause is as long as the clock says");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  arguments();
  many("undisturbed");

  sigaction action = {tick, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGALRM, &action, 0);
  i64 every[4] = {0, 1000, 0, 1000};
  SYS(setitimer, 0, every, 0);
  many("with a signal each millisecond");
  CHECK(ticks > 20, "signals came");
  i64 never[4] = {0};
  SYS(setitimer, 0, never, 0);

  // From the first unmapped page above the stack on.
  u64 page = (u64)&action & ~4095ul;
  while (SYS(msync, page, 4096, 1) == 0) page += 4096;
  CHECK(SYS(munmap, page, 0x7ffffffff000 - page) == 0, "munmap");
  many("with nothing above the stack");
  return done();
}
