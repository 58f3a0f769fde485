"""A place with nothing to hit: private user, mount, pid, network, ipc and uts namespaces over a root made of tmpfs.

What runs in it is an unprivileged user without capabilities; the root is read-only but for /tmp. The process that
enters becomes the first of its pid namespace, so whatever is left behind in it can be seen, and dies with it.
"""

import ctypes
import os
import resource

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
SYS_PIVOT_ROOT, SYS_KEYCTL, KEYCTL_JOIN_SESSION_KEYRING = 155, 250, 1
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38

NOBODY = 65534
USER = 1000  # who the guests are, by their own eyes

libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The host does not let an unprivileged user have such namespaces."""


def _call(name, *arguments):
    function = getattr(libc, name)
    function.restype = ctypes.c_long
    if function(*arguments) < 0:
        number = ctypes.get_errno()
        raise Refused(f"{name}: {os.strerror(number)}")


def _mount(source, target, kind, flags, data=None):
    _call("mount", source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags),
          data and data.encode())


def drop_privilege():
    """Nobody from now on, if root."""
    if os.geteuid() == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        except OSError as error:
            raise Refused(f"becoming nobody: {error.strerror}") from None
        # Else /proc/self is root's still, and the user map could not be written.
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def enter(content):
    """Goes into the namespaces. Returns in the first process of the new pid namespace; the process that called waits
    for it and ends with its status.

    content: {path in the new root: (bytes, mode)}.
    """
    uid, gid = os.geteuid(), os.getegid()
    # Nothing that was open outside stays open, but for what is printed to.
    os.closerange(3, 1 << 16)
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS)
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{USER} {uid} 1"), ("gid_map", f"{USER} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError as error:
        raise Refused(f"/proc/self/{name}: {error.strerror}") from None
    ready, says = os.pipe()
    first = os.fork()
    if first:
        os.close(says)
        refusal = b"".join(iter(lambda: os.read(ready, 4096), b""))
        status = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
        if refusal:
            raise Refused(refusal.decode())
        os._exit(status if status >= 0 else 1)
    os.close(ready)
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    try:
        _furnish(content)
    except (Refused, OSError) as refusal:
        os.write(says, str(refusal).encode())
        os._exit(1)
    os.close(says)


def _furnish(content):
    root = "/tmp"  # any folder will do: what is mounted there is seen by nobody else
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("fuzz", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=256m,mode=755")
    for name in ("dev", "proc", "tmp", "old"):
        os.mkdir(f"{root}/{name}")
    for name in ("null", "zero", "full", "random", "urandom"):
        open(f"{root}/dev/{name}", "w").close()
        # Read-only keeps its owner and mode as they are; it can be written to all the same.
        _mount(f"/dev/{name}", f"{root}/dev/{name}", None, MS_BIND)
        _mount("", f"{root}/dev/{name}", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID)
    for path, (data, mode) in content.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "wb") as file:
            file.write(data)
        os.chmod(root + path, mode)
    _mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV)
    _mount("fuzz", f"{root}/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=256m,mode=777")
    _call("syscall", SYS_PIVOT_ROOT, root.encode(), f"{root}/old".encode())
    os.chdir("/tmp")
    _call("umount2", b"/old", MNT_DETACH)
    os.rmdir("/old")
    _mount("fuzz", "/", None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_BIND)
    libc.syscall(SYS_KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, None)
    # This process keeps its capabilities for as long as it executes nothing. Nobody may look into it.
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def confine():
    """Limits for one guest and all it starts; called in the child that is about to execute it."""
    mib = 1 << 20
    # Room for what a picoprocess reserves: its silo is a sparse file of 260 MiB, its thread areas 2 GiB of addresses.
    for what, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 512 * mib), (resource.RLIMIT_NOFILE, 1024),
                        (resource.RLIMIT_NPROC, 512), (resource.RLIMIT_DATA, 4096 * mib),
                        (resource.RLIMIT_MEMLOCK, 8 * mib)):
        hard = resource.getrlimit(what)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (limit, limit))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
