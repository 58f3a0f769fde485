// The calls that the supervisor answers: kenv(2), the kernel linker's and module calls, jails.
#include "_freebsd.h"

enum {
  SYS_geteuid = 25, SYS_modnext = 300, SYS_modstat = 301, SYS_modfnext = 302, SYS_modfind = 303, SYS_kldload = 304,
  SYS_kldunload = 305, SYS_kldfind = 306, SYS_kldnext = 307, SYS_kldstat = 308, SYS_kldfirstmod = 309, SYS_kldsym = 337,
  SYS_jail = 338, SYS_kenv = 390, SYS_jail_attach = 436, SYS_kldunloadf = 444, SYS_jail_get = 506, SYS_jail_set = 507,
  SYS_jail_remove = 508,
};
enum { ENAMETOOLONG = 63, EBUSY = 16 };
enum { KENV_GET, KENV_SET, KENV_UNSET, KENV_DUMP, KENV_DUMP_LOADER, KENV_DUMP_STATIC };

typedef struct { const void *base; u64 length; } iovec;
typedef struct { int version; char name[32]; int refs, id; long data; } module_stat;
typedef struct {
  int version;
  char name[1024];
  int refs, id;
  u64 address, size;
  char path[1024];
} file_stat;
typedef struct { int version; const char *name; u64 value, size; } lookup;

static int root;
static char *edge;  // the last byte before a page that cannot be touched
#define BAD ((char *)0x1000)

static int begins(const char *text, const char *with) {
  while (*with)
    if (*text++ != *with++) return 0;
  return 1;
}

static void environment(void) {
  char value[256], all[8192];
  memset(value, 'x', sizeof value);
  long got = SYS(kenv, KENV_GET, "kernelname", value, sizeof value);
  CHECK(got == 20 && same(value, "/boot/kernel/kernel"), "kenv gets a variable, with its terminator");
  CHECK(value[20] == 'x', "and writes no more than that");
  memset(value, 'x', sizeof value);
  CHECK(SYS(kenv, KENV_GET, "kernelname", value, 5) == 5 && begins(value, "/bootx"), "a short buffer gets a piece");
  CHECK(SYS(kenv, KENV_GET, "kernelname", BAD, 0) == 0, "an empty one nothing");
  CHECK(SYS(kenv, KENV_GET, "absent", value, 9) == -ENOENT, "kenv: no such variable");
  CHECK(SYS(kenv, KENV_GET, BAD, value, 9) == -EFAULT, "kenv: a name that cannot be read");
  CHECK(SYS(kenv, KENV_GET, "kernelname", BAD, 64) == -EFAULT, "kenv: a buffer that cannot be written");
  char name[200];
  memset(name, 'n', sizeof name);
  name[129] = 0;
  CHECK(SYS(kenv, KENV_GET, name, value, 9) == -ENAMETOOLONG, "kenv: a name that is too long");
  name[128] = 0;
  CHECK(SYS(kenv, KENV_GET, name, value, 9) == -ENOENT, "kenv: the longest name");
  *edge = 0;
  CHECK(SYS(kenv, KENV_GET, edge, value, 9) == -ENOENT, "kenv: a name that ends where memory does");
  *edge = 'e';
  CHECK(SYS(kenv, KENV_GET, edge, value, 9) == -EFAULT, "kenv: a name that goes on beyond it");
  CHECK(SYS(kenv, 17, "kernelname", value, 9) == -EINVAL, "kenv: no such action");

  long needed = SYS(kenv, KENV_DUMP, NULL, NULL, 0);
  CHECK(needed > 40 && needed < (long)sizeof all, "kenv tells how much a dump needs");
  memset(all, 'x', sizeof all);
  CHECK(SYS(kenv, KENV_DUMP, NULL, all, sizeof all) == 0, "kenv dumps everything");
  int found = 0;
  for (char *at = all; at < all + needed; at += length(at) + 1) found += same(at, "kernelname=/boot/kernel/kernel");
  CHECK(found == 1 && all[needed] == 'x', "as name=value, one after the other");
  CHECK(SYS(kenv, KENV_DUMP, NULL, all, 10) == needed, "or says how much is missing");
  CHECK(SYS(kenv, KENV_DUMP_LOADER, NULL, all, sizeof all) == -ENOENT, "the loader's own is not kept");
  CHECK(SYS(kenv, KENV_DUMP_STATIC, NULL, all, sizeof all) == -ENOENT, "nor the configured one");

  long set = SYS(kenv, KENV_SET, "picorun.test", "value", 6);
  CHECK(set == (root ? 0 : -EPERM), "kenv sets for the superuser only");
  got = SYS(kenv, KENV_GET, "picorun.test", value, sizeof value);
  CHECK(root ? got == 6 && same(value, "value") : got == -ENOENT, "what was set is there");
  CHECK(SYS(kenv, KENV_SET, "picorun.test", "other", 0) == (root ? -EINVAL : -EPERM), "a value without a length is none");
  CHECK(SYS(kenv, KENV_SET, "picorun.test", "other", 3) == (root ? -ENAMETOOLONG : -EPERM), "nor one that is cut off");
  CHECK(SYS(kenv, KENV_UNSET, "picorun.test", NULL, 0) == (root ? 0 : -EPERM), "kenv unsets");
  CHECK(SYS(kenv, KENV_GET, "picorun.test", value, sizeof value) == -ENOENT, "and then it is gone");
  CHECK(call(SYS_syscall, SYS_kenv, KENV_GET, (long)"kernelname", (long)value, 5, 0) == 5, "kenv through syscall(2)");
}

static void modules(void) {
  int last = 0, count = 0;
  for (long id = SYS(modnext, 0); id > 0; id = SYS(modnext, id)) last = id, count++;
  CHECK(count > 0 && last > 0, "modnext lists the modules");
  CHECK(SYS(modnext, last) == 0, "and ends with 0");
  CHECK(SYS(modnext, 1000) == -ENOENT && SYS(modnext, -1) == -ENOENT, "modnext: no such module");
  CHECK(SYS(modfnext, last) == 0 && SYS(modfnext, 0) == -ENOENT, "modfnext within the file");
  long id = SYS(modfind, "elf64");
  CHECK(id > 0, "modfind");
  CHECK(SYS(modfind, "absent") == -ENOENT, "modfind: no such module");
  CHECK(SYS(modfind, BAD) == -EFAULT, "modfind: a bad pointer");
  CHECK(SYS(modfind, "this-name-is-longer-than-32-bytes") == -ENAMETOOLONG, "modfind: a name that is too long");
  module_stat stat = {.version = sizeof stat};
  CHECK(SYS(modstat, id, &stat) == 0 && same(stat.name, "elf64") && stat.id == id && stat.refs == 1, "modstat");
  CHECK(SYS(kldfirstmod, 1) > 0 && SYS(kldfirstmod, 2) == -ENOENT, "kldfirstmod");
  stat.version = 44;
  stat.data = 77;
  CHECK(SYS(modstat, id, &stat) == 0 && stat.data == 77, "modstat: the first version of the structure");
  stat.version = 45;
  CHECK(SYS(modstat, id, &stat) == -EINVAL, "modstat: no version");
  CHECK(SYS(modstat, 1000, BAD) == -ENOENT && SYS(modstat, id, BAD) == -EFAULT, "modstat: no module, a bad pointer");
}

static void files(void) {
  CHECK(SYS(kldnext, 0) == 1 && SYS(kldnext, 1) == 0 && SYS(kldnext, 2) == -ENOENT, "kldnext: the kernel alone");
  CHECK(SYS(kldfind, "kernel") == 1 && SYS(kldfind, "/boot/kernel/kernel") == 1, "kldfind");
  CHECK(SYS(kldfind, "absent.ko") == -ENOENT && SYS(kldfind, BAD) == -EFAULT, "kldfind: absent, unreadable");
  file_stat stat = {.version = sizeof stat};
  CHECK(SYS(kldstat, 1, &stat) == 0 && same(stat.name, "kernel") && stat.id == 1, "kldstat");
  CHECK(stat.refs > 0 && stat.size > 0 && stat.address >> 63, "its references, size and address");
  CHECK(same(stat.path, "/boot/kernel/kernel"), "its path");
  stat.version = 1056;
  stat.path[0] = 'x';
  CHECK(SYS(kldstat, 1, &stat) == 0 && stat.path[0] == 'x', "kldstat: the first version of the structure");
  stat.version = 7;
  CHECK(SYS(kldstat, 1, &stat) == -EINVAL && SYS(kldstat, 1, BAD) == -EFAULT, "kldstat: no version, a bad pointer");
  stat.version = sizeof stat;
  CHECK(SYS(kldstat, 9, &stat) == -ENOENT, "kldstat: no such file");
  lookup symbol = {.version = sizeof symbol, .name = "malloc"};
  CHECK(SYS(kldsym, 0, 1, &symbol) == -ENOENT && SYS(kldsym, 9, 1, &symbol) == -ENOENT, "kldsym finds nothing");
  CHECK(SYS(kldsym, 0, 2, &symbol) == -EINVAL && SYS(kldsym, 0, 1, BAD) == -EFAULT, "kldsym: no command, a bad pointer");
  symbol.name = BAD;
  CHECK(SYS(kldsym, 0, 1, &symbol) == -EFAULT, "kldsym: a bad name");
  CHECK(SYS(kldload, "absent") == (root ? -ENOENT : -EPERM), "kldload");
  CHECK(SYS(kldload, BAD) == -EFAULT, "kldload: a bad pointer");
  CHECK(SYS(kldunload, 1) == (root ? -EBUSY : -EPERM), "kldunload: the kernel stays");
  CHECK(SYS(kldunloadf, 1, 7) == -EINVAL, "kldunloadf: unknown flags");
}

static long get(const char *name, const void *value, u64 size, char *reason, u64 room, u32 flags) {
  iovec vector[4] = {{name, length(name) + 1}, {value, size}, {"errmsg", 7}, {reason, room}};
  return SYS(jail_get, vector, reason ? 4 : 2, flags);
}

static void jails(void) {
  char reason[64] = "";
  int id = 0;
  CHECK(get("lastjid", &id, 4, reason, sizeof reason, 0) == -ENOENT, "jail_get: there is no first jail");
  CHECK(same(reason, "no jail after 0"), "and errmsg says so");
  id = 7;
  CHECK(get("jid", &id, 4, reason, sizeof reason, 8) == -ENOENT && same(reason, "jail 7 not found"), "nor one by number");
  CHECK(get("name", "www", 4, reason, 10, 0) == -ENOENT && same(reason, "jail \"www"), "nor by name, the reason cut to size");
  CHECK(get("path", "", 0, reason, sizeof reason, 0) == -ENOENT && same(reason, "no jail specified"), "nor without either");
  CHECK(get("jid", &id, 8, NULL, 0, 0) == -EINVAL, "jail_get: a number of a wrong size");
  CHECK(get("name", "www", 3, NULL, 0, 0) == -EINVAL, "jail_get: a name without an end");
  CHECK(get("jid", BAD, 4, NULL, 0, 0) == -EFAULT, "jail_get: a bad pointer");
  CHECK(get("jid", &id, 4, NULL, 0, 1) == -EINVAL, "jail_get: an unknown flag");
  CHECK(SYS(jail_get, BAD, 2, 0) == -EFAULT && SYS(jail_get, &id, 3, 0) == -EINVAL, "jail_get: a bad list, an odd one");
  CHECK(SYS(jail_get, &id, 2000, 0) == -EINVAL, "jail_get: too long a list");
  static char large[20000];
  memset(large, 'l', sizeof large - 1);
  CHECK(get("name", large, sizeof large, reason, sizeof reason, 0) == -ENOENT && begins(reason, "jail \"lll"),
        "jail_get: more than a page carries");
  iovec vector[2] = {{"name", 5}, {"www", 4}};
  CHECK(SYS(jail_set, vector, 2, 1) == -EPERM && SYS(jail_set, BAD, 2, 1) == -EFAULT, "jail_set");
  CHECK(SYS(jail_attach, 1) == (root ? -EINVAL : -EPERM), "jail_attach");
  CHECK(SYS(jail_remove, 1) == (root ? -EINVAL : -EPERM), "jail_remove");
  u32 old[16] = {2};
  CHECK(SYS(jail, old) == -EPERM && SYS(jail, BAD) == -EFAULT, "jail");
  old[0] = 1;
  CHECK(SYS(jail, old) == -EINVAL, "jail: no version");
}

static volatile int ready;
static volatile long answers;

static void caller(void *state) {
  for (int i = 0; i < 200; i++) {
    char value[32];
    answers += SYS(kenv, KENV_GET, "kernelname", value, sizeof value) == 20;
  }
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  SYS(thr_exit, state);
}

// Calls of several threads and of a child answer each with its own.
static void together(void) {
  static char stacks[3][16384] __attribute__((aligned(16)));
  for (int i = 0; i < 3; i++) {
    thr_param p = {.start = caller, .stack_base = stacks[i], .stack_size = sizeof stacks[i]};
    SYS(thr_new, &p, sizeof p);
  }
  for (int i = 0; i < 2000 && ready < 3; i++) pause_for(5);
  CHECK(ready == 3 && answers > 0, "several threads at once");
  long child = SYS(fork, 0);
  if (child == 0) {
    char value[32];
    quit(SYS(kenv, KENV_GET, "kernelname", value, sizeof value) == 20 ? 7 : 1);
  }
  int status = 0;
  SYS(wait4, child, &status, 0, NULL);
  CHECK(status == 7 << 8, "a child of fork");
}

int main(int argc, char **argv, char **variables) {
  (void)argc, (void)argv, (void)variables;
  root = SYS(geteuid, 0) == 0;
  char *room = (char *)SYS(mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  SYS(munmap, room + 4096, 4096);
  edge = room + 4095;
  environment();
  modules();
  files();
  jails();
  together();
  return done();
}
