// Ends by a fault, some calls deep, for the report of it. Built without frame pointers: the callers are found by the
// unwind table.
#include "_freebsd.h"

static volatile int zero;

__attribute__((noinline)) static int deepest(volatile int *at) {
  int before = zero;
  *at = 1;
  return before;
}

__attribute__((noinline)) static int middle(int depth) {
  volatile char room[333];
  room[depth] = 1;
  return depth > 0 ? middle(depth - 1) + room[depth] : deepest((volatile int *)0x10) + room[0];
}

__attribute__((noinline)) static int outer(int depth) {
  int result = middle(depth) + zero;
  return result * 3;
}

int main(int argc, char **argv, char **environment) {
  (void)argv, (void)environment;
  if (argc > 1) {
    // A call to nowhere.
    ((void (*)(void))0x20)();
    return zero;
  }
  return outer(2) + zero;
}
