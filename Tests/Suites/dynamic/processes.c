// Processes, loading at run time, jumps, ends.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static jmp_buf place;
static __thread int own = 5;
static __thread char large[10000];

static int fibonacci(int n) {
  if (n == 7) longjmp(place, 42);
  return fibonacci(n - 1) + 1;
}
static void first(void) { printf("atexit first\n"); }
static void second(void) { printf("atexit second\n"); }
__attribute__((constructor)) static void before(void) { printf("constructor\n"); }
__attribute__((destructor)) static void after(void) { printf("destructor\n"); }

static int status_of(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int main(int count, char **words) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (count > 1) {
    printf("child: %d words, last %s, %s\n", count, words[count - 1], getenv("GIVEN") ? getenv("GIVEN") : "none");
    fflush(stdout);
    _exit(strcmp(words[1], "end") == 0 ? 9 : 0);
  }
  atexit(first);
  atexit(second);
  printf("thread-local: %d %d\n", own, large[9999]);
  own = 6;
  int jumped = setjmp(place);
  if (jumped == 0) fibonacci(10);
  printf("jumped: %d\n", jumped);
  pid_t child = fork();
  if (child == 0) _exit(own);
  printf("fork: %d\n", status_of(child));
  child = vfork();
  if (child == 0) _exit(7);
  printf("vfork: %d\n", status_of(child));
  child = fork();
  if (child == 0) {
    char *list[] = {"GIVEN=yes", NULL};
    execle(words[0], "renamed", "end", "last word", NULL, list);
    _exit(99);
  }
  printf("exec: %d\n", status_of(child));
  child = fork();
  if (child == 0) {
    execl("/nonexistent/program", "x", NULL);
    _exit(errno == ENOENT);
  }
  printf("no such program: %d\n", status_of(child));
  char *spawned[] = {"spawned", "end", NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  int started = posix_spawn(&child, words[0], &actions, NULL, spawned, environ);
  int ended = status_of(child);
  printf("spawn: %d %d\n", started, ended);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    execlp("sh", "sh", "-c", "for i in 1 2 3; do echo $i; done", NULL);
    _exit(99);
  }
  close(ends[1]);
  char text[64] = {0};
  size_t length = 0;
  ssize_t got;
  while ((got = read(ends[0], text + length, sizeof text - length - 1)) > 0) length += got;
  printf("from a shell: %zu bytes, status %d\n", length, status_of(child));
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
  for (int i = 0; i < 20; i++)
    if (fork() == 0) { __atomic_fetch_add(shared, i, __ATOMIC_SEQ_CST); _exit(0); }
  int waited = 0;
  while (wait(NULL) > 0) waited++;
  printf("children: %d sum %d\n", waited, *shared);
  // A library loaded late, and one that is not there.
#ifdef __FreeBSD__
  void *library = dlopen("libz.so.6", RTLD_NOW);
#else
  void *library = dlopen("libz.so.1", RTLD_NOW);
#endif
  unsigned long (*crc)(unsigned long, const unsigned char *, unsigned) = library ? (void *)dlsym(library, "crc32") : NULL;
  printf("dlopen: %lx\n", crc ? crc(0, (const unsigned char *)"123456789", 9) : 0);
  int absent = library && dlsym(library, "no_such_symbol") == NULL;
  printf("dlsym: %d %d\n", absent, dlerror() != NULL);
  if (library) dlclose(library);
  printf("not there: %d\n", dlopen("libabsent.so.1", RTLD_NOW) == NULL);
  Dl_info info;
  printf("dladdr: %d\n", dladdr((void *)(size_t)strlen, &info) != 0);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 64;
  setrlimit(RLIMIT_NOFILE, &limit);
  int opened = 0, d;
  while ((d = open("/dev/null", O_RDONLY)) >= 0) opened++;
  printf("descriptors: %d %s\n", opened > 40 && opened < 64, strerror(errno));
  printf("own: %d, session %d\n", own, getsid(0) > 0 && getpgrp() > 0);
  return 3;
}
