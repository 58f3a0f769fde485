// Extended attributes by path, link and descriptor: values, lengths, lists, and what is refused.
#include "_freebsd.h"

enum { USER = 1, SYSTEM = 2, ENOATTR = 87, ENAMETOOLONG = 63, EOPNOTSUPP = 45 };
enum { SYS_extattr_set_file = 356, SYS_extattr_get_file = 357, SYS_extattr_delete_file = 358, SYS_extattr_set_fd = 371,
       SYS_extattr_get_fd = 372, SYS_extattr_delete_fd = 373, SYS_extattr_get_link = 413, SYS_extattr_list_fd = 437,
       SYS_extattr_list_file = 438, SYS_extattr_list_link = 439 };

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  char name[64], link[64], value[256], list[256];
  // Beside the program's own scratch: not every host keeps attributes in /tmp.
  scratch_name(name, "/var/tmp/picorun-attr-");
  scratch_name(link, "/var/tmp/picorun-link-");
  long fd = SYS(open, name, O_RDWR | O_CREAT, 0644);
  SYS(symlink, name, link);
  CHECK(SYS(extattr_set_file, name, USER, "colour", "green", 5) == 5, "set");
  CHECK(SYS(extattr_get_file, name, USER, "colour", value, sizeof value) == 5 && value[4] == 'n', "get");
  CHECK(SYS(extattr_get_file, name, USER, "colour", 0, 0) == 5, "the length alone");
  CHECK(SYS(extattr_get_file, name, USER, "colour", value, 2) == 2, "a part");
  CHECK(SYS(extattr_get_file, link, USER, "colour", value, sizeof value) == 5, "through a link");
  CHECK(SYS(extattr_get_link, link, USER, "colour", value, sizeof value) == -ENOATTR, "of the link itself: ENOATTR");
  CHECK(SYS(extattr_set_fd, fd, USER, "size", "", 0) == 0, "an empty value");
  CHECK(SYS(extattr_get_fd, fd, USER, "size", value, sizeof value) == 0, "get it");
  CHECK(SYS(extattr_list_fd, fd, USER, 0, 0) == 12, "the list's length");
  long length = SYS(extattr_list_file, name, USER, list, sizeof list);
  int known = 0;
  for (long at = 0; at < length; at += list[at] + 1) known += list[at] == 6 ? 1 : list[at] == 4 ? 10 : 100;
  CHECK(length == 12 && known == 11, "the list");
  CHECK(SYS(extattr_list_link, link, USER, list, sizeof list) == 0, "the link's list is empty");
  CHECK(SYS(extattr_get_file, name, USER, "none", value, sizeof value) == -ENOATTR, "none of that name: ENOATTR");
  CHECK(SYS(extattr_delete_fd, fd, USER, "size") == 0 && SYS(extattr_delete_fd, fd, USER, "size") == -ENOATTR, "delete");
  CHECK(SYS(extattr_set_file, name, 7, "x", "y", 1) == -EINVAL, "no namespace: EINVAL");
  CHECK(SYS(extattr_set_file, name, USER, "", "y", 1) == -EINVAL, "no name: EINVAL");
  memset(value, 'n', 255);
  value[255] = 0;
  CHECK(SYS(extattr_set_file, name, USER, value, "y", 1) == -ENAMETOOLONG, "a long name: ENAMETOOLONG");
  CHECK(SYS(extattr_set_file, name, USER, "x", 8, 1) == -EFAULT, "a bad value: EFAULT");
  CHECK(SYS(extattr_get_fd, 999, USER, "x", value, 1) == -EBADF, "no descriptor: EBADF");
  CHECK(SYS(extattr_get_file, "/none/such", USER, "x", value, 1) == -ENOENT, "no file: ENOENT");
  SYS(unlink, name), SYS(unlink, link);
  return done();
}
