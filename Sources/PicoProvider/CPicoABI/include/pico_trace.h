// What the stub writes for a traced call and the supervisor prints: the record, its captures, and the
// descriptors that say what to copy.
#ifndef PICO_TRACE_H
#define PICO_TRACE_H
#include "pico_layout.h"

/// pico_silo.tracing: 0 is off. Otherwise bit 0 is set, and
#define PICO_TRACING_ON 1
#define PICO_TRACING_DURATIONS 2       // the time at the end of each call is wanted too
#define PICO_TRACING_LIMIT_SHIFT 8     // from here on, 16 bits: bytes that are copied of a string or buffer

/// Each slot has a ring of records behind the transfer pages of all slots: struct pico_trace_ring, then from
/// PICO_TRACE_DATA on its bytes. One thread writes it, the supervisor reads it, at any time and when asked to by
/// the doorbell (PICO_TRACE: it is full, or its thread is about to end).
#define PICO_TRACE_OFFSET (PICO_SILO_HEADER + PICO_SLOT_COUNT * PICO_SLOT_SIZE)
#define PICO_TRACE_AREA 0x10000
#define PICO_TRACE_DATA 0x1000
#define PICO_TRACE_CAPACITY (PICO_TRACE_AREA - PICO_TRACE_DATA)
#define PICO_TRACE_RECORD_MAX 0x2000  // a record never wraps: there is always room for one of this size in one piece
#define PICO_SILO_SIZE (PICO_TRACE_OFFSET + PICO_SLOT_COUNT * PICO_TRACE_AREA)

struct pico_trace_ring {
  uint64_t head;      // bytes ever written; the writer's
  uint64_t tail;      // bytes ever read; the reader's
  uint32_t building;  // size of the record after `head` whose call is under way, 0 when there is none
  uint32_t dropped;   // records for which there was no room
};

/// Bits of pico_trace_record.flags.
#define PICO_TRACE_NO_RETURN 1  // the call did not come back, or the thread ended before it could tell
#define PICO_TRACE_PADDING 2    // no record: the rest of the ring up to its end (less than a record needs no mark)

/// One call. `size` counts the record, its captures and padding to eight bytes.
struct pico_trace_record {
  uint32_t size;
  uint32_t tid;
  uint32_t tgid;
  uint16_t personality;
  uint16_t flags;
  uint64_t sequence;
  uint64_t start_ns, end_ns;  // host CLOCK_REALTIME
  uint64_t number;
  uint64_t args[8];
  int64_t result;             // as the guest sees it
  uint64_t second;
  uint32_t errno_guest;       // 0 when the call succeeded
  uint32_t capture_count;
};

/// Bits of pico_trace_capture.flags.
#define PICO_CAPTURE_TRUNCATED 1
#define PICO_CAPTURE_UNREADABLE 2

/// What an argument pointed to; `length` bytes follow, padded to eight.
struct pico_trace_capture {
  uint8_t argument;
  uint8_t direction;
  uint16_t flags;
  uint32_t length;
  uint64_t full_length;
};

enum pico_capture_direction { PICO_CAPTURE_IN = 1, PICO_CAPTURE_OUT = 2, PICO_CAPTURE_INOUT = 3 };

enum pico_capture_kind {
  PICO_CAPTURE_END = 0,
  PICO_CAPTURE_STRING = 1,   // up to its terminator
  PICO_CAPTURE_BYTES = 2,    // length bytes, cut like a string
  PICO_CAPTURE_STRINGS = 3,  // pointers to strings up to a null: each string with its terminator
  PICO_CAPTURE_BITS = 4,     // length bits
  PICO_CAPTURE_VECTOR = 5,   // length (base, length) pairs of 8 + 8 bytes, then the first bytes they point to
  PICO_CAPTURE_PATH = 6,     // a string that is cut late
  PICO_CAPTURE_ITEMS = 7,    // size * length bytes
};

enum pico_capture_length {
  PICO_LENGTH_CONSTANT = 0,
  PICO_LENGTH_ARGUMENT = 1,   // the value of argument `length`
  PICO_LENGTH_RESULT = 2,     // the call's result
  PICO_LENGTH_POINTEE32 = 3,  // the 32-bit word that argument `length` points to, after the call
  PICO_LENGTH_POINTEE64 = 4,
};

struct pico_capture_descriptor {
  uint8_t argument, kind, direction, length_kind;
  uint16_t size, length;
};

#pragma GCC visibility push(hidden)
extern const struct pico_capture_descriptor pico_capture_freebsd[], pico_capture_linux[];
extern const uint16_t pico_capture_index_freebsd[PICO_TABLE_ROWS], pico_capture_index_linux[PICO_TABLE_ROWS];
#pragma GCC visibility pop

/// The descriptors of a call, ended by PICO_CAPTURE_END; a lone end for a number without any.
static inline const struct pico_capture_descriptor *pico_captures(uint32_t personality, uint64_t number) {
  if (number >= PICO_TABLE_ROWS) return &pico_capture_linux[0];
  return personality == PICO_PERSONALITY_FREEBSD ? &pico_capture_freebsd[pico_capture_index_freebsd[number]]
                                                 : &pico_capture_linux[pico_capture_index_linux[number]];
}

static inline uint64_t pico_trace_offset(void) { return PICO_TRACE_OFFSET; }
static inline uint64_t pico_trace_capacity(void) { return PICO_TRACE_CAPACITY; }
static inline uint64_t pico_silo_size(void) { return PICO_SILO_SIZE; }
static inline uint64_t *pico_trace_arguments(struct pico_trace_record *record) { return record->args; }
/// An argument of a record; 0 for one it does not hold.
static inline uint64_t pico_trace_argument(const struct pico_trace_record *record, uint32_t place) {
  return place < 8 ? record->args[place] : 0;
}

/// Whether a call is to be recorded.
static inline int pico_is_traced(const struct pico_silo *silo, uint32_t personality, uint64_t number) {
  return personality < 3 && number < PICO_TABLE_ROWS && silo->traced[personality][number] != 0;
}

_Static_assert(sizeof(struct pico_trace_ring) <= PICO_TRACE_DATA, "trace ring");
_Static_assert(sizeof(struct pico_trace_record) == 136, "trace record");
_Static_assert(sizeof(struct pico_trace_capture) == 16, "trace capture");
_Static_assert(sizeof(struct pico_capture_descriptor) == 8, "capture descriptor");

#endif
