// What the Linux guest programs share: lines about what was found. The oracle is the program's own native run,
// so nothing that differs from run to run may be printed.
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failures;

// Prints what was checked, and how it went.
#define CHECK(condition, ...)                       \
  do {                                              \
    int held = (condition) != 0;                    \
    failures += !held;                              \
    printf("%s ", held ? "ok    " : "FAILED");      \
    printf(__VA_ARGS__);                            \
    if (!held) printf(" (%s:%d)", __func__, __LINE__); \
    printf("\n");                                   \
    fflush(stdout);                                 \
  } while (0)

// The result of a call, with the error's name instead of its number.
#define SHOW(call) show(#call, (long)(call))

__attribute__((unused)) static void show(const char *text, long result) {
  int error = errno;
  if (result == -1)
    printf("%s = -1 %s\n", text, strerror(error));
  else
    printf("%s = %ld\n", text, result);
  fflush(stdout);
  errno = 0;
}

__attribute__((unused)) static int done(void) {
  printf("%d failed\n", failures);
  return failures != 0;
}

#endif
