// Raw host calls, fault-tolerant copies and the few atomic operations that the stub's Swift needs.
#ifndef PICO_RAW_H
#define PICO_RAW_H
#include "pico_layout.h"

#pragma clang assume_nonnull begin

/// A host system call. Returns its result, or the negated host errno.
long pico_syscall(long number, unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
                  unsigned long a4, unsigned long a5);

/// The same for a call that may block: returns -EINTR at once when a signal is pending on `thread`, and no
/// signal can slip in between that look and the call.
long pico_syscall_blocking(struct pico_thread *thread, long number, unsigned long a0, unsigned long a1,
                           unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5);

/// Copies `count` bytes where either side may be a guest address. 0, or -EFAULT when a page could not be reached.
long pico_copy(void *to, const void *from, unsigned long count);

/// Copies a string of at most `limit` bytes with its terminator. Its length without the terminator, -EFAULT, or
/// -ENAMETOOLONG (36) when no terminator was met.
long pico_copy_string(char *to, const char *from, unsigned long limit);

/// Atomic operations on words that may be the guest's: *fault is set to 1 when the page could not be reached.
uint32_t pico_guest_cas32(uint32_t *at, uint32_t expected, uint32_t desired, int *fault);
uint32_t pico_guest_load32(const uint32_t *at, int *fault);
void pico_guest_store32(uint32_t *at, uint32_t value, int *fault);

static inline uint32_t pico_cas32(uint32_t *at, uint32_t expected, uint32_t desired) {
  __atomic_compare_exchange_n(at, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}
static inline uint64_t pico_cas64(uint64_t *at, uint64_t expected, uint64_t desired) {
  __atomic_compare_exchange_n(at, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}
static inline uint32_t pico_load32(const uint32_t *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
static inline void pico_store32(uint32_t *at, uint32_t value) { __atomic_store_n(at, value, __ATOMIC_SEQ_CST); }
static inline uint64_t pico_load64(const uint64_t *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
static inline void pico_store64(uint64_t *at, uint64_t value) { __atomic_store_n(at, value, __ATOMIC_SEQ_CST); }
static inline uint32_t pico_exchange32(uint32_t *at, uint32_t value) {
  return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}
static inline uint32_t pico_add32(uint32_t *at, uint32_t value) { return __atomic_add_fetch(at, value, __ATOMIC_SEQ_CST); }
static inline uint64_t pico_add64(uint64_t *at, uint64_t value) { return __atomic_add_fetch(at, value, __ATOMIC_SEQ_CST); }
static inline uint64_t pico_or64(uint64_t *at, uint64_t bits) { return __atomic_or_fetch(at, bits, __ATOMIC_SEQ_CST); }
static inline uint64_t pico_and64(uint64_t *at, uint64_t bits) { return __atomic_and_fetch(at, bits, __ATOMIC_SEQ_CST); }
static inline void pico_pause(void) { __asm__ volatile("pause"); }
static inline uint64_t pico_read_gs_base(void) { uint64_t v; __asm__ volatile("rdgsbase %0" : "=r"(v)); return v; }
static inline void pico_write_gs_base(uint64_t v) { __asm__ volatile("wrgsbase %0" : : "r"(v)); }
static inline uint64_t pico_read_fs_base(void) { uint64_t v; __asm__ volatile("rdfsbase %0" : "=r"(v)); return v; }
static inline void pico_write_fs_base(uint64_t v) { __asm__ volatile("wrfsbase %0" : : "r"(v)); }


// Arrays inside the shared structures, as pointers.
static inline struct pico_action *pico_action_at(struct pico_process *p, int signal) { return &p->actions[signal]; }
static inline uint32_t *pico_wake_word(struct pico_thread *t) { return &t->wake_word; }
static inline void *pico_pending_info(struct pico_thread *t) { return t->pending_info; }
static inline void *pico_stop_info(struct pico_thread *t) { return t->stop_info; }
static inline void *pico_held_info(struct pico_process *p, int place) { return p->held_info[place]; }
static inline struct pico_step *pico_steps(struct pico_transfer *t) { return t->steps; }
static inline struct pico_control *pico_control_of(struct pico_transfer *t) { return &t->control; }
static inline uint64_t *pico_slot_words(struct pico_silo *s) { return s->slot_bitmap; }
static inline struct pico_view_place *pico_view_places(struct pico_silo *s) { return s->view_places; }
static inline uint8_t *pico_view_text(struct pico_silo *s) { return (uint8_t *)s->view_text; }
static inline uint32_t *pico_missing_counts(struct pico_silo *s, int personality) { return s->missing[personality]; }
static inline uint32_t *pico_unknown_number(struct pico_silo *s, int personality) { return &s->unknown_number[personality]; }
static inline uint32_t *pico_unknown_count(struct pico_silo *s, int personality) { return &s->unknown_count[personality]; }
static inline uint32_t *pico_family_watchers(struct pico_silo *s) { return &s->family_watchers; }
static inline uint64_t *pico_family_sequence(struct pico_silo *s) { return &s->family_sequence; }
static inline struct pico_family_event *pico_family_event(struct pico_silo *s, uint64_t place) { return &s->family_events[place]; }
static inline struct pico_cpuset *pico_cpuset_at(struct pico_silo *s, uint32_t place) { return &s->cpusets[place]; }
static inline uint64_t *pico_cpuset_word(struct pico_cpuset *set, uint32_t place) { return &set->mask[place]; }
static inline uint64_t *pico_executed_words(struct pico_silo *s) { return s->executed; }
static inline uint8_t *pico_traced_calls(struct pico_silo *s, int personality) { return s->traced[personality]; }
static inline uint64_t *pico_sites_left(struct pico_silo *s) { return s->sites_left; }

#pragma clang assume_nonnull end
#endif
