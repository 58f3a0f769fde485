// Calls that take a path.
#include "guest.h"

static char status[224];  // struct stat
static const char *path;

static void stat(long n) { while (n--) expect(call(SYS_fstatat, AT_FDCWD, path, status, 0), 0, "fstatat"); }

static void open_fstat_close(long n) {
  while (n--) {
    long fd = call(SYS_open, path, O_RDONLY);
    if (fd < 0) fail("open", fd);
    expect(call(SYS_fstat, fd, status), 0, "fstat");
    expect(call(SYS_close, fd), 0, "close");
  }
}

static void run(void) {
  path = scratch("files");
  long fd = call(SYS_open, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) fail("open", fd);
  call(SYS_close, fd);
  measure("stat", stat);
  measure("open_fstat_close", open_fstat_close);
}
