// Random calls with random arguments, for programs without a library: what both systems' programs share.
//
// Called as PROGRAM SEED CALLS THREADS [stub | wild]. Each thread makes CALLS calls; the first thread only watches, and
// ends the process when all are done or two seconds are over. The same words make the same calls in each thread.
//
// What points to the stub is passed only where that is the test (stub): a guest may harm its own stub, and the memory
// that stubs share with the supervisor belongs to all guests of a silo. Others are signalled only where anything may
// end (wild).
#ifndef RANDOM_H
#define RANDOM_H
typedef unsigned long u64;
typedef unsigned int u32;
enum { THREADS_MOST = 16, STACK_SIZE = 65536, ARENA_SIZE = 65536, ARGUMENTS = 6 };

// The system's own file defines these.
static long call6(long number, long a, long b, long c, long d, long e, long f);
static void start_thread(void (*start)(void *), void *argument, char *stack, u64 size);
static _Noreturn void end_process(int status);
static _Noreturn void end_thread(void);
static void pause_ms(long milliseconds);
static char *map_pages(u64 size);
static void unmap(char *at, u64 size);
static long random_number(u64 random);
// Makes a call harmless to others, or refuses it (0). Not asked in wild runs, but for `is_end`.
static int tame(u64 random, long number, long *arguments);
static void ignore_signals(void);  // whose default is to kill: what a call sends to its caller is not to end the test
static int is_end(long number);
static int is_fork(long number);
// A fork whose child shares this thread's stack must not come back in the child; it ends there at once.
static int shares_stack(long number, const long *arguments);
static long fork_sharing(long number, const long *arguments);

static char arena[ARENA_SIZE] __attribute__((aligned(4096)));
static char stacks[THREADS_MOST][STACK_SIZE] __attribute__((aligned(16)));
static char long_name[6000];
static char *page_end;  // the first byte that cannot be reached; before it no terminator
static int finished, is_wild, knows_stub;
static u64 seed, calls;

static const char *const names[] = {
  "", "/", ".", "..", "/tmp", "/tmp/a", "/tmp/b", "/tmp/a/b", "a", "/dev/null", "/dev/zero", "/nothing/here",
  "/proc/self/exe", "/proc/self/maps", "/proc/self/fd/0", "/guests/hello-linux", "/guests/hello-freebsd", "kern.ostype",
  "\xff\xfe/\x01", "/tmp/../tmp/./a//",
};

static u64 next(u64 *state) {
  *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dul;
}

// Signals that do nothing by default, mostly; never one that stops.
static long mild_signal(u64 r, long child, long urgent) {
  if (r % 32 != 0) return r & 64 ? child : r & 128 ? urgent : 0;
  long any = (long)(r >> 8 & 63);
  return any >= 17 && any <= 22 ? 0 : any;
}

static long random_length(u64 r) {
  static const u64 lengths[] = {0, 1, 2, 4, 8, 16, 24, 32, 64, 128, 144, 256, 511, 512, 1024, 4095, 4096, 4097, 16384,
                                65536, 1ul << 20, 1ul << 31, (1ul << 31) - 1, 1ul << 32, 1ul << 40, ~0ul >> 1, ~0ul,
                                ~0ul - 4095};
  return (long)lengths[r % (sizeof lengths / sizeof *lengths)];
}

static long random_address(u64 r) {
  u64 low = r >> 32;
  switch (r % 24) {
  case 0: return 0;
  case 1: return (long)(low % 4096);
  case 2: return (long)(page_end - low % 16);
  case 3: return (long)page_end;
  case 4: return (long)(0xffff800000000000ul + low);
  case 5: return (long)(0x0000800000000000ul - low % 8192);
  case 6: return (long)(low << 32 | low);
  case 7: return (long)&call6;                       // the program's own code
  case 8: return knows_stub ? (long)(0x7e0000000000ul + low % 0x10000) : 1;    // where the stub lies
  case 9: return knows_stub ? (long)(0x7e1000000000ul + low % 0x20000) : 2;    // what it shares with the supervisor
  case 10: return knows_stub ? (long)(0x7e2000000000ul + low % 0x20000) : 3;   // its thread areas
  case 11: return (long)long_name;
  case 12: case 13: case 14: case 15: return (long)names[low % (sizeof names / sizeof *names)];
  default: return (long)(arena + low % (ARENA_SIZE - 1024) / 8 * 8);
  }
}

static long random_argument(u64 *state) {
  u64 r = next(state), s = next(state);
  switch (r % 16) {
  case 0: return 0;
  case 1: return -1;
  case 2: case 3: return (long)(s % 8);              // descriptors, small commands
  case 4: return (long)(s % 64);
  case 5: return (long)(1ul << s % 64);
  case 6: return (long)(s & s >> 17 & 0xffffffff);   // flags: a few bits
  case 7: return (long)(int)s;
  case 8: return (long)s;
  case 9: case 10: return random_length(s);
  case 11: return -100;                              // AT_FDCWD
  default: return random_address(s);
  }
}

// What pointers lead to: numbers, and pointers again, so that vectors and headers hold something.
static void refill(u64 *state) {
  u64 at = next(state) % (ARENA_SIZE / 8 - 64);
  for (int i = 0; i < 64; i++) ((volatile u64 *)arena)[at + (u64)i] = (u64)random_argument(state);
}

static void one_call(u64 *state, int depth) {
  long a[ARGUMENTS], number = random_number(next(state));
  for (int i = 0; i < ARGUMENTS; i++) a[i] = random_argument(state);
  u64 r = next(state);
  if (is_end(number) || (is_fork(number) && depth > 0)) return;
  if (!is_wild && !tame(r, number, a)) return;
  if (shares_stack(number, a)) {
    fork_sharing(number, a);
    return;
  }
  long result = call6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (result == 0 && is_fork(number)) {
    // A child: it makes a few calls and goes.
    for (int i = 0; i < 4; i++) one_call(state, depth + 1);
    end_process(0);
  }
}

static void thread_main(void *index) {
  u64 state = (seed + 1) * 0x9e3779b97f4a7c15ul + (u64)index * 0xbf58476d1ce4e5b9ul;
  for (u64 i = 0; i < calls; i++) {
    refill(&state);
    one_call(&state, 0);
  }
  __atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
  end_thread();
}

static u64 number_in(const char *text) {
  u64 n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + (u64)(*text++ - '0');
  return n;
}

__attribute__((used)) static _Noreturn void begin(long *at) {
  long argc = *at;
  char **argv = (char **)(at + 1);
  if (argc < 4) end_process(64);
  seed = number_in(argv[1]);
  calls = number_in(argv[2]);
  int threads = (int)number_in(argv[3]);
  knows_stub = argc > 4;
  is_wild = argc > 4 && argv[4][0] == 'w';
  if (threads < 1 || threads > THREADS_MOST) end_process(64);
  ignore_signals();
  for (u64 i = 0; i < sizeof long_name - 1; i++) long_name[i] = 'n';
  page_end = map_pages(8192) + 4096;
  unmap(page_end, 4096);
  for (int i = 1; i <= 4096; i++) page_end[-i] = '/';
  for (long i = 0; i < threads; i++) start_thread(thread_main, (void *)i, stacks[i], STACK_SIZE);
  for (int waited = 0; waited < 2000; waited += 5) {
    if (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) == threads) break;
    pause_ms(5);
  }
  end_process(0);
}

void *memset(void *to, int byte, u64 n) {
  for (u64 i = 0; i < n; i++) ((volatile char *)to)[i] = (char)byte;
  return to;
}
void *memcpy(void *to, const void *from, u64 n) {
  for (u64 i = 0; i < n; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}
#endif
