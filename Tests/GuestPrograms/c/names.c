// Names that end in a slash: the link before it is followed, in calls that make, remove and rename as well.
#include "_freebsd.h"

enum { AT_REMOVEDIR = 0x800, SYS_unlinkat = 503, SYS_mkdirat = 496, SYS_renameat = 501 };

static int is_directory(const char *name) {
  stat file;
  return SYS(fstatat, AT_FDCWD, name, &file, 0x200) == 0 && (file.mode & 0170000) == 0040000;
}

static int is_link(const char *name) {
  stat file;
  return SYS(fstatat, AT_FDCWD, name, &file, 0x200) == 0 && (file.mode & 0170000) == 0120000;
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  char root[64];
  scratch_name(root, "/tmp/picorun-names-");
  CHECK(SYS(mkdir, root, 0755) == 0 && SYS(chdir, root) == 0, "mkdir, chdir");
  SYS(symlink, "target", "link");
  SYS(symlink, "link", "far");
  SYS(symlink, "loop", "loop");
  CHECK(SYS(mkdir, "link", 0755) == -EEXIST, "mkdir link: EEXIST");
  CHECK(SYS(mkdir, "link/", 0755) == 0 && is_directory("target") && is_link("link"), "mkdir link/ makes the target");
  CHECK(SYS(mkdir, "link/", 0755) == -EEXIST, "again: EEXIST");
  CHECK(SYS(unlink, "link/") == -EPERM && is_directory("target"), "unlink link/: the target is a directory");
  CHECK(SYS(rmdir, "link") == -ENOTDIR, "rmdir link: ENOTDIR");
  CHECK(SYS(rmdir, "link/") == 0 && !is_directory("target") && is_link("link"), "rmdir link/ removes the target");
  CHECK(SYS(rmdir, "link/") == -ENOENT, "again: ENOENT");
  CHECK(SYS(mkdir, "far///", 0755) == 0 && is_directory("target"), "mkdir far/// through two links");
  CHECK(SYS(rename, "link/", "moved") == 0 && is_directory("moved") && is_link("link"), "rename link/ moved");
  CHECK(SYS(rename, "moved", "far/") == 0 && is_directory("target") && is_link("far"), "rename moved far/");
  CHECK(SYS(mkdir, "loop/", 0755) == -62, "mkdir loop/: ELOOP");
  CHECK(SYS(mkfifo, "link/", 0644) == -EEXIST, "mkfifo link/: EEXIST");
  long directory = SYS(open, "target", O_RDONLY | O_DIRECTORY, 0);
  SYS(symlink, "../elsewhere", "target/out");
  CHECK(SYS(mkdirat, directory, "out/", 0755) == 0 && is_directory("elsewhere"), "mkdirat of a link that leads out");
  CHECK(SYS(unlinkat, directory, "out/", AT_REMOVEDIR) == 0 && !is_directory("elsewhere"), "unlinkat of it");
  SYS(close, directory);
  SYS(unlink, "target/out");
  long file = SYS(open, "file", O_RDWR | O_CREAT, 0644);
  SYS(close, file);
  SYS(symlink, "file", "to-file");
  CHECK(SYS(unlink, "file/") == -ENOTDIR, "unlink file/: ENOTDIR");
  CHECK(SYS(unlink, "to-file/") == -ENOTDIR, "unlink to-file/: ENOTDIR");
  CHECK(SYS(rename, "to-file/", "x") == -ENOTDIR, "rename to-file/: ENOTDIR");
  SYS(unlink, "file"), SYS(unlink, "to-file"), SYS(unlink, "link"), SYS(unlink, "far"), SYS(unlink, "loop");
  SYS(rmdir, "target"), SYS(chdir, "/");
  CHECK(SYS(rmdir, root) == 0, "nothing is left");
  return done();
}
