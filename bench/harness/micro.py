"""One operation at a time: a call, a wake-up, a fault, a thread, a process, a mapping, a start."""

import os
import statistics
import time

from .subjects import BUILT

# Program: its operations. The same operation has the same name in both systems, and the same work.
OPERATIONS = {
    "linux": {
        "calls": ["getppid", "write_1", "read_1", "pread_1", "pread_64k"],
        "files": ["stat", "open_fstat_close"],
        "waking": ["futex_pingpong", "event_wait", "pipe_pingpong", "tcp_pingpong"],
        "signals": ["sigsegv", "signal_self"],
        "processes": ["thread_join", "fork_wait", "fork_exec_wait"],
        "memory": ["mmap_munmap", "mmap_touch_munmap"],
        "hello": ["start_hello"],
    },
    "freebsd": {
        "calls": ["getppid", "write_1", "read_1", "pread_1", "pread_64k"],
        "files": ["stat", "open_fstat_close"],
        "waking": ["futex_pingpong", "event_wait", "pipe_pingpong"],
        "processes": ["sigsegv", "thread_join", "fork_wait", "fork_exec_wait", "mmap_munmap", "mmap_touch_munmap"],
        "hello": ["start_hello"],
    },
}
NAMES = list(dict.fromkeys(name for names in OPERATIONS["linux"].values() for name in names))
STARTS = 9  # starts of hello in one round; their median is the round's value


def samples(runner, subject, wanted, budget_ms):
    """One round: yields (operation, nanoseconds), or (program, problem) as a string for what failed."""
    for program, operations in OPERATIONS[subject.system].items():
        names = [name for name in operations if wanted(name)]
        if names and program == "hello":
            yield "start_hello", start_time(runner, subject)
        elif names:
            out, problem = runner.run(subject, [str(BUILT / subject.system / program), str(budget_ms), *names])
            for line in out.splitlines() if out else []:
                name, _, value = line.partition("\t")
                if name in names:
                    yield name, float(value)
            if problem:
                yield program, problem


def start_time(runner, subject):
    """Nanoseconds from starting hello to having reaped it, the median of several."""
    command = subject.command([str(BUILT / subject.system / "hello")], runner.scratch, runner.environment(subject))
    taken = []
    output = os.path.join(runner.scratch, "output")
    quiet = [(os.POSIX_SPAWN_OPEN, 0, output, os.O_RDWR | os.O_CREAT, 0o600),
             (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]
    before = os.sched_getaffinity(0)
    runner.pin()
    for _ in range(STARTS):
        begin = time.perf_counter_ns()
        child = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
        os.waitpid(child, 0)
        taken.append(time.perf_counter_ns() - begin)
    os.sched_setaffinity(0, before)
    return statistics.median(taken)
