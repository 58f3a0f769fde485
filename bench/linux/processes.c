// Threads and processes. BENCH_NOTHING names a static program that ends at once.
#include "measure.h"
#include <pthread.h>
#include <sys/wait.h>

static char *nothing;

static void reap(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0) if (errno != EINTR) err(1, "waitpid");
  if (status != 0) errx(1, "a child ended with status %#x", status);
}

static void fork_wait(long n) {
  while (n--) {
    pid_t child = fork();
    if (child < 0) err(1, "fork");
    if (child == 0) _exit(0);
    reap(child);
  }
}

static void fork_exec_wait(long n) {
  char *arguments[] = {nothing, 0};
  while (n--) {
    pid_t child = fork();
    if (child < 0) err(1, "fork");
    if (child == 0) {
      execv(nothing, arguments);
      _exit(127);
    }
    reap(child);
  }
}

static void *end_at_once(void *unused) { return unused; }

static void thread_join(long n) {
  while (n--) {
    pthread_t thread;
    if (pthread_create(&thread, 0, end_at_once, 0) || pthread_join(thread, 0)) errx(1, "thread");
  }
}

int main(int argc, char **argv) {
  measure_arguments(argc, argv);
  measure("thread_join", thread_join);
  measure("fork_wait", fork_wait);
  nothing = getenv("BENCH_NOTHING");
  if (nothing) measure("fork_exec_wait", fork_exec_wait);
}
