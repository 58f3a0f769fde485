// Two parties that wake each other in turn, and a kqueue that waits for what is there.
#include "guest.h"

enum { MINE, YOURS, OVER };
static u32 turn;
static char stack[65536] __attribute__((aligned(16)));
static u32 has_ended;

static void pass(u32 to) {
  __atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
  call(SYS__umtx_op, &turn, UMTX_OP_WAKE_PRIVATE, 1);
}

static void await_turn(u32 until) {
  u32 seen;
  while ((seen = __atomic_load_n(&turn, __ATOMIC_SEQ_CST)) != until && seen != OVER)
    call(SYS__umtx_op, &turn, UMTX_OP_WAIT_UINT_PRIVATE, seen);
}

static void partner(void *unused) {
  (void)unused;
  for (;;) {
    await_turn(YOURS);
    if (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) == OVER) break;
    pass(MINE);
  }
  __atomic_store_n(&has_ended, 1, __ATOMIC_SEQ_CST);
  for (;;) call(SYS_thr_exit, 0);
}

static void futex_pingpong(long n) {
  while (n--) {
    pass(YOURS);
    await_turn(MINE);
  }
}

struct kevent {
  u64 ident;
  short filter;
  unsigned short flags;
  u32 fflags;
  long data;
  void *udata;
  u64 ext[4];
};

static int queue, ends[2];

static void event_wait(long n) {
  struct kevent event;
  char c = 0;
  while (n--) {
    expect(call(SYS_write, ends[1], &c, 1), 1, "write");
    expect(call(SYS_kevent, queue, 0, 0, &event, 1, 0), 1, "kevent");
    expect(call(SYS_read, ends[0], &c, 1), 1, "read");
  }
}

static int to, from;

static void pipe_pingpong(long n) {
  char c = 0;
  while (n--) {
    expect(call(SYS_write, to, &c, 1), 1, "write");
    expect(call(SYS_read, from, &c, 1), 1, "read");
  }
}

static void with_pipes(void) {
  int there[2], back[2];
  expect(call(SYS_pipe2, there, 0), 0, "pipe2");
  expect(call(SYS_pipe2, back, 0), 0, "pipe2");
  long child = call(SYS_fork);
  if (child < 0) fail("fork", child);
  if (child == 0) {
    char c;
    call(SYS_close, there[1]);
    while (call(SYS_read, there[0], &c, 1) == 1 && call(SYS_write, back[1], &c, 1) == 1) {}
    for (;;) call(SYS_exit, 0);
  }
  call(SYS_close, there[0]);
  call(SYS_close, back[1]);
  to = there[1], from = back[0];
  measure("pipe_pingpong", pipe_pingpong);
  call(SYS_close, to);
  call(SYS_wait4, child, 0, 0, 0);
}

static void run(void) {
  if (is_wanted("futex_pingpong")) {
    start_thread(partner, 0, stack, sizeof stack);
    measure("futex_pingpong", futex_pingpong);
    pass(OVER);
    while (!__atomic_load_n(&has_ended, __ATOMIC_SEQ_CST)) {}
  }
  struct kevent change = {.filter = -1 /* EVFILT_READ */, .flags = 1 /* EV_ADD */};
  queue = (int)call(SYS_kqueue);
  if (queue < 0) fail("kqueue", queue);
  expect(call(SYS_pipe2, ends, 0), 0, "pipe2");
  change.ident = (u64)ends[0];
  expect(call(SYS_kevent, queue, &change, 1, 0, 0, 0), 0, "kevent");
  measure("event_wait", event_wait);
  if (is_wanted("pipe_pingpong")) with_pipes();
}
