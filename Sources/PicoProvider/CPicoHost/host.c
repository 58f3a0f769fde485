#define _GNU_SOURCE
#include "CPicoHost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static int result(long value) { return value < 0 ? -errno : (int)value; }

static _Thread_local void *current;

void *pico_current(void) { return current; }

void pico_set_current(void *object) { current = object; }

pid_t pico_fork(void) { return result(fork()); }

pid_t pico_spawn(int stub, char *const argv[], char *const envp[], const void *mask, int keep, int gate) {
  int ready[2] = {-1, -1};
  if (gate >= 0 && pipe2(ready, O_CLOEXEC) < 0) return -errno;
  // Nothing is changed before exec but what belongs to the child alone, so it may borrow the memory; unless the parent
  // has something to do meanwhile.
  pid_t child = gate >= 0 ? fork() : vfork();
  if (child == 0) {
    fcntl(keep, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
    char byte;
    if (gate >= 0) {
      prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
      close(ready[1]);
      while (read(ready[0], &byte, 1) < 0 && errno == EINTR) {}
    }
    syscall(SYS_execveat, stub, "", argv, envp, AT_EMPTY_PATH);
    _exit(125);
  }
  int error = errno;
  if (gate >= 0) {
    close(ready[0]);
    int32_t word = child;
    char byte = 0;
    // The supervisor attaches, then says so; closing the pipe lets the child go.
    if (child > 0 && write(gate, &word, sizeof word) == sizeof word)
      while (read(gate, &byte, 1) < 0 && errno == EINTR) {}
    close(ready[1]);
  }
  return child < 0 ? -error : child;
}

int pico_shared_memory(const char *name, uint64_t size) {
  int descriptor = memfd_create(name, MFD_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (ftruncate(descriptor, (off_t)size) < 0) {
    int error = errno;
    close(descriptor);
    return -error;
  }
  return descriptor;
}

void *pico_map_shared(int descriptor, uint64_t size) {
  void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return at == MAP_FAILED ? NULL : at;
}

int64_t pico_touched_memory(int descriptor, uint64_t offset) {
  off_t at = lseek(descriptor, (off_t)offset, SEEK_DATA);
  return at < 0 ? -errno : at;
}

int pico_release_memory(int descriptor, uint64_t offset, uint64_t length) {
  return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length) < 0 ? -errno : 0;
}

int pico_receive_descriptor(int socket) {
  char byte;
  struct iovec vector = {&byte, 1};
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t got;
  do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (got == 0 || !header || header->cmsg_type != SCM_RIGHTS) return -EPIPE;
  int descriptor;
  memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

int pico_signal_descriptor(void *before) {
  sigset_t all;
  sigfillset(&all);
  if (sigprocmask(SIG_BLOCK, &all, before) < 0) return -errno;
  return result(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}

int pico_signal_read(int descriptor, int *signal, int *code) {
  struct signalfd_siginfo info;
  if (read(descriptor, &info, sizeof info) != sizeof info) return 0;
  *signal = (int)info.ssi_signo;
  *code = info.ssi_code;
  return 1;
}

int pico_read_link(const char *path, char *target, int capacity) {
  return result(readlink(path, target, (size_t)capacity));
}

void pico_ring_stay(int listener) {
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int pico_ring_receive(int listener, struct pico_ring *ring) {
  struct seccomp_notif request;
  memset(&request, 0, sizeof request);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) return -errno;
  ring->id = request.id;
  ring->tid = (int32_t)request.pid;
  ring->operation = (uint32_t)request.data.args[0];
  ring->argument = request.data.args[1];
  return 0;
}

int pico_ring_reply(int listener, uint64_t id, int64_t value) {
  struct seccomp_notif_resp reply = {.id = id};
  if (value < 0 && value > -4096) reply.error = (int)value;
  else reply.val = value;
  return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply));
}

int pico_ring_install(int listener, uint64_t id, int descriptor) {
  struct seccomp_notif_addfd install = {.id = id, .srcfd = (uint32_t)descriptor, .newfd_flags = O_CLOEXEC};
  return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &install));
}

int pico_ring_valid(int listener, uint64_t id) {
  return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
}

int pico_take_from(int process, int number) { return result(syscall(SYS_pidfd_getfd, process, number, 0)); }

int pico_take_descriptor(pid_t pid, int number) {
  long process = syscall(SYS_pidfd_open, pid, 0);
  if (process < 0) return -errno;
  int taken = pico_take_from((int)process, number);
  close((int)process);
  return taken;
}

int pico_thread_exists(pid_t tgid, pid_t tid) {
  return syscall(SYS_tgkill, tgid, tid, 0) == 0 || errno == EPERM;
}

int pico_set_name(const char *name) { return result(prctl(PR_SET_NAME, name, 0, 0, 0)); }

int pico_wait(pid_t pid, int no_hang, int *value) {
  int status;
  pid_t got = waitpid(pid, &status, WUNTRACED | WCONTINUED | (no_hang ? WNOHANG : 0));
  if (got < 0) return -errno;
  if (got == 0) return PICO_WAIT_NONE;
  if (WIFEXITED(status)) {
    *value = WEXITSTATUS(status);
    return PICO_WAIT_EXITED;
  }
  if (WIFSIGNALED(status)) {
    *value = WTERMSIG(status);
    return PICO_WAIT_KILLED;
  }
  if (WIFSTOPPED(status)) {
    *value = WSTOPSIG(status);
    return PICO_WAIT_STOPPED;
  }
  return PICO_WAIT_CONTINUED;
}
