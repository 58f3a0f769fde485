// What /proc and the start state tell a program of itself: its own image and memory, and nothing else.
#include "_check.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;
static char self[4096];

static int status_of(pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static long read_file(const char *path, char *room, size_t size) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  long total = 0, count;
  while ((count = read(fd, room + total, size - 1 - (size_t)total)) > 0) total += count;
  close(fd);
  room[total] = 0;
  return total;
}

static char text[1 << 20];

static unsigned long long field(const char *name) {
  char *at = strstr(text, name);
  return at ? strtoull(at + strlen(name), NULL, 16) : ~0ull;
}

static void maps(void) {
  CHECK(read_file("/proc/self/maps", text, sizeof text) > 0, "maps can be read");
  int images = 0, heap = 0, stack = 0, strange = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    char *path = strchr(line, '/');
    if (path && strcmp(path, self) == 0) images++;
    else if (path && strstr(path, "pico")) strange++;
    heap += strstr(line, "[heap]") != NULL;
    stack += strstr(line, "[stack]") != NULL;
    if (strtoull(line, NULL, 16) >> 36 == 0x7e0) strange++;
  }
  CHECK(images > 0 && heap == 1 && stack == 1 && strange == 0, "maps: the image, a heap, a stack and nothing strange");
  if (chdir("/proc/self") != 0) return;
  CHECK(read_file("smaps", text, sizeof text) > 0 && strstr(text, self) && !strstr(text, "picostub"), "smaps by a relative name");
  if (chdir("/") != 0) return;
}

// The sums the kernel gives must be those of the mappings that are shown.
static void sums(void) {
  static char counts[256], rollup[4096];
  if (read_file("/proc/self/statm", counts, sizeof counts) <= 0 || read_file("/proc/self/maps", text, sizeof text) <= 0) return;
  unsigned long long pages = 0, first = 0, last = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    char *dash;
    unsigned long long start = strtoull(line, &dash, 16), end = strtoull(dash + 1, NULL, 16);
    if (start >> 63) continue;
    if (pages == 0) first = start;
    last = end;
    pages += (end - start) >> 12;
  }
  unsigned long long size, resident, shared, code, none, data;
  int fields = sscanf(counts, "%llu %llu %llu %llu %llu %llu", &size, &resident, &shared, &code, &none, &data);
  CHECK(fields == 6 && size == pages && resident <= size && shared <= resident && data < size, "statm has the size of maps");
  CHECK(read_file("/proc/self/smaps_rollup", rollup, sizeof rollup) > 0, "smaps_rollup can be read");
  char *dash;
  unsigned long long start = strtoull(rollup, &dash, 16), end = strtoull(dash + 1, NULL, 16), pss = 0;
  CHECK(start == first && end == last, "it spans all mappings and no more");
  char *line = strstr(rollup, "\nPss:");
  CHECK(line && (pss = strtoull(line + 5, NULL, 10)) > 0 && pss < 65536 && strstr(rollup, "[rollup]\nRss: "), "and adds them up");
}

static void status(void) {
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, (void (*)(int))(intptr_t)status);
  signal(SIGSEGV, SIG_IGN);
  read_file("/proc/self/status", text, sizeof text);
  printf("ignored %llx caught %llx\n", field("SigIgn:"), field("SigCgt:"));
  printf("no new privileges %llx seccomp %llx\n", field("NoNewPrivs:"), field("Seccomp:"));
  signal(SIGUSR1, SIG_DFL);
  signal(SIGUSR2, SIG_DFL);
  signal(SIGSEGV, SIG_DFL);
}

static void executable(void) {
  char link[4096], path[64];
  pid_t pid = fork();
  if (pid == 0) {
    execl(self, "another", "sleep", NULL);
    _exit(1);
  }
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  int right = 0;
  for (int i = 0; i < 200 && !right; i++) {
    long count = readlink(path, link, sizeof link - 1);
    right = count > 0 && (link[count] = 0, strcmp(link, self) == 0);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    right = right && read_file(path, text, sizeof text) == 14 && strcmp(text, "another") == 0;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    usleep(10000);
  }
  CHECK(right, "another process's exe and cmdline");
  kill(pid, SIGKILL);
  status_of(pid);
  int fd = open("/proc/self/exe", O_RDONLY);
  struct stat one, two;
  CHECK(fd >= 0 && fstat(fd, &one) == 0 && stat(self, &two) == 0 && one.st_ino == two.st_ino, "exe opens the image");
  close(fd);
  fd = open("/proc/self", O_DIRECTORY | O_RDONLY);
  long count = readlinkat(fd, "exe", link, sizeof link - 1);
  CHECK(count > 0 && (size_t)count == strlen(self) && memcmp(link, self, (size_t)count) == 0, "exe by a descriptor");
  close(fd);
  SHOW(open(self, O_WRONLY));
  SHOW(open(self, O_RDWR | O_TRUNC));
  SHOW(truncate(self, 0));
  SHOW(open("/proc/self/exe", O_WRONLY));
}

static void written(void) {
  char name[] = "image-being-written-XXXXXX", room[65536];
  int from = open(self, O_RDONLY), to = mkstemp(name);
  long count;
  while ((count = read(from, room, sizeof room)) > 0)
    if (write(to, room, (size_t)count) != count) return;
  fchmod(to, 0700);
  char *arguments[] = {name, "seven", NULL};
  SHOW(execv(name, arguments));
  close(to);
  pid_t pid = fork();
  if (pid == 0) {
    execv(name, arguments);
    _exit(1);
  }
  CHECK(status_of(pid) == 7, "what is written no more can be executed");
  to = open(name, O_WRONLY);
  CHECK(to >= 0, "and be written again when it has ended");
  close(to);
  close(from);
  unlink(name);
}

static void start(char **argv) {
  CHECK(strcmp((char *)getauxval(AT_EXECFN), argv[0]) == 0, "AT_EXECFN is what was executed");
  CHECK(getauxval(AT_SYSINFO_EHDR) != 0, "there is a vDSO");
  Elf64_auxv_t *at;
  long size = read_file("/proc/self/auxv", text, sizeof text);
  unsigned long entry = 0;
  for (at = (Elf64_auxv_t *)text; size > 0 && at->a_type != AT_NULL; at++)
    if (at->a_type == AT_ENTRY) entry = at->a_un.a_val;
  CHECK(entry == getauxval(AT_ENTRY), "auxv in /proc is the program's");
  read_file("/proc/self/comm", text, sizeof text);
  text[strcspn(text, "\n")] = 0;
  char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  CHECK(strncmp(text, name, 15) == 0, "comm is its name");
  long end = syscall(SYS_brk, 0);
  CHECK(syscall(SYS_brk, end + 100000) == end + 100000, "the break moves");
  memset((char *)end, 1, 100000);
  CHECK(syscall(SYS_brk, end + 8192) == end + 8192 && syscall(SYS_brk, 0) == end + 8192, "and moves back");
}

static void inherited(void) {
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGSEGV);
    sigaddset(&mask, SIGSYS);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    char *arguments[] = {self, "state", NULL}, *variables[] = {"ONE=1", "PICORUN_STATE=guest", NULL};
    execve(self, arguments, variables);
    _exit(1);
  }
  CHECK(status_of(pid) == 0, "mask and environment of an exec");
}

static int shows_state(void) {
  sigset_t mask;
  sigprocmask(SIG_SETMASK, NULL, &mask);
  long size = read_file("/proc/self/environ", text, sizeof text);
  return !(sigismember(&mask, SIGSEGV) && sigismember(&mask, SIGSYS) && sigismember(&mask, SIGUSR1) &&
           !sigismember(&mask, SIGBUS) && environ[2] == NULL && strcmp(environ[1], "PICORUN_STATE=guest") == 0 &&
           size == 26 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "sleep") == 0) return pause();
  if (argc > 1 && strcmp(argv[1], "seven") == 0) return 7;
  if (argc > 1 && strcmp(argv[1], "state") == 0) return shows_state();
  long length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return 1;
  start(argv);
  maps();
  sums();
  status();
  executable();
  written();
  inherited();
  return done();
}
