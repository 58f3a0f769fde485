// Processes that fork without a pause, each killed somewhere in it. Says a line after each 150 and waits for an answer.
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

int main(void) {
  int ended = 0;
  for (int round = 0; round < 12; round++) {
    for (int i = 0; i < 150; i++) {
      pid_t pid = fork();
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
