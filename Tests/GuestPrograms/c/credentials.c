// Credentials belong to the process: a change by one thread holds for all, and disturbs no call that they are making.
#include "_freebsd.h"

enum { THREADS = 4, CHANGES = 300, SYS_seteuid = 183, SYS_geteuid = 25, SYS_setregid = 127 };

static char stacks[THREADS][16384] __attribute__((aligned(16)));
static u64 tls[THREADS][2];
static long child_tid[THREADS];
static volatile long ended[THREADS];
static volatile int stop, wrong;
static long self;

static void calls(void *argument) {
  long i = (long)argument;
  while (!stop) {
    // A call that got lost leaves its own number, or whatever was in the register.
    if (SYS(getpid, 0) != self || SYS(close, -1) != -EBADF || SYS(sched_yield, 0) != 0)
      __atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST);
  }
  SYS(thr_exit, &ended[i]);
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  long user = SYS(geteuid, 0), refused = 0;
  self = SYS(getpid, 0);
  for (long i = 0; i < THREADS; i++) {
    thr_param p = {calls, (void *)i, stacks[i], sizeof stacks[i], (char *)tls[i], 16, &child_tid[i], &child_tid[i], 0, NULL, {0}};
    if (SYS(thr_new, &p, sizeof p) != 0) return 2;
  }
  for (int i = 0; i < CHANGES; i++) refused += SYS(seteuid, user) != 0;
  stop = 1;
  for (int i = 0; i < THREADS; i++)
    while (ended[i] == 0) SYS(_umtx_op, &ended[i], UMTX_OP_WAIT, 0, 0, 0);
  CHECK(refused == 0, "300 changes to the same user");
  CHECK(wrong == 0, "the calls of four threads meanwhile");
  return done();
}
