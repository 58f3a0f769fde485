// POSIX threads: creation, mutexes of every kind, conditions, reader-writer locks, barriers, once, keys, cancellation.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static long total, shared, onces, destroyed, serial, turn;
static __thread long own;

static void *add(void *argument) {
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&mutex);
    total++;
    pthread_mutex_unlock(&mutex);
    own++;
  }
  return (void *)((intptr_t)argument + own);
}

static void *read_or_write(void *argument) {
  for (int i = 0; i < 3000; i++) {
    if ((intptr_t)argument % 4 == 0) {
      pthread_rwlock_wrlock(&lock);
      shared++;
    } else {
      pthread_rwlock_rdlock(&lock);
    }
    pthread_rwlock_unlock(&lock);
  }
  return NULL;
}

static void *take_turns(void *argument) {
  long me = (intptr_t)argument;
  for (int i = 0; i < 500; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % THREADS != me) pthread_cond_wait(&condition, &mutex);
    turn++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void *meet(void *argument) {
  (void)argument;
  for (int i = 0; i < 200; i++)
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

static void initialise(void) { onces++; }
static void destroy(void *value) { __atomic_fetch_add(&destroyed, *(int *)value, __ATOMIC_SEQ_CST); free(value); }
static void *with_key(void *argument) {
  (void)argument;
  pthread_once(&once, initialise);
  int *value = malloc(sizeof *value);
  *value = 3;
  pthread_setspecific(key, value);
  return NULL;
}

static void cleaned(void *argument) { *(int *)argument += 1; }
static void *wait_for_ever(void *argument) {
  pthread_cleanup_push(cleaned, argument);
  for (;;) pause();
  pthread_cleanup_pop(1);
  return NULL;
}
static void *read_for_ever(void *argument) {
  char byte;
  pthread_cleanup_push(cleaned, argument + 2 * sizeof(int));
  while (read(*(int *)argument, &byte, 1) != 1) {}
  pthread_cleanup_pop(0);
  return NULL;
}

static void all(const char *name, void *(*body)(void *)) {
  pthread_t threads[THREADS];
  intptr_t sum = 0;
  for (intptr_t i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, body, (void *)i) != 0) abort();
  for (int i = 0; i < THREADS; i++) {
    void *result;
    if (pthread_join(threads[i], &result) != 0) abort();
    sum += (intptr_t)result;
  }
  printf("%s: %ld\n", name, (long)sum);
}

static void kinds(void) {
  pthread_mutexattr_t attributes;
  pthread_mutex_t m;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&m, &attributes);
  printf("recursive: %d %d", pthread_mutex_lock(&m), pthread_mutex_lock(&m));
  printf(" %d %d\n", pthread_mutex_unlock(&m), pthread_mutex_unlock(&m));
  pthread_mutex_destroy(&m);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&m, &attributes);
  pthread_mutex_lock(&m);
  printf("checking: %d %d\n", pthread_mutex_lock(&m) == EDEADLK, pthread_mutex_trylock(&m) == EBUSY);
  pthread_mutex_unlock(&m);
  printf("not mine: %d\n", pthread_mutex_unlock(&m) == EPERM);
  pthread_mutex_destroy(&m);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&m, &attributes);
  printf("inheriting: %d", pthread_mutex_lock(&m));
  printf(" %d\n", pthread_mutex_unlock(&m));
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 20000000;
  if (soon.tv_nsec >= 1000000000) { soon.tv_sec++; soon.tv_nsec -= 1000000000; }
  pthread_mutex_lock(&mutex);
  printf("times out: %d\n", pthread_cond_timedwait(&condition, &mutex, &soon) == ETIMEDOUT);
  printf("locked: %d\n", pthread_mutex_timedlock(&mutex, &soon) == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
}

static void *post(void *argument) {
  for (int i = 0; i < 1000; i++) sem_post(argument);
  return NULL;
}

static void semaphores(void) {
  sem_t s;
  pthread_t thread;
  int value;
  sem_init(&s, 0, 2);
  printf("semaphore: %d %d %d", sem_trywait(&s), sem_trywait(&s), sem_trywait(&s) == -1 && errno == EAGAIN);
  pthread_create(&thread, NULL, post, &s);
  for (int i = 0; i < 900; i++) sem_wait(&s);
  pthread_join(thread, NULL);
  sem_getvalue(&s, &value);
  printf(" left %d\n", value);
  sem_destroy(&s);
}

static void cancelling(void) {
  pthread_t thread;
  void *result;
  int count = 0, ends[4] = {0};
  pthread_create(&thread, NULL, wait_for_ever, &count);
  usleep(10000);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  printf("cancelled: %d, cleaned %d\n", result == PTHREAD_CANCELED, count);
  if (pipe(ends) != 0) abort();
  pthread_create(&thread, NULL, read_for_ever, ends);
  usleep(10000);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  printf("in a read: %d, cleaned %d\n", result == PTHREAD_CANCELED, ends[2]);
}

static volatile sig_atomic_t seen;
static pthread_t seen_by;
static void notice(int number) { (void)number; seen_by = pthread_self(); seen = 1; }
static void *await_signal(void *argument) {
  while (!seen) usleep(1000);
  return argument;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  all("sums", add);
  printf("total: %ld, mine %ld\n", total, own);
  all("reader-writer", read_or_write);
  printf("written: %ld\n", shared);
  all("turns", take_turns);
  printf("turn: %ld\n", turn);
  pthread_barrier_init(&barrier, NULL, THREADS);
  all("barrier", meet);
  printf("serial: %ld\n", serial);
  pthread_key_create(&key, destroy);
  all("keys", with_key);
  printf("once: %ld, destroyed %ld\n", onces, destroyed);
  kinds();
  semaphores();
  cancelling();
  signal(SIGUSR1, notice);
  pthread_t thread;
  pthread_create(&thread, NULL, await_signal, NULL);
  pthread_kill(thread, SIGUSR1);
  pthread_join(thread, NULL);
  printf("signal to a thread: %d\n", pthread_equal(seen_by, thread) != 0);
  pthread_attr_t attributes;
  size_t size;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  seen = 0;
  printf("detached: %d, stack %zu\n", pthread_create(&thread, &attributes, await_signal, NULL), size);
  seen = 1;
  usleep(20000);
  pthread_exit(NULL);
}
