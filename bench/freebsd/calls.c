// The cheapest calls: what is left is the way there and back.
#include "guest.h"

static char block[65536];
static int sink, source, file;

static void getppid(long n) { while (n--) call(SYS_getppid); }
static void write_1(long n) { while (n--) expect(call(SYS_write, sink, block, 1), 1, "write"); }
static void read_1(long n) { while (n--) expect(call(SYS_read, source, block, 1), 1, "read"); }
static void pread_1(long n) { while (n--) expect(call(SYS_pread, file, block, 1, 0), 1, "pread"); }
static void pread_64k(long n) {
  while (n--) expect(call(SYS_pread, file, block, sizeof block, 0), sizeof block, "pread");
}

static void run(void) {
  sink = (int)call(SYS_open, "/dev/null", O_WRONLY);
  source = (int)call(SYS_open, "/dev/zero", O_RDONLY);
  file = (int)call(SYS_open, scratch("calls"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (sink < 0 || source < 0 || file < 0) fail("open", file);
  expect(call(SYS_write, file, block, sizeof block), sizeof block, "write");
  measure("getppid", getppid);
  measure("write_1", write_1);
  measure("read_1", read_1);
  measure("pread_1", pread_1);
  measure("pread_64k", pread_64k);
}
