// The cheapest calls: what is left is the way there and back.
#include "measure.h"
#include <fcntl.h>
#include <sys/syscall.h>

static char block[65536];
static int sink, source, file;

static void expect(long got, long want, const char *what) {
  if (got != want) err(1, "%s", what);
}

static void getppid_(long n) { while (n--) syscall(SYS_getppid); }
static void write_1(long n) { while (n--) expect(write(sink, block, 1), 1, "write"); }
static void read_1(long n) { while (n--) expect(read(source, block, 1), 1, "read"); }
static void pread_1(long n) { while (n--) expect(pread(file, block, 1, 0), 1, "pread"); }
static void pread_64k(long n) { while (n--) expect(pread(file, block, sizeof block, 0), sizeof block, "pread"); }

int main(int argc, char **argv) {
  measure_arguments(argc, argv);
  sink = open("/dev/null", O_WRONLY);
  source = open("/dev/zero", O_RDONLY);
  file = open(scratch("calls"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (sink < 0 || source < 0 || file < 0) err(1, "open");
  expect(write(file, block, sizeof block), sizeof block, "write");
  measure("getppid", getppid_);
  measure("write_1", write_1);
  measure("read_1", read_1);
  measure("pread_1", pread_1);
  measure("pread_64k", pread_64k);
}
