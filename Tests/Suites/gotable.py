"""Writes what go-std found as a page of documentation."""

import collections
import re

import gotests

OVERVIEW = """# What works

Written by `Tests/Suites/go-std --report`; not by hand.

## System calls of FreeBSD 14

| status | calls |
|---|--:|
{calls}

Call by call, with what the partial ones lack: [coverage](../coverage/freebsd-amd64.md).

## Go's standard library tests

Built for FreeBSD and run under picorun, against the same tests built for Linux and run natively; by package and by
name: [go-std](go-std.md).

| platform | packages | passed on Linux | passed on FreeBSD | differences | of them unexplained |
|---|--:|--:|--:|--:|--:|
{suites}

Tests that one of the systems does not have, or skips, are why the two counts of a platform differ.

## Real Linux programs

CPython's own tests, git, Redis, SQLite, PostgreSQL, compilers, Node, Java and others, against their native runs:
[linux-programs](linux-programs.md), written by `Tests/Suites/linux/run --report`.
"""

HEAD = """# Go's standard library tests

Written by `Tests/Suites/go-std --report`; not by hand. Go {version}, amd64, without cgo, in short mode (`-test.short`).
The tests of each package of `go list std`, built for Linux and run natively, and built for FreeBSD and run under
picorun on the same Linux machine. Counted are top-level tests, examples and fuzz seeds. A test that a system does not
have, or that skips itself there, is no difference; one that passes on Linux and fails or hangs on FreeBSD is.
"""


def collect(suite, packages, platform):
    """(package, native outcome, guest outcome) of everything that was run."""
    for package in packages:
        guest = suite.kept(platform, package)
        native = suite.kept("native", package)
        if guest.exists() and native.exists():
            yield package, gotests.load(native), gotests.load(guest)


def count(outcome, result):
    return sum(r == result for r in outcome.top().values()) if outcome else 0


def calls(table):
    """Rows of a system-call table by status; one that stands for several numbers counts once."""
    counts = collections.Counter()
    for line in table.read_text().splitlines():
        row = re.match(r"\d[\d-]*\s+\S+\s+\S+\s+(full|partial|stub|missing|obsolete)\b", line)
        if row:
            counts[row[1]] += 1
    return counts


def section(suite, packages, platform, lines):
    """Appends a platform's section; its row for the overview, None where nothing was run."""
    rows = list(collect(suite, packages, platform))
    if not rows:
        return None
    table, found, repeated = [], [], []
    totals = [0] * 5
    absent = skipped = 0
    for package, native, guest in rows:
        different = gotests.differences(package, native, guest)
        found += different
        if guest:
            repeated += [f"`{package}` {name}" for name in guest.repeated]
        numbers = [count(native, "PASS"), count(native, "SKIP"), count(guest, "PASS"), count(guest, "SKIP"),
                   len(different)]
        totals = [a + b for a, b in zip(totals, numbers)]
        there = guest.top() if guest else {}
        for name, result in native.top().items() if native else ():
            absent += result == "PASS" and name not in there
            skipped += result == "PASS" and there.get(name) == "SKIP"
        names = ", ".join(d.test for d in different)
        cells = [package] + [str(n) for n in numbers[:4]] + [names]
        if native is None:
            cells[1] = cells[2] = "-"
        if guest is None:
            cells[3] = cells[4] = "-"
        table.append("| " + " | ".join(cells) + " |")
    lines += [f"\n## Platform {platform}\n",
              f"{len(rows)} packages; passed on Linux {totals[0]} (skipped {totals[1]}), "
              f"passed on FreeBSD under picorun {totals[2]} (skipped {totals[3]}), differences {totals[4]}.",
              f"Of those passed on Linux, {absent} are not in the FreeBSD program (their files say so) and {skipped} skip "
              "themselves there.\n"]
    if found:
        lines += ["### Differences\n", "| package | test | on FreeBSD | cause |", "|---|---|---|---|"]
        for d in found:
            reason = suite.expected.reasons.get((platform, d.package, d.test), "not known yet")
            lines.append(f"| {d.package} | {d.test} | {'fails' if d.guest == 'FAIL' else 'no result'} | {reason} |")
        lines.append("")
    if repeated:
        lines += ["Passed only when run again by themselves: " + ", ".join(repeated) + ".\n"]
    lines += ["### Packages\n", "| package | Linux passed | skipped | FreeBSD passed | skipped | differences |",
              "|---|--:|--:|--:|--:|---|", *table]
    unknown = sum((platform, d.package, d.test) not in suite.expected.reasons for d in found)
    return f"| {platform} | {len(rows)} | {totals[0]} | {totals[2]} | {totals[4]} | {unknown} |"


def write(path, suite, packages):
    lines = [HEAD.format(version=suite.go.version.removeprefix("go"))]
    suites = [section(suite, packages, platform, lines) for platform in ("trap", "ptrace")]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    counts = calls(suite.root / "syscall-tables" / "freebsd-amd64.tbl")
    path.with_name("README.md").write_text(OVERVIEW.format(
        calls="\n".join(f"| {status} | {counts[status]} |" for status in ("full", "partial", "stub", "missing", "obsolete")
                        if counts[status]),
        suites="\n".join(row for row in suites if row)))
