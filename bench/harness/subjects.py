"""Who runs the programs: natively, picorun on its platforms, and what else intercepts system calls here."""

import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys

from .guests import Crun, UserModeLinux
from .subject import Subject

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent
BUILT = ROOT / ".build-bench"


def all_subjects(picorun):
    """Every subject that could be here, the native one first; None for words says that it is not installed."""
    def tool(name, *words):
        path = shutil.which(name)
        return [path, *words] if path else None

    ours = [str(picorun)] if picorun.exists() else None
    subjects = [Subject("native", [])]
    for platform in ("trap", "ptrace"):
        # Without an option where none is needed, as it is mostly called: past the parser, too (decision 0005).
        words = ours and (ours if platform == "trap" else [*ours, "--platform", platform, "--"])
        subjects.append(Subject(f"picorun-{platform}", words))
        subjects.append(Subject(f"picorun-{platform}:freebsd", words, "freebsd"))
    # Every call decoded into a file, as with strace.
    subjects.append(Subject("picorun-traced", ours and [*ours, "-e", "trace=all", "-o", "/dev/null", "--"]))
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    for platform in ("systrap", "ptrace"):
        subjects.append(Subject(f"runsc-{platform}", tool(
            "runsc", *rootless, f"--platform={platform}", "--network=none", "--ignore-cgroups", "do")))
    subjects.append(Subject("proot", tool("proot")))
    subjects.append(Subject("strace", tool("strace", "-f", "-o", "/dev/null")))
    subjects.append(Subject("qemu-user", tool("qemu-x86_64-static") or tool("qemu-x86_64")))
    subjects.append(UserModeLinux("user-mode-linux", tool("linux.uml")))
    # These do not intercept calls: what isolation by the kernel alone costs.
    subjects.append(Subject("bubblewrap", tool("bwrap", "--dev-bind", "/", "/", "--unshare-pid")))
    subjects.append(Crun("crun", tool("crun") if os.geteuid() == 0 else None))
    return subjects


def find_subjects(picorun, patterns):
    """The subjects that are installed and wanted; the native one always: the others are compared with it."""
    found = []
    for subject in all_subjects(picorun):
        if patterns and subject.name != "native" and not any(fnmatch.fnmatch(subject.name, p) for p in patterns):
            continue
        if subject.words is None:
            print(f"{subject.name}: left out, not installed", file=sys.stderr)
        else:
            found.append(subject)
    return found


class Runner:
    """Starts programs under subjects, with a time limit, pinned when asked for."""

    def __init__(self, scratch, cpu, limit):
        self.scratch, self.cpu, self.limit = scratch, cpu, limit

    def pin(self):
        if self.cpu == "one":
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    def environment(self, subject):
        return {"PATH": os.environ["PATH"], "HOME": self.scratch, "BENCH_DIR": self.scratch,
                "BENCH_NOTHING": str(BUILT / subject.system / "nothing")}

    def start(self, subject, command):
        environment = self.environment(subject)
        # Pipes on all three, no device: runsc, as root, gives the files it is started with to nobody.
        return subprocess.Popen(subject.command(command, self.scratch, environment), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
                                preexec_fn=self.pin, cwd=self.scratch, start_new_session=True)

    def run(self, subject, command):
        """The output and what went wrong or None; what the program left in its session is killed."""
        child = self.start(subject, command)
        try:
            out, err = child.communicate(timeout=self.limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            out, err = child.communicate()
            return None, f"no end within {self.limit:g} s"
        if child.returncode != 0:
            return out, f"status {child.returncode}: {(err.strip().splitlines() or [''])[-1]}"
        return out, None

    def works(self, subject):
        out, problem = self.run(subject, [str(BUILT / subject.system / "hello")])
        if problem is None and out == "hello\n":
            return True
        print(f"{subject.name}: left out, hello does not run: {problem or repr(out)}", file=sys.stderr)
        return False
