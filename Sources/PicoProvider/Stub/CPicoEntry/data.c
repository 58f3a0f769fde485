// The stub's own data, and the addresses of its windows.
#include "pico_entry.h"

struct pico_private pico_private __attribute__((aligned(4096)));
/// The lean table of threads whose every call must take the full path (tracing, GS owned by the guest).
uint16_t pico_no_lean[PICO_TABLE_ROWS];

struct pico_sites pico_sites __attribute__((aligned(4096)));
/// The lean table of Linux processes that read what `/proc` tells of picoprocesses.
uint16_t pico_lean_linux_proc[PICO_TABLE_ROWS];

#define LABEL(name) \
  extern const char pico_##name[]; \
  static inline uint64_t at_##name(void) { return (uint64_t)pico_##name; }
LABEL(lean_linux_begin)
LABEL(lean_linux_call)
LABEL(lean_linux_end)
LABEL(lean_freebsd_begin)
LABEL(lean_freebsd_call)
LABEL(lean_freebsd_end)
LABEL(lean_interrupted)
LABEL(lean_exit_begin)
LABEL(lean_exit_end)
LABEL(lean_pending)
LABEL(exit_begin)
LABEL(exit_end)
LABEL(blocking_begin)
LABEL(blocking_call)
LABEL(blocking_end)
LABEL(copy_begin)
LABEL(guest_cas32_begin)
LABEL(copy_fault)
LABEL(atomic_end)
LABEL(atomic_fault)
LABEL(entry_linux)
LABEL(entry_freebsd)
LABEL(entry_full)
LABEL(host_sigreturn)
LABEL(site_begin)
LABEL(site_end)

struct pico_windows pico_windows(void) {
  return (struct pico_windows){
      .lean_linux_begin = at_lean_linux_begin(),
      .lean_linux_call = at_lean_linux_call(),
      .lean_linux_end = at_lean_linux_end(),
      .lean_freebsd_begin = at_lean_freebsd_begin(),
      .lean_freebsd_call = at_lean_freebsd_call(),
      .lean_freebsd_end = at_lean_freebsd_end(),
      .lean_interrupted = at_lean_interrupted(),
      .lean_exit_begin = at_lean_exit_begin(),
      .lean_exit_end = at_lean_exit_end(),
      .lean_pending = at_lean_pending(),
      .exit_begin = at_exit_begin(),
      .exit_end = at_exit_end(),
      .exit = (uint64_t)pico_exit,
      .blocking_begin = at_blocking_begin(),
      .blocking_call = at_blocking_call(),
      .blocking_end = at_blocking_end(),
      .copy_begin = at_copy_begin(),
      .copy_end = at_guest_cas32_begin(),
      .copy_fault = at_copy_fault(),
      .atomic_end = at_atomic_end(),
      .atomic_fault = at_atomic_fault(),
      .entry_linux = at_entry_linux(),
      .entry_freebsd = at_entry_freebsd(),
      .entry_full = at_entry_full(),
      .host_sigreturn = at_host_sigreturn(),
  };
}

struct pico_site_windows pico_site_windows(void) {
  return (struct pico_site_windows){.begin = at_site_begin(), .end = at_site_end()};
}

// What the compilers call for by themselves.
void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  void *result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return result;
}
void *memset(void *to, int value, size_t count) {
  void *result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
  return result;
}
void *memmove(void *to, const void *from, size_t count) {
  char *t = to;
  const char *f = from;
  if (t <= f || t >= f + count) return memcpy(to, from, count);
  for (size_t i = count; i > 0; i--) {
    t[i - 1] = f[i - 1];
    __asm__ volatile("" : : : "memory");
  }
  return to;
}
int memcmp(const void *a, const void *b, size_t count) {
  const unsigned char *x = a, *y = b;
  for (size_t i = 0; i < count; i++) {
    if (x[i] != y[i]) return x[i] - y[i];
    __asm__ volatile("" : : : "memory");
  }
  return 0;
}
// The stub allocates nothing: reaching one of these is a defect, and a check of the linked image finds it.
int posix_memalign(void **to, size_t alignment, size_t size) { (void)to; (void)alignment; (void)size; __builtin_trap(); }
void free(void *p) { (void)p; __builtin_trap(); }
