// Asynchronous input and output: aio(4).
#include "_freebsd.h"

enum {
  SYS_aio_read = 255, SYS_aio_write = 256, SYS_lio_listio = 257, SYS_aio_return = 314, SYS_aio_suspend = 315,
  SYS_aio_cancel = 316, SYS_aio_error = 317, SYS_freebsd6_aio_read = 318, SYS_aio_waitcomplete = 359,
  SYS_aio_fsync = 465, SYS_aio_mlock = 543, SYS_aio_writev = 578, SYS_aio_readv = 579,
};
enum { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_KEVENT, SIGEV_THREAD_ID };
enum { LIO_NOP, LIO_WRITE, LIO_READ, LIO_NOWAIT = 0, LIO_WAIT = 1 };
enum { AIO_CANCELED = 1, AIO_NOTCANCELED, AIO_ALLDONE };
enum { EIO = 5, EINPROGRESS = 36, EOPNOTSUPP = 45, ECANCELED = 85, SI_ASYNCIO = 0x10004, O_SYNC = 0x80 };
enum { EVFILT_AIO = -3, EVFILT_LIO = -10 };

typedef struct { int notify, signo; void *value; union { int thread; u16 flags; i64 spare[8]; }; } sigevent;
typedef struct {
  int fildes;
  i64 offset;
  volatile void *buf;
  u64 nbytes;
  int spare[2];
  void *spare2;
  int lio_opcode, reqprio;
  i64 status, error;
  void *kernelinfo;
  sigevent event;
} aiocb;
_Static_assert(sizeof(aiocb) == 160, "aiocb");
typedef struct { void *base; u64 length; } iovec;

static char name[64], big[1 << 20], other[1 << 20];
static volatile int signals, signal_code;
static void *volatile signal_value;

static void on_signal(int number, siginfo *info, ucontext *context) {
  (void)number, (void)context;
  signal_code = info->code;
  signal_value = info->value.pointer;
  signals++;
}

static long wait_for(aiocb *job) {
  aiocb *list[] = {NULL, job};
  while (SYS(aio_error, job) == EINPROGRESS) SYS(aio_suspend, list, 2, 0);
  return SYS(aio_return, job);
}

static aiocb block(int fd, void *buf, u64 size, i64 offset) {
  aiocb job = {.fildes = fd, .offset = offset, .buf = buf, .nbytes = size};
  return job;
}

static void files(int fd) {
  char text[16] = {0};
  aiocb job = block(fd, "asynchronous", 12, 0), second = block(fd, text, 12, 0);
  CHECK(SYS(aio_error, &job) == EINVAL, "no job yet");
  CHECK(SYS(aio_return, &job) == -EINVAL, "and no result");
  CHECK(SYS(aio_suspend, 0, 0, 0) == -EAGAIN, "never had one");
  CHECK(SYS(aio_write, &job) == 0, "write begun");
  CHECK(wait_for(&job) == 12 && job.status == 12 && job.error == 0, "written");
  CHECK(SYS(aio_return, &job) == -EINVAL, "told once");
  CHECK(SYS(aio_read, &second) == 0 && wait_for(&second) == 12 && same(text, "asynchronous"), "read");
  second = block(fd, text, 12, 100);
  CHECK(SYS(aio_read, &second) == 0 && wait_for(&second) == 0, "past the end");
  iovec parts[] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
  job = block(fd, parts, 3, 20);
  CHECK(SYS(aio_writev, &job) == 0, "vectors");
  parts[0].base = parts[1].base = NULL;
  CHECK(wait_for(&job) == 13, "were copied");
  char a[4], b[10] = {0};
  iovec halves[] = {{a, 4}, {b, 9}};
  job = block(fd, halves, 2, 20);
  CHECK(SYS(aio_readv, &job) == 0 && wait_for(&job) == 13 && same(b, "two three"), "read into vectors");
  job = block(fd, 0, 0, 0);
  CHECK(SYS(aio_fsync, O_SYNC, &job) == 0 && wait_for(&job) == 0, "aio_fsync");
  CHECK(SYS(aio_fsync, 1, &job) == -EINVAL, "of no kind");
  job = block(-1, big, 4096, 0);
  CHECK(SYS(aio_mlock, &job) == 0 && wait_for(&job) == 0, "aio_mlock");
  job = block(fd, (void *)8, 12, 0);
  CHECK(SYS(aio_read, &job) == 0, "bad buffer is not seen yet");
  CHECK(wait_for(&job) == -EFAULT && job.error == EFAULT, "EFAULT is the result");
  for (u64 i = 0; i < sizeof big; i++) big[i] = (char)(i * 7);
  job = block(fd, big, sizeof big, 0);
  CHECK(SYS(aio_write, &job) == 0, "a megabyte");
  // The job holds the file.
  int again = (int)SYS(dup, fd);
  second = block(again, other, sizeof other, 0);
  CHECK(SYS(aio_read, &second) == 0, "read behind it");
  SYS(close, again);
  aiocb *done_first = NULL;
  CHECK(SYS(aio_waitcomplete, &done_first, 0) == sizeof big && done_first == &job, "first in, first out");
  CHECK(SYS(aio_waitcomplete, &done_first, 0) == sizeof big && done_first == &second, "the descriptor was closed");
  int equal = 1;
  for (u64 i = 0; i < sizeof big; i++) equal &= big[i] == other[i];
  CHECK(equal, "the same megabyte");
  timespec now = {0, 0}, bad = {0, 1000000000}, soon = {0, 10000000};
  CHECK(SYS(aio_waitcomplete, &done_first, &now) == -EAGAIN && done_first == NULL, "none left");
  CHECK(SYS(aio_waitcomplete, &done_first, &soon) == -EAGAIN, "nor soon");
  CHECK(SYS(aio_waitcomplete, &done_first, &bad) == -EINVAL, "no time");
}

static void errors(int fd) {
  char text[16];
  aiocb job = block(-1, text, 4, 0);
  CHECK(SYS(aio_read, &job) == -EBADF && job.error == EBADF && job.status == -1, "no descriptor");
  CHECK(SYS(aio_error, &job) == EBADF, "aio_error knows of it");
  job = block(fd, text, 4, -1);
  CHECK(SYS(aio_read, &job) == -EINVAL, "negative offset");
  job = block(fd, text, 1ul << 63, 0);
  CHECK(SYS(aio_read, &job) == -EINVAL, "too long");
  job = block(fd, text, 4, 0);
  job.event.notify = 17;
  CHECK(SYS(aio_read, &job) == -EINVAL, "unknown notification");
  job.event.notify = SIGEV_SIGNAL, job.event.signo = 129;
  CHECK(SYS(aio_read, &job) == -EINVAL, "no signal");
  job.event.notify = SIGEV_KEVENT, job.event.signo = fd;
  CHECK(SYS(aio_read, &job) == -EBADF, "no kqueue");
  CHECK(SYS(aio_read, 8) == -EFAULT, "no block");
  int reads = (int)SYS(open, name, O_RDONLY);
  job = block(reads, text, 4, 0);
  CHECK(SYS(aio_write, &job) == -EBADF, "not open for writing");
  SYS(close, reads);
  int ends[2];
  SYS(pipe2, ends, 0);
  job = block(ends[0], text, 4, 0);
  CHECK(SYS(aio_read, &job) == -EOPNOTSUPP, "pipes are unsafe");
  CHECK(SYS(aio_fsync, O_SYNC, &job) == -EINVAL, "and have nothing to flush");
  SYS(close, ends[0]), SYS(close, ends[1]);
  CHECK(SYS(aio_cancel, 77, 0) == -EBADF, "cancel: no descriptor");
  CHECK(SYS(aio_cancel, fd, 0) == AIO_ALLDONE, "nothing to cancel");
  CHECK(SYS(aio_suspend, 0, 257, 0) == -EINVAL, "too many to wait for");
  static aiocb jobs[257];
  int taken = 0;
  for (int i = 0; i < 257; i++) {
    jobs[i] = block(fd, big + i, 1, i);
    taken += SYS(aio_read, &jobs[i]) == 0;
  }
  CHECK(taken == 256 && jobs[256].error == EAGAIN, "256 jobs");
  int ended = 0;
  for (int i = 0; i < 256; i++) ended += wait_for(&jobs[i]) == 1;
  CHECK(ended == 256, "all ended");
}

static void sockets(void) {
  int ends[2];
  char text[32] = {0};
  CHECK(SYS(socketpair, 1, 1, 0, ends) == 0, "socketpair");
  aiocb job = block(ends[0], text, 5, 0), second = block(ends[0], text + 8, 5, 0), *list[] = {&job};
  CHECK(SYS(aio_read, &job) == 0 && SYS(aio_read, &second) == 0, "two reads");
  timespec soon = {0, 20000000};
  CHECK(SYS(aio_suspend, list, 1, &soon) == -EAGAIN, "nothing comes");
  CHECK(SYS(aio_error, &job) == EINPROGRESS, "in progress");
  CHECK(SYS(aio_return, &job) == -EINVAL, "no result yet");
  SYS(write, ends[1], "firstlater", 10);
  CHECK(wait_for(&job) == 5 && same(text, "first"), "the first");
  CHECK(wait_for(&second) == 5 && same(text + 8, "later"), "the second");
  CHECK(SYS(aio_read, &job) == 0, "one more");
  CHECK(SYS(aio_cancel, ends[1], 0) == AIO_ALLDONE, "not of the other end");
  CHECK(SYS(aio_cancel, ends[0], &job) == AIO_CANCELED, "cancelled");
  CHECK(SYS(aio_error, &job) == ECANCELED && SYS(aio_return, &job) == -ECANCELED, "ECANCELED");
  job = block(ends[0], big, sizeof big, 0);
  CHECK(SYS(aio_write, &job) == 0, "more than fits");
  u64 got = 0;
  while (got < sizeof big) {
    long n = SYS(read, ends[1], other, sizeof other);
    if (n <= 0) break;
    got += (u64)n;
  }
  CHECK(got == sizeof big && wait_for(&job) == sizeof big, "all of it");
  CHECK(SYS(aio_write, &job) == 0, "once more");
  pause_for(20);
  CHECK(SYS(aio_cancel, ends[0], &job) == AIO_CANCELED, "cancelled half-way");
  long part = SYS(aio_return, &job);
  CHECK(part > 0 && part < (long)sizeof big, "what was taken");
  job = block(ends[1], text, 5, 0);
  SYS(close, ends[0]);
  while (SYS(read, ends[1], other, sizeof other) > 0) {}
  CHECK(SYS(aio_read, &job) == 0 && wait_for(&job) == 0, "end of file");
  sigaction action = {on_signal, SA_SIGINFO, {{0}}}, was;
  SYS(sigaction, SIGPIPE, &action, &was);
  signals = 0;
  CHECK(SYS(aio_write, &job) == 0 && wait_for(&job) == -EPIPE && signals == 1, "EPIPE, and its signal");
  SYS(sigaction, SIGPIPE, &was, 0);
  CHECK(SYS(aio_fsync, O_SYNC, &job) == -EINVAL, "sockets have nothing to flush");
  SYS(close, ends[1]);
}

static void notifications(int fd) {
  char text[8];
  sigaction action = {on_signal, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGUSR1, &action, 0);
  signals = 0;
  aiocb job = block(fd, text, 8, 0);
  job.event.notify = SIGEV_SIGNAL, job.event.signo = SIGUSR1, job.event.value = &job;
  CHECK(SYS(aio_read, &job) == 0 && wait_for(&job) == 8, "read");
  for (int i = 0; i < 100 && signals == 0; i++) pause_for(5);
  CHECK(signals == 1 && signal_code == SI_ASYNCIO && signal_value == &job, "told by signal");
  long self;
  SYS(thr_self, &self);
  job.event.notify = SIGEV_THREAD_ID, job.event.thread = (int)self, job.event.value = text;
  CHECK(SYS(aio_read, &job) == 0 && wait_for(&job) == 8, "read again");
  for (int i = 0; i < 100 && signals == 1; i++) pause_for(5);
  CHECK(signals == 2 && signal_value == text, "told to a thread");

  int queue = (int)SYS(kqueue, 0);
  kevent e = {(u64)&job, EVFILT_AIO, EV_ADD, 0, 0, 0, {0}};
  CHECK(SYS(kevent, queue, &e, 1, 0, 0, 0) == -EPERM, "nobody else registers it");
  job.event = (sigevent){SIGEV_KEVENT, queue, text, {0}};
  job.event.flags = EV_ADD;
  CHECK(SYS(aio_read, &job) == -EINVAL, "not these flags");
  job.event.flags = 0;
  CHECK(SYS(aio_read, &job) == 0, "read by kevent");
  timespec long_time = {3, 0}, none = {0, 0};
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &long_time) == 1, "an event");
  CHECK(e.ident == (u64)&job && e.filter == EVFILT_AIO && e.udata == text && e.flags & EV_EOF && e.data == 0, "its own");
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &none) == 1, "stays");
  CHECK(SYS(aio_return, &job) == 8, "result");
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &none) == 0, "gone with the job");
  job.event.flags = EV_ONESHOT;
  CHECK(SYS(aio_read, &job) == 0 && SYS(kevent, queue, 0, 0, &e, 1, &long_time) == 1, "one shot");
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &none) == 0 && SYS(aio_return, &job) == 8, "was all");

  // A kqueue that sleeps when the end comes.
  int ends[2];
  SYS(socketpair, 1, 1, 0, ends);
  job.fildes = ends[0], job.nbytes = 1, job.event.flags = EV_CLEAR;
  CHECK(SYS(aio_read, &job) == 0, "waits");
  if (SYS(fork, 0) == 0) {
    // A child has no jobs.
    int fine = SYS(aio_error, &job) == EINPROGRESS ? 0 : 1;
    pause_for(30);
    SYS(write, ends[1], "x", 1);
    quit(SYS(aio_return, &job) == -EINVAL ? fine : 9);
  }
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &long_time) == 1 && e.ident == (u64)&job, "woken");
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &none) == 0, "EV_CLEAR");
  CHECK(SYS(aio_return, &job) == 1, "one byte");
  int status;
  SYS(wait4, -1, &status, 0, 0);
  CHECK(status == 0x100, "the child has no jobs");
  SYS(close, ends[0]), SYS(close, ends[1]);

  aiocb first = block(fd, text, 1, 0), second = block(fd, text + 1, 1, 1), *list[] = {&first, NULL, &second};
  first.lio_opcode = LIO_READ, second.lio_opcode = LIO_READ;
  CHECK(SYS(lio_listio, LIO_WAIT, list, 3, 0) == 0, "a list");
  CHECK(SYS(aio_error, &first) == 0 && SYS(aio_error, &second) == 0, "both have ended");
  SYS(aio_return, &first), SYS(aio_return, &second);
  signals = 0;
  sigevent event = {SIGEV_SIGNAL, SIGUSR1, list, {0}};
  CHECK(SYS(lio_listio, LIO_NOWAIT, list, 3, &event) == 0, "told of by one signal");
  for (int i = 0; i < 100 && signals == 0; i++) pause_for(5);
  CHECK(signals == 1 && signal_value == list, "with its value");
  CHECK(wait_for(&first) == 1 && wait_for(&second) == 1, "both");
  event = (sigevent){SIGEV_KEVENT, queue, text, {0}};
  CHECK(SYS(lio_listio, LIO_NOWAIT, list, 3, &event) == 0, "by an event");
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &long_time) == 1 && e.filter == EVFILT_LIO && e.ident == (u64)list, "of a list");
  CHECK(wait_for(&first) == 1 && wait_for(&second) == 1, "both again");
  CHECK(SYS(kevent, queue, 0, 0, &e, 1, &none) == 0, "gone with the last");
  second.lio_opcode = 99;
  CHECK(SYS(lio_listio, LIO_WAIT, list, 3, 0) == -EIO, "one refused");
  CHECK(SYS(aio_error, &second) == EINVAL && wait_for(&first) == 1, "the other done");
  CHECK(SYS(lio_listio, 2, list, 3, 0) == -EINVAL && SYS(lio_listio, LIO_WAIT, list, 257, 0) == -EINVAL, "refused");
  CHECK(SYS(lio_listio, LIO_WAIT, list, 0, 0) == 0, "an empty list");
  SYS(close, queue);
}

// A program that closes whatever it did not open must not lose its jobs.
static void closing(int fd) {
  char text[8] = {0};
  aiocb job = block(fd, text, 4, 0);
  SYS(close_range, fd + 1, ~0u, 0);
  CHECK(SYS(aio_read, &job) == 0 && wait_for(&job) == 4, "after close_range");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  scratch_name(name, "/tmp/aio-");
  int fd = (int)SYS(open, name, O_CREAT | O_RDWR, 0600);
  CHECK(fd >= 0, "a file");
  files(fd);
  errors(fd);
  sockets();
  notifications(fd);
  closing(fd);
  SYS(unlink, name);
  return done();
}
