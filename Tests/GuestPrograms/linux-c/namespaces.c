// Processes in a pid namespace that the program makes: they know themselves by other ids than the host's supervisor does.
#include "_check.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static int ended(pid_t pid) {
  int status;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void *in_thread(void *path) {
  pid_t pid = fork();
  if (pid == 0) {
    execl(path, path, "third", NULL);
    _exit(99);
  }
  return (void *)(long)ended(pid);
}

int main(int count, char **words) {
  if (count > 1 && strcmp(words[1], "first") == 0) {
    CHECK(getpid() == 1 && gettid() == 1, "executed as the first of its namespace");
    pid_t pid = fork();
    if (pid == 0) {
      execl(words[0], words[0], "second", NULL);
      _exit(99);
    }
    CHECK(pid == 2 && ended(pid) == 12, "which has a child that executes");
    pthread_t thread;
    void *result = NULL;
    CHECK(pthread_create(&thread, NULL, in_thread, words[0]) == 0 && pthread_join(thread, &result) == 0, "and a thread");
    CHECK((long)result == 13, "whose child executes");
    return 11;
  }
  if (count > 1) return words[1][0] == 's' ? 12 : 13;

  SHOW(execl("/proc/self/no-such", "x", NULL));
  SHOW(unshare(CLONE_NEWUSER | CLONE_NEWPID));
  pid_t pid = fork();
  if (pid == 0) {
    execl(words[0], words[0], "first", NULL);
    _exit(99);
  }
  int status = ended(pid);
  printf("the namespace ended with %d\n", status);
  return done();
}
