// kqueue: registering, the flags of an event, and the filters for descriptors, user events and timers.
#include "_freebsd.h"

static int queue;

// Makes one change and waits for nothing; gives kevent's result.
static long change(int filter, u64 ident, int flags, u32 fflags, i64 data, void *udata) {
  kevent e = {ident, (short)filter, (u16)flags, fflags, data, udata, {0}};
  return SYS(kevent, queue, &e, 1, 0, 0, 0);
}

// Takes up to n events, waiting at most some milliseconds.
static long take(kevent *events, int n, long milliseconds) {
  timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return SYS(kevent, queue, 0, 0, events, n, &time);
}

static void registering(void) {
  int ends[2];
  kevent e[4];
  timespec none = {0, 0};
  SYS(pipe2, ends, 0);
  CHECK(take(e, 4, 0) == 0, "nothing registered, nothing comes");
  CHECK(change(EVFILT_READ, (u64)ends[0], EV_DELETE, 0, 0, 0) == -ENOENT, "delete of what is not there: ENOENT");
  CHECK(change(EVFILT_READ, 4000, EV_ADD, 0, 0, 0) == -EBADF, "bad descriptor: EBADF");
  CHECK(change(77, 0, EV_ADD, 0, 0, 0) == -EINVAL && change(-77, 0, EV_ADD, 0, 0, 0) == -EINVAL, "no such filter: EINVAL");
  CHECK(change(EVFILT_READ, (u64)ends[0], EV_ENABLE, 0, 0, 0) == -ENOENT, "enable of what is not there: ENOENT");
  CHECK(SYS(kevent, 4000, 0, 0, e, 4, &none) == -EBADF, "bad queue: EBADF");
  CHECK(SYS(kevent, ends[0], 0, 0, e, 4, &none) == -EBADF, "a pipe is no queue: EBADF");
  CHECK(SYS(kevent, queue, 8, 1, 0, 0, 0) == -EFAULT, "bad changes: EFAULT");
  CHECK(SYS(kevent, queue, 0, 0, e, 4, 8) == -EFAULT, "bad time: EFAULT");
  // With room for it, a failed change becomes an event.
  kevent changes[] = {{4000, EVFILT_READ, EV_ADD, 0, 0, (void *)11, {0}},
                      {(u64)ends[0], EVFILT_READ, EV_ADD, 0, 0, (void *)12, {0}},
                      {(u64)ends[1], EVFILT_READ, EV_DELETE, 0, 0, (void *)13, {0}}};
  CHECK(SYS(kevent, queue, changes, 3, e, 4, &none) == 2, "two of three changes fail");
  CHECK(e[0].ident == 4000 && (e[0].flags & EV_ERROR) && e[0].data == EBADF && e[0].udata == (void *)11, "first: EBADF");
  CHECK(e[1].ident == (u64)ends[1] && (e[1].flags & EV_ERROR) && e[1].data == ENOENT, "third: ENOENT");
  changes[1].flags = EV_ADD | EV_RECEIPT;
  CHECK(SYS(kevent, queue, changes + 1, 1, e, 4, &none) == 1 && (e[0].flags & EV_ERROR) && e[0].data == 0, "EV_RECEIPT");
  CHECK(change(EVFILT_READ, (u64)ends[0], EV_DELETE, 0, 0, 0) == 0, "delete");
  SYS(close, ends[0]);
  SYS(close, ends[1]);
}

static void pipes(void) {
  int ends[2];
  char text[64];
  kevent e[4];
  SYS(pipe2, ends, 0);
  u64 reader = (u64)ends[0], writer = (u64)ends[1];
  change(EVFILT_READ, reader, EV_ADD, 0, 0, (void *)21);
  CHECK(take(e, 4, 0) == 0, "an empty pipe");
  SYS(write, writer, "12345", 5);
  CHECK(take(e, 4, 1000) == 1 && e[0].ident == reader && e[0].filter == EVFILT_READ && e[0].data == 5 &&
            e[0].udata == (void *)21,
        "5 bytes to read");
  CHECK(take(e, 4, 0) == 1, "told again while they are there");
  SYS(read, reader, text, 3);
  CHECK(take(e, 4, 0) == 1 && e[0].data == 2, "2 bytes left");
  SYS(read, reader, text, 3);
  CHECK(take(e, 4, 0) == 0, "none left");
  change(EVFILT_READ, reader, EV_DELETE, 0, 0, 0); // adding it again would change its user data, not its flags
  change(EVFILT_READ, reader, EV_ADD | EV_CLEAR, 0, 0, (void *)22);
  SYS(write, writer, "1", 1);
  CHECK(take(e, 4, 1000) == 1 && e[0].udata == (void *)22, "EV_CLEAR: once");
  CHECK(take(e, 4, 0) == 0, "not again");
  SYS(write, writer, "2", 1);
  CHECK(take(e, 4, 1000) == 1 && e[0].data == 2, "but when more comes");
  change(EVFILT_READ, reader, EV_DELETE, 0, 0, 0);
  change(EVFILT_READ, reader, EV_ADD | EV_ONESHOT, 0, 0, 0);
  CHECK(take(e, 4, 1000) == 1 && take(e, 4, 0) == 0, "EV_ONESHOT");
  CHECK(change(EVFILT_READ, reader, EV_DELETE, 0, 0, 0) == -ENOENT, "gone then");
  change(EVFILT_READ, reader, EV_ADD | EV_DISPATCH, 0, 0, 0);
  CHECK(take(e, 4, 1000) == 1 && take(e, 4, 0) == 0, "EV_DISPATCH: disabled after one");
  CHECK(change(EVFILT_READ, reader, EV_ENABLE, 0, 0, 0) == 0 && take(e, 4, 1000) == 1, "until enabled");
  change(EVFILT_READ, reader, EV_ADD, 0, 0, 0);
  change(EVFILT_READ, reader, EV_ADD | EV_DISABLE, 0, 0, 0);
  CHECK(take(e, 4, 0) == 0, "EV_DISABLE");
  change(EVFILT_READ, reader, EV_DELETE, 0, 0, 0);
  change(EVFILT_WRITE, writer, EV_ADD | EV_CLEAR, 0, 0, (void *)23);
  CHECK(take(e, 4, 1000) == 1 && e[0].filter == EVFILT_WRITE && e[0].data >= 512 && !(e[0].flags & EV_EOF), "room to write");
  SYS(close, reader);
  CHECK(take(e, 4, 1000) == 1 && (e[0].flags & EV_EOF), "nobody reads: EV_EOF");
  SYS(close, writer);
  CHECK(take(e, 4, 0) == 0, "a closed descriptor takes its events along");
  SYS(pipe2, ends, 0);
  change(EVFILT_READ, (u64)ends[0], EV_ADD, 0, 0, 0);
  SYS(write, ends[1], "end", 3);
  SYS(close, ends[1]);
  CHECK(take(e, 4, 1000) == 1 && (e[0].flags & EV_EOF) && e[0].data == 3, "nobody writes: EV_EOF, 3 bytes left");
  SYS(close, ends[0]);
}

static void sockets(void) {
  int pair[2];
  kevent e[4];
  SYS(socketpair, 1, 1, 0, pair);
  u64 one = (u64)pair[0];
  // One descriptor, two filters, each with user data of its own.
  change(EVFILT_READ, one, EV_ADD | EV_CLEAR, 0, 0, (void *)31);
  change(EVFILT_WRITE, one, EV_ADD | EV_CLEAR, 0, 0, (void *)32);
  CHECK(take(e, 4, 1000) == 1 && e[0].filter == EVFILT_WRITE && e[0].udata == (void *)32, "writable");
  SYS(write, pair[1], "abc", 3);
  long n = take(e, 4, 1000);
  int found = 0;
  for (long i = 0; i < n; i++)
    if (e[i].filter == EVFILT_READ) found = e[i].data == 3 && e[i].udata == (void *)31;
  CHECK(found, "readable: 3 bytes");
  change(EVFILT_WRITE, one, EV_DELETE, 0, 0, 0);
  CHECK(take(e, 4, 0) == 0, "one filter deleted");
  SYS(shutdown, pair[1], 1);
  CHECK(take(e, 4, 1000) == 1 && e[0].filter == EVFILT_READ && (e[0].flags & EV_EOF), "the other side is done: EV_EOF");
  // How much must be there before it counts.
  SYS(close, pair[0]);
  SYS(close, pair[1]);
  SYS(socketpair, 1, 1, 0, pair);
  change(EVFILT_READ, (u64)pair[0], EV_ADD, 1 /* NOTE_LOWAT */, 4, 0);
  SYS(write, pair[1], "abc", 3);
  CHECK(take(e, 4, 0) == 0, "NOTE_LOWAT 4: 3 bytes are too few");
  SYS(write, pair[1], "d", 1);
  CHECK(take(e, 4, 1000) == 1 && e[0].data == 4, "4 are enough");
  SYS(close, pair[0]);
  SYS(close, pair[1]);
}

static void user_events(void) {
  enum { TRIGGER = 0x1000000, AND = 0x40000000 };
  const u32 OR = 0x80000000, COPY = 0xc0000000;
  kevent e[4];
  change(EVFILT_USER, 5, EV_ADD | EV_CLEAR, COPY | 0x3, 0, (void *)41);
  CHECK(take(e, 4, 0) == 0, "user event: not yet");
  change(EVFILT_USER, 5, 0, TRIGGER, 0, (void *)41);
  CHECK(take(e, 4, 1000) == 1 && e[0].ident == 5 && e[0].filter == EVFILT_USER && (e[0].fflags & 0xffffff) == 3, "triggered");
  CHECK(take(e, 4, 0) == 0, "cleared");
  change(EVFILT_USER, 5, 0, COPY | 0x5, 0, 0);
  change(EVFILT_USER, 5, 0, OR | 0x8, 0, 0);
  change(EVFILT_USER, 5, 0, AND | 0xc | TRIGGER, 0, 0);
  CHECK(take(e, 4, 1000) == 1 && (e[0].fflags & 0xffffff) == 0xc, "copied, or-ed, and-ed");
  CHECK(change(EVFILT_USER, 6, 0, TRIGGER, 0, 0) == -ENOENT, "another one: ENOENT");
  CHECK(change(EVFILT_USER, 5, EV_DELETE, 0, 0, 0) == 0, "deleted");
  change(EVFILT_USER, 7, EV_ADD, 0, 0, 0);
  change(EVFILT_USER, 7, 0, TRIGGER, 0, 0);
  CHECK(take(e, 4, 0) == 1 && take(e, 4, 0) == 1, "stays without EV_CLEAR");
  change(EVFILT_USER, 7, EV_CLEAR, 0, 0, 0);
  change(EVFILT_USER, 7, EV_DELETE, 0, 0, 0);
  long child = SYS(fork, 0);
  int status = 0;
  if (child == 0) quit(take(e, 4, 0) == -EBADF);
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 1 << 8, "a child doesn't inherit a queue");
}

static void timers(void) {
  enum { SECONDS = 1, MSECONDS = 2, USECONDS = 4, NSECONDS = 8 };
  timespec before, after;
  kevent e[4];
  SYS(clock_gettime, 4, &before);
  change(EVFILT_TIMER, 1, EV_ADD | EV_ONESHOT, 0, 20, (void *)51);
  CHECK(take(e, 4, 0) == 0, "timer: not yet");
  CHECK(take(e, 4, 5000) == 1 && e[0].ident == 1 && e[0].filter == EVFILT_TIMER && e[0].data == 1, "after 20 ms");
  SYS(clock_gettime, 4, &after);
  CHECK((after.sec - before.sec) * 1000000000 + after.nsec - before.nsec >= 20000000, "no sooner");
  CHECK(change(EVFILT_TIMER, 1, EV_DELETE, 0, 0, 0) == -ENOENT, "once only");
  change(EVFILT_TIMER, 2, EV_ADD, MSECONDS, 5, 0);
  i64 times = 0;
  for (int i = 0; i < 3; i++)
    if (take(e, 4, 5000) == 1) times += e[0].data;
  CHECK(times >= 3, "again and again");
  pause_for(50);
  CHECK(take(e, 4, 0) == 1 && e[0].data >= 5, "what was missed is counted");
  change(EVFILT_TIMER, 2, EV_DELETE, 0, 0, 0);
  pause_for(10);
  CHECK(take(e, 4, 0) == 0, "deleted");
  change(EVFILT_TIMER, 3, EV_ADD | EV_ONESHOT, USECONDS, 3000, 0);
  change(EVFILT_TIMER, 4, EV_ADD | EV_ONESHOT, NSECONDS, 1000000, 0);
  u64 seen = 0;
  while (seen != 7)
    for (long n = take(e, 4, 5000); n > 0; n--) seen += e[n - 1].ident;
  CHECK(seen == 7, "in microseconds and nanoseconds");
  CHECK(change(EVFILT_TIMER, 5, EV_ADD, 0x80, 1, 0) == -EINVAL, "no such unit: EINVAL");
}

static void many(void) {
  enum { COUNT = 40 };
  int ends[COUNT][2], inner = (int)SYS(kqueue, 0), seen = 0;
  kevent e[COUNT];
  for (int i = 0; i < COUNT; i++) {
    SYS(pipe2, ends[i], 0);
    change(EVFILT_READ, (u64)ends[i][0], EV_ADD | EV_ONESHOT, 0, 0, 0);
    SYS(write, ends[i][1], "x", 1);
  }
  while (seen < COUNT) {
    long n = take(e, 7, 1000);
    if (n < 1 || n > 7) break;
    seen += (int)n;
  }
  CHECK(seen == COUNT && take(e, 7, 0) == 0, "40 events, 7 at a time");
  // A queue can be watched as any descriptor.
  kevent user = {1, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, 0, {0}};
  SYS(kevent, inner, &user, 1, 0, 0, 0);
  change(EVFILT_READ, (u64)inner, EV_ADD, 0, 0, (void *)61);
  CHECK(take(e, 7, 0) == 0, "a queue in a queue: empty");
  struct { int fd; short events, revents; } poll = {inner, 1, 0};
  CHECK(SYS(poll, &poll, 1, 0) == 0, "poll of it: nothing");
  user.flags = 0;
  user.fflags = 0x1000000;
  SYS(kevent, inner, &user, 1, 0, 0, 0);
  CHECK(take(e, 7, 1000) == 1 && e[0].ident == (u64)inner && e[0].udata == (void *)61, "an event in it");
  CHECK(SYS(poll, &poll, 1, 1000) == 1 && poll.revents == 1, "poll sees it");
  SYS(close, inner);
}

static void waiting(void) {
  int ends[2];
  kevent e[2];
  SYS(pipe2, ends, 0);
  change(EVFILT_READ, (u64)ends[0], EV_ADD | EV_CLEAR, 0, 0, 0);
  long child = SYS(fork, 0);
  if (child == 0) {
    for (int i = 0; i < 5; i++) {
      pause_for(5);
      SYS(write, ends[1], "z", 1);
    }
    quit(0);
  }
  i64 last = 0;
  while (last < 5 && SYS(kevent, queue, 0, 0, e, 2, 0) == 1) last = e[0].data;
  CHECK(last == 5, "waiting without limit for what a child writes");
  SYS(wait4, child, 0, 0, 0);
}

// closefrom(2) ends neither a kqueue below it nor what that is made of; a kqueue above it goes.
static void closing(void) {
  kevent e[2];
  long far = SYS(kqueue, 0), moved = SYS(fcntl, far, 0, 40), file = SYS(dup, 0), high = SYS(fcntl, file, 0, 1000);
  SYS(close, far);
  change(EVFILT_TIMER, 77, EV_ADD | EV_ONESHOT, 0, 30, 0);
  change(EVFILT_USER, 78, EV_ADD | EV_CLEAR, 0, 0, 0);
  CHECK(moved >= 40 && high >= 1000 && SYS(close_range, 30, -1, 0) == 0, "closefrom");
  CHECK(SYS(fcntl, high, 1, 0) == -EBADF && SYS(fcntl, moved, 1, 0) == -EBADF, "what is above is closed");
  timespec limit = {5, 0};
  int n = 0;
  change(EVFILT_USER, 78, 0, 0x01000000, 0, 0);
  while (n < 2 && SYS(kevent, queue, 0, 0, e, 1, &limit) == 1) n++;
  CHECK(n == 2, "the kqueue below it goes on");
  SYS(close, file);
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  queue = (int)SYS(kqueue, 0);
  CHECK(queue >= 0, "kqueue");
  registering();
  pipes();
  sockets();
  user_events();
  timers();
  many();
  waiting();
  closing();
  return done();
}
