// io_uring without a library: rings, operations that complete later, and waits that a signal ends.
#include "_check.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

static int ring;
static struct io_uring_params parameters;
static _Atomic unsigned *sq_tail, *cq_head, *cq_tail;
static unsigned *sq_array, sq_mask, cq_mask;
static struct io_uring_sqe *entries;
static struct io_uring_cqe *completions;
static volatile sig_atomic_t alarms;

static void on_alarm(int number) {
  (void)number;
  alarms++;
}

static long enter(unsigned submit, unsigned complete, unsigned flags, const void *argument, size_t size) {
  return syscall(SYS_io_uring_enter, ring, submit, complete, flags, argument, size);
}

static int begin(void) {
  ring = syscall(SYS_io_uring_setup, 8, &parameters);
  if (ring < 0) return 0;
  char *sq = mmap(NULL, parameters.sq_off.array + parameters.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                  IORING_OFF_SQ_RING);
  char *cq = mmap(NULL, parameters.cq_off.cqes + parameters.cq_entries * sizeof *completions, PROT_READ | PROT_WRITE,
                  MAP_SHARED, ring, IORING_OFF_CQ_RING);
  entries = mmap(NULL, parameters.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  if (sq == MAP_FAILED || cq == MAP_FAILED || entries == MAP_FAILED) return 0;
  sq_tail = (void *)(sq + parameters.sq_off.tail);
  sq_array = (void *)(sq + parameters.sq_off.array);
  sq_mask = *(unsigned *)(sq + parameters.sq_off.ring_mask);
  cq_head = (void *)(cq + parameters.cq_off.head);
  cq_tail = (void *)(cq + parameters.cq_off.tail);
  cq_mask = *(unsigned *)(cq + parameters.cq_off.ring_mask);
  completions = (void *)(cq + parameters.cq_off.cqes);
  return 1;
}

static void put(int operation, int descriptor, const void *address, unsigned length, uint64_t offset, unsigned data) {
  unsigned tail = *sq_tail, at = tail & sq_mask;
  memset(&entries[at], 0, sizeof entries[at]);
  entries[at].opcode = operation;
  entries[at].fd = descriptor;
  entries[at].addr = (uintptr_t)address;
  entries[at].len = length;
  entries[at].off = offset;
  entries[at].user_data = data;
  sq_array[at] = at;
  *sq_tail = tail + 1;
}

// The result of the next completion, which has to be `data`'s.
static long take(unsigned data) {
  unsigned head = *cq_head;
  if (head == *cq_tail) return -9999;
  struct io_uring_cqe completion = completions[head & cq_mask];
  *cq_head = head + 1;
  return completion.user_data == data ? completion.res : -9998;
}

static void *writes(void *argument) {
  usleep(20000);
  if (write(*(int *)argument, "later", 5) != 5) _exit(9);
  return NULL;
}

int main(void) {
  if (!begin()) {
    // Hosts may have it switched off; then picorun's answer has to be the same.
    printf("io_uring_setup: %s\n", strerror(errno));
    return 0;
  }
  put(IORING_OP_NOP, -1, NULL, 0, 0, 1);
  CHECK(enter(1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1 && take(1) == 0, "nothing to do");
  char name[] = "/tmp/uring-XXXXXX", text[16] = "";
  int file = mkstemp(name);
  put(IORING_OP_WRITE, file, "contents", 8, 0, 2);
  CHECK(enter(1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1 && take(2) == 8, "a write");
  put(IORING_OP_OPENAT, AT_FDCWD, name, 0, 0, 3);
  CHECK(enter(1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1, "an open");
  int opened = take(3);
  CHECK(opened > file && read(opened, text, 16) == 8 && memcmp(text, "contents", 8) == 0, "its descriptor");
  unlink(name);
  put(IORING_OP_READ, 999, text, 8, 0, 4);
  CHECK(enter(1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1 && take(4) == -EBADF, "a bad descriptor");
  put(IORING_OP_READ, file, (void *)8, 8, 0, 5);
  CHECK(enter(1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1 && take(5) == -EFAULT, "a bad address");

  int ends[2];
  pthread_t writer;
  if (pipe(ends) != 0) return 1;
  put(IORING_OP_READ, ends[0], text, 16, -1, 6);
  pthread_create(&writer, NULL, writes, &ends[1]);
  CHECK(enter(1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1 && take(6) == 5 && memcmp(text, "later", 5) == 0,
        "a read that waits");
  pthread_join(writer, NULL);

  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  sigset_t blocked, none;
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  raise(SIGALRM);
  CHECK(alarms == 0 && enter(0, 1, IORING_ENTER_GETEVENTS, &none, 8) == -1 && errno == EINTR && alarms == 1,
        "a wait with a mask that lets a signal in");
  raise(SIGALRM);
  struct __kernel_timespec soon = {.tv_nsec = 10000000};
  struct io_uring_getevents_arg argument = {.ts = (uintptr_t)&soon};
  CHECK(enter(0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument) == -1 && errno == ETIME &&
            alarms == 1,
        "a wait with a limit");
  argument.sigmask = (uintptr_t)&none;
  argument.sigmask_sz = 8;
  argument.ts = 0;
  CHECK(enter(0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument) == -1 && errno == EINTR &&
            alarms == 2,
        "and with a mask");
  argument.sigmask_sz = 4;
  CHECK(enter(0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument) == -1 && errno == EINVAL,
        "a mask of another size");
  CHECK(enter(0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, (void *)8, sizeof argument) == -1 && errno == EFAULT,
        "an argument nowhere");
  sigset_t now;
  sigprocmask(SIG_SETMASK, NULL, &now);
  CHECK(sigismember(&now, SIGALRM) == 1, "the mask is as it was");
  struct iovec vector = {text, sizeof text};
  SHOW(syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &vector, 1));
  SHOW(syscall(SYS_io_uring_register, ring, 9999, NULL, 0));
  SHOW(syscall(SYS_io_uring_setup, 0, &parameters));
  SHOW(syscall(SYS_io_uring_setup, 8, NULL));
  // A picoprocess in which something is under way ends, and another is executed.
  put(IORING_OP_READ, ends[0], text, 16, -1, 7);
  CHECK(enter(1, 0, 0, NULL, 0) == 1, "one is left behind");
  pid_t pid = fork();
  if (pid == 0) {
    execl("/bin/sh", "sh", "-c", "exit 3", NULL);
    _exit(1);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3, "exec in a child");
  return done();
}
