// Other processes as the supervisor sees them: their ends, their memory, and a way to ask their threads.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "CPicoHost.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

static int result(long value) { return value < 0 ? -errno : (int)value; }

int pico_place_of(int descriptor, struct pico_place *place) {
  struct statx status;
  const char *path = descriptor < 0 ? "/" : "";
  if (statx(descriptor, path, AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &status) < 0) return -errno;
  place->device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
  place->inode = status.stx_ino;
  place->mount = status.stx_mask & STATX_MNT_ID ? status.stx_mnt_id + 1 : 0;
  return 0;
}

int pico_open_process(pid_t pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }
int pico_open_thread(pid_t tid) { return result(syscall(SYS_pidfd_open, tid, PIDFD_THREAD)); }

int pico_is_alive(int descriptor) {
  return syscall(SYS_pidfd_send_signal, descriptor, 0, NULL, 0) == 0 || errno == EPERM;
}

int pico_kill(int descriptor, int signal) {
  return result(syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0));
}

int pico_ask_thread(pid_t tgid, pid_t tid, int signal, int code) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = signal;
  info.si_code = code;
  return result(syscall(SYS_rt_tgsigqueueinfo, tgid, tid, signal, &info));
}

int pico_watch_open(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int pico_watch_add(int watch, int descriptor, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
  return result(epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event));
}

int pico_watch_wait(int watch, uint64_t *tokens, int room, int milliseconds) {
  struct epoll_event events[64];
  int count = epoll_wait(watch, events, room < 64 ? room : 64, milliseconds);
  for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
  return result(count);
}

void pico_word_wait(uint32_t *word, uint32_t value, int milliseconds) {
  struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

void pico_word_wake(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, 0x7fffffff, NULL, NULL, 0); }

long pico_read_memory(pid_t pid, void *to, uint64_t from, uint64_t count) {
  struct iovec local = {to, count}, remote = {(void *)from, count};
  ssize_t moved = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  return moved < 0 ? -errno : moved;
}

long pico_write_memory(pid_t pid, uint64_t to, const void *from, uint64_t count) {
  struct iovec local = {(void *)from, count}, remote = {(void *)to, count};
  ssize_t moved = process_vm_writev(pid, &local, 1, &remote, 1, 0);
  return moved < 0 ? -errno : moved;
}
