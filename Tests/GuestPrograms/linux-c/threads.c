// Threads as a libc makes them: creation, joining, cancellation, every kind of lock, thread-local data.
#include "_check.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static __thread long own = 7;
static atomic_long sum;

static void *adds(void *argument) {
  for (int i = 0; i < 100; i++) {
    own += (long)argument;
    if (i % 10 == 0) sched_yield();
  }
  atomic_fetch_add(&sum, own);
  return (void *)own;
}

static void create_and_join(void) {
  pthread_t all[50];
  long results = 0;
  for (int round = 0; round < 10; round++) {
    for (long i = 0; i < 50; i++)
      if (pthread_create(&all[i], NULL, adds, (void *)i) != 0) CHECK(0, "pthread_create");
    for (int i = 0; i < 50; i++) {
      void *result;
      pthread_join(all[i], &result);
      results += (long)result;
    }
  }
  CHECK(sum == results && sum == 10 * (50 * 7 + 100 * 1225), "500 threads with data of their own: %ld", (long)sum);
  CHECK(own == 7, "this thread's is untouched");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

static void *plays(void *argument) {
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&lock);
    while (turn % 4 != (long)argument) pthread_cond_wait(&changed, &lock);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static void conditions(void) {
  pthread_t all[4];
  for (long i = 0; i < 4; i++) pthread_create(&all[i], NULL, plays, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(all[i], NULL);
  CHECK(turn == 800, "turns: %d", turn);
  struct timespec past;
  clock_gettime(CLOCK_REALTIME, &past);
  pthread_mutex_lock(&lock);
  CHECK(pthread_cond_timedwait(&changed, &lock, &past) == ETIMEDOUT, "pthread_cond_timedwait: ETIMEDOUT");
  pthread_mutex_unlock(&lock);
}

static pthread_barrier_t barrier;
static atomic_int serial, arrived, wrong;

static void *meets(void *unused) {
  (void)unused;
  for (int i = 1; i <= 50; i++) {
    arrived++;
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
    if (arrived < i * 6) wrong++;
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void barriers(void) {
  pthread_t all[6];
  pthread_barrier_init(&barrier, NULL, 6);
  for (int i = 0; i < 6; i++) pthread_create(&all[i], NULL, meets, NULL);
  for (int i = 0; i < 6; i++) pthread_join(all[i], NULL);
  CHECK(serial == 50 && wrong == 0, "barrier: %d rounds", (int)serial);
}

static pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
static long first, second;

static void *reads_and_writes(void *argument) {
  for (int i = 0; i < 500; i++) {
    if ((i + (long)argument) % 5 == 0) {
      pthread_rwlock_wrlock(&shared);
      first++;
      if (i % 50 == 0) sched_yield();
      second++;
    } else {
      pthread_rwlock_rdlock(&shared);
      if (first != second) wrong++;
    }
    pthread_rwlock_unlock(&shared);
  }
  return NULL;
}

static void read_write_locks(void) {
  pthread_t all[8];
  wrong = 0;
  for (long i = 0; i < 8; i++) pthread_create(&all[i], NULL, reads_and_writes, (void *)i);
  for (int i = 0; i < 8; i++) pthread_join(all[i], NULL);
  CHECK(first == 800 && second == 800 && wrong == 0, "readers and writers");
}

static atomic_int cleaned;
static void cleans(void *unused) {
  (void)unused;
  cleaned++;
}

static int never[2];

static void *waits_forever(void *deferred) {
  char byte;
  pthread_setcanceltype(deferred ? PTHREAD_CANCEL_DEFERRED : PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  pthread_cleanup_push(cleans, NULL);
  atomic_fetch_add(&arrived, 1);
  if (deferred) {
    if (read(never[0], &byte, 1) < 0) perror("read");
  } else {
    for (;;) __asm__ volatile("");
  }
  pthread_cleanup_pop(0);
  return NULL;
}

static void cancellation(void) {
  if (pipe(never) != 0) return;
  for (long deferred = 1; deferred >= 0; deferred--) {
    pthread_t thread;
    void *result;
    arrived = cleaned = 0;
    pthread_create(&thread, NULL, waits_forever, (void *)deferred);
    while (arrived == 0) sched_yield();
    pthread_cancel(thread);
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED && cleaned == 1, "cancelled %s", deferred ? "in read" : "in a loop");
  }
}

static pthread_mutex_t *robust;

static void *dies_with_lock(void *unused) {
  pthread_mutex_lock(robust);
  return unused;
}

static void robust_mutexes(void) {
  robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(robust, &kind);
  pthread_t thread;
  pthread_create(&thread, NULL, dies_with_lock, NULL);
  pthread_join(thread, NULL);
  CHECK(pthread_mutex_lock(robust) == EOWNERDEAD, "owner's thread ended: EOWNERDEAD");
  CHECK(pthread_mutex_consistent(robust) == 0 && pthread_mutex_unlock(robust) == 0, "made consistent");
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(robust);
    kill(getpid(), SIGKILL);
  }
  waitpid(child, NULL, 0);
  CHECK(pthread_mutex_lock(robust) == EOWNERDEAD, "owner's process killed: EOWNERDEAD");
  pthread_mutex_consistent(robust);
  pthread_mutex_unlock(robust);
}

static void kinds_of_mutex(void) {
  pthread_mutexattr_t kind;
  pthread_mutex_t mutex;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&mutex, &kind);
  pthread_mutex_lock(&mutex);
  CHECK(pthread_mutex_lock(&mutex) == EDEADLK && pthread_mutex_trylock(&mutex) == EBUSY, "error checking");
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&mutex, &kind);
  CHECK(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_lock(&mutex) == 0, "recursive");
  pthread_mutexattr_init(&kind);
  if (pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT) == 0) {
    pthread_mutex_init(&mutex, &kind);
    CHECK(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0, "priority inheriting");
  }
}

static sem_t *semaphore;

static void semaphores(void) {
  semaphore = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sem_init(semaphore, 1, 0);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 1000; i++) sem_post(semaphore);
    _exit(0);
  }
  for (int i = 0; i < 1000; i++) sem_wait(semaphore);
  waitpid(child, NULL, 0);
  CHECK(sem_trywait(semaphore) == -1 && errno == EAGAIN, "semaphore shared with a child");
}

static pthread_key_t key;
static atomic_int destroyed;
static void destroys(void *value) { destroyed += (int)(long)value; }

static void *sets_key(void *value) {
  pthread_setspecific(key, value);
  return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int times;
static void counts_once(void) { times++; }
static void *runs_once(void *unused) {
  pthread_once(&once, counts_once);
  return unused;
}

static void specifics(void) {
  pthread_t all[10];
  pthread_key_create(&key, destroys);
  for (long i = 0; i < 10; i++) pthread_create(&all[i], NULL, sets_key, (void *)(i + 1));
  for (int i = 0; i < 10; i++) pthread_join(all[i], NULL);
  CHECK(destroyed == 55, "destructors: %d", (int)destroyed);
  for (int i = 0; i < 10; i++) pthread_create(&all[i], NULL, runs_once, NULL);
  for (int i = 0; i < 10; i++) pthread_join(all[i], NULL);
  CHECK(times == 1, "once: %d", (int)times);
}

static void *identifies(void *argument) {
  long *ids = argument;
  ids[0] = syscall(SYS_gettid);
  ids[1] = getpid();
  return NULL;
}

static void identities(void) {
  long ids[2];
  pthread_t thread;
  pthread_create(&thread, NULL, identifies, ids);
  pthread_join(thread, NULL);
  CHECK(ids[1] == getpid() && ids[0] != getpid(), "one process, another thread");
  CHECK(syscall(SYS_gettid) == getpid(), "the first thread's number is the process's");
  // The kernel wakes the joiner a little before it forgets the number.
  int tries = 0;
  while (syscall(SYS_tgkill, getpid(), ids[0], 0) == 0 && tries++ < 5000) usleep(1000);
  CHECK(syscall(SYS_tgkill, getpid(), ids[0], 0) == -1 && errno == ESRCH, "an ended thread: ESRCH");
}

#ifdef __GLIBC__  // musl 1.2.3 itself hangs or faults there, natively too
static void *ends_late(void *unused) {
  usleep(20000);
  printf("the last thread ends the process\n");
  fflush(stdout);
  return unused;
}

static void first_ends_early(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, ends_late, NULL);
    pthread_exit(NULL);
  }
  waitpid(child, &status, 0);
  CHECK(status == 0, "first thread gone before the last");
}
#endif

int main(void) {
#ifdef __GLIBC__
  first_ends_early();
#endif
  create_and_join();
  conditions();
  barriers();
  read_write_locks();
  cancellation();
  robust_mutexes();
  kinds_of_mutex();
  semaphores();
  specifics();
  identities();
  return done();
}
