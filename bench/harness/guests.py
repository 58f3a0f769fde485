"""Subjects for which words before the program's own are not enough: a container's bundle, another kernel's init."""

import json
import os
import pathlib
import shlex
import shutil

from .subject import Subject

ENVIRONMENT = ("PATH", "HOME", "BENCH_DIR", "BENCH_NOTHING")


class Crun(Subject):
    """A container over the host's own directories, with namespaces of mounts and processes, without control groups."""

    def command(self, words, scratch, environment):
        bundle = pathlib.Path(scratch, "crun")
        root = bundle / "rootfs"
        mounts = []
        if not root.exists():
            root.mkdir(parents=True)
            for entry in pathlib.Path("/").iterdir():
                if entry.is_symlink():
                    (root / entry.name).symlink_to(os.readlink(entry))
        for entry in pathlib.Path("/").iterdir():
            if entry.is_dir() and not entry.is_symlink() and entry.name not in ("proc", "lost+found"):
                mounts.append({"destination": str(entry), "type": "bind", "source": str(entry), "options": ["rbind"]})
        mounts.append({"destination": "/proc", "type": "proc", "source": "proc"})
        (bundle / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.0", "root": {"path": "rootfs"}, "mounts": mounts,
            "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "args": words, "cwd": scratch,
                        "env": [f"{name}={environment[name]}" for name in ENVIRONMENT if name in environment]},
            "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]}}))
        run = [*self.words, "--root", str(bundle / "state"), "--cgroup-manager=disabled", "run", "--bundle", str(bundle),
               f"bench-{os.getpid()}"]
        if not pathlib.Path("/sys/fs/cgroup/unified").exists():
            return run
        # It refuses hosts with both kinds of control groups, even if it is to use none.
        only = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec " + shlex.join(run)
        return [shutil.which("unshare"), "--mount", "--propagation", "private", "sh", "-c", only]


class UserModeLinux(Subject):
    """A Linux kernel as a program, on the host's files. What it starts is its first process, and it ends with that."""

    def command(self, words, scratch, environment):
        place = pathlib.Path(scratch, "uml")
        place.mkdir(exist_ok=True)
        init = place / "init"
        init.write_text("\n".join([
            "#!/bin/sh", "mount -t proc proc /proc", "ip link set lo up 2>/dev/null", f"cd {shlex.quote(scratch)}",
            *(f"export {name}={shlex.quote(environment[name])}" for name in ENVIRONMENT if name in environment),
            f"{shlex.join(words)} >{place}/out 2>{place}/err </dev/null", f"echo $? >{place}/status", "sync",
            "echo o >/proc/sysrq-trigger", "sleep 9", ""]))
        init.chmod(0o755)
        kernel = [*self.words, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "mem=512M", "panic=-1", "quiet",
                  "con=null", "con0=null", "con1=null", "ssl=null", f"init={init}"]
        return ["/bin/sh", "-c", f"cd {place} && rm -f out err status; {shlex.join(kernel)} </dev/null >/dev/null 2>&1; "
                "cat out; cat err >&2; exit $(cat status)"]
