// What the stub writes for a traced call and the supervisor prints: the record, its captures, and the
// descriptors that say what to copy.
#ifndef PICO_TRACE_H
#define PICO_TRACE_H
#include "pico_layout.h"

/// Bits of pico_trace_record.flags.
#define PICO_TRACE_NO_RETURN 1  // written before the call, which did not come back
#define PICO_TRACE_ENTRY 2      // written before the call: a second record with its end may follow

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
  PICO_CAPTURE_BYTES = 2,    // size * length bytes
  PICO_CAPTURE_STRINGS = 3,  // pointers to strings up to a null: each string with its terminator
  PICO_CAPTURE_BITS = 4,     // length bits
  PICO_CAPTURE_VECTOR = 5,   // length (base, length) pairs of 8 + 8 bytes, then the first bytes they point to
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

extern const struct pico_capture_descriptor pico_capture_freebsd[], pico_capture_linux[];
extern const uint16_t pico_capture_index_freebsd[PICO_TABLE_ROWS], pico_capture_index_linux[PICO_TABLE_ROWS];

/// The descriptors of a call, ended by PICO_CAPTURE_END; a lone end for a number without any.
static inline const struct pico_capture_descriptor *pico_captures(uint32_t personality, uint64_t number) {
  if (number >= PICO_TABLE_ROWS) return &pico_capture_linux[0];
  return personality == PICO_PERSONALITY_FREEBSD ? &pico_capture_freebsd[pico_capture_index_freebsd[number]]
                                                 : &pico_capture_linux[pico_capture_index_linux[number]];
}

_Static_assert(sizeof(struct pico_trace_record) == 136, "trace record");
_Static_assert(sizeof(struct pico_trace_capture) == 16, "trace capture");
_Static_assert(sizeof(struct pico_capture_descriptor) == 8, "capture descriptor");

#endif
