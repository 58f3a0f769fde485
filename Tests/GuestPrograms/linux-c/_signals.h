// Handlers that tell what they were called with.
#ifndef SIGNALS_H
#define SIGNALS_H

#include "_check.h"
#include <signal.h>

static volatile sig_atomic_t count;
static volatile siginfo_t last;

static void install(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigemptyset(&action.sa_mask);
  if (sigaction(number, &action, NULL) != 0) perror("sigaction");
}

static void counting(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  memcpy((void *)&last, info, sizeof last);
  count++;
}

#endif
