// FreeBSD/amd64 as a static program sees it: calls, numbers and layouts, and the little that the guest programs share.
//
// Facts are those of FreeBSD 14: sys/syscall.h, sys/signal.h, machine/ucontext.h, sys/event.h, sys/umtx.h, sys/stat.h.
#ifndef FREEBSD_H
#define FREEBSD_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;
#define NULL ((void *)0)

// A system call: the result, or the error's number below zero (the carry flag tells them apart).
long call(long number, long a, long b, long c, long d, long e, long f);
__attribute__((returns_twice)) long vfork(void);
__attribute__((returns_twice)) long spawn(void);  // rfork(RFSPAWN), as posix_spawn(3) calls it
#define PICK(_1, _2, _3, _4, _5, _6, ...) (long)(_1), (long)(_2), (long)(_3), (long)(_4), (long)(_5), (long)(_6)
#define SYS(name, ...) call(SYS_##name, PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0))

enum {
  SYS_syscall = 0, SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_wait4 = 7,
  SYS_link = 9, SYS_unlink = 10, SYS_chdir = 12, SYS_chmod = 15, SYS_getpid = 20, SYS_getuid = 24, SYS_ptrace = 26,
  SYS_recvmsg = 27, SYS_sendmsg = 28, SYS_recvfrom = 29, SYS_accept = 30, SYS_getpeername = 31, SYS_getsockname = 32,
  SYS_access = 33, SYS_kill = 37, SYS_getppid = 39, SYS_dup = 41, SYS_sigaltstack = 53, SYS_ioctl = 54,
  SYS_symlink = 57, SYS_readlink = 58, SYS_execve = 59, SYS_umask = 60, SYS_msync = 65, SYS_munmap = 73,
  SYS_mprotect = 74, SYS_madvise = 75, SYS_getgroups = 79, SYS_setpgid = 82, SYS_setitimer = 83, SYS_dup2 = 90,
  SYS_fcntl = 92, SYS_select = 93, SYS_fsync = 95, SYS_socket = 97, SYS_connect = 98, SYS_bind = 104,
  SYS_setsockopt = 105, SYS_listen = 106, SYS_gettimeofday = 116, SYS_getrusage = 117, SYS_getsockopt = 118,
  SYS_readv = 120, SYS_writev = 121, SYS_rename = 128, SYS_flock = 131, SYS_mkfifo = 132, SYS_sendto = 133,
  SYS_shutdown = 134, SYS_socketpair = 135, SYS_mkdir = 136, SYS_rmdir = 137, SYS_utimes = 138, SYS_sysarch = 165,
  SYS_getrlimit = 194, SYS_setrlimit = 195, SYS___sysctl = 202, SYS_poll = 209, SYS_clock_gettime = 232,
  SYS_clock_getres = 234, SYS_ktimer_create = 235, SYS_rfork = 251,
  SYS_ktimer_delete = 236, SYS_ktimer_settime = 237, SYS_nanosleep = 240, SYS_issetugid = 253, SYS___getcwd = 326, SYS_sched_yield = 331,
  SYS_sigprocmask = 340, SYS_sigsuspend = 341, SYS_sigpending = 343, SYS_sigtimedwait = 345, SYS_sigwaitinfo = 346,
  SYS_kqueue = 362, SYS_sigaction = 416, SYS_sigreturn = 417, SYS_thr_exit = 431, SYS_thr_self = 432,
  SYS_thr_kill = 433, SYS__umtx_op = 454, SYS_thr_new = 455, SYS_sigqueue = 456, SYS_pread = 475, SYS_pwrite = 476,
  SYS_mmap = 477, SYS_lseek = 478, SYS_truncate = 479, SYS_ftruncate = 480, SYS_cpuset_getaffinity = 487,
  SYS_openat = 499, SYS_pdfork = 518, SYS_pdkill = 519, SYS_pdgetpid = 520, SYS_pselect = 522, SYS_wait6 = 532,
  SYS_pipe2 = 542, SYS_utimensat = 547, SYS_fstat = 551, SYS_fstatat = 552, SYS_getdirentries = 554, SYS_statfs = 555,
  SYS_fstatfs = 556, SYS_kevent = 560, SYS_getrandom = 563, SYS_close_range = 575,
};

enum {
  EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10, ENOMEM = 12, EACCES = 13,
  EFAULT = 14, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENOTTY = 25, ESPIPE = 29, EPIPE = 32, EAGAIN = 35,
  ENOTSOCK = 38, EAFNOSUPPORT = 47, ETIMEDOUT = 60, ENOSYS = 78,
};

enum {
  SIGHUP = 1, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGFPE = 8, SIGKILL = 9, SIGBUS = 10, SIGSEGV = 11, SIGSYS = 12,
  SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGURG = 16, SIGSTOP = 17, SIGCONT = 19, SIGCHLD = 20, SIGVTALRM = 26,
  SIGPROF = 27, SIGINFO = 29, SIGUSR1 = 30, SIGUSR2 = 31, SIGRTMIN = 65,
};
enum { SA_ONSTACK = 1, SA_RESTART = 2, SA_RESETHAND = 4, SA_NODEFER = 0x10, SA_NOCLDWAIT = 0x20, SA_SIGINFO = 0x40 };
enum { SIG_BLOCK = 1, SIG_UNBLOCK = 2, SIG_SETMASK = 3 };
enum { SI_USER = 0x10001, SI_QUEUE = 0x10002, SI_TIMER = 0x10003, SI_KERNEL = 0x10006, SI_LWP = 0x10007 };
enum { SEGV_MAPERR = 1, SEGV_ACCERR = 2, FPE_INTDIV = 2, TRAP_BRKPT = 1 };
enum { CLD_EXITED = 1, CLD_KILLED = 2 };
enum { SS_ONSTACK = 1, SS_DISABLE = 4 };
enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_GUARD = 0x2000, MAP_EXCL = 0x4000, MAP_ANON = 0x1000 };
enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 4, O_CREAT = 0x200, O_TRUNC = 0x400, O_EXCL = 0x800,
       O_DIRECTORY = 0x20000, O_CLOEXEC = 0x100000 };
enum { AT_FDCWD = -100, WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 4 };

typedef struct { u32 bits[4]; } sigset;
typedef struct { i64 sec, nsec; } timespec;
typedef struct { void *sp; u64 size; int flags; } stack;
typedef struct {
  int signo, error, code, pid;
  u32 uid;
  int status;
  void *addr;
  union { int number; void *pointer; } value;
  int trapno, reason[9];
} siginfo;
typedef struct {
  u64 onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
  u32 trapno;
  u16 fs, gs;
  u64 addr;
  u32 flags;
  u16 es, ds;
  u64 err, rip, cs, rflags, rsp, ss;
  i64 len, fpformat, ownedfp;
  u8 fpstate[512] __attribute__((aligned(16)));
  u64 fsbase, gsbase, xfpustate, xfpustate_len;
  i64 spare[4];
} mcontext;
typedef struct ucontext {
  sigset mask;
  mcontext m;
  struct ucontext *link;
  stack stack;
  int flags, spare[4];
} ucontext;
typedef void handler(int, siginfo *, ucontext *);
typedef struct { handler *handler; int flags; sigset mask; } sigaction;
#define SIG_DFL ((handler *)0)
#define SIG_IGN ((handler *)1)

typedef struct { u64 ident; short filter; u16 flags; u32 fflags; i64 data; void *udata; u64 ext[4]; } kevent;
enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_VNODE = -4, EVFILT_PROC = -5, EVFILT_SIGNAL = -6, EVFILT_TIMER = -7,
       EVFILT_PROCDESC = -8, EVFILT_USER = -11, EVFILT_EMPTY = -13 };
enum { EV_ADD = 1, EV_DELETE = 2, EV_ENABLE = 4, EV_DISABLE = 8, EV_ONESHOT = 0x10, EV_CLEAR = 0x20, EV_RECEIPT = 0x40,
       EV_DISPATCH = 0x80, EV_ERROR = 0x4000, EV_EOF = 0x8000 };

typedef struct {
  void (*start)(void *);
  void *argument;
  char *stack_base;
  u64 stack_size;
  char *tls_base;
  u64 tls_size;
  long *child_tid, *parent_tid;
  int flags;
  void *rtp, *spare[3];
} thr_param;
enum { UMTX_OP_WAIT = 2, UMTX_OP_WAKE = 3, UMTX_OP_WAIT_UINT = 11, UMTX_OP_WAIT_UINT_PRIVATE = 15,
       UMTX_OP_WAKE_PRIVATE = 16 };

typedef struct {
  u64 dev, ino, nlink;
  u16 mode, pad;
  u32 uid, gid, pad1;
  u64 rdev;
  timespec atim, mtim, ctim, birthtim;
  i64 size, blocks;
  int blksize;
  u32 flags;
  u64 gen, spare[10];
} stat;

// What _start.c provides.
int main(int argc, char **argv, char **environment);
__attribute__((noreturn)) void quit(int status);
void print(const char *format, ...);  // %s, %d, %ld, %x, %lx
int same(const char *a, const char *b);
u64 length(const char *text);
void *memset(void *to, int byte, u64 count);
void *memcpy(void *to, const void *from, u64 count);
const char *error_name(long result);
void pause_for(long milliseconds);
void scratch_name(char *to, const char *beginning);  // made unique by the process number
int done(void);
extern int failures;

// A known gap, with its reason beside the use: fails when it has closed, so that it is taken off the list.
#define GAP(condition, text)                              \
  do {                                                    \
    int closed = (condition) != 0;                        \
    failures += closed;                                   \
    print(closed ? "FAILED %s: the gap has closed\n" : "gap    %s\n", text); \
  } while (0)

#define CHECK(condition, text)                            \
  do {                                                    \
    int held = (condition) != 0;                          \
    failures += !held;                                    \
    if (held)                                             \
      print("ok     %s\n", text);                         \
    else                                                  \
      print("FAILED %s (line %d)\n", text, __LINE__);     \
  } while (0)

#endif
