"""Runs the same work natively and under picorun and compares: what every suite of this folder shares.

A suite is a script that calls `main` with its cases. What was found is kept under .cache/linux-programs, one file for
each suite and platform; `run --report` makes the page in docs/compat out of it.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
STORE = ROOT / ".cache" / "linux-programs"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "Tests" / "Conformance"))

import running  # noqa: E402

SLOW = 1.3  # ratio of elapsed times that the page names
LONG = 0.4  # seconds below which starting picorun itself would dominate that ratio


@dataclasses.dataclass
class Case:
    """A shell script (`sh -eu`) run in an empty folder, whose status and both outputs have to be the native ones.

    $PORT is a free port of the loopback, $SUITE the folder of the suites. `clean` takes what may differ between any two
    runs out of an output. `quick` marks the cases of the run that belongs to scripts/test. `needs` are commands without
    which it is skipped, `flags` picorun's options for it.
    """
    name: str
    script: str
    limit: float = 120
    quick: bool = False
    clean: object = None
    needs: tuple = ()
    flags: tuple = ()


@dataclasses.dataclass
class Found:
    """One case's result: `difference` is empty when the two runs agree; `counted` is how many results were compared."""
    case: str
    difference: str = ""
    counted: int = 1
    native: float = 0
    guest: float = 0


class Expected:
    """Known differences: lines `platforms suite case [unsteady] # cause`."""

    def __init__(self, path=HERE / "expected"):
        self.causes, self.unsteady = {}, set()
        for line in path.read_text().splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            head, _, cause = line.partition(" # ")
            platforms, suite, case, *marks = head.split()
            for platform in platforms.split(","):
                self.causes[platform, suite, case] = cause.strip()
                if "unsteady" in marks:
                    self.unsteady.add((platform, suite, case))


class Suite:
    def __init__(self, name, options):
        self.name, self.options = name, options
        self.expected = Expected()
        self.launcher = [str(options.picorun.resolve()), f"--platform={options.platform}", "--personality=linux", "--"]
        self.passed = self.failed = 0
        self.path = STORE / f"{name}.{options.platform}.json"
        self.kept = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.build = max(p.stat().st_mtime for p in (options.picorun, options.picorun.resolve().parent / "picostub"))

    def fresh(self, case):
        """Whether the case stands in the record, the same as natively with this build, and may be left out."""
        kept = self.kept.get(case)
        return self.options.resume and kept and kept["build"] == self.build and not kept["parts"]

    def count(self, found, cases=()):
        """Takes a result in: prints it, keeps it. `cases` names parts that differ by themselves, {name: difference}."""
        parts = dict(cases) or ({found.case: found.difference} if found.difference else {})
        wrong = {n: d for n, d in parts.items() if (self.options.platform, self.name, n) not in self.expected.causes}
        for platform, suite, known in self.expected.causes.keys() - self.expected.unsteady:
            if (platform, suite) == (self.options.platform, self.name) and known not in parts and (known + ".").startswith(found.case + "."):
                wrong[known] = "passes, and is listed as a known difference"
        self.passed += max(found.counted - len(parts), 0)
        self.failed += len(wrong)
        ratio = found.guest / found.native if found.native else 0
        print(f"{'FAILED' if wrong else 'known ' if parts else 'ok    '} {found.case:32} {found.counted:5} compared"
              f" {found.native:7.2f} s {found.guest:7.2f} s  x{ratio:.2f}", flush=True)
        for name, difference in wrong.items():
            print("  " + "\n  ".join([name + ":"] * (name != found.case) + difference.splitlines()[:40]), flush=True)
        self.kept[found.case] = dataclasses.asdict(found) | {"parts": parts, "build": self.build}
        STORE.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.kept, indent=1, sort_keys=True))
        fresh.rename(self.path)

    def run(self, case, scratch):
        for missing in (command for command in case.needs if not shutil.which(command)):
            print(f"SKIPPED {self.name} {case.name}: no {missing} on this machine", flush=True)
            return
        difference = "never run"
        # Sizes, orders and times that only sometimes differ: a real difference is there every time.
        for _ in range(self.options.tries):
            native, native_seconds = self.once([], case, scratch)
            if isinstance(native, str):
                print(f"SKIPPED {self.name} {case.name}: natively {native}", flush=True)
                return
            guest, guest_seconds = self.once([*self.launcher[:-1], *case.flags, "--"], case, scratch)
            difference = guest if isinstance(guest, str) else differences(case, native, guest)
            if not difference:
                break
        self.count(Found(case.name, difference, 1, native_seconds, guest_seconds))

    def once(self, launcher, case, scratch):
        """(result or a sentence why there is none, seconds)"""
        folder = scratch / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        environment = os.environ | {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(folder), "PORT": str(free_port()),
                                    "SUITE": str(HERE)}
        begun = time.monotonic()
        try:
            result = limited([*launcher, "/bin/sh", "-euc", case.script], case.limit, cwd=folder, env=environment)
        except running.Failure as failure:
            return str(failure), time.monotonic() - begun
        seconds = time.monotonic() - begun
        if not launcher and result.status != 0:
            return f"ends with {result.status}: {running.tail(result.err, 6)}", seconds
        return result, seconds


def limited(command, limit, **options):
    """As running.run, but what is left behind cannot hold up the end: the outputs are files, not pipes."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        def read(file):
            file.seek(0)
            return file.read()
        process = running.start(command, stdout=out, stderr=err, **options)
        try:
            status = process.wait(limit)
            problem = "" if running.wait_until(lambda: not running.session_members(process.pid), 3) else "left running: "
        except subprocess.TimeoutExpired:
            problem = f"no end within {limit:g} s: "
        if problem:
            left = {process.pid, *running.descendants(process.pid), *running.session_members(process.pid)}
            problem += ", ".join(sorted(map(name_of, left))) + "\n" + running.tail(read(out), 8) + "\n" + running.tail(read(err), 8)
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()
            raise running.Failure(problem)
        return running.Result(status, read(out), read(err))


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:80]
    except OSError:
        return str(pid)


def differences(case, native, guest):
    clean = case.clean or (lambda text: text)
    problems = [] if native.status == guest.status else [f"status {guest.status}, natively {native.status}"]
    for name in ("out", "err"):
        want, got = clean(getattr(native, name)), clean(getattr(guest, name))
        if want != got:
            problems += [f"std{name}:", running.difference(want, got)]
    return "\n".join(problems)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def blank(*patterns):
    """A `clean` that replaces what the patterns match by a dash."""
    expression = re.compile(b"|".join(b"(?:" + p.encode() + b")" for p in patterns), re.MULTILINE)
    return lambda text: expression.sub(b"-", text)


def install(packages):
    """Debian packages, {name: a file or command that shows it is there}; what could not be had, as a sentence, or ''."""
    def there(mark):
        return os.path.exists(mark) if mark.startswith("/") else shutil.which(mark)
    missing = [name for name, mark in packages.items() if not there(mark)]
    if not missing:
        return ""
    if os.geteuid() != 0:
        return f"these Debian packages are missing: {' '.join(missing)}"
    # At run level 1 a package starts no server of its own.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    options = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    wanted = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if subprocess.run(wanted, **options).returncode:
        subprocess.run(["apt-get", "update", "-qq"], **options)
        subprocess.run(wanted, **options)
    missing = [name for name in missing if not there(packages[name])]
    return f"these Debian packages could not be installed: {' '.join(missing)}" if missing else ""


def parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--platform", choices=["trap", "ptrace"], default="trap")
    parser.add_argument("--picorun", type=pathlib.Path, default=ROOT / ".build/release/picorun")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="cases whose name this expression finds")
    parser.add_argument("--quick", action="store_true", help="only the cases of the short run")
    parser.add_argument("--resume", action="store_true", help="leave out what this build has already done")
    parser.add_argument("--tries", type=int, default=2, help="how often a case that differs is run (2)")
    return parser


def closing(suite):
    print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed else 0


def main(name, description, packages, cases):
    """The whole of a suite whose cases are shell scripts."""
    options = parser(description.splitlines()[0]).parse_args()
    if not options.picorun.exists():
        sys.exit(f"{options.picorun} is not there; scripts/build makes it")
    reason = install(packages)
    suite = Suite(name, options)
    if reason:
        print(f"SKIPPED {name}: {reason}", flush=True)
        return closing(suite)
    os.umask(0o022)
    running.adopt_orphans()
    with tempfile.TemporaryDirectory(prefix=f"linux-{name}-") as scratch:
        # Servers of other users (PostgreSQL's does not run as root) have to get in.
        os.chmod(scratch, 0o755)
        for case in cases:
            if options.only.search(case.name) and (case.quick or not options.quick) and not suite.fresh(case.name):
                suite.run(case, pathlib.Path(scratch))
    return closing(suite)
