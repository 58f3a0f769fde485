// Two parties that wake each other in turn: one operation is there and back.
#include "measure.h"
#include <arpa/inet.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static unsigned turn;
enum { MINE, YOURS, OVER };

static void pass(unsigned to) {
  __atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

static void await_turn(unsigned until) {
  unsigned seen;
  while ((seen = __atomic_load_n(&turn, __ATOMIC_SEQ_CST)) != until && seen != OVER)
    syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0);
}

static void *partner(void *unused) {
  for (;;) {
    await_turn(YOURS);
    if (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) == OVER) return unused;
    pass(MINE);
  }
}

static void futex_pingpong(long n) {
  while (n--) {
    pass(YOURS);
    await_turn(MINE);
  }
}

static int from, to, watched;

static void byte_pingpong(long n) {
  char c = 0;
  while (n--) if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1) err(1, "ping-pong");
}

// In one thread, so that only the event calls are measured: make readable, wait, read.
static void event_wait(long n) {
  struct epoll_event event;
  char c = 0;
  while (n--)
    if (write(to, &c, 1) != 1 || epoll_wait(watched, &event, 1, -1) != 1 || read(from, &c, 1) != 1) err(1, "event");
}

static _Noreturn void echo(int in, int out) {
  char c;
  while (read(in, &c, 1) == 1 && write(out, &c, 1) == 1) {}
  _exit(0);
}

static void with_pipes(void) {
  int there[2], back[2];
  if (pipe(there) || pipe(back)) err(1, "pipe");
  pid_t child = fork();
  if (child < 0) err(1, "fork");
  if (child == 0) {
    close(there[1]);
    echo(there[0], back[1]);
  }
  close(there[0]), close(back[1]);
  to = there[1], from = back[0];
  measure("pipe_pingpong", byte_pingpong);
  close(to), close(from);
  waitpid(child, 0, 0);
}

static void with_tcp(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (void *)&address, size) || listen(listener, 1) ||
      getsockname(listener, (void *)&address, &size)) err(1, "listen");
  pid_t child = fork();
  if (child < 0) err(1, "fork");
  int end = child ? -1 : socket(AF_INET, SOCK_STREAM, 0);
  if (child == 0 && connect(end, (void *)&address, size)) err(1, "connect");
  if (child) end = accept(listener, 0, 0);
  if (end < 0) err(1, "accept");
  close(listener);
  setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (child == 0) echo(end, end);
  to = from = end;
  measure("tcp_pingpong", byte_pingpong);
  close(end);
  waitpid(child, 0, 0);
}

int main(int argc, char **argv) {
  measure_arguments(argc, argv);
  if (is_wanted("futex_pingpong")) {
    pthread_t thread;
    if (pthread_create(&thread, 0, partner, 0)) err(1, "thread");
    measure("futex_pingpong", futex_pingpong);
    pass(OVER);
    pthread_join(thread, 0);
  }
  int ends[2];
  struct epoll_event event = {.events = EPOLLIN};
  watched = epoll_create1(0);
  if (watched < 0 || pipe(ends) || epoll_ctl(watched, EPOLL_CTL_ADD, ends[0], &event)) err(1, "epoll");
  from = ends[0], to = ends[1];
  measure("event_wait", event_wait);
  if (is_wanted("pipe_pingpong")) with_pipes();
  if (is_wanted("tcp_pingpong")) with_tcp();
}
