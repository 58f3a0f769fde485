// Wrong arguments to many calls: an error each time, the right one, and never an end.
#include "_freebsd.h"

static int ends[2], pair[2], file, directory, queue;
static char *edge; // the last byte before a page that can't be touched
static volatile int wrong, tried;

static void expect(const char *text, long got, long want) {
  tried++;
  if (got == want) return;
  print("FAILED %s: %s, not %s\n", text, error_name(got), error_name(want));
  wrong++;
}

#define TRY(error, name, ...) expect(#name "(" #__VA_ARGS__ ")", SYS(name, __VA_ARGS__), -error)

static void pointers(u64 bad) {
  long reader = ends[0], writer = ends[1], one = pair[0];
  SYS(write, writer, "full", 4);
  TRY(EFAULT, read, reader, bad, 4);
  TRY(EFAULT, write, writer, bad, 4);
  TRY(EFAULT, pread, file, bad, 4, 0);
  TRY(EFAULT, pwrite, file, bad, 4, 0);
  TRY(EFAULT, readv, reader, bad, 1);
  TRY(EFAULT, writev, writer, bad, 1);
  TRY(EFAULT, open, bad, 0);
  TRY(EFAULT, openat, AT_FDCWD, bad, 0);
  TRY(EFAULT, fstatat, AT_FDCWD, bad, bad, 0);
  TRY(EFAULT, fstatat, AT_FDCWD, "/", bad, 0);
  TRY(EFAULT, fstat, file, bad);
  TRY(EFAULT, statfs, "/", bad);
  TRY(EFAULT, fstatfs, file, bad);
  TRY(EFAULT, getdirentries, directory, bad, 4096, 0);
  TRY(EFAULT, access, bad, 0);
  TRY(EFAULT, mkdir, bad, 0);
  TRY(EFAULT, rmdir, bad);
  TRY(EFAULT, unlink, bad);
  TRY(EFAULT, rename, bad, "/absent");
  TRY(EFAULT, link, bad, "/absent");
  TRY(EFAULT, symlink, bad, "/absent");
  TRY(EFAULT, readlink, bad, edge, 1);
  TRY(EFAULT, chmod, bad, 0);
  TRY(EFAULT, truncate, bad, 0);
  TRY(EFAULT, chdir, bad);
  TRY(EFAULT, __getcwd, bad, 1024);
  TRY(EFAULT, utimes, "/", bad);
  TRY(EFAULT, pipe2, bad, 0);
  TRY(EFAULT, poll, bad, 1, 0);
  TRY(EFAULT, select, 1, bad, 0, 0, 0);
  TRY(EFAULT, kevent, queue, bad, 1, 0, 0, 0);
  TRY(EFAULT, socketpair, 1, 1, 0, bad);
  TRY(EFAULT, connect, one, bad, 16);
  TRY(EFAULT, bind, one, bad, 16);
  TRY(EFAULT, getsockname, one, bad, bad);
  TRY(EFAULT, getsockopt, one, 0xffff, 0x1008, bad, bad);
  TRY(EFAULT, setsockopt, one, 0xffff, 8, bad, 4);
  TRY(EFAULT, sendto, one, bad, 4, 0, 0, 0);
  TRY(EFAULT, sendmsg, one, bad, 0);
  TRY(EFAULT, recvmsg, one, bad, 0x80);
  TRY(EFAULT, clock_gettime, 4, bad);
  TRY(EFAULT, clock_getres, 4, bad);
  TRY(EFAULT, gettimeofday, bad, 0);
  TRY(EFAULT, nanosleep, bad, 0);
  TRY(EFAULT, getrlimit, 0, bad);
  TRY(EFAULT, setrlimit, 0, bad);
  TRY(EFAULT, getrusage, 0, bad);
  TRY(EFAULT, sigaction, SIGUSR1, bad, 0);
  TRY(EFAULT, sigaction, SIGUSR1, 0, bad);
  TRY(EFAULT, sigprocmask, SIG_BLOCK, bad, 0);
  TRY(EFAULT, sigprocmask, SIG_BLOCK, 0, bad);
  TRY(EFAULT, sigpending, bad);
  TRY(EFAULT, sigsuspend, bad);
  TRY(EFAULT, sigtimedwait, bad, 0, 0);
  TRY(EFAULT, sigaltstack, bad, 0);
  TRY(EFAULT, sigaltstack, 0, bad);
  TRY(EFAULT, setitimer, 0, bad, 0);
  TRY(EFAULT, sigreturn, bad);
  TRY(EFAULT, thr_self, bad);
  TRY(EFAULT, thr_new, bad, 104);
  TRY(EFAULT, _umtx_op, bad, UMTX_OP_WAIT_UINT_PRIVATE, 0, 0, 0);
  TRY(EFAULT, __sysctl, bad, 2, 0, 0, 0, 0);
  TRY(EFAULT, sysarch, 129, bad);
  TRY(EFAULT, cpuset_getaffinity, 1, 1, -1, 128, bad);
  TRY(EFAULT, getrandom, bad, 16, 0);
  TRY(EFAULT, execve, bad, 0, 0);
  TRY(EFAULT, execve, "/absent", bad, 0);
  char drop[8];
  SYS(read, reader, drop, sizeof drop);
}

static void descriptors(void) {
  static const long calls[] = {SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_lseek, SYS_fsync, SYS_ftruncate, SYS_dup,
                               SYS_fcntl, SYS_ioctl, SYS_flock, SYS_listen, SYS_getdirentries, SYS_kevent, SYS_accept,
                               SYS_getsockname};
  static const int bad[] = {-1, 4000, 0x7fffffff, -0x7fffffff - 1};
  static char space[256];
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
    for (unsigned j = 0; j < 4; j++) {
      // What comes after the descriptor is good, so that nothing else can be complained of first.
      long second = (long)space, third = 1;
      if (calls[i] == SYS_fcntl) second = 1 /* F_GETFD */;
      if (calls[i] == SYS_ioctl) second = 0x402c7413 /* TIOCGETA */, third = (long)space;
      if (calls[i] == SYS_kevent) third = 0;
      if (calls[i] == SYS_accept || calls[i] == SYS_getsockname) third = (long)space;
      expect("a call with a bad descriptor", call(calls[i], bad[j], second, third, 0, 0, 0), -EBADF);
    }
}

static void numbers(void) {
  TRY(EINVAL, lseek, file, -1, 0);
  TRY(EINVAL, lseek, file, 0, 77);
  TRY(ESPIPE, lseek, ends[0], 0, 0);
  TRY(EINVAL, kill, SYS(getpid, 0), -1);
  TRY(ESRCH, kill, 0x7ffffff0, 0);
  TRY(EINVAL, clock_gettime, 99, edge - 100);
  TRY(EINVAL, nanosleep, ((timespec[]){{0, 1000000000}}), 0);
  TRY(EAFNOSUPPORT, socket, 200, 1, 0);
  TRY(ENOTSOCK, bind, file, edge - 100, 16);
  enum { SYS_sendfile = 393, ENOTCONN = 57 };
  long listener = SYS(socket, 2, 1, 0), datagram = SYS(socket, 2, 2, 0);
  SYS(listen, listener, 1);
  TRY(ENOTSOCK, sendfile, file, file, 0, 0, 0, 0);
  TRY(EINVAL, sendfile, file, datagram, 0, 0, 0, 0);
  TRY(ENOTCONN, sendfile, file, listener, 0, 0, 0, 0);
  TRY(ENOTCONN, sendfile, file, SYS(socket, 2, 1, 0), 0, 0, 0, 0);
  TRY(ENOENT, open, "/absent", 0);
  TRY(ENOENT, open, "", 0);
  TRY(ENOTDIR, open, "/dev/null/x", 0);
  TRY(EISDIR, open, "/", O_WRONLY);
  TRY(EINVAL, open, "/dev/null", 3);
  TRY(EEXIST, mkdir, "/dev", 0);
  TRY(ENOTTY, ioctl, file, 0x402c7413, edge - 100);
  TRY(EINVAL, readlink, "/", edge - 100, 100);
  TRY(EINVAL, mmap, 0, 0, PROT_READ, MAP_ANON | MAP_PRIVATE, -1, 0);
  TRY(EINVAL, mmap, 1, 4096, PROT_READ, MAP_ANON | MAP_PRIVATE | MAP_FIXED, -1, 0);
  TRY(EINVAL, mmap, 0, 4096, PROT_READ, MAP_ANON | MAP_PRIVATE, file, 0);
  TRY(EBADF, mmap, 0, 4096, PROT_READ, MAP_PRIVATE, 4000, 0);
  TRY(EINVAL, wait4, 0, 0, 0x10000, 0);
  TRY(EINVAL, setitimer, 9, 0, 0);
}

static volatile int complained;
static void complains(int number, siginfo *info, ucontext *context) {
  (void)info, (void)context;
  complained += number == SIGSYS;
}

static void unknown_calls(void) {
  static const long unknown[] = {9999, -1, 0x7fffffff, 100000};
  sigaction action = {complains, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGSYS, &action, 0);
  for (unsigned i = 0; i < 4; i++) expect("an unknown call", call(unknown[i], 1, 2, 3, 4, 5, 6), -ENOSYS);
  CHECK(complained == 4, "each unknown call raises SIGSYS");
  int status = 0;
  long child = SYS(fork, 0);
  if (child == 0) {
    action.handler = SIG_DFL;
    SYS(sigaction, SIGSYS, &action, 0);
    call(9999, 0, 0, 0, 0, 0, 0);
    quit(0);
  }
  SYS(wait4, child, &status, 0, 0);
  CHECK((status & 0x7f) == SIGSYS, "which ends a program that doesn't handle it");
  CHECK(call(SYS_syscall, SYS_getpid, 0, 0, 0, 0, 0) == SYS(getpid, 0), "call 0 makes the call of its first argument");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  char *two = (char *)SYS(mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);
  SYS(mprotect, two + 4096, 4096, PROT_NONE);
  edge = two + 4095;
  char name[64];
  scratch_name(name, "/tmp/errors-");
  file = (int)SYS(open, name, O_CREAT | O_RDWR, 0600);
  SYS(unlink, name);
  SYS(pwrite, file, two, 4096, 0);
  directory = (int)SYS(open, "/", O_RDONLY | O_DIRECTORY);
  queue = (int)SYS(kqueue, 0);
  SYS(pipe2, ends, 0);
  SYS(socketpair, 1, 1, 0, pair);
  static const u64 bad[] = {8, 0, 0xffff800000001000, 0x8000000000000000};
  for (int i = 0; i < 4; i++) pointers(i == 1 ? (u64)(edge + 1) : bad[i]);
  CHECK(wrong == 0, "bad pointers: EFAULT");
  wrong = 0;
  descriptors();
  CHECK(wrong == 0, "bad descriptors: EBADF");
  wrong = 0;
  numbers();
  CHECK(wrong == 0, "bad numbers");
  wrong = 0;
  unknown_calls();
  CHECK(wrong == 0, "unknown calls: ENOSYS");
  print("%d tried\n", tried);
  return done();
}
