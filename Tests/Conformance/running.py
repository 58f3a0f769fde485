"""Starts programs with a time limit and finds what they left behind."""

import ctypes
import difflib
import os
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36


class Failure(Exception):
    pass


def adopt_orphans():
    """Makes whatever the programs leave behind a child of this process, where it can be seen."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def stat_fields(pid):
    """The fields of /proc/PID/stat after the command: state, parent, group, session, ... or None."""
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as f:
            return f.read().rpartition(")")[2].split()
    except OSError:
        return None


def processes():
    """(pid, state, parent, session, start time) of every process."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat_fields(name)):
            yield int(name), fields[0], int(fields[1]), int(fields[3]), int(fields[19])


def descendants(pid):
    """{pid: start time} of everything below pid."""
    table = list(processes())
    found, fresh = {}, {pid}
    while fresh:
        fresh = {p for p, _, parent, _, _ in table if parent in fresh and p not in found}
        found |= {p: start for p, _, _, _, start in table if p in fresh}
    return found


def alive(known):
    """Those of {pid: start time} that still run; a zombie has ended."""
    return [p for p, state, _, _, start in processes() if known.get(p) == start and state not in "ZX"]


def session_members(session):
    return [p for p, state, _, s, _ in processes() if s == session and state not in "ZX"]


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def start(command, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    # Every signal at its default, whatever this process was started under (nohup, for one, ignores SIGHUP).
    return subprocess.Popen(["env", "--default-signal", *command], start_new_session=True, **options)


def finish(process, limit, input=None):
    """Waits; a program that hangs is asked for its stacks (SIGQUIT), then killed with all it started."""
    try:
        out, err = process.communicate(input, timeout=limit)
    except subprocess.TimeoutExpired:
        below = descendants(process.pid)
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        for pid in [process.pid, *alive(below)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        out, err = process.communicate()
        raise Failure(f"no end within {limit:g} s; so far:\n{tail(out)}\nerror output:\n{tail(err)}") from None
    return Result(process.returncode, out, err)


def run(command, limit, input=None, **options):
    if input is not None:
        options["stdin"] = subprocess.PIPE
    process = start(command, **options)
    result = finish(process, limit, input)
    if not wait_until(lambda: not session_members(process.pid), 2):
        left = session_members(process.pid)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        raise Failure(f"left running: {left}")
    return result


def tail(text, lines=30):
    return "\n".join(text.decode(errors="replace").splitlines()[-lines:])


def difference(want, got):
    lines = difflib.unified_diff(want.decode(errors="replace").splitlines(), got.decode(errors="replace").splitlines(),
                                 "expected", "printed", lineterm="", n=1)
    return "\n".join(list(lines)[:60])


def expect(result, status=None, out=None, err=None):
    """Fails unless the result is the expected one; a signal's end is its shell status, 128 + n."""
    got = result.status if result.status >= 0 else 128 - result.status
    problems = []
    if status is not None and got != status:
        problems.append(f"status {got}, expected {status}")
    if out is not None and result.out != out:
        problems.append(difference(out, result.out))
    if err is not None and result.err != err:
        problems.append("error output:\n" + difference(err, result.err))
    if problems:
        raise Failure("\n".join(problems) + ("\nerror output:\n" + tail(result.err) if result.err else ""))
