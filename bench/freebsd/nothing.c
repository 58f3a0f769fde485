#include "guest.h"
static void run(void) {}
