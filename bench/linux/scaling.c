// One empty call among many: `scaling processes N MS` measures it in one of N processes, the others asleep, prints
// nanoseconds, and waits for a line of input; `scaling threads N MS` in N threads at once, nanoseconds by wall clock
// divided by all calls made.
#include "measure.h"
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void calls(long n) { while (n--) syscall(SYS_getppid); }

static int processes(int count) {
  pid_t *children = calloc(count, sizeof *children);
  for (int i = 1; i < count; i++) {
    children[i] = fork();
    if (children[i] < 0) err(1, "fork");
    if (children[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) pause();
    }
  }
  long made = 1000;
  while (timed(calls, made) < sample_ns) made *= 2;
  printf("%.1f\n", timed(calls, made) / made);
  fflush(stdout);
  getchar();
  for (int i = 1; i < count; i++) kill(children[i], SIGKILL);
  for (int i = 1; i < count; i++) waitpid(children[i], 0, 0);
  return 0;
}

static pthread_barrier_t start;
static volatile int done;

static void *call_until_done(void *counter) {
  long made = 0;
  pthread_barrier_wait(&start);
  while (!done) {
    calls(100);
    made += 100;
  }
  *(long *)counter = made;
  return 0;
}

static int threads(int count) {
  pthread_t *all = calloc(count, sizeof *all);
  long *made = calloc(count, sizeof *made), sum = 0;
  pthread_barrier_init(&start, 0, count + 1);
  for (int i = 0; i < count; i++)
    if (pthread_create(&all[i], 0, call_until_done, &made[i])) errx(1, "pthread_create");
  pthread_barrier_wait(&start);
  double begin = elapsed_ns();
  while (elapsed_ns() - begin < sample_ns) usleep(1000);
  done = 1;
  for (int i = 0; i < count; i++) pthread_join(all[i], 0);
  double taken = elapsed_ns() - begin;
  for (int i = 0; i < count; i++) sum += made[i];
  printf("%.2f\n", taken / sum);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) errx(2, "usage: scaling processes|threads N MS");
  sample_ns = atof(argv[3]) * 1e6;
  return !strcmp(argv[1], "threads") ? threads(atoi(argv[2])) : processes(atoi(argv[2]));
}
