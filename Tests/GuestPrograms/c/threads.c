// Threads by the calls that libthr and Go make: thr_new, thr_exit, thr_kill and _umtx_op.
#include "_freebsd.h"

enum { THREADS = 16 };
static char stacks[THREADS][16384] __attribute__((aligned(16)));
static u64 tls[THREADS][2];
static volatile long child_tid[THREADS], seen_tid[THREADS], ended[THREADS];
static volatile u32 word, arrived, release;
static volatile int caught_in, right;

static long wait_for(volatile void *at, u64 value, int operation) { return SYS(_umtx_op, at, operation, value, 0, 0); }
static long wake(volatile void *at, int n) { return SYS(_umtx_op, at, UMTX_OP_WAKE_PRIVATE, n, 0, 0); }

static void start(int i, void (*body)(void *)) {
  long parent = 0;
  ended[i] = 0;
  child_tid[i] = 0;
  thr_param p = {body, (void *)(long)i, stacks[i], sizeof stacks[i], (char *)tls[i], 16, (long *)&child_tid[i], &parent,
                 0, NULL, {0}};
  long result = SYS(thr_new, &p, sizeof p);
  if (result != 0 || parent == 0) CHECK(0, "thr_new");
}

static void join(int i) {
  while (ended[i] == 0) wait_for(&ended[i], 0, UMTX_OP_WAIT);
}

static void checks_itself(void *argument) {
  long i = (long)argument, tid;
  u64 own;
  SYS(thr_self, &tid);
  seen_tid[i] = tid;
  __asm__ volatile("mov %%fs:0, %0" : "=r"(own));
  if (own == 0xabc0 + (u64)i && ((u64)&tid & ~16383UL) != 0 && (char *)&tid > stacks[i] &&
      (char *)&tid < stacks[i] + sizeof stacks[i])
    __atomic_fetch_add(&right, 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
  wake(&arrived, 1);
  while (release == 0) wait_for(&release, 0, UMTX_OP_WAIT_UINT_PRIVATE);
  SYS(thr_exit, &ended[i]); // stores 1 and wakes
}

static void many(void) {
  for (int i = 0; i < THREADS; i++) {
    tls[i][0] = 0xabc0 + (u64)i;
    start(i, checks_itself);
  }
  for (u32 n; (n = arrived) < THREADS;) wait_for(&arrived, n, UMTX_OP_WAIT_UINT_PRIVATE);
  release = 1;
  wake(&release, 1000);
  for (int i = 0; i < THREADS; i++) join(i);
  int same_tids = 0, different = 1;
  for (int i = 0; i < THREADS; i++) {
    same_tids += seen_tid[i] == child_tid[i];
    for (int j = 0; j < i; j++) different &= seen_tid[i] != seen_tid[j];
  }
  CHECK(right == THREADS, "16 threads on their stacks with their own FS base");
  CHECK(same_tids == THREADS && different, "their numbers, stored before they started");
}

static void timeouts(void) {
  struct { timespec time; u32 flags, clock; } limit = {{0, 5000000}, 0, 4 /* CLOCK_MONOTONIC */};
  timespec before, after, short_time = {0, 5000000};
  word = 1;
  SYS(clock_gettime, 4, &before);
  CHECK(SYS(_umtx_op, &word, UMTX_OP_WAIT_UINT_PRIVATE, 1, sizeof limit, &limit) == -ETIMEDOUT, "WAIT_UINT: ETIMEDOUT");
  CHECK(SYS(_umtx_op, &word, UMTX_OP_WAIT_UINT_PRIVATE, 1, sizeof short_time, &short_time) == -ETIMEDOUT,
        "with a timespec alone");
  SYS(clock_gettime, 4, &after);
  CHECK((after.sec - before.sec) * 1000000000 + after.nsec - before.nsec >= 10000000, "no sooner");
  CHECK(SYS(_umtx_op, &word, UMTX_OP_WAIT_UINT_PRIVATE, 2, 0, 0) == 0, "another value: 0 at once");
  SYS(clock_gettime, 4, &limit.time);
  limit.time.nsec += 5000000;
  if (limit.time.nsec >= 1000000000) limit.time.sec++, limit.time.nsec -= 1000000000;
  limit.flags = 1; // UMTX_ABSTIME
  CHECK(SYS(_umtx_op, &word, UMTX_OP_WAIT_UINT_PRIVATE, 1, sizeof limit, &limit) == -ETIMEDOUT, "an absolute time");
  CHECK(SYS(_umtx_op, 8, UMTX_OP_WAIT_UINT_PRIVATE, 1, 0, 0) == -EFAULT, "bad pointer: EFAULT");
  CHECK(SYS(_umtx_op, &word, 9999, 1, 0, 0) == -EINVAL, "no such operation: EINVAL");
  CHECK(SYS(_umtx_op, &word, UMTX_OP_WAKE_PRIVATE, 1, 0, 0) == 0, "wake of nobody: 0");
}

static volatile u32 ball;
static void plays(void *argument) {
  long i = (long)argument;
  for (u32 turn = 0; turn < 2000; turn++) {
    for (u32 now; (now = ball) % 2 != (u32)i;) wait_for(&ball, now, UMTX_OP_WAIT_UINT_PRIVATE);
    ball++;
    wake(&ball, 1);
  }
  SYS(thr_exit, &ended[i]);
}

static void ping_pong(void) {
  start(0, plays);
  start(1, plays);
  join(0);
  join(1);
  CHECK(ball == 4000, "4000 hand-overs");
}

static void notes(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info, (void)context;
  long tid;
  SYS(thr_self, &tid);
  caught_in = (int)tid;
}

static void spins(void *argument) {
  long i = (long)argument;
  __atomic_store_n(&arrived, 1, __ATOMIC_SEQ_CST);
  while (caught_in == 0) {
  }
  SYS(thr_exit, &ended[i]);
}

static void signals(void) {
  sigaction action = {notes, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGURG, &action, 0);
  arrived = 0;
  start(2, spins);
  while (arrived == 0) SYS(sched_yield, 0);
  CHECK(SYS(thr_kill, child_tid[2], SIGURG) == 0, "thr_kill of a busy thread");
  join(2);
  CHECK(caught_in == child_tid[2], "taken by that thread");
  long gone = child_tid[2];
  while (SYS(thr_kill, gone, 0) == 0) SYS(sched_yield, 0); // it has said its last word a moment before it ends
  CHECK(SYS(thr_kill, gone, SIGURG) == -ESRCH, "an ended thread: ESRCH");
}

static void creation(void) {
  thr_param p = {0};
  CHECK(SYS(thr_new, 8, sizeof p) == -EFAULT, "thr_new: EFAULT");
  CHECK(SYS(thr_new, &p, sizeof p + 100) == -EINVAL, "too large: EINVAL");
  for (int i = 0; i < 500; i++) {
    release = 1;
    start(3, checks_itself);
    join(3);
  }
  CHECK(1, "500 threads one after another");
  long child = SYS(fork, 0);
  int status = 0;
  if (child == 0) { // the others are not in the child
    long tid;
    SYS(thr_self, &tid);
    start(4, checks_itself);
    join(4);
    quit(child_tid[4] != tid ? 5 : 6);
  }
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 5 << 8, "a thread in a child");
}

static void ends_process(void *argument) {
  (void)argument;
  quit(7);
}

static void endings(void) {
  int status = 0;
  long child = SYS(fork, 0);
  if (child == 0) {
    start(5, ends_process);
    for (;;) pause_for(1000);
  }
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 7 << 8, "exit by another thread");
}

// A contested mutex of thread 16 or 17, which the host may have: its word is that of a robust one whose owner died.
static void small_numbers(void) {
  enum { TRYLOCK = 4, ROBUST = 0x10, OWNERDEAD = 96, NOTRECOVERABLE = 95 };
  struct { u32 owner, flags, ceilings[2]; u64 link; u32 spare[2]; } mutex = {0x80000010, 0, {0, 0}, 0, {0, 0}};
  CHECK(SYS(_umtx_op, &mutex, TRYLOCK, 0, 0, 0) == -16 && mutex.owner == 0x80000010, "thread 16 owns a mutex: EBUSY");
  mutex.owner = 0x80000011;
  CHECK(SYS(_umtx_op, &mutex, TRYLOCK, 0, 0, 0) == -16, "thread 17 does: EBUSY");
  mutex.flags = ROBUST;
  CHECK(SYS(_umtx_op, &mutex, TRYLOCK, 0, 0, 0) == -NOTRECOVERABLE, "a robust one: ENOTRECOVERABLE");
  mutex.owner = 0x80000010;
  CHECK(SYS(_umtx_op, &mutex, TRYLOCK, 0, 0, 0) == -OWNERDEAD, "its owner died: EOWNERDEAD");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  many();
  timeouts();
  ping_pong();
  signals();
  creation();
  endings();
  small_numbers();
  return done();
}
