// The routing tree of sysctl by its layouts: interfaces, addresses, groups, routes, and what it refuses.
#include "_freebsd.h"

enum { IFLIST = 3, IFMALIST = 4, IFLISTL = 5, DUMP = 1, FLAGS = 2, NHOP = 6, AF_INET = 2, AF_LINK = 18, AF_INET6 = 28 };
enum { RTM_GET = 4, RTM_NEWADDR = 12, RTM_IFINFO = 14, RTM_NEWMADDR = 15 };

static u8 text[65536];
static u64 size;

static long ask(int family, int what, int argument) {
  int name[] = {4, 17, 0, family, what, argument};
  size = sizeof text;
  return SYS(__sysctl, name, 6, text, &size, 0, 0);
}

static u16 half(const u8 *at) { return (u16)(at[0] | at[1] << 8); }

static int bits(int number) {
  int count = 0;
  for (; number; number &= number - 1) count++;
  return count;
}

// Walks the messages: each one's length, version and addresses have to fill it.
static int walks(int type, int other, int head, int other_head, int addresses_at) {
  int seen = 0;
  for (u64 at = 0; at < size;) {
    u8 *message = text + at;
    u16 all = half(message);
    if (all < 8 || all % 8 || at + all > size || message[2] != 5) return -1;
    if (message[3] != type && message[3] != other) return -2;
    int left = bits(*(int *)(message + addresses_at));
    u64 in = (u64)(message[3] == type ? head : other_head);
    for (; left; left--) in += message[in] ? (u64)(message[in] + 7) / 8 * 8 : 8;
    if ((in + 7) / 8 * 8 != all) return -3;
    seen += message[3] == type;
    at += all;
  }
  return seen;
}

// The first IPv4 address of the loopback, as NET_RT_IFLIST tells it.
static int loopback(int addresses_at) {
  for (u64 at = 0; at < size; at += half(text + at)) {
    u8 *message = text + at;
    if (message[3] != RTM_NEWADDR) continue;
    u8 *mask = message + addresses_at, *own = mask + 16;
    if (mask[1] == AF_INET && own[1] == AF_INET && own[0] == 16 && own[4] == 127 && mask[4] == 255 && !mask[7]) return 1;
  }
  return 0;
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  CHECK(ask(0, IFLIST, 0) == 0 && walks(RTM_IFINFO, RTM_NEWADDR, 168, 20, 4) > 0, "interfaces");
  CHECK(loopback(20), "127.0.0.0/8 among them");
  u64 first = half(text);
  CHECK(half(text + 16 + 6) == 152, "the length of their data");
  CHECK(text[168] == 56 && text[168 + 1] == AF_LINK && text[168 + 5] > 0, "their link addresses");
  int index = half(text + 12);
  CHECK(ask(0, IFLIST, index) == 0 && half(text) == first && half(text + 12) == index, "one interface");
  CHECK(ask(0, IFLIST, 54321) == 0 && size == 0, "one that is not there");
  CHECK(ask(AF_INET6, IFLIST, 0) == 0 && walks(RTM_IFINFO, RTM_NEWADDR, 168, 20, 4) > 0 && !loopback(20),
        "those of one family");
  CHECK(ask(0, IFLISTL, 0) == 0 && walks(RTM_IFINFO, RTM_NEWADDR, 176, 176, 4) > 0, "interfaces, extensible");
  CHECK(half(text + 16) == 176 && half(text + 18) == 24, "where their data stand");
  CHECK(loopback(176), "127.0.0.0/8 among these");
  CHECK(ask(0, IFMALIST, 0) == 0 && walks(RTM_NEWMADDR, RTM_NEWMADDR, 16, 16, 4) > 0, "groups");
  CHECK(ask(0, DUMP, 0) == 0 && walks(RTM_GET, RTM_GET, 152, 152, 12) > 0, "routes");
  int routes = walks(RTM_GET, RTM_GET, 152, 152, 12);
  CHECK(ask(AF_INET, DUMP, 0) == 0 && walks(RTM_GET, RTM_GET, 152, 152, 12) <= routes, "routes of one family");
  CHECK(ask(AF_INET, FLAGS, 4) == 0 && walks(RTM_GET, RTM_GET, 152, 152, 12) > 0 && *(int *)(text + 8) & 4,
        "routes to hosts");
  CHECK(ask(AF_INET, FLAGS, 0x400) == 0 && walks(RTM_GET, RTM_GET, 152, 152, 12) >= 0, "neighbours");
  CHECK(ask(0, FLAGS, 0x400) == -EINVAL, "of all families: EINVAL");
  CHECK(ask(7, DUMP, 0) == -EAFNOSUPPORT, "routes of a family without: EAFNOSUPPORT");
  CHECK(ask(200, IFLIST, 0) == -EINVAL, "no family: EINVAL");
  int name[] = {4, 17, 0, 0, IFLIST, 0, 0, 0};
  size = sizeof text;
  CHECK(SYS(__sysctl, name, 5, text, &size, 0, 0) == -EISDIR, "too few numbers: EISDIR");
  CHECK(SYS(__sysctl, name, 7, text, &size, 0, 0) == -ENOTDIR, "too many: ENOTDIR");
  CHECK(SYS(__sysctl, name, 6, text, &size, "x", 1) == -EPERM, "setting: EPERM");
  size = 10;
  CHECK(SYS(__sysctl, name, 6, text, &size, 0, 0) == -ENOMEM, "too little room: ENOMEM");
  size = 0;
  CHECK(SYS(__sysctl, name, 6, 0, &size, 0, 0) == 0 && size > 168, "the length alone");
  return done();
}
