// Programs that give up rights and then execute another image: it begins as always, whoever it has become and whatever
// of the file system it still sees.
#include "_check.h"
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;
enum { NOBODY = 65534 };
static int image;

// The program started again, by its descriptor: there may be no path to it any more.
static void again(const char *task) {
  char *arguments[] = {"again", (char *)task, NULL};
  syscall(SYS_execveat, image, "", arguments, environ, AT_EMPTY_PATH);
  printf("%s: exec failed: %s\n", task, strerror(errno));
  fflush(stdout);
  _exit(98);
}

static int run(void (*prepare)(void), const char *task) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    prepare();
    again(task);
  }
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void drop(void) {
  if (geteuid() != 0) return;
  if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)) _exit(97);
}
static void drop_effective(void) {
  if (geteuid() == 0 && seteuid(NOBODY)) _exit(97);
}
static void stay_undumpable(void) {
  drop();
  prctl(PR_SET_DUMPABLE, 0);
}
static void forbid_descriptors(void) {
  // Just room for what is open and one more: the image's.
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = (rlim_t)image + 4;
  setrlimit(RLIMIT_NOFILE, &limit);
  drop();
}
static void leave_network(void) {
  if (geteuid() == 0 && unshare(CLONE_NEWNET | CLONE_NEWNS)) _exit(97);
  drop();
}

// A dynamic program, which is two files, started with room for so many descriptors. It runs, or is not started at all.
static int starts_with(int room) {
  char *arguments[] = {"true", NULL};
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)(image + 1 + room);
    setrlimit(RLIMIT_NOFILE, &limit);
    execv("/bin/true", arguments);
    _exit(errno == EMFILE ? 98 : 99);
  }
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 0;
  return WEXITSTATUS(status) == 0 || (room < 6 && WEXITSTATUS(status) == 98);
}

// A stop that comes while a program begins is a stop all the same, and a continuation ends it.
static int stays_stopped(int delay) {
  int status, still = 1;
  pid_t child = fork();
  if (child == 0) again("three");
  usleep(delay);
  kill(child, SIGSTOP);
  if (waitpid(child, &status, WUNTRACED) != child) return 0;
  if (WIFSTOPPED(status)) {
    siginfo_t info = {0};
    usleep(5000);
    still = waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
    kill(child, SIGCONT);
    if (waitpid(child, &status, 0) != child) return 0;
  }
  return still && WIFEXITED(status) && WEXITSTATUS(status) == 11;
}

static int task(const char *name) {
  // As what it runs is nothing the two runs differ in; that it runs at all is what is checked.
  if (strcmp(name, "ids") == 0) return getuid() == geteuid() && getgid() == getegid() && getuid() != 0 ? 11 : 12;
  if (strcmp(name, "effective") == 0) return geteuid() != 0 ? 11 : 12;
  if (strcmp(name, "deeper") == 0) return run(drop, "ids");
  if (strcmp(name, "three") == 0) again("two");
  if (strcmp(name, "two") == 0) again("one");
  if (strcmp(name, "one") == 0) return 11;
  return 96;
}

int main(int argc, char **argv) {
  image = open("/proc/self/exe", O_RDONLY);
  if (image < 0) return 95;
  if (argc > 1) return task(argv[1]);
  CHECK(run(drop, "ids") == 11, "another user");
  CHECK(run(drop_effective, "effective") == 11, "another effective user");
  CHECK(run(stay_undumpable, "ids") == 11, "a process nobody may look into");
  CHECK(run(forbid_descriptors, "ids") == 11, "hardly a descriptor left");
  int started = 0;
  for (int room = 1; room < 8; room++) started += starts_with(room);
  CHECK(started == 7, "a dynamic program and few descriptors");
  CHECK(run(leave_network, "ids") == 11, "another network and other mounts");
  CHECK(run(drop, "deeper") == 11, "and again from there");
  int kept = 0;
  for (int round = 0; round < 40; round++) kept += stays_stopped(round * 300);
  CHECK(kept == 40, "stopped while it begins");
  return done();
}
