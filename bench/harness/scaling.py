"""Cost as work grows: one call among many picoprocesses, memory per picoprocess, calls from many threads."""

import pathlib

from .subjects import BUILT

PROCESSES = [1, 10, 100, 1000]
THREADS = [1, 2, 8, 64]
NAMES = [*(f"call_among_{n}_processes" for n in PROCESSES), *(f"bytes_per_process_{n}" for n in PROCESSES[1:]),
         *(f"call_in_{n}_threads" for n in THREADS)]


def proportional_bytes(session):
    """Memory of all processes of a session, each shared page counted by its share."""
    total = 0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != session:
                continue
            for line in (entry / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except (OSError, IndexError, ValueError):
            continue  # it has ended meanwhile
    return total


def samples(runner, subject, wanted, budget_ms):
    """One round: yields (name, value), nanoseconds or bytes, or (name, problem) as a string for what failed."""
    if subject.system != "linux":
        return
    program = str(BUILT / "linux" / "scaling")
    alone = None
    for count in PROCESSES:
        names = f"call_among_{count}_processes", f"bytes_per_process_{count}"
        if not any(wanted(name) for name in names):
            continue
        child = runner.start(subject, [program, "processes", str(count), str(budget_ms)])
        line = child.stdout.readline()
        bytes_used = proportional_bytes(child.pid)
        if count == 1:
            alone = bytes_used
        out, err = child.communicate("\n", timeout=runner.limit)
        if child.returncode != 0 or not line:
            yield names[0], f"status {child.returncode}: {err.strip()[-200:]}"
            continue
        yield names[0], float(line)
        if count > 1 and alone:
            yield names[1], (bytes_used - alone) / (count - 1)
    for count in THREADS:
        name = f"call_in_{count}_threads"
        if wanted(name):
            out, problem = runner.run(subject, [program, "threads", str(count), str(budget_ms)])
            yield name, problem or float(out)
