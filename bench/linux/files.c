// Calls that take a path.
#include "measure.h"
#include <fcntl.h>
#include <sys/stat.h>

static char path[4096];

static void stat_(long n) {
  struct stat s;
  while (n--) if (stat(path, &s)) err(1, "stat");
}

static void open_fstat_close(long n) {
  struct stat s;
  while (n--) {
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &s) || close(fd)) err(1, "open, fstat, close");
  }
}

int main(int argc, char **argv) {
  measure_arguments(argc, argv);
  snprintf(path, sizeof path, "%s", scratch("files"));
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) err(1, "%s", path);
  close(fd);
  measure("stat", stat_);
  measure("open_fstat_close", open_fstat_close);
}
