// The smallest program. With arguments it ends as they say: `status N`, `signal N`, `unknown-call N`.
#include "_freebsd.h"

static int number(const char *text) {
  int n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + (*text++ - '0');
  return n;
}

int main(int argc, char **argv, char **environment) {
  int variables = 0;
  while (environment[variables] != NULL) variables++;
  print("hello, FreeBSD\n");
  print("arguments: %d, environment: %s\n", argc - 1, variables > 0 ? "given" : "empty");
  if (argc > 2 && same(argv[1], "status")) return number(argv[2]);
  if (argc > 2 && same(argv[1], "signal")) SYS(kill, SYS(getpid, 0), number(argv[2]));
  if (argc > 2 && same(argv[1], "unknown-call")) {
    sigaction ignore = {SIG_IGN, 0, {{0}}};
    SYS(sigaction, SIGSYS, &ignore, 0);
    print("unknown call: %s\n", error_name(call(9999, 0, 0, 0, 0, 0, 0)));
    return number(argv[2]);
  }
  return 0;
}
