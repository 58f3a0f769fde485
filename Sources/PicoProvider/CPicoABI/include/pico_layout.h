// What the stub, its assembly and the supervisor agree on: the address map, the thread area, the transfer
// page and the silo header. The one place that states an offset; everything else includes this.
#ifndef PICO_LAYOUT_H
#define PICO_LAYOUT_H

// ---- Address map of a picoprocess ------------------------------------------------------------------------
// The system-call filter looks only at the upper half of the instruction pointer: calls from PICO_STUB_HIGH
// are the stub's own, all others are the guest's. So nothing but the stub image may lie in that 4 GiB.
#define PICO_STUB_BASE 0x7e0000000000
#define PICO_STUB_HIGH 0x7e00
#define PICO_SILO_BASE 0x7e1000000000
#define PICO_AREA_BASE 0x7e2000000000
#define PICO_CODE_BASE 0x7e3000000000
#define PICO_RESERVED_END 0x7e4000000000

#define PICO_AREA_SIZE 0x20000
#define PICO_AREA_COUNT 32768
#define PICO_ALTSTACK_OFFSET 0x2000
#define PICO_ALTSTACK_SIZE 0x6000
#define PICO_NAMES_OFFSET 0x8000  // where names are put together; the stub's stack is above it
#define PICO_NAMES_SIZE 0x8000

// The reserved call number that rings the doorbell. No kernel has it; bit 30 (x32) is clear.
#define PICO_DOORBELL 0x01504943

#define PICO_SLOT_SIZE 0x4000
#define PICO_SLOT_COUNT 16384
#define PICO_SLOT_PAYLOAD 0x2000
#define PICO_SCRIPT_MAX 96
#define PICO_SILO_HEADER 0x10000
#define PICO_TABLE_ROWS 1024

#define PICO_PERSONALITY_NONE 0
#define PICO_PERSONALITY_LINUX 1
#define PICO_PERSONALITY_FREEBSD 2

// ---- Offsets that assembly uses; checked against the structures below ------------------------------------
#define PICO_T_SELF 0
#define PICO_T_STACK_TOP 8
#define PICO_T_RETURN 16
#define PICO_T_NUMBER 24
#define PICO_T_PENDING 32
#define PICO_T_FLAGS 36
#define PICO_T_LEAN 40
#define PICO_T_ERRNO_MAP 48
#define PICO_T_DIRECT_CALLS 56
#define PICO_T_GUEST_GS 64
#define PICO_T_ENTRY 72
#define PICO_T_CLOCK_STACK 80
#define PICO_T_FRAME 128
#define PICO_F_RAX (PICO_T_FRAME + 0)
#define PICO_F_RBX (PICO_T_FRAME + 8)
#define PICO_F_RCX (PICO_T_FRAME + 16)
#define PICO_F_RDX (PICO_T_FRAME + 24)
#define PICO_F_RSI (PICO_T_FRAME + 32)
#define PICO_F_RDI (PICO_T_FRAME + 40)
#define PICO_F_RBP (PICO_T_FRAME + 48)
#define PICO_F_RSP (PICO_T_FRAME + 56)
#define PICO_F_R8 (PICO_T_FRAME + 64)
#define PICO_F_R9 (PICO_T_FRAME + 72)
#define PICO_F_R10 (PICO_T_FRAME + 80)
#define PICO_F_R11 (PICO_T_FRAME + 88)
#define PICO_F_R12 (PICO_T_FRAME + 96)
#define PICO_F_R13 (PICO_T_FRAME + 104)
#define PICO_F_R14 (PICO_T_FRAME + 112)
#define PICO_F_R15 (PICO_T_FRAME + 120)
#define PICO_F_RIP (PICO_T_FRAME + 128)
#define PICO_F_RFLAGS (PICO_T_FRAME + 136)

// Bits of pico_thread.flags.
#define PICO_THREAD_OWNS_GS 1  // the guest has set GS: the stub's own base is swapped in and out
#define PICO_THREAD_STEPS 2    // flags of the guest's that the stub cannot run with are in kept_flags during a call

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The guest's general registers at a trap. `rip` is the address after the system-call instruction.
struct pico_frame {
  uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rip, rflags;
};

/// One guest signal action. `handler` 0 is the default, 1 is ignore, as in every system served here.
struct pico_action {
  uint64_t handler, flags, mask, restorer;
};

/// What belongs to a picoprocess as a whole. Private memory: fork copies it; a vfork child gets its own copy.
struct pico_process {
  uint32_t personality;
  uint32_t tgid;
  uint32_t action_lock;
  uint32_t vforked;  // a child of vfork: 1 until it has begun, then 2, and 3 from where another image takes over
  uint32_t viewed;           // names are looked up in the silo's view
  uint32_t clears_handlers;  // a new process that is to begin with none
  struct pico_action actions[65];  // by host signal number
  uint64_t break_start, break_now;
  uint64_t signal_code;            // address of the guest-visible signal return code
  uint64_t image_id;
  uint64_t vdso;
  uint64_t clock_function;         // the host's own clock_gettime in this memory; 0: only the call
  uint64_t stack_top;
  uint32_t request_lock, request_round;  // one thread has all others make a host call
  uint64_t request_number, request_arguments[3];
  uint32_t kernel_break, held_lock;  // 1: brk is the host's
  uint32_t view_lock, view_pad;
  uint64_t lowest_mapping;         // the last one made below the stub's region for want of room above
  uint64_t held;                   // signals of held_info, as a mask
  uint8_t held_info[6][128];       // those that the host never blocks and the guest does
  uint64_t personality_words[64];  // each personality lays its own structure over these
};

/// The head of a thread area. GS base points here while the stub runs; signal handlers find it by masking
/// their stack pointer with PICO_AREA_SIZE - 1.
struct pico_thread {
  struct pico_thread *own;
  uint64_t stack_top;
  uint64_t return_address;  // where the call under way returns to
  uint64_t number;          // its number, as the guest gave it
  uint32_t pending;         // a host signal waits for the way out of the stub
  uint32_t flags;
  uint64_t lean;            // const uint16_t[PICO_TABLE_ROWS]: host number + 1 of a call made as it stands, else 0
  uint64_t errno_map;       // const uint8_t[4096]: host errno to guest errno, for the lean path
  uint64_t direct_calls;
  uint64_t guest_gs;
  uint64_t entry;           // where a trap of this thread goes on
  uint64_t clock_stack;     // while it is in the host's clock function: where the stub's stack is, else 0
  uint64_t reserved_head[5];
  struct pico_frame frame;
  struct pico_process *process;
  struct pico_transfer *transfer;
  uint32_t tid;
  uint32_t slot;
  uint64_t resident_calls, supervised_calls;
  uint64_t mask;            // the guest's signal mask, in host numbers; SIGSYS may be in it, never in the host's
  uint64_t saved_mask;      // mask to put back when the call under way is over (sigsuspend, ppoll, pselect)
  uint32_t saved_mask_valid;
  uint32_t pending_signal;
  uint8_t pending_info[128];
  uint64_t altstack_base, altstack_size;
  uint32_t altstack_flags;
  uint32_t dispatching;     // what the redirected SIGSYS is to do: see PICO_REDIRECT_
  uint64_t second_result;   // goes to rdx where the guest system returns a pair
  uint32_t second_result_valid;
  uint32_t trace_depth;
  uint64_t clear_tid;       // guest address to clear and wake when the thread ends
  uint64_t robust_list;
  uint64_t context_save, context_restore;
  uint32_t wake_word, request_seen;  // thr_suspend and thr_wake meet here
  uint64_t traps;           // how many calls trapped
  uint32_t traced;          // PICO_TRACED_ bits: a guest traces this thread
  uint32_t stop_kind;       // what the stop it sees stands for
  uint32_t stop_signal;     // in that stop: the signal to be delivered, which the tracer may change
  uint32_t told_signal;     // the tracer has seen this one already
  uint32_t traced_by_exec;  // 1: exec makes it a tracee of its parent
  uint32_t kept_flags;      // trap and alignment check, as the guest had them at its call
  uint32_t is_helper;       // 1: a thread of the stub's own, which never runs guest code
  uint64_t stop_context;    // where the guest's registers are, 0: in the frame
  uint8_t stop_info[128];
  uint64_t exec_room[4];    // address and size of what an exec under way has allocated, twice
  uint64_t personality_words[64];
};

/// Why a call site that trapped stays as it is.
enum pico_site_reason {
  PICO_SITE_NO_ROOM = 0,    // no instruction before it that can be overwritten
  PICO_SITE_NOT_TEXT = 1,   // not in a private, unwritable mapping of a file
  PICO_SITE_UNWINDING = 2,  // a signal return: unwinders know it by its bytes
  PICO_SITE_UNALIGNED = 3,  // cannot be written in one piece while other threads run
  PICO_SITE_NO_MEMORY = 4,  // no memory within reach, or the host refuses to have code written
  PICO_SITE_TOO_MANY = 5,
  PICO_SITE_SEEN_CALL = 6,  // a filter, a tracer or a view of /proc has to see the call first
  PICO_SITE_REASONS = 7,
};

#define PICO_TRACED 1        // it stops for the tracer where the guest's kernel would stop it
#define PICO_TRACED_CALLS 2  // before and after each system call too
#define PICO_TRACED_STEP 4   // after the next instruction, which is a system call
#define PICO_TRACED_NEW 8    // the call under way is the fork that made it: its end is no stop
#define PICO_TRACED_INSIDE 16   // the tracer has seen the call under way begin: without that, its end is no stop
#define PICO_TRACED_SECCOMP 32  // where its own filter says so, too

#define PICO_STOP_FOR_SIGNAL 1
#define PICO_STOP_AT_ENTRY 2
#define PICO_STOP_AT_EXIT 3
#define PICO_STOP_AFTER_EXEC 4
#define PICO_STOP_AFTER_STEP 5
#define PICO_STOP_BY_FILTER 6  // stop_signal: the filter's sixteen bits

#define PICO_REDIRECT_NONE 0
#define PICO_REDIRECT_DELIVER 1    // build the guest frame of pending_info
#define PICO_REDIRECT_SIGRETURN 2  // take the context the guest's signal frame holds
#define PICO_REDIRECT_STEP 4       // go on with the frame, for one instruction
#define PICO_REDIRECT_CONTEXT 3    // save the context at context_save, take that at context_restore (0: neither)

// ---- Doorbell: notify arguments are (operation, slot). HELLO has no slot yet. ----------------------------
enum pico_request {
  PICO_HELLO = 1,      // a fresh stub; instead of a slot: its persona, as personality(2) has it. Reply: the silo's
                       // descriptor, and above 32 bits the slot, which has the script that loads the image.
                       // No script: there was room for too few descriptors; args[0] is one to be closed, or -1
  PICO_START = 2,      // the script, for whom PICO_HELLO has given none
  PICO_EXEC = 3,       // args: image descriptor, directory, descriptor of the root; payload: path. Reply: result; args:
                       // the stub's descriptor, how many words a script puts in front; those in the payload's upper half
  PICO_CALL = 4,       // a supervised system call: number, args, frame; what they point to in the payload. Reply: the
                       // frame to go on with, and steps that write to guest memory
  PICO_EXCEPTION = 5,  // an exception no guest handler takes: args: signal, code, address, error code of the trap;
                       // frame; in the payload a piece of the stack. Reply: 1 go on with the frame, 0 end
  PICO_MISSING = 6,    // --strict: the call `number` is not implemented
  PICO_TRACE = 7,      // the trace buffer of this slot is full
  PICO_EXIT_PROCESS = 8,
  PICO_RECLAIM = 9,    // no free slot: look for dead owners
  PICO_LOAD_FAILED = 10,  // args[0]: the errno with which a step of the load script failed
  PICO_IMAGE_PATH = 11,   // args[0]: a process or thread; reply: bytes of its image's path, which is in the payload
  PICO_IS_EXECUTED = 12,  // args: device, inode; reply: 1 when it is a living picoprocess's image
  PICO_SHARED_PAGE = 13,  // args: 1 make, 2 find, 4 destroy; device, inode, offset; reply: its descriptor
};

/// One step of a script that the stub carries out for the supervisor.
struct pico_step {
  uint64_t kind;
  uint64_t a[6];
};
enum pico_step_kind {
  PICO_STEP_CALL = 1,       // a[0] host number, a[1...5] arguments; an error ends the script
  PICO_STEP_MMAP = 2,       // address, length, protection, flags, descriptor, offset
  PICO_STEP_ZERO = 3,       // address, length
  PICO_STEP_WRITE = 4,      // guest address, payload offset, length
  PICO_STEP_ENTER = 5,      // a[0] points (payload offset) to struct pico_start
};

/// What a personality's start state needs to know of the image that was mapped.
struct pico_start {
  uint64_t personality, entry, image_entry, interpreter_base, program_headers, program_header_size,
      program_header_count, break_start, image_id, image_base, stack_flags, executable_path /* payload offset */,
      guest_path /* payload offset */, viewed,
      code_start, code_end, data_start, data_end;
};

/// How the supervisor stops a thread, looks at it and changes it. `bell` is a futex that the supervisor moves with
/// every wish, `answered` one that the thread moves with every answer. `parked` and `noted` hold the round they answer.
struct pico_control {
  uint32_t bell, answered;
  uint32_t wanted;        // 0: run; PICO_WANTED_END: end; else the round in which the thread is to stand still
  uint32_t noted;         // it is in the stub and will stand on its way out
  uint32_t parked;        // it stands: `frame`, the bases and the payload hold its registers
  uint32_t changed;       // PICO_CHANGED_ bits: what it takes over when it goes on
  uint32_t order, order_done;  // what it is to do while it stands: PICO_ORDER_ in the low byte, above it a count
  int64_t order_result;
  uint64_t order_flags;
  uint64_t fs_base, gs_base;
  uint32_t vector_length, parent_tgid;
};
#define PICO_WANTED_END 0xffffffff
#define PICO_CHANGED_REGISTERS 1
#define PICO_CHANGED_FS 2
#define PICO_CHANGED_GS 4
#define PICO_CHANGED_VECTOR 8
#define PICO_ORDER_THREAD 1   // make a thread that begins with the frame and bases here, and stands
#define PICO_ORDER_PROCESS 2  // fork; the child stands where this thread does
#define PICO_ORDER_EMPTY 1          // order_flags: the child gives up all memory but the stub's
#define PICO_ORDER_NO_DESCRIPTORS 2  // order_flags: the child closes all descriptors
// The signal by which a thread is asked is Host.everyThread, with this code.
#define PICO_STOP_CODE (-62)

/// Guest memory copied into the payload for a supervised call: this, then `length` bytes padded to eight.
struct pico_captured {
  uint64_t address;
  uint32_t length, pad;
};

/// A thread's page in the silo: shared with the supervisor, which treats every word as hostile.
struct pico_transfer {
  uint32_t tid;
  uint32_t tgid;
  uint32_t personality;
  uint32_t cpuset;  // number of the thread's set of processors; 0 is everybody's
  uint64_t image_id;
  uint32_t request;
  uint32_t step_count;
  uint64_t number;
  uint64_t args[6], stack_args[2];
  int64_t result;
  uint64_t second_result;
  uint32_t second_result_valid;
  uint32_t payload_length;
  // While `tid` is 0: the thread, and its process, that has taken the slot for one it is about to make; else 0.
  uint32_t taker, taker_tgid;
  struct pico_control control;
  struct pico_frame frame;
  struct pico_step steps[PICO_SCRIPT_MAX];
};

/// A part of the guest's view: names below `guest` lie below `host`. Offsets and lengths in pico_silo.view_text.
struct pico_view_place {
  uint16_t guest, guest_length, host, host_length;
};
#define PICO_VIEW_PLACES 64
#define PICO_VIEW_TEXT 16384

/// A fork, an exec or an end that kqueues watch for.
typedef struct pico_family_event {
  uint64_t sequence;  // written last; 0 while the rest changes
  uint32_t kind, process, child;
  int32_t status;
} pico_family_event_t;
#define PICO_FAMILY_EVENTS 512

/// A numbered set of processors of FreeBSD's. `used` is 2 once the rest is there.
typedef struct pico_cpuset {
  uint32_t used, pad;
  uint64_t mask[16];
} pico_cpuset_t;
#define PICO_CPUSETS 32

/// The first pages of the silo's shared memory.
struct pico_silo {
  uint32_t magic, version;
  uint32_t tracing, strict;
  uint32_t platform, yama;
  uint32_t supervisor_pid, slot_hint;
  uint64_t total_direct, total_resident, total_supervised;
  uint64_t trace_sequence;
  uint64_t slot_bitmap[PICO_SLOT_COUNT / 64];
  uint32_t missing[3][PICO_TABLE_ROWS];  // calls refused with ENOSYS, by personality and number
  uint32_t unknown_number[3], unknown_count[3];  // numbers past every table: the last one, and how often any
  uint8_t traced[3][PICO_TABLE_ROWS];    // which calls -e trace= selects
  // The view: places with the longest guest name first; the root's, if any, is the last and has an empty one.
  uint32_t view_count, view_pad;
  struct pico_view_place view_places[PICO_VIEW_PLACES];
  char view_text[PICO_VIEW_TEXT];
  uint32_t rewriting, counting;          // whether call sites are rewritten; whether lean calls are counted there
  uint64_t total_traps, sites_seen, sites_patched, sites_restored, sites_left[PICO_SITE_REASONS];
  uint32_t family_watchers;              // knotes that want to know of forks and execs
  uint32_t reclaim_from;                 // whoever takes this slot or one behind it has those of the dead given back
  uint64_t family_sequence;
  struct pico_family_event family_events[PICO_FAMILY_EVENTS];
  struct pico_cpuset cpusets[PICO_CPUSETS];
  uint64_t executed[64];                 // bit (device ^ inode) % 4096: such a file was an image
};

_Static_assert(offsetof(struct pico_thread, return_address) == PICO_T_RETURN, "return");
_Static_assert(offsetof(struct pico_thread, number) == PICO_T_NUMBER, "number");
_Static_assert(offsetof(struct pico_thread, pending) == PICO_T_PENDING, "pending");
_Static_assert(offsetof(struct pico_thread, flags) == PICO_T_FLAGS, "flags");
_Static_assert(offsetof(struct pico_thread, lean) == PICO_T_LEAN, "lean");
_Static_assert(offsetof(struct pico_thread, errno_map) == PICO_T_ERRNO_MAP, "errno_map");
_Static_assert(offsetof(struct pico_thread, direct_calls) == PICO_T_DIRECT_CALLS, "direct_calls");
_Static_assert(offsetof(struct pico_thread, guest_gs) == PICO_T_GUEST_GS, "guest_gs");
_Static_assert(offsetof(struct pico_thread, entry) == PICO_T_ENTRY, "entry");
_Static_assert(offsetof(struct pico_thread, clock_stack) == PICO_T_CLOCK_STACK, "clock stack");
_Static_assert(offsetof(struct pico_thread, frame) == PICO_T_FRAME, "frame");
_Static_assert(sizeof(struct pico_frame) == 144, "frame size");
_Static_assert(sizeof(struct pico_thread) <= PICO_ALTSTACK_OFFSET, "thread head");
_Static_assert(sizeof(struct pico_transfer) <= PICO_SLOT_PAYLOAD, "transfer head");
_Static_assert(sizeof(struct pico_silo) <= PICO_SILO_HEADER, "silo head");

#pragma clang assume_nonnull end
#endif
#endif
