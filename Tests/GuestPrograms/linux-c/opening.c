// Opening files while signals come whose handler does not ask for calls to be made again.
#include "_check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t signals;

static void count(int number) {
  (void)number;
  signals++;
}

static void every(long microseconds) {
  struct itimerval timer = {{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// A regular file, a directory and a device that is always ready: none of them makes an open wait.
static void ready_at_once(void) {
  unsigned long how[3] = {O_RDWR | O_CREAT, 0600, 0};
  int interrupted = 0, other = 0;
  double end = now() + 1;
  every(200);
  while (now() < end || (signals < 100 && now() < end + 9)) {
    int opened[] = {open("regular", O_RDWR | O_CREAT, 0600), open(".", O_RDONLY | O_DIRECTORY),
                    (int)syscall(SYS_openat2, AT_FDCWD, "regular", how, sizeof how), creat("created", 0600)};
    int error = errno;
    for (int i = 0; i < 4; i++)
      if (opened[i] >= 0)
        close(opened[i]);
      else if (error == EINTR)
        interrupted++;
      else
        other++;
  }
  every(0);
  CHECK(signals >= 100, "a hundred signals at least");
  CHECK(interrupted == 0, "no open was interrupted");
  CHECK(other == 0, "none failed otherwise");
  unlink("regular");
  unlink("created");
}

// A pipe without a writer does.
static void waiting(void) {
  SHOW(mkfifo("pipe", 0600));
  for (int turn = 0; turn < 20; turn++) {
    every(3000);
    int opened = open("pipe", O_RDONLY), error = errno;
    every(0);
    if (opened >= 0 || error != EINTR) {
      CHECK(0, "opening a pipe is interrupted");
      break;
    }
  }
  SHOW(unlink("pipe"));
}

int main(void) {
  char place[] = "/tmp/opening.XXXXXX";
  if (!mkdtemp(place) || chdir(place)) return 1;
  struct sigaction action = {.sa_handler = count};
  sigaction(SIGALRM, &action, NULL);
  ready_at_once();
  waiting();
  CHECK(rmdir(place) == 0, "nothing is left");
  return done();
}
