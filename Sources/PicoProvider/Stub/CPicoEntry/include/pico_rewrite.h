// Rewritten call sites: what the stub remembers of each, and the templates of the code they run.
#ifndef PICO_REWRITE_H
#define PICO_REWRITE_H
#include "pico_layout.h"

#pragma clang assume_nonnull begin
#pragma GCC visibility push(hidden)

#define PICO_SITE_COUNT 2048
/// By address: a short index, in which few sites are found without touching more memory, and then a long one.
#define PICO_SITE_INDEX_SHORT 128
#define PICO_SITE_INDEX_LONG 4096
/// Blocks lie in the stub's 4 GiB, one a site, in the order of the sites.
#define PICO_BLOCK_BASE (PICO_STUB_BASE + 0x10000000)
#define PICO_BLOCK_SIZE 256
/// Trampolines lie within reach of the guest's code.
#define PICO_NEAR_SIZE 64
#define PICO_NEAR_REGION 0x4000
#define PICO_NEAR_REGIONS 32
#define PICO_TEXT_RANGES 64
#define PICO_CHAIN_MAX 8

/// One `syscall` instruction of the guest that has trapped.
struct pico_site {
  uint64_t address;   // of the instruction
  uint64_t patch_at;  // where the jump stands
  uint64_t near;      // its trampoline; 0 when there is none
  uint64_t pad_at;    // where a short jump leads in the guest's code; 0 when it is not short
  uint64_t original;  // the bytes the jump replaced, in its first `patch_length` bytes
  uint32_t traps;
  uint32_t number;    // the call's, when it is always the same
  uint8_t state, why, patch_length, fixed;
  uint8_t template, tries, count, pad;
  // The trampoline's instructions and those they stand for, as offsets from `near` and back from `address`.
  uint8_t near_offset[PICO_CHAIN_MAX], guest_offset[PICO_CHAIN_MAX];
};

enum pico_site_state {
  PICO_SITE_SEEN = 0,
  PICO_SITE_LEFT = 1,      // for the reason in `why`
  PICO_SITE_WRITING = 2,   // the jump is being written
  PICO_SITE_PATCHED = 3,
};

/// Guest code that may be rewritten: a private mapping of a file, executable and not writable.
struct pico_text_range { uint64_t start, end; };
/// A piece of memory for trampolines. `base` 0: none, or lost to the guest.
struct pico_near_region { uint64_t base; uint32_t used, pad; };

/// How far rewriting has come. Private memory, as the sites: fork copies it, vfork shares it.
struct pico_rewriting {
  uint32_t lock;           // 0, or the thread that holds it
  uint32_t sites;          // how many are in use
  uint32_t blocks_ready, membarrier_ready;
  uint32_t seen_calls;             // which calls may not be rewritten any more
  uint32_t index_is_long;
  uint64_t near_low, near_high;    // around all trampolines
  uint64_t text_low, text_high;    // around all text ranges
  uint32_t seen, patched, restored, left[PICO_SITE_REASONS];  // since the last flush
};

/// Everything there is to know about a picoprocess's rewritten sites. Begins a page, which most processes do with.
struct pico_sites {
  struct pico_text_range text[PICO_TEXT_RANGES];
  struct pico_near_region near[PICO_NEAR_REGIONS];
  uint16_t index_short[PICO_SITE_INDEX_SHORT];  // by address: the site + 1
  struct pico_site site[PICO_SITE_COUNT];
  uint16_t index_long[PICO_SITE_INDEX_LONG];
};

/// A template of entry code and where in it things stand, as offsets from its begin.
struct pico_template {
  uint64_t code;
  uint16_t size, entry;
  uint16_t loaded;    // from here on RAX holds the host's number
  uint16_t call;      // the host call; behind it RAX holds the result
  // FreeBSD: in [inverted, error) and at `value` RAX is the result's complement, in [error, value) the guest's errno.
  uint16_t inverted, error, value;
  uint16_t return_at, return_error_at, return_full_at, number_at, pages_at;  // the ends of what is filled in; 0: not there
};
_Static_assert(sizeof(struct pico_template) == 32, "template");

extern struct pico_sites pico_sites;
extern const struct pico_template pico_templates[9];
extern const char pico_lean_pages_linux[], pico_lean_pages_freebsd[];
extern const char pico_lean_pages_viewed_linux[], pico_lean_pages_viewed_freebsd[];

/// The lean table in force, in pieces of 256 rows.
static inline uint64_t pico_lean_pages(int freebsd, int viewed) {
  if (viewed) return (uint64_t)(freebsd ? pico_lean_pages_viewed_freebsd : pico_lean_pages_viewed_linux);
  return (uint64_t)(freebsd ? pico_lean_pages_freebsd : pico_lean_pages_linux);
}

static inline struct pico_site *pico_site_at(uint32_t number) { return &pico_sites.site[number]; }
static inline uint16_t *pico_site_index_short(void) { return pico_sites.index_short; }
static inline uint16_t *pico_site_index_long(void) { return pico_sites.index_long; }
static inline struct pico_text_range *pico_text_ranges(void) { return pico_sites.text; }
static inline struct pico_near_region *pico_near_regions(void) { return pico_sites.near; }
static inline struct pico_template pico_template_of(uint32_t kind) { return pico_templates[kind]; }
static inline uint8_t *pico_near_offsets(struct pico_site *site) { return site->near_offset; }
static inline uint8_t *pico_guest_offsets(struct pico_site *site) { return site->guest_offset; }

/// Stores to guest code that fault into an error. 0, or -EFAULT.
long pico_code_store8(void *at, uint64_t value);
long pico_code_store2(void *at, uint16_t value);

/// Addresses of code that blocks run beside their own.
struct pico_site_windows { uint64_t begin, end; };
struct pico_site_windows pico_site_windows(void);

#pragma GCC visibility pop
#pragma clang assume_nonnull end
#endif
