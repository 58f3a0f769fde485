"""Starts picorun inside the sandbox, waits for it with a limit, and looks at what it left."""

import os
import select
import signal
import time

import sandbox


def _stat(pid):
    """State, parent, group, session and processor ticks used by a process, or None."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return fields[0], int(fields[1]), int(fields[2]), int(fields[3]), int(fields[11]) + int(fields[12])
    except OSError:
        return None


def others():
    """Every process here but this one; zombies have ended."""
    reap()
    return [int(n) for n in os.listdir("/proc")
            if n.isdigit() and int(n) != os.getpid() and (s := _stat(n)) and s[0] not in "ZX"]


def reap():
    """Takes the orphans, which are this process's as the first of its pid namespace."""
    for pid in list(_orphans()):
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


_started = set()


def _orphans():
    for n in os.listdir("/proc"):
        if n.isdigit() and int(n) not in _started and (s := _stat(n)) and s[0] == "Z" and s[1] == os.getpid():
            yield int(n)


def image_of(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)"))
    except OSError:
        return ""


def is_picoprocess(pid):
    return "picostub" in image_of(pid) or "picostub" in _name(pid)


def _name(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read(64).decode(errors="replace")
    except OSError:
        return ""


def kill_others():
    for _ in range(100):
        left = others()
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)


def left_behind(seconds=3):
    """Processes that are still here after a while; they are killed then."""
    end = time.monotonic() + seconds
    while (left := others()) and time.monotonic() < end:
        time.sleep(0.01)
    if left:
        left = [f"{pid} ({image_of(pid)})" for pid in left]
        kill_others()
    return left


class Run:
    """One picorun. Its output is read only as far as it is looked at."""

    def __init__(self, words):
        (self.input_read, self.input), (self.out, out), (self.err, err) = os.pipe(), os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                os.dup2(self.input_read, 0)
                os.dup2(out, 1)
                os.dup2(err, 2)
                sandbox.confine()
                os.execve(words[0], words, {"PATH": "/bin:/guests", "HOME": "/tmp"})
            finally:
                os._exit(99)
        _started.add(self.pid)
        for fd in (self.input_read, out, err):
            os.close(fd)
        os.set_blocking(self.out, False)
        os.set_blocking(self.err, False)
        self.begin = time.monotonic()
        self.status = None
        self.text = {self.out: b"", self.err: b""}

    def close(self):
        for fd in (self.input, self.out, self.err):
            os.close(fd)

    def _read(self, wait):
        ready, _, _ = select.select([fd for fd in self.text if self.text[fd] is not None], [], [], wait)
        for fd in ready:
            try:
                data = os.read(fd, 65536)
            except BlockingIOError:
                continue
            # A guest that floods its output is not to fill this process.
            self.text[fd] = (self.text[fd] + data)[:1 << 20]
        return bool(ready)

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                _started.discard(self.pid)
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def wait(self, limit, until=None):
        """Waits for its end, or for `until(self)` to be true. False when the limit comes first."""
        end = time.monotonic() + limit
        while self.poll() is None:
            if until and until(self):
                return True
            if time.monotonic() > end:
                return False
            self._read(0.005)
            # Output at its end is always ready to be read: do not spin on it.
            time.sleep(0.001)
        while self._drain():
            pass
        return until is None or until(self)

    def _drain(self):
        before = sum(map(len, self.text.values()))
        self._read(0)
        return sum(map(len, self.text.values())) != before

    def kill_all(self):
        """Ends it as the kernel does, with everything it started."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            while self.poll() is None:
                time.sleep(0.002)
        kill_others()

    @property
    def output(self):
        return self.text[self.out]

    @property
    def errors(self):
        return self.text[self.err]

    def supervisor(self):
        """The process of picorun's own that is not the one that was started."""
        for pid in others():
            if pid != self.pid and image_of(pid) == "picorun":
                return pid
        return None

    def picoprocesses(self):
        return [pid for pid in others() if is_picoprocess(pid)]


def holdings(pid):
    """What a process holds: descriptors, mappings, threads, resident KiB. None when it is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            status = dict(line.split(":", 1) for line in f.read().splitlines() if ":" in line)
        with open(f"/proc/{pid}/maps") as f:
            mappings = len(f.readlines())
        return {"descriptors": len(os.listdir(f"/proc/{pid}/fd")), "mappings": mappings,
                "threads": int(status["Threads"]), "KiB": int(status["VmRSS"].split()[0])}
    except (OSError, KeyError):
        return None


def standing():
    """Where every thread here stands: state, seconds used, the host call it is in (number, arguments, stack, rip)."""
    lines = []
    for pid in others():
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/syscall") as f:
                    call = f.read().strip()
                state, *_, ticks = _stat(f"{pid}/task/{thread}")
                used = ticks / os.sysconf("SC_CLK_TCK")
                lines.append(f"\n    {pid}/{thread} {image_of(pid)} {state} {used:.2f} s: {call}")
        except (OSError, TypeError):
            continue
    return "".join(lines)


def seconds_used(pid):
    found = _stat(pid)
    return found[4] / os.sysconf("SC_CLK_TCK") if found else 0.0
