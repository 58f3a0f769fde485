"""Builds, runs and reads the test programs of Go packages."""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Conformance"))

import running  # noqa: E402

# With -test.v=test2json the lines of the test framework begin with this byte, those of tests' own children do not.
MARK = rb"\x16"
ENDED = re.compile(MARK + rb"--- (PASS|FAIL|SKIP): (\S+) \([0-9.]+s\)")
BEGUN = re.compile(MARK + rb"=== RUN +(\S+)")


class Go:
    """The Go tool chain, and where what it builds is kept."""

    def __init__(self, settings, store, jobs):
        self.tool = settings["PICORUN_GO"]
        self.store, self.jobs = store, jobs
        # The standard library is a module with vendored packages: none of the project's own flags.
        self.environment = os.environ | settings | {"GOFLAGS": "", "GOARCH": "amd64"}
        self.root = pathlib.Path(self.ask("env", "GOROOT"))
        self.version = self.ask("env", "GOVERSION")

    def ask(self, *arguments, system="linux", cwd=None):
        return subprocess.run([self.tool, *arguments], env=self.environment | {"GOOS": system}, cwd=cwd, check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def packages(self):
        """Import paths of the standard library's packages that have tests on Linux or on FreeBSD."""
        form = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
        names = set()
        for system in ("linux", "freebsd"):
            names |= set(self.ask("list", "-f", form, "std", system=system, cwd=self.root / "src").split())
        return sorted(names)

    def folder(self, package):
        return self.root / "src" / package

    def program(self, package, system):
        return self.store / "programs" / system / f"{package}.test"

    def build(self, package, system):
        """The test program, or None where the package has no tests on that system."""
        target = self.program(package, system)
        if target.exists() and target.stat().st_mtime > (self.root / "VERSION").stat().st_mtime:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [self.tool, "test", "-c", "-vet=off", f"-p={self.jobs}", "-o", str(target), package],
            env=self.environment | {"GOOS": system}, cwd=self.root / "src", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if target.exists() and done.returncode == 0:
            return target
        if "no test files" in done.stdout or "build constraints exclude all" in done.stdout:
            return None
        raise RuntimeError(f"{package} for {system}: {done.stdout}")

    def surroundings(self, package, system, temporary):
        """What `go test` sets for a test program."""
        return self.environment | {
            "GOOS": system, "GOROOT": str(self.root), "PWD": str(self.folder(package)), "TMPDIR": temporary,
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
        }


class Outcome:
    """What became of each test: PASS, FAIL, SKIP, or NONE for one that gave no result."""

    def __init__(self):
        self.tests = {}
        self.repeated = []
        self.notes = []
        self.seconds = 0.0

    def top(self):
        return {name: result for name, result in self.tests.items() if "/" not in name}

    def as_json(self):
        return {"tests": self.tests, "repeated": self.repeated, "notes": self.notes,
                "seconds": round(self.seconds, 1)}

    @classmethod
    def from_json(cls, fields):
        outcome = cls()
        outcome.tests, outcome.repeated = fields["tests"], fields["repeated"]
        outcome.notes, outcome.seconds = fields["notes"], fields["seconds"]
        return outcome


class Runner:
    """Runs test programs of one system, natively or with the command in front."""

    def __init__(self, go, system, prefix, limit, retries, logs):
        self.go, self.system, self.prefix, self.limit, self.retries = go, system, prefix, limit, retries
        self.logs = logs

    def call(self, program, package, arguments, limit):
        """Exit status (None after a hang) and output. Whatever is left of the session afterwards is killed."""
        # Short, since addresses of Unix sockets are made in there.
        with tempfile.TemporaryDirectory(prefix="gs-", dir="/tmp", ignore_cleanup_errors=True) as temporary, \
                tempfile.TemporaryFile(dir=self.go.store) as output:
            process = running.start(
                [*self.prefix, str(program), *arguments], cwd=self.go.folder(package),
                env=self.go.surroundings(package, self.system, temporary), stdout=output, stderr=subprocess.STDOUT)
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                status = None
            below = running.descendants(os.getpid())
            where = stacks(below) if status is None else b""
            for pid in running.alive(below):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()
            reap()
            output.seek(0)
            return status, output.read() + where

    def listed(self, program, package):
        status, output = self.call(program, package, ["-test.list=."], 60)
        names = [line for line in output.decode(errors="replace").split("\n")
                 if re.fullmatch(r"(Test|Example|Fuzz)\w*", line)]
        return names, status

    def attempt(self, program, package, outcome, log, names=None):
        """Runs all tests, or those named. Adds what came of them; returns the names that gave no result."""
        arguments = ["-test.v=test2json", "-test.short", "-test.paniconexit0", f"-test.timeout={self.limit}s"]
        if names is not None:
            arguments.append("-test.run=^(" + "|".join(names) + ")$")
        status, output = self.call(program, package, arguments, self.limit + 30)
        log.write(f"\n##### {self.system} {' '.join(self.prefix)} {package} {names or 'all'}: {status}\n".encode())
        log.write(output)
        log.flush()
        begun = {name.decode() for name in BEGUN.findall(output)}
        ended = {name.decode(): result.decode() for result, name in ENDED.findall(output)}
        outcome.tests |= ended
        cut = begun - ended.keys()
        for name in cut:
            outcome.tests[name] = "NONE"
        return status, cut

    def run(self, program, package):
        outcome, begin = Outcome(), time.monotonic()
        path = self.logs / f"{package}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as log:
            names, status = self.listed(program, package)
            if status != 0:
                outcome.notes.append(f"listing the tests ended with {status}")
            left = list(names)
            status = 0
            while left:
                status, cut = self.attempt(program, package, outcome, log, left if len(left) < len(names) else None)
                now = [name for name in left if name not in outcome.tests]
                # A panic or a hang ends the program: the tests after it are run without it.
                if not cut or len(now) == len(left):
                    break
                left = now
            for name in names:
                outcome.tests.setdefault(name, "NONE")
            failed = [name for name, result in outcome.top().items() if result in ("FAIL", "NONE")]
            if status != 0 and not failed:
                outcome.notes.append(f"every test passed and the program ended with {status}")
            if len(failed) <= 20:
                self.repeat(program, package, outcome, log, failed)
        outcome.seconds = time.monotonic() - begin
        return outcome

    def repeat(self, program, package, outcome, log, failed):
        """Runs what failed again by itself: a loaded machine fails tests that count on time."""
        for name in failed:
            for _ in range(self.retries):
                again = Outcome()
                self.attempt(program, package, again, log, [name])
                if again.tests.get(name) in ("PASS", "SKIP"):
                    outcome.tests = {n: r for n, r in outcome.tests.items() if not n.startswith(name + "/")}
                    outcome.tests |= again.tests
                    outcome.repeated.append(name)
                    break


def stacks(pids):
    """Where every thread of these processes stands: what a hang leaves to look at."""
    lines = ["\n----- did not end; its threads:"]
    for pid in sorted(pids):
        for thread in sorted(pathlib.Path(f"/proc/{pid}/task").glob("*")):
            try:
                text = [(thread / name).read_text().strip() for name in ("comm", "wchan", "syscall")]
                state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
                masks = [line.split(":")[1].strip() for line in (thread / "status").read_text().splitlines()
                         if line.startswith(("SigPnd", "ShdPnd", "SigBlk"))]
            except OSError:
                continue
            lines.append(f"{pid} {thread.name} {state} {' | '.join(text)} | pending, shared, blocked {masks}")
    return "\n".join(lines).encode() + b"\n"


def reap():
    """Takes the status of orphans that became ours."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def save(path, outcome):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(outcome.as_json() if outcome else None, indent=0))


def load(path):
    """The outcome kept in a file; None where the package has no tests on that system."""
    fields = json.loads(path.read_text())
    return Outcome.from_json(fields) if fields else None


class Difference(collections.namedtuple("Difference", "package test native guest details")):
    """A test that passes natively and not in the guest, or exists in the guest alone and fails."""


def differences(package, native, guest):
    """What counts: FAIL or no result in the guest where Linux has PASS, or where Linux has no such test."""
    found = []
    if guest is None:
        return found
    expected = native.top() if native else {}
    for name, result in sorted(guest.top().items()):
        if result in ("FAIL", "NONE") and expected.get(name, "PASS") == "PASS":
            inner = sorted(n for n, r in guest.tests.items() if n.startswith(name + "/") and r in ("FAIL", "NONE"))
            leaves = [n for n in inner if not any(o.startswith(n + "/") for o in inner)]
            found.append(Difference(package, name, expected.get(name, "-"), result, leaves))
    return found
