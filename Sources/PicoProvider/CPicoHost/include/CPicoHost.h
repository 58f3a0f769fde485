// Host calls that Swift cannot make: each returns a value, or the negated host errno.
#ifndef CPICOHOST_H
#define CPICOHOST_H
#include <stdint.h>
#include <sys/types.h>
#include "pico_layout.h"

/// A received doorbell.
struct pico_ring {
  uint64_t id;
  int32_t tid;
  uint32_t operation;
  uint64_t argument;
};

/// Forks. 0 in the child; only for a process that has one thread.
pid_t pico_fork(void);

/// A word of each thread's own, NULL at first.
void *pico_current(void);
void pico_set_current(void *object);

/// Starts the first picoprocess: a child with `mask` as its signal mask that executes the stub. `keep` stays open in
/// it; with `gate` >= 0 the child's id is written there and the child waits until a byte has come back.
pid_t pico_spawn(int stub, char *const argv[], char *const envp[], const void *mask, int keep, int gate);
/// Creates anonymous shared memory of `size` bytes.
int pico_shared_memory(const char *name, uint64_t size);
/// Maps `size` bytes of a descriptor, shared. NULL on failure.
void *pico_map_shared(int descriptor, uint64_t size);
// Where memory begins that was touched, at or behind `offset`; -ENXIO when there is none.
int64_t pico_touched_memory(int descriptor, uint64_t offset);
// Gives a part of the memory back: it reads as zeros then.
int pico_release_memory(int descriptor, uint64_t offset, uint64_t length);
/// Receives one descriptor from a Unix socket.
int pico_receive_descriptor(int socket);
/// Blocks every signal, the mask before in *before (128 bytes), and opens a descriptor that reads them.
int pico_signal_descriptor(void *before);
/// Reads one signal that came. 1, or 0 when none waits; its number and the cause (si_code).
int pico_signal_read(int descriptor, int *signal, int *code);
/// Target of a symbolic link. Its length.
int pico_read_link(const char *path, char *target, int capacity);
/// Asks the host to wake whoever waits for a doorbell on the CPU of who rings, and the ringing thread on that of who
/// answers: another CPU, asleep, takes ten times as long to come up. Linux 6.6; older ones wake as they like.
void pico_ring_stay(int listener);
/// Waits for a doorbell. -EINTR and -ENOENT want another try.
int pico_ring_receive(int listener, struct pico_ring *ring);
/// Answers a doorbell.
int pico_ring_reply(int listener, uint64_t id, int64_t value);
/// Puts `descriptor` into the ringing process, close-on-exec. Its number there.
int pico_ring_install(int listener, uint64_t id, int descriptor);
/// Whether a ring is still waiting for its answer.
int pico_ring_valid(int listener, uint64_t id);
/// A copy of descriptor `number` of the process that descriptor `process` stands for.
int pico_take_from(int process, int number);
/// What tells one directory from all others, and one mount from all others; `mount` 0 where the host does not tell.
struct pico_place { uint64_t device, inode, mount; };
/// The place of an open descriptor, or of "/" for -1. 0 or a negated errno.
int pico_place_of(int descriptor, struct pico_place *place);
/// A copy of descriptor `number` of process `pid`.
int pico_take_descriptor(pid_t pid, int number);
/// Whether thread `tid` of `tgid` exists.
int pico_thread_exists(pid_t tgid, pid_t tid);
/// Opens a process, or one thread of it, to see and to bring about its end. -EINVAL for a thread where the host
/// (before Linux 6.9) can open processes only.
int pico_open_process(pid_t pid);
int pico_open_thread(pid_t tid);
/// Whether what a pidfd names still runs.
int pico_is_alive(int descriptor);
/// Sends a signal to a process by pidfd.
int pico_kill(int descriptor, int signal);
/// Sends a queued signal with a code of picorun's own to a thread.
int pico_ask_thread(pid_t tgid, pid_t tid, int signal, int code);
/// A set of descriptors to wait for, each with a token.
int pico_watch_open(void);
int pico_watch_add(int watch, int descriptor, uint64_t token);
/// Waits for some of them to end, at most `milliseconds` (-1: without limit). How many tokens were stored.
int pico_watch_wait(int watch, uint64_t *tokens, int room, int milliseconds);
/// Waits on a word of shared memory as long as it holds `value`, at most `milliseconds`.
void pico_word_wait(uint32_t *word, uint32_t value, int milliseconds);
void pico_word_wake(uint32_t *word);
/// Memory of another process. How many bytes were moved, or the negated host errno.
long pico_read_memory(pid_t pid, void *to, uint64_t from, uint64_t count);
long pico_write_memory(pid_t pid, uint64_t to, const void *from, uint64_t count);

/// Part of an image that code runs in, and where its .eh_frame_hdr lies (0: it has none).
struct pico_unwind_image {
  uint64_t start, end, frame_header;
};
/// What a walk by unwind tables starts from. Registers by their DWARF numbers, the instruction pointer is the last.
struct pico_unwind {
  int32_t process, image_count;
  const struct pico_unwind_image *images;
  uint64_t stack, stack_length;  // a piece of the stack that was copied
  const uint8_t *stack_bytes;
  uint64_t registers[17];
};
/// Return addresses, innermost first, at most 64. How many.
int pico_unwind_walk(const struct pico_unwind *walk, uint64_t *callers, int room);

/// Names the calling thread.
int pico_set_name(const char *name);

/// What a tracer is told: the kinds of stops it acts on.
enum pico_stop_kind {
  PICO_STOP_NONE = 0,      // no tracee is left
  PICO_STOP_ENTRY = 1,     // about to make a system call
  PICO_STOP_OTHER = 2,     // nothing to do but to go on
  PICO_STOP_EXEC = 3,      // `child` is the id that the thread had before: its process's leader is it now
  PICO_STOP_GROUP = 4,     // stopped with its job
  PICO_STOP_SIGNAL = 5,    // a signal is about to be delivered
  PICO_STOP_CHILD = 6,     // `child` is a new tracee
  PICO_STOP_GONE = 7,
  PICO_STOP_WOKEN = 8,     // pico_trace_wake was called
};
struct pico_stop {
  int32_t kind, tid, signal, child;
  uint64_t number, instruction;
  uint64_t args[6];
};
/// Becomes the tracer of a process and of all it creates; ends them when the caller ends.
int pico_trace_seize(pid_t pid);
/// Makes the calling thread one that pico_trace_wake can wake. Its number.
pid_t pico_trace_thread(void);
/// Waits for the next stop of any tracee, or until *wake is not 0; that is then cleared.
void pico_trace_next(struct pico_stop *stop, uint32_t *wake);
/// Has `thread` come back from pico_trace_next. Returns when it has.
void pico_trace_wake(pid_t thread, uint32_t *wake);
/// Lets a tracee go on to its next system call, with a signal or none.
int pico_trace_continue(pid_t tid, int signal);
/// Leaves a tracee stopped with its job.
int pico_trace_listen(pid_t tid);
/// At an entry: the call is not made and gives `value`.
int pico_trace_answer(pid_t tid, int64_t value);
/// At an entry of guest code: the thread goes on in the stub, as after a trap. `area` is its thread area.
int pico_trace_redirect(pid_t tid, uint64_t area);
/// GS base of a stopped tracee.
uint64_t pico_trace_gs(pid_t tid);
/// At an entry: puts `descriptor` into the tracee, close-on-exec. Its number there. Before it returns the tracee makes
/// some calls of ours and comes back to the same entry, unless it ends; then that stop is put aside.
int pico_trace_install(pid_t tid, int descriptor);
/// Whether a stop of this tracee was put aside; it is told by the next pico_trace_next.
int pico_trace_aside(pid_t tid);
/// The tracee of a stop that was put aside, and its status. 0 when there is none.
pid_t pico_trace_take_aside(int *status);

/// Status of wait: one of PICO_WAIT_*, with the exit status or signal in *value.
enum { PICO_WAIT_NONE = 0, PICO_WAIT_EXITED = 1, PICO_WAIT_KILLED = 2, PICO_WAIT_STOPPED = 3, PICO_WAIT_CONTINUED = 4 };
int pico_wait(pid_t pid, int no_hang, int *value);

static inline uint64_t pico_bits(const uint64_t *words, int index) { return __atomic_load_n(&words[index], __ATOMIC_SEQ_CST); }
static inline uint32_t pico_word(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void pico_set_word(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
static inline uint32_t pico_or_word(uint32_t *word, uint32_t bits) { return __atomic_or_fetch(word, bits, __ATOMIC_SEQ_CST); }
static inline uint32_t pico_next_word(uint32_t *word) { return __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST); }
static inline void pico_clear_bit(uint64_t *word, uint64_t bit) { __atomic_and_fetch(word, ~bit, __ATOMIC_SEQ_CST); }
static inline void pico_add_total(uint64_t *word, uint64_t value) { __atomic_add_fetch(word, value, __ATOMIC_SEQ_CST); }

#endif
