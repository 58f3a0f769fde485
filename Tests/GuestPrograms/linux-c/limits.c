// Limits on memory, and its locking: what runs a program may not take part of either.
#include "_check.h"
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MIB (1L << 20)

// A field of /proc/self/status in KiB.
static long status(const char *name) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long value = -1;
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, name, strlen(name)) == 0) value = strtol(line + strlen(name) + 1, NULL, 10);
  if (file) fclose(file);
  return value;
}

static void *idle(void *argument) {
  pthread_barrier_wait(argument);
  return NULL;
}

static int threads(int count) {
  pthread_barrier_t barrier;
  pthread_t all[64];
  pthread_attr_t attributes;
  int made = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  pthread_barrier_init(&barrier, NULL, count + 1);
  while (made < count && pthread_create(&all[made], &attributes, idle, &barrier) == 0) made++;
  if (made < count) _exit(1);
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < made; i++) pthread_join(all[i], NULL);
  return made;
}

static int ends(pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0x100 | WTERMSIG(status);
}

static void space(void) {
  struct rlimit limit = {256 * MIB, 256 * MIB};
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0, "address space limited to 256 MiB");
  char *p = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED, "64 MiB fit");
  CHECK(mmap(NULL, 512 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM,
        "512 MiB do not");
  CHECK(threads(20) == 20, "twenty threads do");
  pid_t pid = fork();
  if (pid == 0) _exit(threads(3));
  CHECK(ends(pid) == 3, "a child with threads of its own");
  pid = vfork();
  if (pid == 0) {
    execl("/proc/self/exe", "limits", "small", NULL);
    _exit(126);
  }
  CHECK(ends(pid) == 7, "a program that is executed");
}

static void locking(void) {
  struct rlimit limit = {64 * MIB, 64 * MIB};
  if (geteuid() == 0) setrlimit(RLIMIT_MEMLOCK, &limit);
  CHECK(mlockall(MCL_CURRENT) == 0, "all memory locked");
  CHECK(status("VmLck") > 0 && status("VmLck") < 7 * 1024, "it is the program's own");
  munlockall();
  CHECK(status("VmLck") == 0, "unlocked");
}

// Children that only exist: nobody keeps their pages busy.
static void many(int count) {
  int held[2];
  pid_t all[200];
  if (pipe(held) != 0) exit(1);
  int made = 0;
  for (; made < count; made++) {
    all[made] = fork();
    if (all[made] == 0) {
      char byte;
      close(held[1]);
      _exit(read(held[0], &byte, 1) == 0 ? 9 : 1);
    }
    if (all[made] < 0) break;
  }
  CHECK(made == count && status("VmSize") < 64 * 1024, "%d children at once", count);
  close(held[1]);
  int right = 0;
  for (int i = 0; i < made; i++) right += ends(all[i]) == 9;
  CHECK(right == count, "they end");
  close(held[0]);
}

int main(int count, char **arguments) {
  (void)arguments;
  if (count > 1) return 7;
  CHECK(status("VmSize") < 16 * 1024, "a small program is small");
  locking();
  many(200);
  space();
  return done();
}
