// A stack walk by a guest image's unwind tables, with libunwind and accessors of our own.
//
// The tables are a guest's: libunwind may loop or fall over them. So the walk runs in a process of its own, with a time
// limit, and tells its result through a pipe.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libunwind-x86_64.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CPicoHost.h"

// Exported by libunwind for walks like this one, but declared in no header of its.
int _Ux86_64_dwarf_search_unwind_table(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);
#define search _Ux86_64_dwarf_search_unwind_table
// For walks of one's own stack, which nobody makes here: without it, half a library of exceptions would be linked.
__attribute__((weak)) int _Ux86_64_setcontext(const void *context) {
  (void)context;
  __builtin_trap();
}

// For names out of compressed symbol tables, which no accessor here asks for: each declines. With the library of these
// functions every start would have to ask the processor, which is slow in a virtual machine (decision 0005).
#define DECLINES(name) \
  __attribute__((weak)) int name(void) { return 1; }
DECLINES(lzma_index_buffer_decode)
DECLINES(lzma_index_end)
DECLINES(lzma_index_size)
DECLINES(lzma_index_uncompressed_size)
DECLINES(lzma_stream_buffer_decode)
DECLINES(lzma_stream_footer_decode)

#define LIMIT_SECONDS 2
// Words that a walk may read of the guest's memory.
#define LIMIT_WORDS 200000

static unw_addr_space_t space;
static int words;

static int read_bytes(const struct pico_unwind *walk, uint64_t address, void *to, size_t count) {
  if (++words > LIMIT_WORDS) return -UNW_EUNSPEC;
  if (address >= walk->stack && address - walk->stack <= walk->stack_length &&
      walk->stack_length - (address - walk->stack) >= count) {
    memcpy(to, walk->stack_bytes + (address - walk->stack), count);
    return 0;
  }
  return pico_read_memory(walk->process, to, address, count) == (long)count ? 0 : -UNW_EINVAL;
}

static int find(unw_addr_space_t of, unw_word_t ip, unw_proc_info_t *info, int need, void *argument) {
  const struct pico_unwind *walk = argument;
  for (int i = 0; i < walk->image_count; i++) {
    const struct pico_unwind_image *image = &walk->images[i];
    if (ip < image->start || ip >= image->end || !image->frame_header) continue;
    // Version 1; the pointer to the frames relative to itself, their count a plain word, the table sorted and of
    // 32-bit words relative to this header: what every linker writes.
    struct { uint8_t version, frame, count, table; int32_t frames; uint32_t entries; } header;
    if (read_bytes(walk, image->frame_header, &header, sizeof header) < 0) return -UNW_ENOINFO;
    if (header.version != 1 || header.count != 0x03 || header.table != 0x3b) return -UNW_ENOINFO;
    unw_dyn_info_t table = {.start_ip = image->start, .end_ip = image->end, .format = UNW_INFO_FORMAT_REMOTE_TABLE};
    table.u.rti.segbase = image->frame_header;
    table.u.rti.table_len = (unw_word_t)header.entries * 8 / sizeof(unw_word_t);
    table.u.rti.table_data = image->frame_header + 12;
    return search(of, ip, &table, info, need, argument);
  }
  return -UNW_ENOINFO;
}

static int no_list(unw_addr_space_t s, unw_word_t *a, void *w) { (void)s, (void)a, (void)w; return -UNW_ENOINFO; }
static void put(unw_addr_space_t s, unw_proc_info_t *i, void *w) { (void)s, (void)i, (void)w; }
static int memory(unw_addr_space_t s, unw_word_t address, unw_word_t *value, int write, void *walk) {
  (void)s;
  return write ? -UNW_EINVAL : read_bytes(walk, address, value, sizeof *value);
}
static int registers(unw_addr_space_t s, unw_regnum_t number, unw_word_t *value, int write, void *argument) {
  (void)s;
  const struct pico_unwind *walk = argument;
  if (write || number < 0 || number >= 17) return -UNW_EBADREG;
  *value = walk->registers[number];
  return 0;
}
static int no_fp(unw_addr_space_t s, unw_regnum_t n, unw_fpreg_t *v, int w, void *a) {
  (void)s, (void)n, (void)v, (void)w, (void)a;
  return -UNW_EBADREG;
}
static int no_resume(unw_addr_space_t s, unw_cursor_t *c, void *w) { (void)s, (void)c, (void)w; return -UNW_EINVAL; }
static int no_name(unw_addr_space_t s, unw_word_t i, char *n, size_t l, unw_word_t *o, void *w) {
  (void)s, (void)i, (void)n, (void)l, (void)o, (void)w;
  return -UNW_ENOINFO;
}

static void begin(void) {
  static unw_accessors_t accessors = {.find_proc_info = find, .put_unwind_info = put,
                                      .get_dyn_info_list_addr = no_list, .access_mem = memory,
                                      .access_reg = registers, .access_fpreg = no_fp, .resume = no_resume,
                                      .get_proc_name = no_name};
  space = unw_create_addr_space(&accessors, 0);
}

static int steps(const struct pico_unwind *walk, uint64_t *callers, int room) {
  unw_cursor_t cursor;
  int count = 0;
  if (unw_init_remote(&cursor, space, (void *)walk) < 0) return 0;
  unw_word_t stack = 0, below = 0;
  unw_get_reg(&cursor, UNW_REG_SP, &below);
  while (count < room && unw_step(&cursor) > 0) {
    unw_word_t ip = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &ip) < 0 || unw_get_reg(&cursor, UNW_REG_SP, &stack) < 0) break;
    // Frames lead upwards; a guest's table need not.
    if (ip == 0 || stack <= below) break;
    below = stack;
    callers[count++] = ip;
  }
  return count;
}

int pico_unwind_walk(const struct pico_unwind *walk, uint64_t *callers, int room) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin);
  if (!space || room <= 0) return 0;
  if (room > 64) room = 64;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return 0;
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    sigset_t none;
    sigemptyset(&none);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(LIMIT_SECONDS);
    uint64_t found[64];
    int count = steps(walk, found, room);
    // One write of less than a pipe's atomic size.
    ssize_t written = write(ends[1], found, (size_t)count * sizeof found[0]);
    _exit(written < 0);
  }
  close(ends[1]);
  ssize_t got = 0;
  if (child > 0) {
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    if (poll(&end, 1, (LIMIT_SECONDS + 1) * 1000) == 1) got = read(ends[0], callers, (size_t)room * sizeof *callers);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
  }
  close(ends[0]);
  return got > 0 ? (int)(got / (ssize_t)sizeof *callers) : 0;
}
