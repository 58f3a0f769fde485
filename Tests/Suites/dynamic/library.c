// The C library above the kernel: streams, text, sorting, time zones, floating point, users, environment, directories.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pwd.h>
#include <regex.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

static char folder[64];
static const char *in(const char *name) {
  static char path[4][256];
  static int next;
  char *p = path[next++ % 4];
  snprintf(p, 256, "%s/%s", folder, name);
  return p;
}

static void streams(void) {
  FILE *f = fopen(in("a"), "w+");
  for (int i = 0; i < 1000; i++) fprintf(f, "%d %s %g\n", i, i % 2 ? "odd" : "even", i / 8.0);
  rewind(f);
  int number, lines = 0;
  char word[16];
  double fraction, sum = 0;
  while (fscanf(f, "%d %15s %lf", &number, word, &fraction) == 3) { lines++; sum += fraction; }
  printf("lines %d sum %g end %d\n", lines, sum, feof(f) != 0);
  fseek(f, -6, SEEK_END);
  char *line = NULL;
  size_t room = 0;
  printf("last %zd %ld\n", getline(&line, &room, f), ftell(f));
  free(line);
  fclose(f);
  f = popen("echo from a shell; exit 3", "r");
  if (f) {
    if (fgets(word, sizeof word, f)) word[strcspn(word, "\n")] = 0;
    int status = pclose(f);
    printf("popen: %s %d\n", word, status >> 8);
  }
  printf("system: %d\n", system("exit 5") >> 8);
  f = tmpfile();
  fputs("temporary", f);
  fflush(f);
  struct stat status;
  fstat(fileno(f), &status);
  printf("temporary: %d bytes %d links\n", (int)status.st_size, (int)status.st_nlink);
  fclose(f);
  char name[128];
  snprintf(name, sizeof name, "%s/XXXXXX", folder);
  int d = mkstemp(name);
  printf("mkstemp: %d\n", d >= 0 && unlink(name) == 0);
  close(d);
  printf("formats: [%5d|%-5d|%05d|%x|%o|%e|%.3f|%10.2s|%c|%%|%" PRIu64 "|%zu|%hhd|%+d|% d|%#x|%a]\n", 42, 42, 42, 255, 8,
         12345.678, 3.14159, "text", 'z', UINT64_MAX, sizeof(long), (signed char)-1, 7, 7, 255, 1.5);
}

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int visits, depth;
static int visit(const char *path, const struct stat *status, int kind, struct FTW *at) {
  (void)path; (void)status;
  visits += kind == FTW_F || kind == FTW_D;
  if (at->level > depth) depth = at->level;
  return 0;
}

static void text(void) {
  int numbers[64];
  for (int i = 0; i < 64; i++) numbers[i] = i * 37 % 64;
  qsort(numbers, 64, sizeof(int), ascending);
  int wanted = 40, *found = bsearch(&wanted, numbers, 64, sizeof(int), ascending);
  printf("sorted: %d %d\n", numbers[5], found ? (int)(found - numbers) : -1);
  regex_t expression;
  regmatch_t match[3];
  regcomp(&expression, "([a-z]+)=([0-9]+)", REG_EXTENDED);
  printf("regex: %d %d %d\n", regexec(&expression, "x key=123;", 3, match, 0), (int)match[1].rm_so, (int)match[2].rm_eo);
  regfree(&expression);
  printf("fnmatch: %d %d\n", fnmatch("*.[ch]", "a.c", 0), fnmatch("a?c", "a/c", FNM_PATHNAME) != 0);
  char copy[] = "a,b;;c", *rest, *token;
  for (token = strtok_r(copy, ",;", &rest); token; token = strtok_r(NULL, ",;", &rest)) printf("%s ", token);
  char *end;
  printf("%ld %lu %g %s\n", strtol("-0x1fz", &end, 16), strtoul("777", NULL, 8), strtod("1e-3", NULL), end);
  errno = 0;
  long big = strtol("99999999999999999999", NULL, 10);
  printf("range: %d %d\n", big == LONG_MAX, errno == ERANGE);
  printf("errors: %s;", strerror(ENOENT));
  printf(" %s;", strerror(EACCES));
  printf(" %s\n", strerror(EINVAL));
  wchar_t wide[16];
  size_t count = mbstowcs(wide, "wide", 16);
  printf("wide: %zu %x %d\n", count, (unsigned)wide[1], wcscmp(wide, L"wide"));
  struct lconv *c = localeconv();
  printf("locale: [%s] [%s] %d\n", c->decimal_point, c->thousands_sep, isalpha(0xe9) != 0);
}

static void dates(void) {
  static const char *zones[] = {"UTC0", "EST5EDT,M3.2.0,M11.1.0", "<+0545>-5:45", "CET-1CEST,M3.5.0,M10.5.0/3"};
  time_t moments[] = {0, 951782400, 1718452800, 4102444800};
  for (int z = 0; z < 4; z++) {
    setenv("TZ", zones[z], 1);
    tzset();
    for (int i = 0; i < 4; i++) {
      char out[64];
      struct tm broken;
      localtime_r(&moments[i], &broken);
      strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S %Z %z %j %a %b", &broken);
      printf("%s | %d\n", out, mktime(&broken) == moments[i]);
    }
  }
  struct tm parsed = {0};
  char *rest = strptime("2024-02-29 12:34:56", "%Y-%m-%d %H:%M:%S", &parsed);
  printf("parsed: %d %d\n", rest && !*rest, parsed.tm_yday);
  struct timespec a, b, resolution;
  clock_gettime(CLOCK_MONOTONIC, &a);
  usleep(2000);
  clock_gettime(CLOCK_MONOTONIC, &b);
  long passed = (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
  clock_getres(CLOCK_REALTIME, &resolution);
  printf("slept: %d %d\n", passed >= 2000, resolution.tv_sec == 0 && resolution.tv_nsec > 0);
}

static void numbers(void) {
  volatile double x = 2;
  printf("%.12g %.12g %.12g %.12g\n", sqrt(x), exp(x), log(x), pow(x, 0.3));
  printf("%.12g %.12g %.12g %.12g\n", sin(x), cos(x), tan(x), atan2(x, 3));
  printf("%.12g %.12g %.12g %.12g\n", sinh(x), tgamma(x + 0.5), erf(x / 3), cbrt(x));
  printf("%g %g %g %g %ld\n", floor(-x / 3), fmod(17, x + 3), hypot(3, 4), ldexp(x, 10), lround(2.5));
  printf("%d %d %d %g\n", isnan(NAN) != 0, isinf(x / 0.0) != 0, signbit(-0.0) != 0, nextafter(1, 2) - 1);
  fesetround(FE_UPWARD);
  volatile double up = 1.0 / 3;
  fesetround(FE_TONEAREST);
  volatile double near = 1.0 / 3;
  printf("rounding: %d\n", up > near);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double zero = 0, quotient = 1 / zero;
  (void)quotient;
  printf("exception: %d\n", fetestexcept(FE_DIVBYZERO) != 0);
  srand(1);
  random();
  div_t parts = div(-17, 5);
  printf("div: %d %d\n", parts.quot, parts.rem);
}

static void system_things(void) {
  struct passwd *user = getpwuid(0);
  printf("root: %s %d %s\n", user ? user->pw_name : "?", user ? (int)user->pw_gid : -1, user ? user->pw_dir : "?");
  struct passwd entry, *result;
  char room[1024];
  printf("by name: %d %d\n", getpwnam_r("root", &entry, room, sizeof room, &result), result != NULL);
  printf("nobody's: %d\n", getpwnam("no-such-user") == NULL);
  setenv("NEW", "value", 1);
  printf("environment: %s %d\n", getenv("NEW"), unsetenv("NEW") == 0 && getenv("NEW") == NULL);
  printf("limits: %d %d %d\n", sysconf(_SC_PAGESIZE) == 4096, sysconf(_SC_NPROCESSORS_ONLN) > 0, sysconf(_SC_OPEN_MAX) > 15);
  struct utsname name;
  printf("uname: %d %d\n", uname(&name), name.sysname[0] != 0 && name.release[0] != 0);
  struct statvfs volume;
  printf("volume: %d %d\n", statvfs("/", &volume), volume.f_bsize > 0);
  struct rusage usage;
  printf("usage: %d %d\n", getrusage(RUSAGE_SELF, &usage), usage.ru_maxrss > 0);
  struct tms cpu;
  printf("times: %d\n", times(&cpu) != (clock_t)-1);
  char here[512], again[512];
  printf("cwd: %d", getcwd(here, sizeof here) != NULL && chdir(folder) == 0);
  printf(" %d", getcwd(again, sizeof again) != NULL && strcmp(again, realpath(".", NULL)) == 0);
  printf(" %d\n", chdir(here));
  char host[256];
  printf("host: %d %d\n", gethostname(host, sizeof host), host[0] != 0);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void files(void) {
  mkdir(in("deep"), 0755);
  mkdir(in("deep/er"), 0700);
  for (int i = 0; i < 300; i++) {
    char name[32];
    snprintf(name, sizeof name, "deep/file%03d", i);
    close(open(in(name), O_CREAT | O_WRONLY, 0644));
  }
  if (symlink("file007", in("deep/link")) != 0) perror("symlink");
  struct dirent **list;
  int count = scandir(in("deep"), &list, visible, by_name);
  printf("scandir: %d %s %s\n", count, list[0]->d_name, list[count - 1]->d_name);
  DIR *stream = opendir(in("deep"));
  int seen = 0, kinds = 0;
  struct dirent *entry;
  while ((entry = readdir(stream))) { seen++; kinds += entry->d_type == DT_REG; }
  rewinddir(stream);
  int again = 0;
  while (readdir(stream)) again++;
  closedir(stream);
  printf("readdir: %d %d %d\n", seen, again, kinds);
  glob_t matches;
  printf("glob: %d", glob(in("deep/file00*"), 0, NULL, &matches));
  printf(" %zu\n", (size_t)matches.gl_pathc);
  globfree(&matches);
  nftw(in("deep"), visit, 10, FTW_PHYS);
  printf("nftw: %d deep %d\n", visits, depth);
  char target[64];
  ssize_t length = readlink(in("deep/link"), target, sizeof target);
  struct stat status;
  printf("link: %.*s %d\n", (int)length, target, lstat(in("deep/link"), &status) == 0 && S_ISLNK(status.st_mode));
  struct timespec stamps[2] = {{1000, 5000}, {2000, 7000}};
  utimensat(AT_FDCWD, in("a"), stamps, 0);
  stat(in("a"), &status);
  printf("times: %ld %ld %ld\n", (long)status.st_atime, (long)status.st_mtime, (long)status.st_mtim.tv_nsec);
  int d = open(in("a"), O_RDWR);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
  printf("lock: %d", fcntl(d, F_SETLK, &lock));
  printf(" %d", ftruncate(d, 10000));
  char *map = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, d, 0);
  map[9999] = 'x';
  msync(map, 10000, MS_SYNC);
  char byte = 0;
  printf(" %zd %c\n", pread(d, &byte, 1, 9999), byte);
  munmap(map, 10000);
  close(d);
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", folder);
  printf("removed: %d %d\n", system(command), access(folder, F_OK) == -1 && errno == ENOENT);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  snprintf(folder, sizeof folder, "/tmp/library-%d", (int)getpid());
  mkdir(folder, 0755);
  streams();
  text();
  dates();
  numbers();
  system_things();
  files();
  return 0;
}
