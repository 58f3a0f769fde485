// POSIX message queues, access lists, abort2(2), ntp_gettime(2).
#include "_freebsd.h"

enum {
  SYS_ntp_gettime = 248, SYS___acl_get_file = 347, SYS___acl_get_fd = 349, SYS_kmq_open = 457, SYS_kmq_setattr = 458,
  SYS_kmq_timedreceive = 459, SYS_kmq_timedsend = 460, SYS_kmq_notify = 461, SYS_kmq_unlink = 462, SYS_abort2 = 463,
};
enum { EMSGSIZE = 40, EOPNOTSUPP = 45, ENAMETOOLONG = 63, EBUSY_ = 16, SI_MESGQ = 0x10005 };
typedef struct { i64 flags, maxmsg, msgsize, curmsgs, reserved[4]; } attributes;
typedef struct { int notify, signo; void *value; i64 spare[8]; } sigevent;

static volatile int signals, code;
static void on_signal(int number, siginfo *info, ucontext *context) {
  (void)number, (void)context;
  code = info->code;
  signals++;
}

static void queues(void) {
  static char name[64];
  char text[64] = {0};
  u32 priority = 9;
  attributes wanted = {0, 3, 64, 0, {0}}, got = {0};
  scratch_name(name, "/picorun-queue-");
  CHECK(SYS(kmq_open, name, O_RDWR, 0, 0) == -ENOENT, "no such queue");
  CHECK(SYS(kmq_open, "name", O_RDWR, 0, 0) == -EINVAL && SYS(kmq_open, "/a/b", O_RDWR, 0, 0) == -EINVAL, "no such name");
  attributes bad = {0, 0, 64, 0, {0}};
  CHECK(SYS(kmq_open, name, O_RDWR | O_CREAT, 0600, &bad) == -EINVAL, "no room in it");
  int queue = (int)SYS(kmq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, &wanted);
  CHECK(queue >= 0, "made");
  CHECK(SYS(kmq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, &wanted) == -EEXIST, "once");
  CHECK(SYS(kmq_timedsend, queue, "low", 4, 1, 0) == 0 && SYS(kmq_timedsend, queue, "high", 5, 7, 0) == 0, "sent");
  CHECK(SYS(kmq_timedsend, queue, text, 65, 0, 0) == -EMSGSIZE, "too long");
  CHECK(SYS(kmq_setattr, queue, 0, &got) == 0 && got.maxmsg == 3 && got.msgsize == 64 && got.curmsgs == 2, "attributes");
  CHECK(SYS(kmq_timedreceive, queue, text, 10, &priority, 0) == -EMSGSIZE, "too little room");
  CHECK(SYS(kmq_timedreceive, queue, text, 64, &priority, 0) == 5 && same(text, "high") && priority == 7, "by priority");
  CHECK(SYS(kmq_timedreceive, queue, text, 64, &priority, 0) == 4 && same(text, "low") && priority == 1, "then the other");
  got.flags = O_NONBLOCK;
  CHECK(SYS(kmq_setattr, queue, &got, 0) == 0 && SYS(kmq_timedreceive, queue, text, 64, 0, 0) == -EAGAIN, "O_NONBLOCK");
  got.flags = 0;
  attributes before = {0};
  CHECK(SYS(kmq_setattr, queue, &got, &before) == 0 && before.flags == O_NONBLOCK, "as it was");
  timespec past = {1, 0};
  CHECK(SYS(kmq_timedreceive, queue, text, 64, 0, &past) == -ETIMEDOUT, "ETIMEDOUT");
  sigaction action = {on_signal, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGUSR1, &action, 0);
  sigevent event = {1, SIGUSR1, text, {0}}, other = {3, 0, 0, {0}};
  CHECK(SYS(kmq_notify, queue, &other) == -EINVAL, "not by kqueue");
  CHECK(SYS(kmq_notify, queue, &event) == 0 && SYS(kmq_timedsend, queue, "x", 2, 0, 0) == 0, "told");
  for (int i = 0; i < 100 && signals == 0; i++) pause_for(5);
  CHECK(signals == 1 && code == SI_MESGQ, "by signal");
  signals = 0;
  CHECK(SYS(kmq_notify, queue, &event) == 0 && signals == 1 && code == SI_MESGQ, "at once where a message is waiting");
  CHECK(SYS(kmq_timedsend, queue, "y", 2, 0, 0) == 0 && signals == 1, "and once");
  CHECK(SYS(kmq_unlink, name) == 0 && SYS(kmq_unlink, name) == -ENOENT, "unlinked");
  SYS(close, queue);
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  queues();
  u8 list[3100];
  CHECK(SYS(__acl_get_file, "/tmp", 2, list) == -EOPNOTSUPP && SYS(__acl_get_fd, 1, 2, list) == -EOPNOTSUPP, "no lists");
  CHECK(SYS(__acl_get_file, "/no/such", 2, list) == -ENOENT && SYS(__acl_get_fd, 77, 2, list) == -EBADF, "of nothing");
  struct { timespec time; i64 most, likely, tai, state; } now;
  long state = SYS(ntp_gettime, &now);
  CHECK(state >= 0 && state <= 5 && now.time.sec > 1600000000 && now.state == state, "ntp_gettime");
  int status;
  if (SYS(fork, 0) == 0) SYS(abort2, "why", 0, 0);
  SYS(wait4, -1, &status, 0, 0);
  CHECK((status & 0x7f) == SIGABRT, "abort2");
  if (SYS(fork, 0) == 0) SYS(abort2, "why", 17, 0);
  SYS(wait4, -1, &status, 0, 0);
  CHECK((status & 0x7f) == SIGKILL, "with too many arguments");
  return done();
}
