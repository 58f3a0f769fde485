// Capsicum: capability mode, and rights of descriptors. capsicum(4), cap_rights_limit(2), cap_enter(2).
#include "_freebsd.h"

enum {
  SYS_fchdir = 13, SYS_bind_ = 104, SYS___cap_rights_get = 515, SYS_cap_enter = 516, SYS_cap_getmode = 517,
  SYS_cap_rights_limit = 533, SYS_cap_ioctls_limit = 534, SYS_cap_ioctls_get = 535, SYS_cap_fcntls_limit = 536,
  SYS_cap_fcntls_get = 537, SYS_procctl = 544, SYS_shm_open2 = 571, SYS_unlinkat = 503, SYS_mkdirat = 496,
};
enum { ENOTCAPABLE = 93, ECAPMODE = 94, F_GETFL = 3, F_SETFL = 4, F_DUPFD = 0 };
#define RIGHT(word, bit) (1ul << (57 + (word)) | (bit))
#define CAP_READ RIGHT(0, 1ul)
#define CAP_WRITE RIGHT(0, 2ul)
#define CAP_SEEK RIGHT(0, 0xcul)
#define CAP_MMAP_R RIGHT(0, 0x1dul)
#define CAP_LOOKUP RIGHT(0, 0x400ul)
#define CAP_FCNTL RIGHT(0, 0x8000ul)
#define CAP_FSTAT RIGHT(0, 0x80000ul)
#define CAP_IOCTL RIGHT(1, 0x80ul)
enum { FIONREAD = 0x4004667f, FIONBIO = (int)0x8004667e };

typedef struct { u64 words[2]; } rights;

static long limit(int fd, u64 first, u64 second) {
  rights r = {{first | 1ul << 57, second | 1ul << 58}};
  return SYS(cap_rights_limit, fd, &r);
}

static void limits(const char *name) {
  char byte;
  stat status;
  rights r = {{0}};
  int fd = (int)SYS(open, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  SYS(write, fd, "some text", 9);
  CHECK(SYS(__cap_rights_get, 0, fd, &r) == 0 && r.words[0] == (1ul << 57 | 0x7fffffffffful) &&
          r.words[1] == (1ul << 58 | 0x1ffffful), "all rights");
  CHECK(SYS(__cap_rights_get, 1, fd, &r) == -EINVAL && SYS(__cap_rights_get, 0, 77, &r) == -EBADF, "its errors");
  rights bad = {{1, 2}};
  CHECK(SYS(cap_rights_limit, fd, &bad) == -EINVAL, "no rights");
  bad = (rights){{1ul << 57 | 1ul << 50, 1ul << 58}};
  CHECK(SYS(cap_rights_limit, fd, &bad) == -EINVAL, "an unknown right");
  CHECK(SYS(cap_rights_limit, fd, 8) == -EFAULT && limit(77, CAP_READ, 0) == -EBADF, "EFAULT, EBADF");
  CHECK(limit(fd, CAP_READ | CAP_SEEK | CAP_FCNTL, CAP_IOCTL) == 0, "limited");
  CHECK(SYS(write, fd, "x", 1) == -ENOTCAPABLE, "write: ENOTCAPABLE");
  CHECK(SYS(fstat, fd, &status) == -ENOTCAPABLE, "fstat: ENOTCAPABLE");
  CHECK(SYS(lseek, fd, 0, 0) == 0 && SYS(read, fd, &byte, 1) == 1 && SYS(pread, fd, &byte, 1, 3) == 1, "read goes on");
  CHECK(SYS(mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0) == -ENOTCAPABLE, "mmap: ENOTCAPABLE");
  CHECK(limit(fd, CAP_READ | CAP_WRITE, 0) == -ENOTCAPABLE, "no way back");
  int copy = (int)SYS(dup, fd);
  CHECK(SYS(write, copy, "x", 1) == -ENOTCAPABLE && SYS(read, copy, &byte, 1) == 1, "a duplicate is as limited");
  CHECK(limit(copy, CAP_SEEK, 0) == 0 && SYS(read, copy, &byte, 1) == -ENOTCAPABLE, "more so");
  CHECK(SYS(read, fd, &byte, 1) == 1, "alone");
  SYS(dup2, fd, copy);
  CHECK(SYS(read, copy, &byte, 1) == 1, "dup2 takes the rights along");
  int third = (int)SYS(fcntl, fd, F_DUPFD, 20);
  CHECK(third >= 20 && SYS(write, third, "x", 1) == -ENOTCAPABLE, "F_DUPFD");
  SYS(close, third);
  SYS(close, copy);
  CHECK(SYS(open, name, O_RDWR) == copy && SYS(write, copy, "x", 1) == 1, "the number is free of them");
  SYS(close, copy);
  u32 commands = 0;
  CHECK(SYS(cap_fcntls_get, fd, &commands) == 0 && commands == 0x78, "all of fcntl");
  CHECK(SYS(cap_fcntls_limit, fd, 1) == -EINVAL, "no such command");
  CHECK(SYS(cap_fcntls_limit, fd, 1 << F_GETFL) == 0 && SYS(fcntl, fd, F_SETFL, 0) == -ENOTCAPABLE, "F_SETFL gone");
  CHECK((SYS(fcntl, fd, F_GETFL) & 3) == O_RDWR && SYS(cap_fcntls_limit, fd, 0x78) == -ENOTCAPABLE, "for good");
  long list[2] = {FIONREAD, 17}, got[2] = {0};
  CHECK(SYS(cap_ioctls_get, fd, got, 2) == 0x7fffffffffffffff, "all of ioctl");
  CHECK(SYS(cap_ioctls_limit, fd, list, 1) == 0 && SYS(cap_ioctls_get, fd, got, 2) == 1 && got[0] == FIONREAD, "one left");
  int number;
  CHECK(SYS(ioctl, fd, FIONREAD, &number) == 0 && SYS(ioctl, fd, FIONBIO, &number) == -ENOTCAPABLE, "the others refused");
  CHECK(SYS(cap_ioctls_limit, fd, list, 2) == -ENOTCAPABLE && SYS(cap_ioctls_limit, fd, list, 257) == -EINVAL, "no more");
  if (SYS(fork, 0) == 0) quit(SYS(write, fd, "x", 1) == -ENOTCAPABLE && SYS(read, fd, &byte, 1) == 1 ? 5 : 1);
  int status_word = 0;
  SYS(wait4, -1, &status_word, 0, 0);
  CHECK(status_word == 5 << 8, "a child's are the same");
  SYS(close, fd);
}

static void directories(const char *folder, const char *inside, const char *outside) {
  int fd = (int)SYS(open, folder, O_RDONLY | O_DIRECTORY);
  CHECK(limit(fd, CAP_LOOKUP | CAP_READ | CAP_FSTAT, 0) == 0, "a folder");
  int file = (int)SYS(openat, fd, inside, O_RDONLY);
  CHECK(file >= 0, "below it");
  stat status;
  char byte;
  CHECK(SYS(fstat, file, &status) == 0 && SYS(read, file, &byte, 1) == 1, "with its rights");
  CHECK(SYS(write, file, "x", 1) == -ENOTCAPABLE && SYS(lseek, file, 0, 0) == -ENOTCAPABLE, "and no more");
  CHECK(SYS(openat, fd, inside, O_RDWR) == -ENOTCAPABLE, "not for writing");
  CHECK(SYS(openat, fd, outside, O_RDONLY) == -ENOTCAPABLE, "not outside it");
  CHECK(SYS(openat, fd, "..", O_RDONLY) == -ENOTCAPABLE && SYS(fstatat, fd, "../..", &status, 0) == -ENOTCAPABLE, "nor above");
  CHECK(SYS(mkdirat, fd, "sub", 0700) == -ENOTCAPABLE && SYS(unlinkat, fd, inside, 0) == -ENOTCAPABLE, "nothing is made");
  CHECK(SYS(fstatat, fd, inside, &status, 0) == 0 && SYS(fstatat, fd, "none", &status, 0) == -ENOENT, "looked at");
  SYS(close, file);
  SYS(close, fd);
}

static int traps;
static void on_trap(int number, siginfo *info, ucontext *context) {
  (void)number, (void)info, (void)context;
  traps++;
}

static int confined(const char *folder, const char *inside) {
  u32 mode = 9;
  char byte;
  stat status;
  CHECK(SYS(cap_getmode, &mode) == 0 && mode == 0, "not in capability mode");
  int fd = (int)SYS(open, folder, O_RDONLY | O_DIRECTORY);
  CHECK(SYS(cap_enter, 0) == 0 && SYS(cap_getmode, &mode) == 0 && mode == 1, "entered");
  CHECK(SYS(cap_enter, 0) == 0, "twice");
  CHECK(SYS(open, inside, O_RDONLY) == -ECAPMODE, "open: ECAPMODE");
  CHECK(SYS(openat, AT_FDCWD, inside, O_RDONLY) == -ECAPMODE, "openat: ECAPMODE");
  CHECK(SYS(chdir, "/") == -ECAPMODE && SYS(unlink, inside) == -ECAPMODE && SYS(rename, "a", "b") == -ECAPMODE, "names");
  CHECK(SYS(fstatat, AT_FDCWD, "/", &status, 0) == -ECAPMODE && SYS(access, "/", 0) == -ECAPMODE, "more names");
  int file = (int)SYS(openat, fd, inside, O_RDONLY);
  CHECK(file >= 0 && SYS(read, file, &byte, 1) == 1, "a name below a descriptor");
  CHECK(SYS(openat, fd, "/etc", O_RDONLY) == -ENOTCAPABLE && SYS(openat, fd, "..", O_RDONLY) == -ENOTCAPABLE, "not above");
  CHECK(SYS(kill, SYS(getppid, 0), 0) == -ECAPMODE && SYS(kill, SYS(getpid, 0), 0) == 0, "kill oneself alone");
  struct { u8 len, family; u16 port; u8 rest[12]; } address = {16, 2, 0, {127, 0, 0, 1}};
  int s = (int)SYS(socket, 2, 2, 0);
  CHECK(s >= 0 && SYS(connect, s, &address, 16) == -ECAPMODE && SYS(sendto, s, "x", 1, 0, &address, 16) == -ECAPMODE,
        "no addresses");
  CHECK(SYS(shm_open2, "/name", O_RDWR | O_CREAT, 0600, 0, 0) == -ECAPMODE, "no named memory");
  CHECK(SYS(shm_open2, 1, O_RDWR, 0, 0, 0) >= 0, "but anonymous");
  CHECK(SYS(ptrace, 0, 0, 0, 0) == -ECAPMODE, "no tracing");
  sigaction action = {on_trap, SA_SIGINFO, {{0}}};
  SYS(sigaction, SIGTRAP, &action, 0);
  int enable = 1, state = 0;
  CHECK(SYS(procctl, 0, 0L, 9, &enable) == 0 && SYS(procctl, 0, 0L, 10, &state) == 0 && state == 1, "refusals trap");
  CHECK(SYS(chdir, "/") == -ECAPMODE && traps == 1, "SIGTRAP too");
  if (SYS(fork, 0) == 0) quit(SYS(chdir, "/") == -ECAPMODE ? 6 : 1);
  int status_word = 0, descriptor = -1;
  (void)descriptor;
  CHECK(SYS(wait4, -1, &status_word, 0, 0) == -ECAPMODE, "no waiting for numbers");
  return done();
}

int main(int argc, char **argv, char **environment) {
  static char folder[64], name[80];
  (void)argc, (void)argv, (void)environment;
  scratch_name(folder, "/tmp/capsicum-");
  SYS(mkdir, folder, 0700);
  memcpy(name, folder, length(folder));
  memcpy(name + length(folder), "/file", 6);
  limits(name);
  directories(folder, "file", "/tmp");
  long child = SYS(fork, 0);
  if (child == 0) quit(confined(folder, "file"));
  int status;
  SYS(wait4, child, &status, 0, 0);
  CHECK(status == 0, "the confined child");
  SYS(unlink, name);
  SYS(rmdir, folder);
  return done();
}
