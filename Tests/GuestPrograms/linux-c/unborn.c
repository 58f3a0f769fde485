// Processes that fork without a pause, or with "exec" execute themselves, each killed somewhere in it. Says a line after each 150 and waits for an answer.
#include "_check.h"
#include <signal.h>
#include <sys/wait.h>

static void fork_for_ever(void) {
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
  }
}

static void exec_for_ever(void) { execl("/proc/self/exe", "unborn", "again", (char *)NULL); }

int main(int argc, char **argv) {
  int ended = 0, executes = argc > 1;
  if (executes && !strcmp(argv[1], "again")) exec_for_ever();
  for (int round = 0; round < 12; round++) {
    for (int i = 0; i < 150; i++) {
      pid_t pid = fork();
      if (pid == 0 && executes) exec_for_ever();
      if (pid == 0) fork_for_ever();
      usleep(500 + 37 * (i & 31));
      kill(pid, SIGKILL);
      int status;
      ended += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    printf("%d\n", ended);
    fflush(stdout);
    char byte;
    if (read(0, &byte, 1) < 0) return 1;
  }
  return 0;
}
