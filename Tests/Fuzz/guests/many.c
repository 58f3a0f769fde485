// Runs a program many times, one after the other, in one silo: so that what the supervisor keeps can be looked at
// before and after. Called as
//   many PROGRAM FIRST-SEED COUNT CALLS THREADS
// Half-way and at the end it says so on standard output, and waits for a byte on standard input.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_ms(int milliseconds) {
  struct timespec t = {0, milliseconds * 1000000l};
  nanosleep(&t, 0);
}

static void report(const char *text) {
  char byte;
  if (write(1, text, strlen(text)) < 0) _exit(70);
  while (read(0, &byte, 1) < 0 && errno == EINTR) {}
}

static void start(char **argv, int seed) {
  char text[16];
  snprintf(text, sizeof text, "%d", seed);
  char *arguments[] = {argv[1], text, argv[4], argv[5], 0};
  setpgid(0, 0);
  int nothing = open("/dev/null", O_RDWR);
  if (nothing < 0) _exit(71);
  for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
  if (nothing > 2) close(nothing);
  execv(argv[1], arguments);
  _exit(71);
}

// What a child left behind is ours by now: kills it, in whatever group it is.
static void kill_orphans(void) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return;
  text[n] = 0;
  for (char *at = text, *end; *at; at = end) {
    long pid = strtol(at, &end, 10);
    if (end == at) break;
    if (pid > 1) kill((pid_t)pid, SIGKILL);
    while (*end == ' ') end++;
  }
}

// Reaps until no child is left. 0 when some do not end.
static int reap_all(void) {
  for (int waited = 0; waited < 5000; waited += 2) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {}
    if (ended < 0 && errno == ECHILD) return 1;
    kill_orphans();
    pause_ms(2);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 6) return 64;
  int first = atoi(argv[2]), count = atoi(argv[3]), whole = 0, exits = 0, signals = 0;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int i = 0; i < count; i++) {
    if (i == count / 2) report("half\n");
    pid_t child = fork();
    if (child < 0) return 72;
    if (child == 0) start(argv, first + i);
    int status = 0;
    pid_t ended = 0;
    for (int waited = 0; waited < 6000 && (ended = waitpid(child, &status, WNOHANG | __WALL)) == 0; waited += 2)
      pause_ms(2);
    int overdue = ended == 0;
    if (overdue) report("overdue\n");
    kill(-child, SIGKILL);
    kill(child, SIGKILL);  // if it stands still because it asked to be traced
    if (ended == child && status == 0) whole++;
    else if (ended == child && WIFEXITED(status)) exits++;
    if (ended == child && WIFSIGNALED(status)) signals++;
    // The words it was given, its threads, its image: what it says when it could not begin.
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    int unborn = code == 64 || code == 65 || code == 71 || code == 126;
    int stuck = !reap_all();
    if (unborn || stuck || overdue) {
      char text[96];
      snprintf(text, sizeof text, "stuck: seed %d %s (status %#x)\n", first + i,
               stuck ? "does not end when killed" : unborn ? "could not begin" : "is overdue", status);
      report(text);
      return 73;
    }
  }
  char text[128];
  snprintf(text, sizeof text, "end %d came through, %d exited otherwise, %d killed by a signal\n", whole, exits,
           signals);
  report(text);
}
