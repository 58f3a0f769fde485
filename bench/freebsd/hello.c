#include "guest.h"
static void run(void) { call(SYS_write, 1, "hello\n", 6); }
