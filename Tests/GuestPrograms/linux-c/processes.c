// Making processes in every way there is, replacing their image, and waiting for them.
#include "_check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;
static char self[4096];

// The program started again: what it is told to show.
static int child(int argc, char **argv) {
  if (strcmp(argv[1], "show") == 0) {
    printf("child: %d arguments, last %s, variable %s\n", argc, argv[argc - 1], getenv("GUEST") ?: "none");
    return 11;
  }
  if (strcmp(argv[1], "fd") == 0) return fcntl(atoi(argv[2]), F_GETFD) != -1;
  if (strcmp(argv[1], "disposition") == 0) {
    struct sigaction one, two;
    sigset_t mask;
    sigaction(SIGUSR1, NULL, &one);
    sigaction(SIGUSR2, NULL, &two);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    return (one.sa_handler == SIG_DFL) | (two.sa_handler == SIG_IGN) << 1 | sigismember(&mask, SIGHUP) << 2;
  }
  return 99;
}

static int status_of(pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void forks(void) {
  int value = 1;
  pid_t pid = fork();
  if (pid == 0) {
    value = 2;
    _exit(value + 20);
  }
  CHECK(status_of(pid) == 22 && value == 1, "fork: memory is copied");
  volatile int shared = 1;
  pid = vfork();
  if (pid == 0) {
    shared = 2;
    _exit(23);
  }
  CHECK(status_of(pid) == 23 && shared == 2, "vfork: memory is shared");
  pid_t many[50];
  for (int i = 0; i < 50; i++)
    if ((many[i] = fork()) == 0) _exit(i);
  int right = 0;
  for (int i = 49; i >= 0; i--) right += status_of(many[i]) == i;
  CHECK(right == 50, "50 children");
  pid = fork();
  if (pid == 0) {
    pid_t deeper = fork();
    if (deeper == 0) _exit(getppid() == getpid());
    _exit(status_of(deeper) + 30);
  }
  CHECK(status_of(pid) == 30, "a child's child");
}

static void executes(void) {
  char *arguments[] = {"name", "show", "one", "two words", "", "last", NULL};
  char *variables[] = {"GUEST=yes", NULL};
  pid_t pid = fork();
  if (pid == 0) {
    execve(self, arguments, variables);
    _exit(98);
  }
  CHECK(status_of(pid) == 11, "fork and execve");
  pid = vfork();
  if (pid == 0) {
    execve(self, arguments, variables);
    _exit(98);
  }
  CHECK(status_of(pid) == 11, "vfork and execve");
  CHECK(posix_spawn(&pid, self, NULL, NULL, arguments, variables) == 0 && status_of(pid) == 11, "posix_spawn");
  CHECK(posix_spawn(&pid, "/absent", NULL, NULL, arguments, variables) == ENOENT, "posix_spawn: ENOENT");
  int fd = open(self, O_RDONLY | O_CLOEXEC);
  pid = fork();
  if (pid == 0) {
    syscall(SYS_execveat, fd, "", arguments, variables, AT_EMPTY_PATH);
    _exit(98);
  }
  CHECK(status_of(pid) == 11, "execveat");
  int copy = memfd_create("copy", MFD_CLOEXEC);
  char block[1 << 16];
  for (long n; (n = read(fd, block, sizeof block)) > 0;)
    if (write(copy, block, n) != n) perror("write");
  pid = fork();
  if (pid == 0) {
    fexecve(copy, arguments, variables);
    _exit(98);
  }
  CHECK(status_of(pid) == 11, "fexecve of a memory file");
  close(copy);
  close(fd);
  errno = 0;
  SHOW(execve("/absent", arguments, variables));
  SHOW(execve("/tmp", arguments, variables));
  SHOW(execve("", arguments, variables));
  char **volatile nowhere = (char **)1;
  SHOW(execve(self, nowhere, variables));
}

static void inherits(void) {
  int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
  char number[16];
  int results[2];
  for (int i = 0; i < 2; i++) {
    snprintf(number, sizeof number, "%d", i ? closed : kept);
    pid_t pid = fork();
    if (pid == 0) {
      execl(self, self, "fd", number, NULL);
      _exit(98);
    }
    results[i] = status_of(pid);
  }
  CHECK(results[0] == 1 && results[1] == 0, "O_CLOEXEC");
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR1, (void (*)(int))inherits);
    signal(SIGUSR2, SIG_IGN);
    execl(self, self, "disposition", NULL);
    _exit(98);
  }
  CHECK(status_of(pid) == 7, "handlers go, ignoring and the mask stay");
}

static void waiting(void) {
  siginfo_t info = {0};
  pid_t pid = fork();
  if (pid == 0) _exit(40);
  CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_EXITED && info.si_status == 40 &&
            info.si_pid == pid,
        "waitid with WNOWAIT");
  CHECK(waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_status == 40, "waitid");
  CHECK(waitid(P_PID, pid, &info, WEXITED) == -1 && errno == ECHILD, "waitid again: ECHILD");
  pid = fork();
  if (pid == 0)
    for (;;) pause();
  CHECK(waitpid(pid, NULL, WNOHANG) == 0, "WNOHANG: still running");
  kill(pid, SIGSTOP);
  waitid(P_PID, pid, &info, WSTOPPED);
  CHECK(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP, "stopped");
  kill(pid, SIGCONT);
  waitid(P_PID, pid, &info, WCONTINUED);
  CHECK(info.si_code == CLD_CONTINUED, "continued");
  kill(pid, SIGKILL);
  waitid(P_PID, pid, &info, WEXITED);
  CHECK(info.si_code == CLD_KILLED && info.si_status == SIGKILL, "killed");
  struct rusage usage;
  int status;
  pid = fork();
  if (pid == 0) _exit(0);
  CHECK(wait4(pid, &status, 0, &usage) == pid && usage.ru_utime.tv_sec == 0, "wait4 with its usage");
  pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    _exit(41);
  }
  setpgid(pid, pid);
  CHECK(waitpid(-pid, &status, 0) == pid && WEXITSTATUS(status) == 41, "by group");
}

static int cloned(void *argument) {
  *(volatile int *)argument = 5;
  return 51;
}

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#define WAIT_PIDFD 3  // P_PIDFD, which old headers lack

// struct clone_args of linux/sched.h, which not every C library's headers reach.
struct clone_arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static void clones(void) {
  static char stack[1 << 16] __attribute__((aligned(16)));
  volatile int shared = 0;
  pid_t pid = clone(cloned, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *)&shared);
  CHECK(status_of(pid) == 51 && shared == 5, "clone with shared memory");
  pid = clone(cloned, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)&shared);
  CHECK(shared == 5 && status_of(pid) == 51, "clone that waits");
  int pidfd = -1;
  pid_t parent_tid = 0;
  struct clone_arguments arguments = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = (uintptr_t)&pidfd,
                                 .parent_tid = (uintptr_t)&parent_tid, .exit_signal = SIGCHLD};
  pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) _exit(52);
  siginfo_t info;
  CHECK(pid > 0 && parent_tid == pid && pidfd >= 0, "clone3");
  CHECK(waitid((idtype_t)WAIT_PIDFD, pidfd, &info, WEXITED) == 0 && info.si_status == 52, "waitid by descriptor");
  close(pidfd);
  errno = 0;
  arguments.flags = CLONE_SIGHAND;
  CHECK(syscall(SYS_clone3, &arguments, sizeof arguments) == -1 && errno == EINVAL, "clone3: EINVAL");
  CHECK(syscall(SYS_clone3, &arguments, 8) == -1 && errno == EINVAL, "clone3 too small: EINVAL");
  // A thread's number is cleared when it ends only where it was asked for: in the child's memory here.
  static pid_t tid;
  pid = syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, NULL, &tid, 0);
  if (pid == 0) _exit(tid == getpid() ? 53 : 54);
  CHECK(status_of(pid) == 53 && tid == 0, "CLONE_CHILD_SETTID");
}

static void identity(void) {
  CHECK(getpgid(0) == getpgrp() && getsid(0) > 0, "group and session");
  pid_t pid = fork();
  if (pid == 0) _exit(setsid() == getpid() && getpgrp() == getpid() ? 60 : 61);
  CHECK(status_of(pid) == 60, "setsid");
  char name[16];
  prctl(PR_SET_NAME, "a guest's name");
  prctl(PR_GET_NAME, name);
  CHECK(strcmp(name, "a guest's name") == 0, "PR_SET_NAME");
  pid = fork();
  if (pid == 0) {
    struct rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &limit);
    abort();
  }
  CHECK(status_of(pid) == 128 + SIGABRT, "abort");
  pid = fork();
  if (pid == 0) {
    int *volatile nowhere = (int *)8;
    *nowhere = 1;
    _exit(0);
  }
  CHECK(status_of(pid) == 128 + SIGSEGV, "fault that nobody handles");
}

int main(int argc, char **argv) {
  if (argc > 1) return child(argc, argv);
  long n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n < 0) return 2;
  self[n] = 0;
  forks();
  executes();
  inherits();
  waiting();
  clones();
  identity();
  return done();
}
