// What the stub's Swift needs of its assembly: labels to compare an instruction pointer with, the ways out,
// thread creation and end, and the stub's own data.
#ifndef PICO_ENTRY_H
#define PICO_ENTRY_H
#include "pico_raw.h"
#include "pico_rewrite.h"

#pragma clang assume_nonnull begin
// Nothing here is another image's: no table of addresses is needed, nor the page that it would be in.
#pragma GCC visibility push(hidden)

/// Kernel structure of clone3(2), its first 64 bytes and what newer kernels append.
struct pico_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/// Kernel structure of rt_sigaction(2).
struct pico_host_action {
  uint64_t handler, flags, restorer, mask;
};

/// Kernel structure ucontext of x86-64 as it lies in a host signal frame.
struct pico_host_context {
  uint64_t flags, link, stack_base;
  uint32_t stack_flags, stack_pad;
  uint64_t stack_size;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  uint16_t cs, gs, fs, ss;
  uint64_t error, trap, old_mask, fault_address;
  uint64_t fpstate;
  uint64_t reserved[8];
  uint64_t mask;
};
_Static_assert(offsetof(struct pico_host_context, mask) == 296, "ucontext");

/// Kernel structure siginfo, the members that are looked at.
struct pico_siginfo {
  int32_t signal, error, code, pad;
  union {
    struct { int32_t pid; uint32_t uid; uint64_t value; } sent;
    struct { int32_t pid; uint32_t uid; int32_t status, pad; int64_t utime, stime; } child;
    struct { int32_t timer, overrun; uint64_t value; } timer;
    struct { uint64_t address; } fault;
    struct { uint64_t address; int32_t number; uint32_t architecture; } call;
    struct { int64_t band; int32_t descriptor; } poll;
    uint8_t bytes[112];
  } u;
};
_Static_assert(sizeof(struct pico_siginfo) == 128, "siginfo");

/// Windows of entry_x86_64.S and raw_x86_64.S, as addresses.
struct pico_windows {
  uint64_t lean_linux_begin, lean_linux_call, lean_linux_end, lean_freebsd_begin, lean_freebsd_call, lean_freebsd_end,
      lean_interrupted;
  uint64_t lean_exit_begin, lean_exit_end, lean_pending;
  uint64_t exit_begin, exit_end, exit;
  uint64_t blocking_begin, blocking_call, blocking_end;
  uint64_t copy_begin, copy_end, copy_fault, atomic_end, atomic_fault;
  uint64_t entry_linux, entry_freebsd, entry_full, host_sigreturn;
};
struct pico_windows pico_windows(void);

long pico_clone3(struct pico_clone_args *args, unsigned long size, struct pico_thread *_Nullable child);
void pico_thread_gone(uint64_t *word, uint64_t keep, int status) __attribute__((noreturn));
void pico_exit(void) __attribute__((noreturn));

/// Calls the host's clock function with every vector register kept. Its result; -ENOSYS when a signal has ended it.
long pico_host_clock(uint64_t clock, void *time, uint64_t function);
void pico_clock_abandoned(void);
static inline uint64_t pico_clock_abandoned_address(void) { return (uint64_t)pico_clock_abandoned; }

/// Bitmaps side by side: those of the first areas and slots share a line.
struct pico_bits {
  uint64_t areas;         // in use
  uint64_t areas_mapped;  // there is memory for them; they are taken from the first on, so it has no gaps
  uint64_t slots_mapped;  // which of the silo's slots are mapped here
};
_Static_assert(PICO_SLOT_COUNT <= PICO_AREA_COUNT, "bitmaps");

/// What every picoprocess writes to, each fork's child first of all: in one page, so that it costs one copy of a page.
struct pico_private {
  struct pico_process process;
  struct pico_rewriting rewriting;
  uint32_t guest_path;       // where in pico_paths the second one begins
  uint32_t traced_at_start;  // set by a tracer that has seen this image's exec: the stops after it are to come
  struct pico_bits bits[PICO_AREA_COUNT / 64];
};
_Static_assert(offsetof(struct pico_private, bits) + sizeof(struct pico_bits) <= 4096, "one page");

extern struct pico_private pico_private;
/// Absolute path of the image that runs, with its terminator, as the host names it; behind it, if it is another, as the
/// guest does: its start state may point here.
extern char pico_paths[8192];
extern uint16_t pico_lean_linux_proc[PICO_TABLE_ROWS];
extern uint16_t pico_no_lean[PICO_TABLE_ROWS];
extern const uint16_t pico_lean_linux[PICO_TABLE_ROWS];
extern const uint16_t pico_lean_freebsd[PICO_TABLE_ROWS];
extern const uint16_t pico_lean_viewed_linux[PICO_TABLE_ROWS];
extern const uint16_t pico_lean_viewed_freebsd[PICO_TABLE_ROWS];
extern const uint8_t pico_errno_freebsd[4096];

static inline struct pico_rewriting *pico_rewriting(void) { return &pico_private.rewriting; }
static inline uint32_t *pico_rewriting_seen_calls(void) { return &pico_private.rewriting.seen_calls; }
static inline uint32_t *pico_index_is_long(void) { return &pico_private.rewriting.index_is_long; }
static inline uint32_t *pico_rewriting_lock(void) { return &pico_private.rewriting.lock; }
static inline uint32_t *pico_left_counts(void) { return pico_private.rewriting.left; }
static inline uint64_t *pico_areas_mapped(long word) { return &pico_private.bits[word].areas_mapped; }
static inline uint64_t *pico_slots_mapped(long word) { return &pico_private.bits[word].slots_mapped; }
static inline char *pico_executable_path_address(void) { return pico_paths; }
static inline char *pico_guest_path_address(void) { return pico_paths + pico_private.guest_path; }
static inline uint32_t *pico_guest_path_offset(void) { return &pico_private.guest_path; }
static inline uint32_t *pico_traced_at_start_address(void) { return &pico_private.traced_at_start; }
static inline uint16_t *pico_lean_linux_proc_table(void) { return pico_lean_linux_proc; }
static inline uint16_t *pico_no_lean_table(void) { return pico_no_lean; }
static inline const uint16_t *pico_lean_linux_table(void) { return pico_lean_linux; }
static inline const uint16_t *pico_lean_freebsd_table(void) { return pico_lean_freebsd; }
static inline const uint16_t *pico_lean_viewed_linux_table(void) { return pico_lean_viewed_linux; }
static inline const uint16_t *pico_lean_viewed_freebsd_table(void) { return pico_lean_viewed_freebsd; }
static inline const uint8_t *pico_errno_freebsd_table(void) { return pico_errno_freebsd; }
static inline struct pico_process *pico_main_process_address(void) { return &pico_private.process; }
static inline uint64_t *pico_areas_used(long word) { return &pico_private.bits[word].areas; }
/// The calling code's stack pointer; in a signal handler it lies in its thread's area.
static inline uint64_t pico_stack_pointer(void) { uint64_t v; __asm__ volatile("mov %%rsp, %0" : "=r"(v)); return v; }

#pragma GCC visibility pop
#pragma clang assume_nonnull end
#endif
