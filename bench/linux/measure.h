// Timing of one operation. A program is called with the milliseconds to spend on a sample and, if not all are wanted,
// the names of the operations; it prints a line "name<TAB>nanoseconds" for each.
#ifndef MEASURE_H
#define MEASURE_H
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double sample_ns = 100e6;
static char **wanted;

static inline double elapsed_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline void measure_arguments(int argc, char **argv) {
  if (argc > 1 && atof(argv[1]) > 0) sample_ns = atof(argv[1]) * 1e6;
  wanted = argv + (argc > 2 ? 2 : argc);
}

static inline int is_wanted(const char *name) {
  if (!*wanted) return 1;
  for (char **w = wanted; *w; w++) {
    if (!strcmp(*w, name)) return 1;
  }
  return 0;
}

static inline double timed(void (*repeat)(long), long count) {
  double begin = elapsed_ns();
  repeat(count);
  return elapsed_ns() - begin;
}

// How often an operation fits into the sample differs by four powers of ten between hosts, so the count is found by
// doubling; those rounds also warm what can be warmed. Only the last, long one is reported. A pause in an earlier one
// makes the count too small: one that takes less than half the sample is no sample.
static inline void measure(const char *name, void (*repeat)(long)) {
  if (!is_wanted(name)) return;
  long count = 1;
  double taken = timed(repeat, count);
  while (taken < sample_ns / 8) {
    count *= 2;
    taken = timed(repeat, count);
  }
  do {
    count = (long)(count * sample_ns / taken);
    if (count < 1) count = 1;
    taken = timed(repeat, count);
  } while (taken < sample_ns / 2);
  printf("%s\t%.1f\n", name, taken / count);
  fflush(stdout);
}

// A file in the driver's scratch folder.
static inline const char *scratch(const char *leaf) {
  static char path[4096];
  const char *folder = getenv("BENCH_DIR");
  snprintf(path, sizeof path, "%s/%s", folder ? folder : "/tmp", leaf);
  return path;
}
#endif
