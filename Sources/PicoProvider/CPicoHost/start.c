// What Swift's runtime does at each start, done without the disk (decision 0005).
#include <stddef.h>

static int word_count;
static char **word_list;

// The host's C library hands a constructor what it hands main.
__attribute__((constructor)) static void take_words(int count, char **words) {
  word_count = count;
  word_list = words;
}

// The runtime's own two functions for `CommandLine` come with a look for the words in /proc/self/maps.
char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
  *count = word_count;
  return word_list;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **words, int count) { take_words(count, words); }

// The program that would print the callers of a crash, looked for in nine places. There is none beside the command, and
// the linker puts this in the runtime's place (--wrap).
const char *__wrap_swift_copyAuxiliaryExecutablePath(const char *folder, const char *name) {
  (void)folder, (void)name;
  return NULL;
}
