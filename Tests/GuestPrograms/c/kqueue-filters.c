// The filters of kqueue that watch files, processes and signals.
#include "_freebsd.h"

enum { NOTE_DELETE = 1, NOTE_WRITE = 2, NOTE_EXTEND = 4, NOTE_ATTRIB = 8, NOTE_LINK = 0x10, NOTE_RENAME = 0x20 };
#define NOTE_EXIT 0x80000000u
#define NOTE_FORK 0x40000000u
#define NOTE_EXEC 0x20000000u

static int queue;
static char folder[64], name[80], other[80];

static long change(int filter, u64 ident, int flags, u32 fflags, i64 data) {
  kevent e = {ident, (short)filter, (u16)flags, fflags, data, 0, {0}};
  return SYS(kevent, queue, &e, 1, 0, 0, 0);
}

static long take(kevent *events, int n, long milliseconds) {
  timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return SYS(kevent, queue, 0, 0, events, n, &time);
}

// Collects the notes about one file until all of those wanted came.
static u32 notes(u32 wanted) {
  kevent e;
  u32 seen = 0;
  while ((seen & wanted) != wanted && take(&e, 1, 3000) == 1) seen |= e.fflags;
  return seen;
}

static void join(char *to, const char *a, const char *b) {
  while (*a != 0) *to++ = *a++;
  while (*b != 0) *to++ = *b++;
  *to = 0;
}

static void files(void) {
  scratch_name(folder, "/tmp/kqueue-");
  join(name, folder, "/file");
  join(other, folder, "/other");
  CHECK(SYS(mkdir, folder, 0700) == 0, "a folder");
  int fd = (int)SYS(open, name, O_CREAT | O_RDWR, 0600), directory = (int)SYS(open, folder, O_RDONLY | O_DIRECTORY);
  const u32 all = NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME;
  CHECK(change(EVFILT_VNODE, (u64)fd, EV_ADD | EV_CLEAR, all, 0) == 0, "file watched");
  kevent e;
  CHECK(take(&e, 1, 0) == 0, "nothing yet");
  SYS(write, fd, "text", 4);
  CHECK(notes(NOTE_WRITE) & NOTE_WRITE, "NOTE_WRITE");
  while (take(&e, 1, 0) == 1) {
  }
  CHECK(change(EVFILT_VNODE, (u64)fd, EV_ADD | EV_CLEAR, NOTE_WRITE, 0) == 0, "writing alone watched");
  SYS(write, fd, "more", 4);
  CHECK(take(&e, 1, 3000) == 1 && e.fflags == (NOTE_WRITE | NOTE_EXTEND), "what else the write did comes with it");
  CHECK(change(EVFILT_VNODE, (u64)fd, EV_ADD | EV_CLEAR, all, 0) == 0, "all watched again");
  SYS(chmod, name, 0640);
  CHECK(notes(NOTE_ATTRIB) & NOTE_ATTRIB, "NOTE_ATTRIB");
  SYS(rename, name, other);
  CHECK(notes(NOTE_RENAME) & NOTE_RENAME, "NOTE_RENAME");
  SYS(unlink, other);
  CHECK(notes(NOTE_DELETE) & NOTE_DELETE, "NOTE_DELETE");
  SYS(close, fd);
  CHECK(change(EVFILT_VNODE, (u64)directory, EV_ADD | EV_CLEAR, NOTE_WRITE, 0) == 0, "folder watched");
  SYS(close, SYS(open, name, O_CREAT | O_RDWR, 0600));
  CHECK(notes(NOTE_WRITE) & NOTE_WRITE, "an entry made: NOTE_WRITE");
  SYS(unlink, name);
  CHECK(notes(NOTE_WRITE) & NOTE_WRITE, "an entry removed: NOTE_WRITE");
  SYS(close, directory);
  SYS(rmdir, folder);
}

// A folder is removed while it is open, from where it was and from where it was moved to; and whose turn it is when one
// change concerns a folder and what is in it.
static void folders(void) {
  const u32 all = NOTE_DELETE | NOTE_WRITE | NOTE_RENAME | NOTE_LINK;
  kevent e[4];
  scratch_name(folder, "/tmp/kqueue-");
  join(name, folder, "/a");
  join(other, folder, "/b");
  SYS(mkdir, folder, 0700), SYS(mkdir, name, 0700), SYS(mkdir, other, 0700);
  int outer = (int)SYS(open, folder, O_RDONLY | O_DIRECTORY), a = (int)SYS(open, name, O_RDONLY | O_DIRECTORY);
  change(EVFILT_VNODE, (u64)a, EV_ADD | EV_CLEAR, all, 0);
  CHECK(SYS(rmdir, name) == 0 && take(e, 4, 3000) == 1 && e[0].ident == (u64)a && e[0].fflags == NOTE_DELETE, "a folder removed");
  SYS(close, a);
  a = (int)SYS(open, other, O_RDONLY | O_DIRECTORY);
  change(EVFILT_VNODE, (u64)a, EV_ADD | EV_CLEAR, all, 0);
  change(EVFILT_VNODE, (u64)outer, EV_ADD | EV_CLEAR, NOTE_WRITE, 0);
  SYS(rmdir, other);
  CHECK(take(e, 4, 3000) == 2 && e[0].ident == (u64)outer && e[1].ident == (u64)a && e[1].fflags == NOTE_DELETE, "after its parent");
  SYS(close, a);
  SYS(mkdir, name, 0700), SYS(mkdir, other, 0700);
  char inner[96];
  join(inner, other, "/inner");
  a = (int)SYS(open, name, O_RDONLY | O_DIRECTORY);
  change(EVFILT_VNODE, (u64)a, EV_ADD | EV_CLEAR, NOTE_DELETE | NOTE_RENAME, 0);
  SYS(rename, name, inner);
  CHECK(notes(NOTE_RENAME) & NOTE_RENAME, "a folder moved");
  SYS(rmdir, inner);
  CHECK(notes(NOTE_DELETE) & NOTE_DELETE, "and removed where it is now");
  SYS(close, a);
  SYS(rmdir, other);
  int file = (int)SYS(open, name, O_CREAT | O_RDWR, 0600);
  change(EVFILT_VNODE, (u64)file, EV_ADD | EV_CLEAR, NOTE_DELETE, 0);
  while (take(e, 4, 0) > 0) {
  }
  SYS(unlink, name);
  CHECK(take(e, 4, 3000) == 2 && e[0].ident == (u64)outer && e[1].ident == (u64)file && e[1].fflags & NOTE_DELETE,
        "a file after its folder");
  SYS(close, file);
  SYS(close, outer);
  SYS(rmdir, folder);
}

static void signals(void) {
  int self = (int)SYS(getpid, 0);
  sigaction ignore = {SIG_IGN, 0, {{0}}};
  kevent e;
  SYS(sigaction, SIGUSR1, &ignore, 0);
  CHECK(change(EVFILT_SIGNAL, SIGUSR1, EV_ADD, 0, 0) == 0, "signal watched");
  CHECK(take(&e, 1, 0) == 0, "none came");
  SYS(kill, self, SIGUSR1);
  SYS(kill, self, SIGUSR1);
  CHECK(take(&e, 1, 3000) == 1 && e.ident == SIGUSR1 && e.filter == EVFILT_SIGNAL && e.data == 2, "2, though ignored");
  CHECK(take(&e, 1, 0) == 0, "told once");
  CHECK(change(EVFILT_SIGNAL, SIGUSR1, EV_DELETE, 0, 0) == 0, "deleted");
}

static volatile int handled;

static void handles(int number, siginfo *info, ucontext *context) {
  (void)number, (void)context;
  handled = handled * 100 + info->value.number;
}

// A signal that is blocked stays pending, and those after it are counted even so.
static void blocked_signals(void) {
  int self = (int)SYS(getpid, 0);
  sigaction handle = {handles, SA_SIGINFO, {{0}}};
  sigset one = {{1u << (SIGUSR2 - 1)}}, pending;
  kevent e;
  SYS(sigaction, SIGUSR2, &handle, 0);
  SYS(sigprocmask, SIG_BLOCK, &one, 0);
  SYS(kill, self, SIGUSR2);
  CHECK(change(EVFILT_SIGNAL, SIGUSR2, EV_ADD, 0, 0) == 0 && take(&e, 1, 0) == 0, "came before it was watched");
  for (int i = 0; i < 3; i++) {
    SYS(sigqueue, self, SIGUSR2, i);
    CHECK(take(&e, 1, 3000) == 1 && e.ident == SIGUSR2 && e.data == 1, i == 0 ? "the first" : "one while one is pending");
  }
  SYS(sigpending, &pending);
  CHECK(pending.bits[0] == one.bits[0] && handled == 0, "still pending");
  siginfo info;
  timespec now = {0, 0};
  CHECK(SYS(sigtimedwait, &one, &info, &now) == SIGUSR2 && info.code == SI_USER && info.pid == self, "taken by sigtimedwait");
  CHECK(SYS(sigtimedwait, &one, &info, &now) == -EAGAIN, "as one");
  SYS(sigqueue, self, SIGUSR2, 7);
  CHECK(take(&e, 1, 3000) == 1 && e.data == 1, "one more");
  SYS(sigprocmask, SIG_UNBLOCK, &one, 0);
  CHECK(handled == 7, "handled when it was let in");
  CHECK(take(&e, 1, 0) == 0, "and not counted again");
  SYS(kill, self, SIGUSR2);
  CHECK(handled == 700 && take(&e, 1, 3000) == 1 && e.data == 1, "handled and counted");
  SYS(sigprocmask, SIG_BLOCK, &one, 0);
  SYS(sigqueue, self, SIGUSR2, 9);
  CHECK(take(&e, 1, 3000) == 1 && e.data == 1, "blocked again");
  CHECK(change(EVFILT_SIGNAL, SIGUSR2, EV_DELETE, 0, 0) == 0, "not watched any more");
  SYS(sigprocmask, SIG_UNBLOCK, &one, 0);
  CHECK(handled == 70009, "handled all the same");
}

static void processes(const char *self) {
  int ends[2], status = 0;
  char byte;
  kevent e;
  SYS(pipe2, ends, 0);
  long child = SYS(fork, 0);
  if (child == 0) {
    SYS(read, ends[0], &byte, 1);
    quit(17);
  }
  CHECK(change(EVFILT_PROC, (u64)child, EV_ADD, NOTE_EXIT, 0) == 0, "process watched");
  CHECK(take(&e, 1, 0) == 0, "it runs");
  SYS(write, ends[1], "x", 1);
  CHECK(take(&e, 1, 3000) == 1 && e.ident == (u64)child && e.filter == EVFILT_PROC && (e.fflags & NOTE_EXIT), "NOTE_EXIT");
  CHECK(e.data == 17 << 8 && (e.flags & EV_EOF), "with its status");
  CHECK(SYS(wait4, child, &status, 0, 0) == child && status == 17 << 8, "which can be waited for still");
  CHECK(change(EVFILT_PROC, 999999, EV_ADD, NOTE_EXIT, 0) == -ESRCH, "no such process: ESRCH");
  child = SYS(fork, 0);
  if (child == 0) {
    char *arguments[] = {(char *)self, "child", NULL}, *variables[] = {NULL};
    SYS(read, ends[0], &byte, 1);
    SYS(execve, self, arguments, variables);
    quit(99);
  }
  CHECK(change(EVFILT_PROC, (u64)child, EV_ADD, NOTE_EXIT | NOTE_EXEC, 0) == 0, "another one");
  SYS(write, ends[1], "x", 1);
  u32 seen = 0;
  while (!(seen & NOTE_EXIT) && take(&e, 1, 3000) == 1) seen |= e.fflags;
  CHECK((seen & (NOTE_EXIT | NOTE_EXEC)) == (NOTE_EXIT | NOTE_EXEC), "NOTE_EXEC and NOTE_EXIT");
  SYS(wait4, child, &status, 0, 0);
}

static void process_descriptors(void) {
  int fd = -1;
  kevent e;
  long child = SYS(pdfork, &fd, 0);
  if (child == 0) {
    pause_for(20);
    quit(19);
  }
  CHECK(change(EVFILT_PROCDESC, (u64)fd, EV_ADD, NOTE_EXIT, 0) == 0, "process descriptor watched");
  CHECK(take(&e, 1, 3000) == 1 && e.filter == EVFILT_PROCDESC && (e.fflags & NOTE_EXIT) && e.data == 19 << 8,
        "NOTE_EXIT with the status");
  SYS(wait4, child, 0, 0, 0);
  SYS(close, fd);
}

#define NOTE_TRACK 1u
#define NOTE_CHILD 4u

// A child whose forks are told, and whose descendants are watched as it is.
static void families(const char *self) {
  int go[2], stay[2], status;
  char byte;
  kevent e;
  SYS(pipe2, go, 0), SYS(pipe2, stay, 0);
  long child = SYS(fork, 0);
  if (child == 0) {
    SYS(read, go[0], &byte, 1);
    if (SYS(fork, 0) == 0) {
      if (SYS(fork, 0) == 0) quit(31);
      SYS(wait4, -1, 0, 0, 0);
      SYS(read, stay[0], &byte, 1);
      quit(32);
    }
    SYS(wait4, -1, 0, 0, 0);
    quit(33);
  }
  CHECK(change(EVFILT_PROC, (u64)child, EV_ADD, NOTE_FORK | NOTE_EXIT | NOTE_TRACK, 0) == 0, "a family watched");
  CHECK(take(&e, 1, 0) == 0, "nothing yet");
  SYS(write, go[1], "x", 1);
  int born = 0, forked = 0, ended = 0, right = 1, statuses = 0;
  while (ended < 3 && take(&e, 1, 3000) == 1) {
    if (e.fflags & NOTE_CHILD) {
      born++;
      right &= e.fflags == NOTE_CHILD && (born == 1 ? e.data == child : e.data != child && e.data > 1);
      if (born == 2) SYS(write, stay[1], "x", 1);
      continue;
    }
    if (e.fflags & NOTE_FORK) forked++;
    if (e.fflags & NOTE_EXIT) ended++, statuses += (int)(e.data >> 8);
  }
  CHECK(born == 2 && right, "NOTE_CHILD, with the parent's number");
  CHECK(forked == 2, "NOTE_FORK of child and grandchild");
  CHECK(ended == 3 && statuses >= 64, "NOTE_EXIT of all three");
  CHECK(take(&e, 1, 0) == 0, "that was all");
  SYS(wait4, child, &status, 0, 0);
  child = SYS(fork, 0);
  if (child == 0) {
    char *arguments[] = {(char *)self, "again", NULL}, *none[] = {NULL};
    SYS(read, go[0], &byte, 1);
    SYS(execve, self, arguments, none);
    quit(1);
  }
  CHECK(change(EVFILT_PROC, (u64)child, EV_ADD, NOTE_EXEC, 0) == 0, "execs watched");
  SYS(write, go[1], "x", 1);
  CHECK(take(&e, 1, 3000) == 1 && e.fflags == NOTE_EXEC, "the first");
  CHECK(take(&e, 1, 3000) == 1 && e.fflags == NOTE_EXEC, "the second");
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 0, "both were made");
  for (int i = 0; i < 2; i++) SYS(close, go[i]), SYS(close, stay[i]);
}

int main(int argc, char **argv, char **environment) {
  (void)environment;
  if (argc > 1 && same(argv[1], "child")) return 18;
  if (argc > 1 && same(argv[1], "again")) {
    char *arguments[] = {argv[0], "last", NULL}, *none[] = {NULL};
    pause_for(150);
    return (int)SYS(execve, argv[0], arguments, none);
  }
  if (argc > 1 && same(argv[1], "last")) {
    pause_for(50);
    return 0;
  }
  queue = (int)SYS(kqueue, 0);
  files();
  folders();
  signals();
  blocked_signals();
  processes(argv[0]);
  process_descriptors();
  families(argv[0]);
  return done();
}
