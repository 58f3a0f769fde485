// Mappings: made and removed, untouched and with one page touched.
#include "measure.h"
#include <sys/mman.h>

static void cycle(long n, int touch) {
  while (n--) {
    char *at = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) err(1, "mmap");
    if (touch) *(volatile char *)at = 1;
    if (munmap(at, 65536)) err(1, "munmap");
  }
}

static void mmap_munmap(long n) { cycle(n, 0); }
static void mmap_touch_munmap(long n) { cycle(n, 1); }

int main(int argc, char **argv) {
  measure_arguments(argc, argv);
  measure("mmap_munmap", mmap_munmap);
  measure("mmap_touch_munmap", mmap_touch_munmap);
}
