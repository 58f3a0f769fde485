// Sockets of three families, and waiting for them with select, poll and (where there is one) kqueue.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __FreeBSD__
#include <sys/event.h>
#endif

static int serve(int family, struct sockaddr *address, socklen_t length) {
  int s = socket(family, SOCK_STREAM, 0), one = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, address, length) != 0 || listen(s, 5) != 0) { perror("serve"); exit(1); }
  return s;
}

static void talk(const char *name, int server, struct sockaddr *address, socklen_t length) {
  pid_t child = fork();
  if (child == 0) {
    int s = socket(address->sa_family, SOCK_STREAM, 0);
    if (connect(s, address, length) != 0) _exit(1);
    char text[64];
    for (int i = 0; i < 100; i++) {
      int count = snprintf(text, sizeof text, "line %d\n", i);
      if (write(s, text, count) != count) _exit(2);
    }
    shutdown(s, SHUT_WR);
    ssize_t got = read(s, text, sizeof text);
    _exit(got == 4 && memcmp(text, "done", 4) == 0 ? 0 : 3);
  }
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  int s = accept(server, (struct sockaddr *)&peer, &size);
  size_t total = 0;
  char buffer[256];
  ssize_t got;
  while ((got = read(s, buffer, sizeof buffer)) > 0) total += got;
  if (write(s, "done", 4) != 4) perror("write");
  close(s);
  int status;
  waitpid(child, &status, 0);
  printf("%s: %zu bytes, family %d, status %d\n", name, total, peer.ss_family == address->sa_family, status);
}

static void resolve(const char *host, const char *service, int flags) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list;
  int error = getaddrinfo(host, service, &hints, &list);
  if (error) { printf("%s: %d\n", host, error == EAI_NONAME); return; }
  char name[64], port[16];
  getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof name, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  printf("%s: %s port %s\n", host, name, port);
  freeaddrinfo(list);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  socklen_t length = sizeof in;
  int s = serve(AF_INET, (struct sockaddr *)&in, sizeof in);
  getsockname(s, (struct sockaddr *)&in, &length);
  talk("ipv4", s, (struct sockaddr *)&in, sizeof in);
  close(s);
  s = serve(AF_INET6, (struct sockaddr *)&in6, sizeof in6);
  length = sizeof in6;
  getsockname(s, (struct sockaddr *)&in6, &length);
  talk("ipv6", s, (struct sockaddr *)&in6, sizeof in6);
  close(s);
  snprintf(un.sun_path, sizeof un.sun_path, "/tmp/dynamic-%d", (int)getpid());
  s = serve(AF_UNIX, (struct sockaddr *)&un, sizeof un);
  talk("unix", s, (struct sockaddr *)&un, sizeof un);
  struct sockaddr_un own;
  length = sizeof own;
  getsockname(s, (struct sockaddr *)&own, &length);
  printf("named: %d\n", strcmp(own.sun_path, un.sun_path));
  close(s);
  unlink(un.sun_path);

  int pair[2], sent[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  if (pipe(sent) != 0) return 1;
  char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 'f';
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &sent[1], sizeof(int));
  printf("descriptor sent: %zd\n", sendmsg(pair[0], &message, 0));
  memset(control, 0, sizeof control);
  message.msg_controllen = sizeof control;
  printf("received: %zd", recvmsg(pair[1], &message, 0));
  int passed;
  memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
  if (write(passed, "p", 1) != 1 || read(sent[0], &byte, 1) != 1) return 1;
  printf(" %c\n", byte);

  fd_set set;
  struct timeval now = {0, 0};
  FD_ZERO(&set);
  FD_SET(pair[0], &set);
  FD_SET(sent[0], &set);
  printf("select: %d", select(sent[0] + 2, &set, NULL, NULL, &now));
  if (write(pair[1], "abc", 3) != 3) return 1;
  FD_ZERO(&set);
  FD_SET(pair[0], &set);
  FD_SET(sent[0], &set);
  printf(" %d %d\n", select(sent[0] + 2, &set, NULL, NULL, NULL), FD_ISSET(pair[0], &set) != 0);
  struct pollfd polled[2] = {{.fd = pair[0], .events = POLLIN | POLLOUT}, {.fd = sent[0], .events = POLLIN}};
  int ready = poll(polled, 2, 100);
  printf("poll: %d in %d out %d\n", ready, !!(polled[0].revents & POLLIN), !!(polled[0].revents & POLLOUT));
  close(sent[1]);
  close(passed);
  polled[0].fd = -1;
  ready = poll(polled, 2, 100);
  printf("hang-up: %d %d\n", ready, !!(polled[1].revents & POLLHUP));
  int error, value = 0;
  length = sizeof value;
  error = getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, &length);
  printf("type: %d %d\n", error, value == SOCK_STREAM);
  s = socket(AF_INET, SOCK_STREAM, 0);
  fcntl(s, F_SETFL, O_NONBLOCK);
  error = connect(s, (struct sockaddr *)&in, sizeof in);
  if (error != 0 && errno == EINPROGRESS) {
    polled[0] = (struct pollfd){.fd = s, .events = POLLOUT};
    poll(polled, 1, 1000);
    getsockopt(s, SOL_SOCKET, SO_ERROR, &value, &length);
    errno = value;
  }
  printf("refused: %d %s\n", error, strerror(errno));
#ifdef __FreeBSD__
  int queue = kqueue();
  struct kevent event;
  EV_SET(&event, pair[0], EVFILT_READ, EV_ADD, 0, 0, NULL);
  struct timespec limit = {1, 0};
  if (kevent(queue, &event, 1, &event, 1, &limit) != 1 || event.data != 3) printf("kqueue: wrong\n");
  EV_SET(&event, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 5, NULL);
  if (kevent(queue, &event, 1, NULL, 0, NULL) != 0) printf("kqueue timer: wrong\n");
#endif
  resolve("127.0.0.1", "80", AI_NUMERICHOST | AI_NUMERICSERV);
  resolve("localhost", "http", 0);
  resolve("host.invalid.", "80", AI_NUMERICHOST);
  struct in_addr a;
  char text[INET6_ADDRSTRLEN];
  inet_aton("10.1.2.3", &a);
  printf("addresses: %s", inet_ntoa(a));
  printf(" %s\n", inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text));
  struct servent *service = getservbyname("smtp", "tcp");
  struct protoent *protocol = getprotobyname("udp");
  printf("smtp %d udp %d\n", service ? ntohs(service->s_port) : -1, protocol ? protocol->p_proto : -1);
  return 0;
}
