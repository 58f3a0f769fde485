// System V semaphores, messages and shared memory by their control calls, and counters as descriptors.
#include "_freebsd.h"

enum { SYS_semget = 221, SYS_msgget = 225, SYS_msgsnd = 226, SYS_shmat = 228, SYS_shmdt = 230, SYS_shmget = 231,
       SYS___semctl = 510, SYS_msgctl = 511, SYS_shmctl = 512, SYS___specialfd = 577 };
enum { RMID = 0, SET = 1, STAT = 2, GETNCNT = 3, GETPID = 4, GETVAL = 5, GETALL = 6, GETZCNT = 7, SETVAL = 8,
       SETALL = 9, CREAT = 0x200 };

typedef struct { u32 cuid, cgid, uid, gid; u16 mode, seq; i64 key; } permissions;
typedef struct { permissions perm; void *base; u16 count; i64 otime, ctime; } sem_state;
typedef struct { permissions perm; void *first, *last; u64 bytes, count, most; int sender, receiver; i64 stime, rtime,
                 ctime; } msg_state;
typedef struct { permissions perm; u64 size; int last, creator; u32 attached; i64 atime, dtime, ctime; } shm_state;
typedef union { int value; void *buffer; u16 *array; u64 word; } argument;

static void semaphores(void) {
  long id = SYS(semget, 0, 3, CREAT | 0640);
  CHECK(id >= 0, "semget");
  u16 values[3] = {4, 5, 6}, got[3] = {0};
  argument all = {.array = values}, back = {.array = got}, one = {.value = 9};
  CHECK(SYS(__semctl, id, 0, SETALL, &all) == 0 && SYS(__semctl, id, 0, GETALL, &back) == 0 && got[2] == 6,
        "SETALL, GETALL");
  CHECK(SYS(__semctl, id, 1, SETVAL, &one) == 0 && SYS(__semctl, id, 1, GETVAL, 0) == 9, "SETVAL, GETVAL");
  CHECK(SYS(__semctl, id, 1, GETPID, 0) == SYS(getpid, 0), "GETPID");
  CHECK(SYS(__semctl, id, 1, GETNCNT, 0) == 0 && SYS(__semctl, id, 1, GETZCNT, 0) == 0, "GETNCNT, GETZCNT");
  sem_state state;
  argument where = {.buffer = &state};
  CHECK(SYS(__semctl, id, 0, STAT, &where) == 0 && state.count == 3 && state.perm.mode == 0640 && state.ctime > 0 &&
            state.perm.uid == (u32)SYS(getuid, 0), "IPC_STAT");
  state.perm.mode = 0600;
  CHECK(SYS(__semctl, id, 0, SET, &where) == 0 && SYS(__semctl, id, 0, STAT, &where) == 0 && state.perm.mode == 0600,
        "IPC_SET");
  CHECK(SYS(__semctl, id, 0, STAT, 8) == -EFAULT, "a bad union: EFAULT");
  CHECK(SYS(__semctl, id, 3, GETVAL, 0) == -EINVAL, "the fourth of three: EINVAL");
  CHECK(SYS(__semctl, id, 0, 99, 0) == -EINVAL, "no command: EINVAL");
  CHECK(SYS(__semctl, id, 0, RMID, 0) == 0 && SYS(__semctl, id, 0, GETVAL, 0) == -EINVAL, "IPC_RMID");
}

static void messages(void) {
  long id = SYS(msgget, 0, CREAT | 0600);
  struct { long type; char text[8]; } message = {1, "seven.."};
  CHECK(id >= 0 && SYS(msgsnd, id, &message, 8, 0) == 0, "msgget, msgsnd");
  msg_state state;
  CHECK(SYS(msgctl, id, STAT, &state) == 0 && state.count == 1 && state.bytes == 8 && state.most >= 8 &&
            state.sender == SYS(getpid, 0) && state.stime > 0, "IPC_STAT of a queue");
  state.most /= 2;
  u64 half = state.most;
  CHECK(SYS(msgctl, id, SET, &state) == 0 && SYS(msgctl, id, STAT, &state) == 0 && state.most == half, "IPC_SET of it");
  CHECK(SYS(msgctl, id, STAT, 8) == -EFAULT, "a bad place: EFAULT");
  CHECK(SYS(msgctl, id, RMID, 0) == 0 && SYS(msgctl, id, STAT, &state) == -EINVAL, "IPC_RMID of it");
}

static void memory(void) {
  long id = SYS(shmget, 0, 8192, CREAT | 0600);
  char *at = (char *)SYS(shmat, id, 0, 0);
  CHECK(id >= 0 && (long)at > 4096, "shmget, shmat");
  shm_state state;
  CHECK(SYS(shmctl, id, STAT, &state) == 0 && state.size == 8192 && state.attached == 1 &&
            state.creator == SYS(getpid, 0) && state.atime > 0, "IPC_STAT of shared memory");
  char *there = (char *)SYS(mmap, 0, 8192, 3, 0x1002, -1, 0);
  CHECK(SYS(shmat, id, there, 0) == -ENOMEM, "shmat where something is mapped: ENOMEM");
  CHECK(SYS(shmat, id, there + 1, 0) == -EINVAL && SYS(shmat, -1, there, 0) == -EINVAL, "no page, no segment: EINVAL");
  at[0] = 7;
  there[0] = 1;
  CHECK(SYS(shmat, id, there + 1, 030000) == (long)there && there[0] == 7, "SHM_REMAP");
  CHECK(SYS(shmdt, there) == 0, "shmdt of it");
  CHECK(SYS(shmctl, id, RMID, 0) == 0, "IPC_RMID of it");
  at[0] = 1;
  CHECK(SYS(shmdt, at) == 0 && SYS(shmctl, id, STAT, &state) == -EINVAL, "it goes with the last user");
}

static void counters(void) {
  struct { u32 value; int flags; } request = {5, O_NONBLOCK | O_CLOEXEC};
  u64 value = 0;
  long fd = SYS(__specialfd, 1, &request, sizeof request);
  CHECK(fd >= 0 && SYS(read, fd, &value, 8) == 8 && value == 5, "eventfd");
  CHECK(SYS(read, fd, &value, 8) == -EAGAIN, "an empty one: EAGAIN");
  value = 7;
  CHECK(SYS(write, fd, &value, 8) == 8 && SYS(write, fd, &value, 8) == 8 && SYS(read, fd, &value, 8) == 8 && value == 14,
        "adds");
  SYS(close, fd);
  request.flags = 0x40;
  CHECK(SYS(__specialfd, 1, &request, sizeof request) == -EINVAL, "an unknown flag: EINVAL");
  CHECK(SYS(__specialfd, 2, &request, sizeof request) == -EINVAL, "an unknown type: EINVAL");
  CHECK(SYS(__specialfd, 1, 8, sizeof request) == -EFAULT, "a bad request: EFAULT");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  semaphores();
  messages();
  memory();
  counters();
  return done();
}
