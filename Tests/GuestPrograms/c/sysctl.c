// The tree of sysctl as programs read it: by number, by name, its lengths and its errors.
#include "_freebsd.h"

static char text[2048];
static u64 size;

static long get(const int *name, int levels, u64 room) {
  size = room;
  memset(text, 0, sizeof text);
  return SYS(__sysctl, name, levels, text, &size, 0, 0);
}

// Looks a name up and then reads it.
static long by_name(const char *name) {
  int find[] = {0, 3}, found[24];
  u64 bytes = sizeof found;
  long result = SYS(__sysctl, find, 2, found, &bytes, name, length(name));
  return result < 0 ? result : get(found, (int)(bytes / 4), sizeof text);
}

static int integer(void) { return *(int *)text; }

// The swap devices one by one have as many pages as all together.
static void swap_devices(void) {
  int find[] = {0, 3}, name[24], count = 0;
  u64 bytes = sizeof name, pages = 0, used = 0;
  CHECK(SYS(__sysctl, find, 2, name, &bytes, "vm.swap_info", 12) == 0 && bytes == 8, "vm.swap_info has a number");
  CHECK(get(name, 2, sizeof text) == -EINVAL, "which device: EINVAL");
  while (count < 32) {
    name[2] = count;
    if (get(name, 3, sizeof text) != 0) break;
    if (size != 32 || *(u32 *)text != 2) count += 1000;
    pages += *(u32 *)(text + 20), used += *(u32 *)(text + 24), count++;
  }
  CHECK(count < 32 && get(name, 3, sizeof text) == -ENOENT, "behind the last: ENOENT");
  CHECK(by_name("vm.swap_total") == 0 && *(u64 *)text == pages * 4096 && used <= pages, "together vm.swap_total");
  name[2] = -1;
  CHECK(get(name, 3, sizeof text) == -ENOENT, "before the first: ENOENT");
}

// The mappings of this process: they follow each other, this function's is among them, nothing of the stub is.
static void mappings(void) {
  static char map[1 << 18];
  int name[] = {1, 14, 32, (int)SYS(getpid, 0)};
  u64 bytes = sizeof map, last = 0;
  CHECK(SYS(__sysctl, name, 4, map, &bytes, 0, 0) == 0 && bytes > 0, "kern.proc.vmmap");
  int count = 0, own = 0, wrong = 0;
  for (u64 at = 0; at < bytes; count++) {
    u64 size = *(u32 *)(map + at), start = *(u64 *)(map + at + 8), end = *(u64 *)(map + at + 16);
    int type = *(int *)(map + at + 4), protection = *(int *)(map + at + 56);
    if (size < 144 || size % 8 || at + size > bytes || start < last || start >= end || start >> 32 == 0x7e00) wrong++;
    if (wrong) break;
    if (start <= (u64)&mappings && (u64)&mappings < end)
      own = type == 2 && protection == 5 && map[at + 136] == '/' && length(map + at + 136) < size - 136;
    last = end, at += size;
  }
  CHECK(!wrong && count > 3, "in their order, none of the stub's");
  CHECK(own, "the program's text among them, with its file");
  bytes = 10;
  CHECK(SYS(__sysctl, name, 4, map, &bytes, 0, 0) == -ENOMEM, "too little room for them: ENOMEM");
  name[3] = 0x7ffffff0;
  bytes = sizeof map;
  CHECK(SYS(__sysctl, name, 4, map, &bytes, 0, 0) == -ESRCH, "those of nobody: ESRCH");
}

// What the process has open, as kinfo_getfile(3) reads it.
static void open_files(void) {
  static char room[65536];
  u64 length_ = sizeof room;
  int pid = (int)SYS(getpid, 0), files[] = {1, 14, 33, pid}, count[] = {1, 14, 43, pid}, limit[] = {1, 14, 37, pid, 8};
  int mask[] = {1, 14, 39, pid}, folder[] = {1, 14, 42, pid}, number = 0;
  u64 four = 4, sixteen = 16, two = 2, values[2] = {0, 0}, real[2] = {1, 1};
  u16 bits = 9;
  int fd = (int)SYS(open, "/dev/null", O_RDWR | O_NONBLOCK), queue = (int)SYS(kqueue, 0), pair[2];
  SYS(socketpair, 1, 2, 0, pair);
  int open_count = 0;
  for (int i = 0; i < 900; i++) open_count += SYS(fcntl, i, 1) >= 0;
  CHECK(SYS(__sysctl, count, 4, &number, &four, 0, 0) == 0 && number == open_count, "kern.proc.nfds");
  CHECK(SYS(__sysctl, files, 4, room, &length_, 0, 0) == 0, "kern.proc.filedesc");
  int found = 0, kinds = 0, folders = 0;
  for (u64 at = 0; at < length_;) {
    int *record = (int *)(room + at);
    if (record[2] >= 0) found++;
    if (record[2] == fd) kinds |= record[1] == 1 && (record[4] & 0x23) == 0x23 && same(room + at + 368, "/dev/null");
    if (record[2] == queue) kinds |= (record[1] == 5) << 1;
    if (record[2] == pair[0]) kinds |= (record[1] == 2 && record[9] == 1 && record[10] == 2) << 2;
    if (record[2] == -1) folders = record[8] == 2;
    if (record[0] <= 0) break;
    at += (u64)record[0];
  }
  CHECK(found == open_count, "an entry each");
  CHECK(kinds == 7 && folders, "file, kqueue, socket, folder");
  length_ = sizeof room;
  CHECK(SYS(__sysctl, folder, 4, room, &length_, 0, 0) == 0 && ((int *)room)[2] == -1, "kern.proc.cwd");
  CHECK(SYS(__sysctl, limit, 5, values, &sixteen, 0, 0) == 0 && SYS(getrlimit, 8, real) == 0 && values[0] == real[0],
        "kern.proc.rlimit");
  SYS(umask, 027);
  CHECK(SYS(__sysctl, mask, 4, &bits, &two, 0, 0) == 0 && bits == 027, "kern.proc.umask");
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  int ostype[] = {1, 1}, osrelease[] = {1, 2}, osreldate[] = {1, 24}, hostname[] = {1, 10}, ncpu[] = {6, 3},
      pagesize[] = {6, 7}, physmem[] = {6, 5}, machine[] = {6, 1}, random[] = {1, 37}, absent[] = {99, 99},
      pathname[] = {1, 14, 12, -1}, argmax[] = {1, 8}, files[] = {1, 27};
  CHECK(get(ostype, 2, sizeof text) == 0 && same(text, "FreeBSD") && size == 8, "kern.ostype: FreeBSD, 8 bytes");
  CHECK(get(osrelease, 2, sizeof text) == 0 && text[0] == '1' && size == length(text) + 1, "kern.osrelease");
  CHECK(get(osreldate, 2, sizeof text) == 0 && integer() >= 1200000 && size == 4, "kern.osreldate");
  CHECK(get(hostname, 2, sizeof text) == 0 && size == length(text) + 1, "kern.hostname");
  CHECK(get(ncpu, 2, sizeof text) == 0 && integer() >= 1 && size == 4, "hw.ncpu");
  CHECK(get(pagesize, 2, sizeof text) == 0 && integer() == 4096, "hw.pagesize");
  CHECK(get(physmem, 2, sizeof text) == 0 && *(u64 *)text > 1 << 24 && size == 8, "hw.physmem");
  CHECK(get(machine, 2, sizeof text) == 0 && same(text, "amd64"), "hw.machine");
  CHECK(get(argmax, 2, sizeof text) == 0 && integer() >= 1 << 16, "kern.argmax");
  CHECK(get(files, 2, sizeof text) == 0 && integer() > 0, "kern.maxfilesperproc");
  CHECK(get(random, 2, 16) == 0 && size == 16 && *(u64 *)text != 0, "kern.arandom");
  CHECK(get(pathname, 4, sizeof text) == 0 && text[0] == '/' && size == length(text) + 1, "kern.proc.pathname");
  CHECK(by_name("kern.ostype") == 0 && same(text, "FreeBSD"), "kern.ostype by name");
  CHECK(by_name("hw.ncpu") == 0 && integer() >= 1, "hw.ncpu by name");
  CHECK(by_name("kern.smp.maxcpus") == 0 && integer() >= 1, "kern.smp.maxcpus by name");
  CHECK(by_name("kern.sched.cpusetsize") == 0 && integer() == 128 && size == 4, "kern.sched.cpusetsize by name");
  CHECK(by_name("kern.ipc.soacceptqueue") == 0 && integer() >= 1, "kern.ipc.soacceptqueue by name");
  CHECK(by_name("hw.pagesizes") == 0 && *(u64 *)text == 4096, "hw.pagesizes by name");
  u64 *times = (u64 *)text;
  CHECK(by_name("kern.cp_time") == 0 && size == 40 && times[0] > 0 && times[4] > 0, "kern.cp_time: five counters");
  CHECK(by_name("kern.cp_times") == 0 && size > 0 && size % 40 == 0 && times[4] > 0, "kern.cp_times");
  CHECK(by_name("vm.stats.vm.v_active_count") == 0 && integer() > 0 && size == 4, "vm.stats.vm.v_active_count");
  CHECK(by_name("vm.stats.vm.v_wire_count") == 0 && integer() > 0, "vm.stats.vm.v_wire_count");
  CHECK(by_name("machdep.tsc_freq") == 0 && times[0] > 100000000 && size == 8, "machdep.tsc_freq");
  CHECK(by_name("kern.ipc.shmmax") == 0 && times[0] > 0 && size == 8, "kern.ipc.shmmax");
  CHECK(by_name("net.inet.tcp.cc.algorithm") == 0 && size == length(text) + 1 && size > 3, "net.inet.tcp.cc.algorithm");
  CHECK(by_name("kern.lastpid") == 0 && integer() > 0, "kern.lastpid");
  CHECK(by_name("kern.no.such.name") == -ENOENT, "no such name: ENOENT");
  CHECK(get(absent, 2, sizeof text) == -ENOENT, "no such number: ENOENT");
  CHECK(get(ostype, 2, 3) == -ENOMEM, "too little room: ENOMEM");
  size = 0;
  CHECK(SYS(__sysctl, ostype, 2, 0, &size, 0, 0) == 0 && size == 8, "the length alone");
  CHECK(SYS(__sysctl, ostype, 2, 0, 0, "Other", 6) == -EPERM, "kern.ostype can't be set: EPERM");
  CHECK(SYS(__sysctl, ostype, 0, text, &size, 0, 0) == -EINVAL, "a name of no levels: EINVAL");
  CHECK(SYS(__sysctl, ostype, 1000, text, &size, 0, 0) == -EINVAL, "of a thousand: EINVAL");
  CHECK(SYS(__sysctl, 8, 2, text, &size, 0, 0) == -EFAULT, "a bad name: EFAULT");
  size = 100;
  CHECK(SYS(__sysctl, ostype, 2, 8, &size, 0, 0) == -EFAULT, "a bad place: EFAULT");
  mappings();
  open_files();
  swap_devices();
  return done();
}
