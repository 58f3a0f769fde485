// Bad pointers, bad descriptors and bad numbers given to many calls: an error each time, never an end.
#include "_check.h"
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int ends[2], pair[2], poller, file;
static char *edge; // the last byte before a page that can't be touched

// One call with raw arguments; its result as an error's name, or "succeeds".
static void attempt(const char *text, long number, long a, long b, long c, long d, long e, long f) {
  errno = 0;
  long result = syscall(number, a, b, c, d, e, f);
  printf("%s: %s\n", text, result == -1 ? strerror(errno) : "succeeds");
}

#define PICK(_1, _2, _3, _4, _5, _6, ...) (long)(_1), (long)(_2), (long)(_3), (long)(_4), (long)(_5), (long)(_6)
#define TRY(name, ...) attempt(#name "(" #__VA_ARGS__ ")", SYS_##name, PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0))

// Calls that read or write memory through each of their pointers.
static void pointers(long bad) {
  int fd = file, reader = ends[0], writer = ends[1], one = pair[0], directory = open("/", O_RDONLY | O_DIRECTORY);
  if (write(writer, "full", 4) != 4) perror("write");
  TRY(write, writer, bad, 10);
  TRY(read, reader, bad, 10);
  TRY(pread64, fd, bad, 10, 0);
  TRY(pwrite64, fd, bad, 10, 0);
  TRY(readv, reader, bad, 1);
  TRY(writev, writer, bad, 1);
  TRY(preadv, fd, bad, 1, 0);
  TRY(open, bad, 0);
  TRY(openat, -100, bad, 0);
  TRY(stat, bad, bad);
  TRY(stat, "/", bad);
  TRY(lstat, "/", bad);
  TRY(fstat, fd, bad);
  TRY(newfstatat, -100, "/", bad, 0);
  TRY(newfstatat, -100, bad, bad, 0);
  TRY(statx, -100, "/", 0, 0xfff, bad);
  TRY(statfs, "/", bad);
  TRY(fstatfs, fd, bad);
  TRY(access, bad, 0);
  TRY(mkdir, bad, 0);
  TRY(rmdir, bad);
  TRY(unlink, bad);
  TRY(rename, bad, "/absent");
  TRY(link, bad, bad);
  TRY(symlink, bad, bad);
  TRY(readlink, "/proc/self/exe", bad, 100);
  TRY(readlink, bad, bad, 100);
  TRY(chmod, bad, 0);
  TRY(chown, bad, 0, 0);
  TRY(truncate, bad, 0);
  TRY(chdir, bad);
  TRY(getcwd, bad, 4096);
  TRY(getdents64, directory, bad, 4096);
  TRY(utimensat, -100, "/absent", bad, 0);
  TRY(pipe, bad);
  TRY(pipe2, bad, 0);
  TRY(poll, bad, 1, 0);
  TRY(select, 1, bad, 0, 0, 0);
  TRY(epoll_ctl, poller, 1, reader, bad);
  TRY(ioctl, reader, 0x541b /* FIONREAD */, bad);
  TRY(fcntl, fd, F_GETLK, bad);
  TRY(socketpair, AF_UNIX, SOCK_STREAM, 0, bad);
  TRY(connect, one, bad, 16);
  TRY(bind, one, bad, 16);
  TRY(getsockname, one, bad, bad);
  TRY(getsockopt, one, SOL_SOCKET, SO_TYPE, bad, bad);
  TRY(setsockopt, one, SOL_SOCKET, SO_KEEPALIVE, bad, 4);
  TRY(sendto, one, bad, 10, 0, 0, 0);
  TRY(sendmsg, one, bad, 0);
  TRY(recvmsg, one, bad, MSG_DONTWAIT);
  TRY(clock_gettime, 1, bad);
  TRY(clock_getres, 1, bad);
  TRY(nanosleep, bad, 0);
  TRY(clock_nanosleep, 1, 0, bad, 0);
  TRY(gettimeofday, bad, 0);
  TRY(times, bad);
  TRY(uname, bad);
  TRY(sysinfo, bad);
  TRY(getrlimit, 0, bad);
  TRY(setrlimit, 0, bad);
  TRY(prlimit64, 0, 0, 0, bad);
  TRY(getrusage, 0, bad);
  TRY(rt_sigaction, SIGUSR1, bad, 0, 8);
  TRY(rt_sigaction, SIGUSR1, 0, bad, 8);
  TRY(rt_sigprocmask, 0, bad, 0, 8);
  TRY(rt_sigprocmask, 0, 0, bad, 8);
  TRY(rt_sigpending, bad, 8);
  TRY(rt_sigtimedwait, bad, 0, 0, 8);
  TRY(rt_sigsuspend, bad, 8);
  TRY(sigaltstack, bad, 0);
  TRY(sigaltstack, 0, bad);
  TRY(setitimer, 0, bad, 0);
  TRY(getitimer, 0, bad);
  TRY(timer_create, 1, bad, bad);
  TRY(futex, bad, 0, 0, 0, 0, 0);
  TRY(futex, bad, 1, 1, 0, 0, 0);
  TRY(sched_getaffinity, 0, 128, bad);
  TRY(sched_setaffinity, 0, 128, bad);
  TRY(getrandom, bad, 16, 0);
  TRY(memfd_create, bad, 0);
  TRY(execve, bad, 0, 0);
  TRY(execve, "/proc/self/exe", bad, 0);
  TRY(wait4, -1, bad, 0, 0);
  TRY(getgroups, 64, bad);
  TRY(clone3, bad, 88);
  TRY(set_robust_list, bad, 24);
  TRY(sendfile, writer, fd, bad, 1);
  TRY(splice, fd, bad, writer, 0, 1, 0);
  TRY(prctl, 16 /* PR_GET_NAME */, bad);
  TRY(prctl, 15 /* PR_SET_NAME */, bad);
  TRY(mincore, edge + 1 - 4096, 4096, bad);
  char drop[8];
  if (read(reader, drop, sizeof drop) < 0) perror("read");
  close(directory);
}

static void descriptors(void) {
  static const long calls[] = {SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_lseek, SYS_fsync, SYS_ftruncate, SYS_fchdir,
                               SYS_fchmod, SYS_dup, SYS_fcntl, SYS_ioctl, SYS_getdents64, SYS_flock, SYS_listen,
                               SYS_shutdown, SYS_fdatasync};
  static const int bad[] = {-1, 4000, 0x7fffffff, -2147483647 - 1};
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
    for (unsigned j = 0; j < 4; j++) {
      errno = 0;
      long result = syscall(calls[i], bad[j], 0, 0);
      printf("call %ld of descriptor %d: %ld %s\n", calls[i], bad[j], result, strerror(errno));
    }
}

// A pointer that is good for a part only: what fits is done or the whole refused, as the kernel does it.
static void partly(void) {
  char *four = edge - 3;
  if (write(ends[1], "0123456789", 10) != 10) perror("write");
  errno = 0;
  SHOW(read(ends[0], four, 10));
  char rest[16];
  errno = 0;
  SHOW(recv(pair[0], rest, 0, MSG_DONTWAIT));
  SHOW(read(ends[0], four, 4));
  CHECK(memcmp(four, "0123", 4) == 0 || memcmp(four, "4567", 4) == 0, "four bytes arrived");
  memcpy(four, "/tmp", 4); // a path without an end before the page
  SHOW(open(four, O_RDONLY));
  SHOW(syscall(SYS_clock_gettime, 1, four));
  while (recv(ends[0], rest, 0, 0), fcntl(ends[0], F_SETFL, O_NONBLOCK), read(ends[0], rest, sizeof rest) > 0) continue;
  fcntl(ends[0], F_SETFL, 0);
}

static void numbers(void) {
  static const long unknown[] = {9999, 500, 0x40000000, -1, 1 << 20, 0x7fffffff};
  for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++) attempt("an unknown call", unknown[i], 1, 2, 3, 4, 5, 6);
  SHOW(kill(getpid(), 65));
  SHOW(kill(getpid(), -1));
  SHOW(lseek(file, -1, SEEK_SET));
  SHOW(lseek(file, 0, 77));
  SHOW(lseek(file, INT64_MAX, SEEK_CUR) < 0);
  SHOW(socket(9999, 1, 0));
  SHOW(open("/tmp", O_WRONLY));
  SHOW(open("/dev/null/x", O_RDONLY));
  SHOW(syscall(SYS_rt_sigaction, 0, 0, 0, 8));
  SHOW(syscall(SYS_rt_sigaction, SIGKILL, 0, 0, 8));
  SHOW(syscall(SYS_rt_sigaction, 1, 0, 0, 9));
  SHOW(syscall(SYS_futex, 1, 0, 0, 0, 0, 0));
  SHOW(waitpid(1, NULL, 0));
  SHOW(setpgid(getpid(), 0x7fffffff));
  SHOW(syscall(SYS_clock_gettime, 99, 0));
}

int main(void) {
  char name[] = "/tmp/faults-XXXXXX";
  char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(two + 4096, 4096, PROT_NONE);
  edge = two + 4095;
  file = mkstemp(name);
  unlink(name);
  poller = syscall(SYS_epoll_create1, 0);
  if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(file, two, 4096) != 4096) return 2;
  lseek(file, 0, SEEK_SET);
  signal(SIGPIPE, SIG_IGN);
  printf("-- low address\n");
  pointers(8);
  printf("-- page without access\n");
  pointers((long)(edge + 1));
  printf("-- kernel address\n");
  pointers((long)0xffff800000001000);
  printf("-- no address at all\n");
  pointers((long)0x8000000000000000);
  printf("-- descriptors\n");
  descriptors();
  printf("-- partly good\n");
  partly();
  printf("-- numbers\n");
  numbers();
  return done();
}
